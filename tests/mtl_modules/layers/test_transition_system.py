"""Stack machines: all steps at once are one after another, and nothing runs over the bounds.

That whatever comes out is a tree is tested in `tests/properties/test_random_scores.py`.
"""

from __future__ import annotations

import random

import pytest
import torch
from torch import Tensor

from mtl.text.transitions import StackBounds, bounds_of, oracle
from mtl.text.trees import Tree
from mtl_modules.layers.transition_system import Places, TransitionSystem
from tests.mtl.text.test_trees import random_tree

NAMES = ("[IN:A", "[IN:B", "[IN:C", "[SL:A", "[SL:B", "[SL:C", "]", "shift")


def actions_of(trees: list[Tree]) -> Tensor:
    """Return the oracle's actions, [B, S], -1 after the last one."""
    rows = [torch.tensor([NAMES.index(action) for action in oracle(tree)]) for tree in trees]
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=-1)


@pytest.mark.parametrize("seed", range(20))
def test_all_places_at_once_are_those_of_one_action_after_another(seed: int) -> None:
    draw = random.Random(seed)
    trees = [random_tree(draw, draw.randint(1, 12)) for _ in range(8)]
    actions, lengths = actions_of(trees), torch.tensor([tree[0].end for tree in trees])
    every = [bounds_of(oracle(tree)) for tree in trees]
    system = TransitionSystem(NAMES, StackBounds(*map(max, zip(*every, strict=True))))
    steps = actions % system.size  # padded with the end
    together = system.along(steps)
    masks = system.allowed(together, lengths[:, None].expand_as(actions))
    stacks, action = system.start(lengths), torch.full_like(lengths, system.end)
    for step in range(actions.shape[1]):
        stacks, places = system.after(stacks, action, lengths)
        there = actions[:, step] >= 0
        for name, alone, all_at_once in zip(Places._fields, places, together, strict=True):
            assert torch.equal(alone[there], all_at_once[there, step]), name
        assert torch.equal(system.allowed(places, lengths)[there], masks[there, step])
        action = steps[:, step]
        assert masks[there, step].gather(1, action[there, None]).all()  # what the oracle does is allowed
    assert torch.equal(system.shifts(steps), lengths)


def test_nothing_runs_over_the_bounds_where_forbidden_actions_are_followed() -> None:
    system = TransitionSystem(NAMES, StackBounds(2, 2))
    lengths = torch.tensor([1, 2, 1, 2])
    stacks = system.start(lengths)
    for action in ([6, 0, 7, 8], [6, 3, 7, 8], [6, 0, 7, 8], [6, 3, 7, 8]):
        stacks, _ = system.after(stacks, torch.tensor(action), lengths)
    assert stacks.depth.tolist() == [0, 2, 0, 0]
    assert stacks.front.tolist() == [0, 0, 1, 0]
