"""Elements of stacks, all steps at once: what lies below what, as a plain list finds one action after another."""

from __future__ import annotations

import itertools
import random

import pytest
import torch
from torch import Tensor

from mtl.text.transitions import StackBounds
from mtl.text.trees import Bracket, Tree
from mtl_modules.layers.pushes import Pushes
from mtl_modules.layers.transition_system import TransitionSystem
from tests.mtl.text.test_trees import random_tree
from tests.mtl_modules.layers.test_transition_system import NAMES, actions_of

SYSTEM = TransitionSystem(NAMES, StackBounds(12, 12))
FLAT = (Bracket("IN:A", 0, 2),)


def stacks(actions: Tensor) -> list[list[list[int]]]:
    """Return the stack before every action of every row, as elements of the batch, the empty stack's element first."""
    found = []
    for row, ids in enumerate(actions.tolist()):
        first = row * actions.shape[1]
        stack, opened, of_row = [first], [], [[first]]
        for step, action in enumerate([action for action in ids if action >= 0][:-1], 1):
            if NAMES[action] == "]":
                del stack[opened.pop() :]
            elif NAMES[action] != "shift":
                opened.append(len(stack))
            stack.append(first + step)
            of_row.append([*stack])
        found.append(of_row)
    return found


def trees(seed: int) -> list[Tree]:
    draw = random.Random(seed)
    return [FLAT, *(random_tree(draw, draw.randint(1, 12)) for _ in range(7))]


@pytest.mark.parametrize("seed", range(20))
def test_below_and_height_are_those_of_a_list(seed: int) -> None:
    actions = torch.nn.functional.pad(actions_of(trees(seed)), (0, seed % 3), value=-1)
    pushes, counted = Pushes(SYSTEM, actions), 0
    for of_row in stacks(actions):
        for stack in of_row[1:]:
            assert pushes.below[stack[-1]] == stack[-2]
            assert pushes.height[stack[-1]] == len(stack) - 1
            counted += 1
        assert pushes.below[of_row[0][0]] == of_row[0][0]
    assert (pushes.height > 0).sum() == counted
    levels = pushes.by_height()
    assert torch.cat(levels).sort()[0].equal(torch.arange(actions.numel()))
    assert all((pushes.height[level] == height).all() for height, level in enumerate(levels))


@pytest.mark.parametrize("seed", range(20))
def test_closed_brackets_hold_what_a_list_loses(seed: int) -> None:
    actions = actions_of(trees(seed))
    wanted = {}
    for of_row in stacks(actions):
        for before, after in itertools.pairwise(of_row):
            if len(after) <= len(before):
                label, *inside = before[len(after) - 1 :]
                wanted[after[-1]] = (label, inside[::-1])
    found: dict[int, tuple[int, list[int]]] = {}
    for closed in Pushes(SYSTEM, actions).by_depth():
        for step, label, inside, count in zip(*(values.tolist() for values in closed), strict=True):
            assert all(element in found for element in inside[:count] if element in wanted)
            found[step] = (label, inside[:count])
    assert found == wanted
    assert any(len(inside) > 1 for _, inside in wanted.values())


def test_where_no_bracket_is_closed_before_the_last_action_there_is_none() -> None:
    assert list(Pushes(SYSTEM, actions_of([FLAT, FLAT])).by_depth()) == []


def test_texts_without_actions_have_empty_stacks() -> None:
    pushes = Pushes(SYSTEM, torch.full((2, 3), -1))
    assert pushes.height.tolist() == [0] * 6
    assert [level.tolist() for level in pushes.by_height()] == [[0, 1, 2, 3, 4, 5]]
