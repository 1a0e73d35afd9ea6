"""Figures of trees against their definitions, written out in the plainest way."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from mtl.evaluate.metrics import Brackets, SameTree, ValidTrees
from mtl.text.trees import Bracket, Tree, broken, read_tree, written
from tests.mtl.text.test_trees import random_tree

GOLD = read_tree("[IN:A a [SL:B b [IN:C c d ] ] e ]").tree


def nodes(text: str) -> list[tuple[str, tuple[int, ...], str]]:
    """Return label, word numbers and whole text of every bracket, found by counting brackets from each one on."""
    items = text.split()
    numbers = {i: n for n, i in enumerate(i for i, item in enumerate(items) if item != "]" and item[0] != "[")}
    found = []
    for first, item in enumerate(items):
        if item.startswith("["):
            depth, last = 1, first
            while depth:
                last += 1
                depth += 1 if items[last].startswith("[") else -1 if items[last] == "]" else 0
            inside = range(first, last + 1)
            found.append((item, tuple(numbers[i] for i in inside if i in numbers), " ".join(items[i] for i in inside)))
    return found


def plain_f1(pairs: Sequence[tuple[str, str | None]], whole: bool) -> tuple[float, float, float]:
    """Return precision, recall and F1 by taking each predicted bracket off the list of the gold ones."""
    hits = golds = guesses = 0
    for gold, predicted in pairs:
        rest = [node if whole else node[:2] for node in nodes(gold)]
        golds += len(rest)
        for node in nodes(predicted) if predicted is not None else ():
            guesses += 1
            wanted = node if whole else node[:2]
            if wanted in rest:
                rest.remove(wanted)
                hits += 1
    precision, recall = hits / guesses if guesses else 0.0, hits / golds if golds else 0.0
    return precision, recall, 2 * precision * recall / (precision + recall) if hits else 0.0


@pytest.mark.parametrize("seed", range(60))
def test_figures_are_those_of_the_plain_definition(seed: int) -> None:
    draw = random.Random(seed)
    pairs: list[tuple[Tree, Tree]] = []
    texts: list[tuple[str, str | None]] = []
    for _ in range(draw.randint(1, 12)):
        words = [f"w{i}" for i in range(draw.randint(1, 6))]
        gold = random_tree(draw, len(words))
        guess = gold if draw.random() < 0.3 else random_tree(draw, len(words))
        if draw.random() < 0.3:
            guess = tuple(b for i, b in enumerate(guess) if i != draw.randrange(len(guess)))
        pairs.append((gold, guess))
        texts.append((written(gold, words), None if broken(guess) else written(guess, words)))
    golds, guesses = zip(*pairs, strict=True)
    found = Brackets().compute(golds, guesses)
    expected = plain_f1(texts, whole=False)
    assert (found["precision"], found["recall"], found["f1"]) == pytest.approx(expected)
    assert found["tree_f1"] == pytest.approx(plain_f1(texts, whole=True)[2])
    same = [gold == guess for gold, guess in texts]
    assert SameTree().compute(golds, guesses) == {"exact_match": pytest.approx(sum(same) / len(same))}
    whole = [guess is not None for _, guess in texts]
    assert ValidTrees().compute(golds, guesses) == {"validity": pytest.approx(sum(whole) / len(whole))}


def test_figures_of_one_tree_by_hand() -> None:
    guess = read_tree("[IN:A a [SL:B b c d ] [SL:D e ] ]").tree
    figures = Brackets().compute([GOLD, None], [guess, GOLD])
    # of three gold brackets and three predicted ones, IN:A and SL:B are right; with all inside them none is
    assert figures == {"precision": 2 / 3, "recall": 2 / 3, "f1": 2 / 3, "tree_f1": 0.0}
    assert SameTree().compute([GOLD, GOLD, None], [guess, GOLD, guess]) == {"exact_match": 0.5}


def test_a_prediction_that_is_no_tree_has_no_bracket() -> None:
    crossing = (Bracket("IN:A", 0, 5), Bracket("SL:B", 1, 4), Bracket("IN:C", 2, 5))
    assert Brackets().compute([GOLD], [crossing]) == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "tree_f1": 0.0}
    assert ValidTrees().compute([GOLD, GOLD], [crossing, GOLD]) == {"validity": 0.5}


def test_brackets_count_as_often_as_they_are_there() -> None:
    once = (Bracket("IN:A", 0, 1), Bracket("SL:B", 0, 1), Bracket("IN:A", 0, 1))
    assert Brackets().compute([once], [(Bracket("IN:A", 0, 1),)])["recall"] == pytest.approx(1 / 3)


def test_without_a_gold_tree_figures_are_0() -> None:
    assert SameTree().compute([None], [GOLD]) == {"exact_match": 0.0}
    assert ValidTrees().compute([], []) == {"validity": 0.0}
