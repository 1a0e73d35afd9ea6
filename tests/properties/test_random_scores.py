"""Whatever the labels and the scores of their actions, a search finds trees over exactly the words of its texts.

`python -m tests.properties.test_random_scores 100000` makes so many trees.
"""

from __future__ import annotations

import random
import sys
from typing import Any

import pytest
import torch
from torch import Tensor

from mtl.data.labels import Labels
from mtl.data.targets import TreeOfTokens
from mtl.model.loop import State
from mtl.model.module import PaddedSequence
from mtl.model.search import Stepped
from mtl.text.transitions import REDUCE, SHIFT, StackBounds, bounds_of, oracle
from mtl.text.trees import Tree, broken, read_tree, written
from mtl_modules import TransitionOutput
from mtl_modules.decoders.tree_decoder import TreeDecoder, masked
from mtl_modules.layers.transition_system import Stacks

TEXTS = 40  # of a batch
LONGEST = 8
BEAMS = ((1, 1), (1, 1), (2, 1), (3, 3), (8, 5))  # and how many trees are asked for


class Random(TreeDecoder):
    """Scores that say nothing: those of a text lean to some actions, by more or less than they change step by step."""

    def __init__(self, target: TreeOfTokens, sharpness: float, draw: torch.Generator) -> None:
        super().__init__(target)
        self.sharpness = sharpness
        self.draw = draw

    def start(self, *values: Any) -> tuple[State, State]:
        lengths = values[0].lengths
        leaning = self.sharpness * torch.randn(len(lengths), self.system.end, generator=self.draw)
        return (lengths, leaning), self.system.start(lengths)

    def step(self, read: State, state: State, choice: Tensor) -> tuple[Tensor, State]:
        lengths, leaning = read
        stacks, at = self.system.after(Stacks(*state), choice % self.system.size, lengths)
        scores = leaning + torch.randn(leaning.shape, generator=self.draw)
        return masked(scores, self.system.allowed(at, lengths)), stacks


def random_target(draw: random.Random) -> TreeOfTokens:
    """Return a target with random labels, at least one intent, and random bounds."""
    intents = [f"[IN:{number}" for number in range(draw.randint(1, 6))]
    slots = [f"[SL:{number}" for number in range(draw.randint(0, 6))]
    names = [*intents, *slots, REDUCE, SHIFT]
    draw.shuffle(names)
    found = TreeOfTokens()
    found.labels = Labels(tuple(names), (1,) * len(names))
    found.bounds = StackBounds(draw.randint(1, 8), draw.randint(1, 4))
    return found


def check_tree(tree: Tree, words: int, target: TreeOfTokens) -> None:
    """Check that a prediction is a tree over so many words, within bounds, that can be written and read back."""
    assert not broken(tree)
    assert (tree[0].start, tree[0].end) == (0, words)
    actions = list(oracle(tree))
    assert actions.count(SHIFT) == words
    assert all(found <= bound for found, bound in zip(bounds_of(actions), target.bounds, strict=True))
    texts = tuple(f"w{place}" for place in range(words))
    assert read_tree(written(tree, texts)) == (tree, texts)


def check_random_scores(cases: int, seed: int) -> int:
    """Check so many trees, each batch of other labels, bounds and beams; return how many differ."""
    draw, scores = random.Random(seed), torch.Generator().manual_seed(seed)
    different: set[Tree] = set()
    checked = 0
    while checked < cases:
        target, (beam, nbest) = random_target(draw), draw.choice(BEAMS)
        decoder = Random(target, draw.choice((0.0, 1.0, 4.0, 20.0)), scores)
        lengths = torch.randint(1, LONGEST + 1, (TEXTS,), generator=scores)
        values = PaddedSequence(torch.zeros(TEXTS, int(lengths.max()), 1), lengths)
        answer = TransitionOutput(target, beam=beam, nbest=nbest).answer(Stepped(decoder, (values,)))
        assert (answer["score"] > 0).all()
        every = answer.get("trees", answer["actions"][:, None])
        for row, words in enumerate(lengths.tolist()):
            found = target.predicted({"actions": every[row]}, None)
            trees = [tree for tree in found if tree]
            assert trees
            assert trees == found[: len(trees)]
            assert len(set(trees)) == len(trees)
            for tree in trees:
                check_tree(tree, words, target)
            different.update(trees)
            checked += len(trees)
    return len(different)


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_the_scores_trees_over_the_words_come_out(seed: int) -> None:
    assert check_random_scores(2000, seed) > 500


if __name__ == "__main__":
    print(f"{check_random_scores(int(sys.argv[1]), seed=3):,} different trees")
