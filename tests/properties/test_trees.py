"""A parser's decoder and output layer: what is taught at once is what is done step by step, and answers are trees."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch
from torch import Tensor

from mtl.base.errors import UsageError
from mtl.base.registry import lookup, names
from mtl.data.labels import MISSING, Labels
from mtl.data.targets import Number, TreeOfTokens
from mtl.model.module import PaddedSequence
from mtl.model.search import Stepped
from mtl.text.transitions import StackBounds, oracle
from mtl.text.trees import Tree, broken
from mtl_modules import TransitionOutput
from mtl_modules.decoders.tree_decoder import TreeDecoder
from tests.mtl.text.test_trees import random_tree

NAMES = ("[IN:A", "[IN:B", "[IN:C", "[SL:A", "[SL:B", "[SL:C", "]", "shift")
SIZE = 5
LENGTHS = (4, 1, 7, 3, 7)
DECODERS: dict[str, Any] = {
    name: found for name in names("decoder") if issubclass(found := lookup("decoder", name), TreeDecoder)
}

every_decoder = pytest.mark.parametrize("name", list(DECODERS))


def target() -> TreeOfTokens:
    found = TreeOfTokens()
    found.labels = Labels(NAMES, (1,) * len(NAMES))
    found.bounds = StackBounds(12, 12)
    return found


def decoder(name: str, seed: int = 1, **keys: Any) -> TreeDecoder:
    torch.manual_seed(seed)
    found: TreeDecoder = DECODERS[name](SIZE, target(), dim=4, hidden=6, **keys).eval()
    with torch.no_grad():
        for parameter in found.parameters():
            parameter.add_(0.5 * torch.randn_like(parameter))  # scores that lie apart from each other
    return found


def texts(extra: int = 0) -> PaddedSequence:
    """Return vectors of texts, with garbage after their ends."""
    lengths = torch.tensor(LENGTHS)
    values = torch.randn(len(LENGTHS), 7, SIZE, generator=torch.Generator().manual_seed(2))
    garbage = torch.full((len(LENGTHS), extra, SIZE), 9.0)
    padded = torch.cat([values, garbage], 1)
    inside = torch.arange(padded.shape[1]) < lengths[:, None]
    return PaddedSequence(torch.where(inside[:, :, None], padded, 9.0), lengths)


def trees() -> list[Tree]:
    draw = random.Random(3)
    return [random_tree(draw, length) for length in LENGTHS]


def actions(extra: int = 0) -> Tensor:
    rows = [torch.tensor([NAMES.index(action) for action in oracle(tree)]) for tree in trees()]
    longest = max(map(len, rows)) + extra
    return torch.stack([torch.nn.functional.pad(row, (0, longest - len(row)), value=MISSING) for row in rows])


@every_decoder
def test_what_is_taught_at_once_is_what_is_done_step_by_step(name: str) -> None:
    module, inputs, wanted = decoder(name), texts(), actions()
    with torch.no_grad():
        taught = module(inputs, wanted)
        (read, state), choice = module.start(inputs), torch.full((len(LENGTHS),), -1)
        for step in range(wanted.shape[1]):
            scores, state = module.step(read, state, choice)
            there = wanted[:, step] >= 0
            torch.testing.assert_close(scores[there], taught.scores[there, step], atol=1e-5, rtol=1e-5)
            choice = torch.where(there, wanted[:, step], len(NAMES))
    assert torch.equal(taught.counted, wanted >= 0)


@every_decoder
def test_padding_and_neighbours_change_no_loss(name: str) -> None:
    module, output = decoder(name), TransitionOutput(target())
    with torch.no_grad():
        found = output.loss(module(texts(), actions()), actions())
        padded = output.loss(module(texts(3), actions(2)), actions(2))
        torch.testing.assert_close(found.values[found.counted], padded.values[padded.counted], atol=1e-5, rtol=1e-5)
        first = int((actions()[0] >= 0).sum())
        alone = PaddedSequence(texts().values[:1, : LENGTHS[0]], texts().lengths[:1])
        one = output.loss(module(alone, actions()[:1, :first]), actions()[:1, :first])
    torch.testing.assert_close(found.values[:first], one.values, atol=1e-5, rtol=1e-5)


@every_decoder
@pytest.mark.parametrize("beam", [1, 4])
def test_answers_are_trees_and_neighbours_change_none(beam: int, name: str) -> None:
    module, output = decoder(name), TransitionOutput(target(), beam=beam)
    with torch.no_grad():
        together = output.answer(Stepped(module, (texts(3),)))
        order = torch.tensor([3, 0, 4, 2, 1])
        inputs = PaddedSequence(texts().values[order], texts().lengths[order])
        turned = output.answer(Stepped(module, (inputs,)))
        for row, tree in enumerate(target().predicted(together, None)):
            assert not broken(tree)
            assert (tree[0].start, tree[0].end) == (0, LENGTHS[row])
            alone = PaddedSequence(texts().values[row : row + 1, : LENGTHS[row]], texts().lengths[row : row + 1])
            assert target().predicted(output.answer(Stepped(module, (alone,))), None) == [tree]
    assert target().predicted(turned, None) == [target().predicted(together, None)[i] for i in order.tolist()]
    torch.testing.assert_close(turned["score"], together["score"][order], atol=1e-6, rtol=1e-5)


@every_decoder
def test_scores_are_probabilities_of_whole_trees_and_a_beam_finds_no_worse_ones(name: str) -> None:
    module = decoder(name)
    greedy, wide = (TransitionOutput(target(), beam=beam) for beam in (1, 64))
    with torch.no_grad():
        answers = [output.answer(Stepped(module, (texts(),))) for output in (greedy, wide)]
        for answer in answers:
            given = torch.where(answer["actions"] >= 0, answer["actions"], MISSING)
            losses = greedy.loss(module(texts(), given), given)
            each = torch.where(losses.counted, losses.values, 0.0).view(len(LENGTHS), -1).sum(1)
            torch.testing.assert_close(answer["score"], (-each).exp(), atol=1e-6, rtol=1e-4)
    assert (answers[1]["score"] >= answers[0]["score"] * 0.9999).all()
    assert (answers[1]["score"] > answers[0]["score"] * 1.01).any()


@every_decoder
def test_the_n_best_are_trees_the_most_probable_first(name: str) -> None:
    module, output = decoder(name), TransitionOutput(target(), beam=12, nbest=5)
    with torch.no_grad():
        best = TransitionOutput(target(), beam=12).answer(Stepped(module, (texts(),)))
        answer = output.answer(Stepped(module, (texts(),)))
        losses = [
            output.loss(module(texts(), actions), actions) for actions in answer["trees"].clamp(min=MISSING).unbind(1)
        ]
    assert torch.equal(answer["actions"], answer["trees"][:, 0])
    assert torch.equal(answer["score"], answer["scores"][:, 0])
    torch.testing.assert_close(answer["score"], best["score"], atol=1e-6, rtol=1e-5)
    assert target().predicted(answer, None) == target().predicted(best, None)
    assert (answer["scores"].diff(dim=1) <= 0).all()
    for row, length in enumerate(LENGTHS):
        found = target().predicted({"actions": answer["trees"][row]}, None)
        assert len(set(found)) == 5
        for tree in found:
            assert not broken(tree)
            assert (tree[0].start, tree[0].end) == (0, length)
    for number, one in enumerate(losses):
        each = torch.where(one.counted, one.values, 0.0).view(len(LENGTHS), -1).sum(1)
        torch.testing.assert_close(answer["scores"][:, number], (-each).exp(), atol=1e-6, rtol=1e-4)


@every_decoder
@pytest.mark.parametrize("keys", [{}, {"beam": 4}, {"beam": 4, "nbest": 3}])
def test_scores_of_actions_are_those_that_a_tree_is_taught_by(name: str, keys: dict[str, int]) -> None:
    module, output = decoder(name), TransitionOutput(target(), **keys, action_scores=True)
    with torch.no_grad():
        answer = output.answer(Stepped(module, (texts(),)))
        without = TransitionOutput(target(), **keys).answer(Stepped(module, (texts(),)))
        losses = output.loss(module(texts(), answer["actions"]), answer["actions"])
    assert without.keys() == answer.keys() - {"action_scores"}
    for key, value in without.items():
        assert torch.equal(value, answer[key])
    there = answer["actions"] >= 0
    assert torch.equal(answer["action_scores"] >= 0, there)
    each = (-losses.values.view_as(there)).exp()
    torch.testing.assert_close(answer["action_scores"][there], each[there], atol=1e-5, rtol=1e-4)
    product = torch.where(there, answer["action_scores"], 1.0).prod(1)
    torch.testing.assert_close(product, answer["score"], atol=1e-6, rtol=1e-4)


@every_decoder
def test_where_there_are_fewer_trees_the_others_are_nothing(name: str) -> None:
    one_word = PaddedSequence(texts().values[1:2, :1], texts().lengths[1:2])
    torch.manual_seed(1)
    narrow = target()
    narrow.bounds = StackBounds(1, 1)  # three intents, and no slot in them
    module = DECODERS[name](SIZE, narrow, dim=4, hidden=6).eval()
    with torch.no_grad():
        answer = TransitionOutput(narrow, beam=6, nbest=5).answer(Stepped(module, (one_word,)))
    found = narrow.predicted({"actions": answer["trees"][0]}, None)
    assert {tree[0].label for tree in found[:3]} == {"IN:A", "IN:B", "IN:C"}
    assert found[3:] == [(), ()]
    assert answer["scores"][0, :3].sum() == pytest.approx(1.0, abs=1e-5)
    assert answer["scores"][0, 3:].tolist() == [0.0, 0.0]


def test_an_n_best_needs_a_beam_as_wide() -> None:
    for beam in (1, 4):
        with pytest.raises(UsageError) as error:
            TransitionOutput(target(), beam=beam, nbest=5)
        assert str(error.value) == f"'nbest' should be at most 'beam', which is {beam}. Found 5. Make the beam wider."
    assert not TransitionOutput(target(), beam=4).more_answers


@every_decoder
def test_gradients_reach_every_parameter_and_what_flows_in(name: str) -> None:
    module, inputs = decoder(name, dropout=0.1).train(), texts()
    values = inputs.values.requires_grad_()
    losses = TransitionOutput(target()).loss(module(PaddedSequence(values, inputs.lengths), actions()), actions())
    losses.values[losses.counted].sum().backward()
    for key, parameter in module.named_parameters():
        assert parameter.grad is not None, key
        assert bool(torch.isfinite(parameter.grad).all()), key
        assert bool(parameter.grad.abs().sum() > 0), key
    assert values.grad is not None
    assert (values.grad.abs().sum(2) > 0).equal(inputs.mask())


@every_decoder
def test_texts_that_are_not_read_whole_do_not_count(name: str) -> None:
    inputs = texts()
    cut = PaddedSequence(inputs.values[:, :5], inputs.lengths.clamp(max=5))
    counted = decoder(name)(cut, actions()).counted
    assert counted.any(1).tolist() == [length <= 5 for length in LENGTHS]


def message(call: Any) -> str:
    with pytest.raises(UsageError) as error:
        call()
    return str(error.value)


@every_decoder
def test_what_does_not_fit_together_is_refused(name: str) -> None:
    output = TransitionOutput(target())
    assert message(lambda: DECODERS[name](SIZE, Number())) == (  # type: ignore[arg-type]
        f"'{name}' should be the decoder of a task that predicts trees. Found numbers [B]."
    )
    assert message(lambda: decoder(name)(torch.zeros(2, SIZE), actions())) == (
        f"'{name}' should get the tokens of a text, not pooled. Found one vector a text."
    )
    for call in (lambda: output.loss(torch.zeros(2, 3), actions()), lambda: output.answer(torch.zeros(2, 3))):
        assert message(call) == (
            "'transition' should get what the decoder 'transition' or 'rnng' makes. Found scores of another decoder."
        )
