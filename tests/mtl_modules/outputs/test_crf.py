from __future__ import annotations

import itertools

import pytest
import torch

from mtl.data.labels import MISSING, Labels
from mtl.data.targets import Tags
from mtl.model.module import PaddedSequence
from mtl_modules import CRF
from mtl_modules.outputs.crf import EXACT

LABELS = Labels(("B-x", "I-x", "O"), (1, 1, 1))
SCORES = torch.randn(3, 4, 3, generator=torch.Generator().manual_seed(0))
LENGTHS = torch.tensor([4, 2, 3])


def crf(constrained: bool = False) -> CRF:
    torch.manual_seed(0)
    module = CRF(LABELS, constrained=constrained)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_()
    return module


def losses(targets: list[list[int]]) -> torch.Tensor:
    return crf().loss(PaddedSequence(SCORES, LENGTHS), torch.tensor(targets)).detach()


def test_the_probabilities_of_all_sequences_sum_to_one() -> None:
    total = torch.zeros(())
    for path in itertools.product(range(3), repeat=2):
        total += (-2 * losses([[0] * 4, [*path, MISSING, MISSING], [0] * 4])[1]).exp()
    assert float(total) == pytest.approx(1.0, abs=1e-5)


def test_a_row_without_labels_adds_nothing() -> None:
    found = losses([[0, 1, 2, 0], [MISSING] * 4, [5, 7, 9, MISSING]])
    assert found[0] > 0
    assert found[1:].tolist() == [0.0, 0.0]


def test_unlabelled_tokens_are_summed_out() -> None:
    partial = losses([[0, 1, 2, 0], [MISSING, 1, MISSING, MISSING], [0, 7, 2, MISSING]])
    first = [float((-2 * losses([[0] * 4, [a, 1, 0, 0], [0] * 4])[1]).exp()) for a in range(3)]
    assert float((-partial[1]).exp()) == pytest.approx(sum(first), rel=1e-4)
    third = [float((-3 * losses([[0] * 4, [0] * 4, [0, a, 2, 0]])[2]).exp()) for a in range(3)]
    assert float((-2 * partial[2]).exp()) == pytest.approx(sum(third), rel=1e-4)


def test_gradients_of_partly_labelled_rows_are_finite() -> None:
    module = crf()
    scores = SCORES.clone().requires_grad_()
    targets = torch.tensor([[0, MISSING, 2, 0], [MISSING] * 4, [0, 1, 2, MISSING]])
    module.loss(PaddedSequence(scores, LENGTHS), targets).sum().backward()
    assert scores.grad is not None
    assert bool(torch.isfinite(scores.grad).all())
    assert float(scores.grad[1].abs().sum()) == 0.0
    assert float(scores.grad[2, 3].abs().sum()) == 0.0
    assert all(p.grad is not None and bool(torch.isfinite(p.grad).all()) for p in module.parameters())


def test_the_score_of_an_answer_is_the_marginal_of_its_label() -> None:
    module = crf()
    answer = module.answer(PaddedSequence(SCORES, LENGTHS))
    probabilities = module(PaddedSequence(SCORES, LENGTHS)).values
    for row, length in enumerate(LENGTHS.tolist()):
        for t in range(length):
            assert answer["score"][row, t] == probabilities[row, t, answer["best"][row, t]]


def test_constrained_answers_form_spans() -> None:
    scores = SCORES.clone()
    scores[:, :, 1] += 50.0  # inside, everywhere
    free = crf().answer(PaddedSequence(scores, LENGTHS))["best"]
    assert free[0].tolist() == [1, 1, 1, 1]
    answer = crf(constrained=True).answer(PaddedSequence(scores, LENGTHS))
    assert [answer["best"][i, :n].tolist() for i, n in enumerate(LENGTHS.tolist())] == [[0, 1, 1, 1], [0, 1], [0, 1, 1]]
    assert bool(torch.isfinite(answer["score"]).all())
    assert crf(constrained=True)(PaddedSequence(scores, LENGTHS)).values[:, 0, 1].max().item() < 1e-6


def test_constrained_answers_to_iob1_begin_spans_with_inside_tags() -> None:
    target = Tags(scheme="iob1")
    for tags in (["O", "I-x"], ["I-x", "B-x"]):
        target.survey(tags)
        target.count(tags)
    target.settle()
    target.fit([target])
    assert target.labels == Labels(("B-x", "I-x", "O"), (1, 2, 1))
    torch.manual_seed(0)
    module = CRF(target.labels, target, constrained=True)
    scores = SCORES.clone()
    scores[:, :, 0] += 50.0  # begin, everywhere
    best = module.answer(PaddedSequence(scores, LENGTHS))["best"]
    assert [best[i, :n].tolist() for i, n in enumerate(LENGTHS.tolist())] == [[1, 0, 0, 0], [1, 0], [1, 0, 0]]
    exported = module.exportable().answer(PaddedSequence(scores, LENGTHS))["best"]
    assert [exported[i, :n].tolist() for i, n in enumerate(LENGTHS.tolist())] == [[1, 0, 0, 0], [1, 0], [1, 0, 0]]


def test_constraints_are_not_part_of_the_saved_state() -> None:
    assert sorted(crf(constrained=True).state_dict()) == ["end", "start", "transitions"]


@pytest.mark.parametrize("constrained", [False, True])
def test_the_exported_stand_in_gives_the_same_answers(constrained: bool) -> None:
    module = crf(constrained)
    stand_in = module.exportable()
    with torch.no_grad():
        wanted, found = module.answer(PaddedSequence(SCORES, LENGTHS)), stand_in.answer(PaddedSequence(SCORES, LENGTHS))
        mask = PaddedSequence(SCORES, LENGTHS).mask()
        assert torch.equal(found["best"][mask], wanted["best"][mask])
        torch.testing.assert_close(found["score"][mask], wanted["score"][mask])
        torch.testing.assert_close(
            stand_in(PaddedSequence(SCORES, LENGTHS)).values[mask], module(PaddedSequence(SCORES, LENGTHS)).values[mask]
        )


def test_scores_of_rows_are_refused() -> None:
    with pytest.raises(TypeError, match=r"^a CRF should get the scores of tokens\. Found those of whole rows\.$"):
        crf().answer(torch.zeros(2, 3))


@torch.no_grad()
def test_a_gap_is_that_of_the_sequences_in_log_likelihood() -> None:
    module, given = crf(), PaddedSequence(SCORES, LENGTHS)
    best = module.answer(given)["best"][2, :3].numpy()
    other = best.copy()
    other[1] = (best[1] + 1) % 3
    rows = [[0] * 4, [0] * 4]
    first, second = (3 * float(losses([*rows, [*labels.tolist(), 0]])[2]) for labels in (best, other))
    assert module.gap((given,), "best", 2, best, other) == pytest.approx(second - first, rel=1e-4)
    larger = PaddedSequence(SCORES * 1000, LENGTHS)
    best = module.answer(larger)["best"][2, :3].numpy()
    other[1:] = best[1:]
    other[0] = (best[0] + 1) % 3
    scores = float(larger.values[2, :3].gather(1, torch.from_numpy(best)[:, None]).sum())
    apart = float(larger.values[2, 0, best[0]] - larger.values[2, 0, other[0]])
    assert module.gap((larger,), "best", 2, best, other) == pytest.approx(apart / scores * EXACT, rel=0.02)
