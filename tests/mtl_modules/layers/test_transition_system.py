"""Stack machines: whatever the scores, a tree over the words; all steps at once as one after another.

`python -m tests.mtl_modules.layers.test_transition_system 100000` makes so many trees from random scores.
"""

from __future__ import annotations

import random
import sys

import pytest
import torch
from torch import Tensor

from mtl.text.transitions import StackBounds, bounds_of, oracle, tree_of
from mtl.text.trees import Tree, broken
from mtl_modules.layers.transition_system import Places, TransitionSystem
from tests.mtl.text.test_trees import random_tree

NAMES = ("[IN:A", "[IN:B", "[IN:C", "[SL:A", "[SL:B", "[SL:C", "]", "shift")
NARROW = (StackBounds(1, 1), StackBounds(2, 1), StackBounds(3, 3), StackBounds(8, 2))


def actions_of(trees: list[Tree]) -> Tensor:
    """Return the oracle's actions, [B, S], -1 after the last one."""
    rows = [torch.tensor([NAMES.index(action) for action in oracle(tree)]) for tree in trees]
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=-1)


def searched(system: TransitionSystem, lengths: Tensor, sharpness: float, draw: torch.Generator) -> list[list[str]]:
    """Return the actions that random scores lead to, the best one that is allowed at every step."""
    names = [*NAMES[: system.end - 2], *NAMES[-2:]]
    stacks, action = system.start(lengths), torch.full_like(lengths, system.end)
    taste = sharpness * torch.randn(len(lengths), system.size, generator=draw)  # some like one action at every step
    found: list[list[str]] = [[] for _ in lengths]
    for _ in range(system.most(int(lengths.max())) + 1):
        stacks, places = system.after(stacks, action, lengths)
        scores = taste + torch.randn(taste.shape, generator=draw)
        allowed = system.allowed(places, lengths)
        assert allowed.any(1).all()  # there is always something that is allowed
        action = scores.masked_fill(~allowed, -torch.inf).argmax(1)
        for row, chosen in zip(found, action.tolist(), strict=True):
            row += [names[chosen]] if chosen != system.end else []
        if bool((action == system.end).all()):
            return found
    raise AssertionError("not all have ended after as many actions as a tree has at most")


def check_random_scores(cases: int, seed: int) -> int:
    """Check that so many random searches end in trees over their words, within bounds; return how many trees differ."""
    draw = torch.Generator().manual_seed(seed)
    different = set()
    for first in range(0, cases, 1000):
        bounds = NARROW[first // 1000 % len(NARROW)]
        names = NAMES if first // 4000 % 2 else (*NAMES[:3], *NAMES[-2:])  # intents alone
        system = TransitionSystem(names, bounds)
        lengths = torch.randint(1, 9, (min(1000, cases - first),), generator=draw)
        for actions, words in zip(searched(system, lengths, first // 8000 % 3, draw), lengths.tolist(), strict=True):
            tree = tree_of(actions)
            assert not broken(tree)
            assert actions.count("shift") == tree[0].end == words
            assert tree[0].start == 0
            assert list(oracle(tree)) == actions
            assert all(found <= bound for found, bound in zip(bounds_of(actions), bounds, strict=True))
            different.add(tree)
    return len(different)


def test_whatever_the_scores_a_tree_over_the_words_comes_out() -> None:
    assert check_random_scores(8000, 0) > 1000


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


if __name__ == "__main__":
    print(f"{check_random_scores(int(sys.argv[1]), 1):,} different trees")
