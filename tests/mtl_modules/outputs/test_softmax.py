from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mtl.base.errors import UsageError
from mtl.data.labels import MISSING, Labels
from mtl.data.targets import OneLabel
from mtl.model.module import PaddedSequence
from mtl.model.output import DevUnits
from mtl_modules import Softmax

LABELS = Labels(("a", "b", "c"), (6, 2, 0))
SCORES = torch.randn(2, 3, 3, generator=torch.Generator().manual_seed(0))
LENGTHS = torch.tensor([3, 2])


def test_the_loss_of_a_row_is_its_cross_entropy() -> None:
    targets = torch.tensor([1, 2])
    found = Softmax(LABELS).loss(SCORES[0, :2], targets)
    torch.testing.assert_close(found, F.cross_entropy(SCORES[0, :2], targets, reduction="none"))


def test_the_loss_of_tokens_is_the_mean_over_labelled_ones() -> None:
    targets = torch.tensor([[1, MISSING, 3], [MISSING, 7, MISSING]])
    found = Softmax(LABELS).loss(PaddedSequence(SCORES, LENGTHS), targets)
    torch.testing.assert_close(found[0], F.cross_entropy(SCORES[0, :1], targets[0, :1]))
    assert float(found[1]) == 0.0


@pytest.mark.parametrize("target", [MISSING, -1, 3, 17])
def test_a_row_without_a_known_label_adds_nothing(target: int) -> None:
    assert Softmax(LABELS, label_smoothing=0.1).loss(SCORES[0, :1], torch.tensor([target])).tolist() == [0.0]


def test_label_smoothing_spreads_the_target() -> None:
    found = Softmax(LABELS, label_smoothing=0.3).loss(SCORES[0, :1], torch.tensor([1]))
    target = torch.tensor([[0.1, 0.8, 0.1]])
    torch.testing.assert_close(found, -(target * SCORES[0, :1].log_softmax(-1)).sum(-1))


def test_class_weights_multiply_losses() -> None:
    scores, targets = SCORES[0], torch.tensor([0, 1, 2])
    plain = Softmax(LABELS).loss(scores, targets)
    given = Softmax(LABELS, class_weights={"b": 3.0}).loss(scores, targets)
    torch.testing.assert_close(given, plain * torch.tensor([1.0, 3.0, 1.0]))
    balanced = Softmax(LABELS, class_weights="balanced").loss(scores, targets)
    torch.testing.assert_close(balanced, plain * torch.tensor([8 / (3 * 6), 8 / (3 * 2), 8 / 3]))


def test_class_weights_multiply_smoothed_losses() -> None:
    scores, targets = SCORES[0], torch.tensor([0, MISSING, 2])
    smooth = Softmax(LABELS, label_smoothing=0.3).loss(scores, targets)
    given = Softmax(LABELS, label_smoothing=0.3, class_weights={"a": 2.0, "c": 30.0}).loss(scores, targets)
    torch.testing.assert_close(given, smooth * torch.tensor([2.0, 0.0, 30.0]))


@pytest.mark.parametrize("label", range(3))
def test_whatever_labels_weigh_the_right_one_is_best(label: int) -> None:
    output = Softmax(LABELS, label_smoothing=0.1, class_weights={"c": 100.0})
    scores = torch.zeros(1, 3, requires_grad=True)
    for _ in range(50):
        (step,) = torch.autograd.grad(output.loss(scores, torch.tensor([label])).sum(), scores)
        scores = (scores - step / step.norm()).detach().requires_grad_()
    assert int(scores.argmax()) == label


def test_class_weights_name_labels() -> None:
    with pytest.raises(UsageError) as error:
        Softmax(Labels(("music", "weather"), (1, 1)), class_weights={"musik": 2.0})
    wanted = "'class_weights' should name labels of the task. Found 'musik'. Did you mean 'music'?"
    assert str(error.value) == wanted


@pytest.mark.parametrize("weight", [-1.0, float("inf"), float("nan")])
def test_class_weights_are_finite_and_not_negative(weight: float) -> None:
    with pytest.raises(UsageError) as error:
        Softmax(LABELS, class_weights={"b": weight})
    wanted = f"'class_weights' of 'b' should be a finite number of at least 0. Found {weight}."
    assert str(error.value) == wanted


def test_of_equal_scores_the_lowest_label_wins() -> None:
    answer = Softmax(LABELS).answer(torch.tensor([[1.0, 1.0, 1.0], [0.0, 2.0, 2.0]]))
    assert answer["best"].tolist() == [0, 1]


def test_rows_are_answered_with_all_scores_and_tokens_without() -> None:
    module = Softmax(LABELS)
    row, token = module.answer(SCORES[0]), module.answer(PaddedSequence(SCORES, LENGTHS))
    torch.testing.assert_close(row["scores"], SCORES[0].softmax(-1))
    torch.testing.assert_close(row["score"], row["scores"].amax(-1))
    assert list(token) == ["best", "score"]
    assert token["best"].shape == (2, 3)


def scoped() -> OneLabel:
    return OneLabel(out_of_scope="none")


def test_what_is_out_of_scope_has_the_id_after_the_last_label() -> None:
    output = Softmax(LABELS, scoped(), threshold=0.5)
    scores = torch.tensor([[2.0, 0.0, 0.0], [0.1, 0.0, 0.0]])
    answer = output.answer(scores)
    highest = scores.softmax(-1).amax(-1)
    assert answer["best"].tolist() == [0, 3]
    torch.testing.assert_close(answer["score"], torch.stack([highest[0], 1 - highest[1]]))
    torch.testing.assert_close(answer["scores"], scores.softmax(-1))
    assert list(output.state_dict()) == []  # it follows from the recipe


def test_a_threshold_is_of_a_task_that_knows_what_is_out_of_scope() -> None:
    for target in (None, OneLabel()):
        with pytest.raises(UsageError) as error:
            Softmax(LABELS, target, threshold="dev")
        assert str(error.value) == (
            "'threshold' should come with a task that has the key 'out_of_scope', a label for what has none of the "
            "others. Found a task without it: leave 'threshold' out."
        )


def test_temperature_and_threshold_are_found_on_dev() -> None:
    output = Softmax(LABELS, scoped(), calibrate=True)
    assert output.found_on_dev == ("calibrate", "threshold")
    scores = torch.tensor([[3.0, 0.0, 0.0]] * 4 + [[0.5, 0.0, 0.0]] * 2 + [[9.0, 0.0, 0.0]])
    targets = torch.tensor([0, 0, 0, 1, 3, 3, MISSING])
    first, second = output.decide([DevUnits((scores,), targets, targets == 0)])
    # Three of four are right: exp(3 / T) / (exp(3 / T) + 2) is 3/4 at T = 3 / log 6.
    temperature = 3 / math.log(6)
    inside = scores[:4].double()
    losses = [float(F.cross_entropy(inside / t, targets[:4])) for t in (temperature, 1.0)]
    assert (
        first == f"temperature {temperature:.4f}, fitted to dev: log loss {losses[0]:.4f}, without it {losses[1]:.4f}"
    )
    low = float((scores[4] / temperature).softmax(-1)[0])
    assert second == f"out of scope below {(0.75 + low) / 2:.4f}, tuned on dev: accuracy 0.8333 there"
    assert output.answer(scores)["best"].tolist() == [0, 0, 0, 0, 3, 3, 0]
    assert float(output.answer(scores)["score"][0]) == pytest.approx(0.75)
    torch.testing.assert_close(output(scores), scores.softmax(-1))  # what a condition carries is as it was
    assert list(output.state_dict()) == ["temperature", "threshold"]


@pytest.mark.parametrize("threshold", [None, 0.6])
def test_undecided_it_is_as_a_new_one(threshold: float | None) -> None:
    new, output = (Softmax(LABELS, scoped(), calibrate=True, threshold=threshold) for _ in range(2))
    scores, targets = torch.tensor([[3.0, 0.0, 0.0]] * 4 + [[0.5, 0.0, 0.0]] * 2), torch.tensor([0, 0, 0, 1, 3, 3])
    list(output.decide([DevUnits((scores,), targets, targets == 0)]))
    assert output.answer(scores)["score"].tolist() != new.answer(scores)["score"].tolist()
    output.undecide()
    assert {name: float(value) for name, value in output.named_buffers()} == {
        "temperature": 1.0,
        "threshold": pytest.approx(threshold or 0.0),
    }
    assert output.answer(scores)["score"].tolist() == new.answer(scores)["score"].tolist()


def test_where_dev_is_all_right_probabilities_still_tell_what_is_out_of_scope() -> None:
    output = Softmax(LABELS, scoped(), calibrate=True)
    scores = torch.tensor([[5.0, 0.0, 0.0], [2.0, 0.0, 0.0]])
    targets = torch.tensor([0, 3])
    first, second = output.decide([DevUnits((scores,), targets, targets == 0)])
    assert first == "temperature 1, not fitted: on dev the lower the better, down to 0.01"
    middle = float(scores.softmax(-1)[:, 0].mean())
    assert second == f"out of scope below {middle:.4f}, tuned on dev: accuracy 1.0000 there"
    assert output.temperature == 1.0


def test_what_is_found_does_not_depend_on_where_the_module_is() -> None:
    here, elsewhere = (Softmax(LABELS, scoped(), calibrate=True) for _ in range(2))
    scores = torch.tensor([[3.0, 0.0, 0.0]] * 4 + [[0.5, 0.0, 0.0]] * 2)
    targets = torch.tensor([0, 0, 0, 1, 3, 3])
    units = [DevUnits((scores,), targets, targets == 0)]
    assert list(elsewhere.to("meta").decide(units)) == list(here.decide(units))


def test_temperatures_of_tokens_leave_padding_out() -> None:
    output = Softmax(LABELS, calibrate=True)
    values = torch.tensor([[[3.0, 0.0, 0.0], [3.0, 0.0, 0.0]], [[3.0, 0.0, 0.0], [-99.0, 99.0, 0.0]]])
    scores = PaddedSequence(values, torch.tensor([2, 1]))
    targets = torch.tensor([[0, 0], [1, MISSING]])
    list(output.decide([DevUnits((scores,), targets, torch.ones(2, dtype=torch.bool))]))
    assert float(output.answer(scores)["score"][0, 0]) == pytest.approx(2 / 3)


def test_a_threshold_needs_rows_of_dev_that_are_out_of_scope() -> None:
    output = Softmax(LABELS, scoped(), calibrate=True)
    wanted = "should come with rows in dev that are out of scope, labelled 'none', on which it is tuned. There are none"
    number = "add some, or give a number, such as 'threshold: 0.5'."
    ids = torch.tensor([0, 4])
    assert list(output.lacking_on_dev([(ids, ids < 3)])) == [("threshold", f"{wanted}: {number}")]
    assert list(output.lacking_on_dev([(ids, ids < 3)], ["nona", "other"])) == [
        (
            "threshold",
            f"{wanted}, but rows with labels that train lacks (nona, other): correct 'out_of_scope' if one of these is "
            f"meant, {number}",
        )
    ]
    ids = torch.tensor([0, 3])
    assert list(output.lacking_on_dev([(ids, ids < 3)])) == []


def test_the_gap_to_what_is_out_of_scope_is_that_to_the_threshold() -> None:
    output = Softmax(LABELS, scoped(), threshold=0.5)
    scores = torch.tensor([[0.1, 0.0, 0.0]])
    highest = float(scores.softmax(-1).amax())
    assert output.gap((scores,), "best", 0, 3, 0) == pytest.approx((0.5 - highest) / 0.5)
    assert output.gap((scores,), "best", 0, 0, 1) == pytest.approx(0.1)


@torch.no_grad()
def test_a_gap_means_as_much_among_many_labels() -> None:
    names = tuple(f"{number:06}" for number in range(200_000))
    output = Softmax(Labels(names, (1,) * len(names)))
    scores = torch.zeros(1, len(names))
    scores[0, 0] = 0.5  # all probabilities are below 1e-5
    assert output.gap((scores,), "best", 0, 0, 1) == pytest.approx(0.5, rel=1e-4)
    tokens = PaddedSequence(scores[:, None].expand(1, 2, -1), torch.tensor([2]))
    assert output.gap((tokens,), "best", 0, np.array([0, 0]), np.array([0, 1])) == pytest.approx(0.5, rel=1e-4)
