"""A stack LSTM: its output for an element is that of an LSTM over all that is on the stack, whatever was there."""

from __future__ import annotations

import random

import torch

from mtl.text.transitions import StackBounds
from mtl_modules.layers.pushes import Pushes
from mtl_modules.layers.stack_lstm import StackLSTM
from mtl_modules.layers.transition_system import TransitionSystem
from tests.mtl.text.test_trees import random_tree
from tests.mtl_modules.layers.test_pushes import stacks
from tests.mtl_modules.layers.test_transition_system import NAMES, actions_of


@torch.no_grad()
def test_outputs_are_those_of_an_lstm_over_each_stack() -> None:
    torch.manual_seed(1)
    layer, draw = StackLSTM(3, 4), random.Random(2)
    actions = actions_of([random_tree(draw, words) for words in (4, 1, 9, 6)])
    elements = torch.randn(actions.numel(), 3)
    found = layer.along(elements, Pushes(TransitionSystem(NAMES, StackBounds(12, 12)), actions))
    for of_row in stacks(actions):
        for empty, *stack in of_row:
            wanted = layer.lstm(elements[stack][None])[0][0, -1] if stack else torch.zeros(4)
            torch.testing.assert_close(found[(stack or [empty])[-1]], wanted)
