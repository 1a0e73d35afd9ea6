"""Vectors of brackets: two LSTMs that read the label first, and brackets in brackets, the inner ones first."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from mtl.model.module import PaddedSequence
from mtl.text.transitions import StackBounds
from mtl.text.trees import read_tree
from mtl_modules.layers.composition import Composition
from mtl_modules.layers.pushes import Pushes
from mtl_modules.layers.transition_system import TransitionSystem
from tests.mtl_modules.layers.test_transition_system import NAMES, actions_of

SIZE = 4


@pytest.fixture(scope="module")
def composition() -> Composition:
    torch.manual_seed(1)
    return Composition(SIZE)


def by_hand(composition: Composition, label: Tensor, inside: Tensor) -> Tensor:
    """Return the vector [D] of one bracket, for its label [D] and what it holds [M, D], the first one first."""
    last = []
    for suffix, order in (("_reverse", inside), ("", inside.flip(0))):
        alone = nn.LSTM(SIZE, SIZE, batch_first=True)
        weights = {name: getattr(composition.lstm, f"{name}{suffix}") for name in alone.state_dict()}
        alone.load_state_dict(weights)
        last.append(alone(torch.cat([label[None], order])[None])[0][0, -1])
    return torch.tanh(composition.layer(torch.cat([last[1], last[0]])))


@torch.no_grad()
def test_both_lstms_read_the_label_first(composition: Composition) -> None:
    labels, values, counts = torch.randn(3, SIZE), torch.randn(3, 5, SIZE), torch.tensor([5, 1, 3])
    made = composition(labels, PaddedSequence(values, counts))
    for row, count in enumerate(counts.tolist()):
        wanted = by_hand(composition, labels[row], values[row, :count].flip(0))
        torch.testing.assert_close(made[row], wanted)


@torch.no_grad()
def test_brackets_are_made_of_those_inside_them(composition: Composition) -> None:
    tree = read_tree("[IN:A a [SL:A b [IN:B c d ] ] [SL:C e ] f ]").tree
    elements = torch.randn(14, SIZE)
    found = composition.along(elements, Pushes(TransitionSystem(NAMES, StackBounds(3, 2)), actions_of([tree])))
    # Elements, from 1: [IN:A a [SL:A b [IN:B c d ] ] [SL:C e ] f
    inner = by_hand(composition, elements[5], elements[[6, 7]])
    outer = by_hand(composition, elements[3], torch.stack([elements[4], inner]))
    last = by_hand(composition, elements[10], elements[[11]])
    wanted = elements.index_copy(0, torch.tensor([8, 9, 12]), torch.stack([inner, outer, last]))
    torch.testing.assert_close(found, wanted)
