"""The output layer over masked words: losses, answers and figures against what a softmax says."""

from __future__ import annotations

import pytest
import torch

from mtl.base.errors import UsageError
from mtl.data.targets import MaskedToken
from mtl.model.module import PaddedSequence, Pieces
from mtl_modules import MaskedLanguageModelOutput
from tests.properties.test_words import WORDS, words

STATES = torch.randn(2, 4, 5, generator=torch.Generator().manual_seed(3))
LENGTHS = torch.tensor([4, 2])
IDS = torch.tensor([[3, 5, 2, 7], [9, 4, 0, 0]])
WANTED = torch.tensor([[-1, 5, -1, 7], [9, -1, -1, -1]])


def given(states: torch.Tensor = STATES) -> tuple[PaddedSequence, PaddedSequence]:
    return PaddedSequence(IDS[:, : states.shape[1], None], LENGTHS), PaddedSequence(states, LENGTHS)


def layer() -> MaskedLanguageModelOutput:
    torch.manual_seed(1)
    return MaskedLanguageModelOutput((6, 5), MaskedToken(), words=words(), top=3).eval()


def test_losses_are_those_of_masked_words_alone() -> None:
    module = layer()
    found = module.loss(*given(), WANTED)
    probabilities = module(*given()).values
    assert probabilities[:, :, 0].max() == 0.0  # what has no word
    assert torch.allclose(probabilities.sum(2), torch.ones(2, 4))
    expected = -torch.stack([probabilities[0, 1, 5], probabilities[0, 3, 7], probabilities[1, 0, 9]]).log()
    assert torch.allclose(found.values, expected)
    assert found.counted.all()


def test_figures_are_made_of_the_same_probabilities() -> None:
    module = layer()
    found, losses = module.measured(*given(), WANTED), module.loss(*given(), WANTED)
    assert torch.equal(found["chosen"], WANTED >= 0)
    assert torch.allclose(found["log_probability"][found["chosen"]], -losses.values)
    best = module.answer(*given())["words"][:, :, 0]
    assert torch.equal(found["right"], best == WANTED)
    assert [len(row) for row in MaskedToken().predicted(found, None)] == [2, 1]


def test_gradients_reach_every_parameter_and_masked_states_alone() -> None:
    module, states = layer().train(), STATES.clone().requires_grad_()
    module.loss(*given(states), WANTED).values.sum().backward()
    assert all(bool(p.grad is not None and p.grad.abs().sum() > 0) for p in module.parameters())
    assert states.grad is not None
    assert torch.equal(states.grad.abs().sum(2) > 0, WANTED >= 0)


@torch.no_grad()
def test_answers_are_the_most_probable_words_whatever_the_padding() -> None:
    module = layer()
    found, alone = (
        module.answer(*given()),
        module.answer(*(PaddedSequence(x.values[1:, :2], x.lengths[1:]) for x in given())),
    )
    assert found["words"].shape == found["scores"].shape == (2, 4, 3)
    assert torch.equal(found["words"][1, :2], alone["words"][0])
    assert torch.allclose(found["scores"][1, :2], alone["scores"][0])
    assert found["words"].max() < WORDS + 2
    best = found["words"][0].numpy()
    swapped = best.copy()
    swapped[2, :2] = best[2, [1, 0]]
    logs = found["scores"][0, 2].log()
    assert module.gap(given(), "words", 0, best, swapped) == pytest.approx(float(logs[0] - logs[1]), rel=1e-4)


def test_pieces_are_no_words() -> None:
    ids, states = given()
    with pytest.raises(UsageError) as raised:
        layer().answer(Pieces(ids, LENGTHS, LENGTHS), states)
    assert str(raised.value) == (
        "'words' should be an embedding of whole tokens, as those are masked. Found one of pieces of them."
    )
