"""Figures about trees of brackets, as the script that came with TOP counts them.

A predicted tree that is none (see `mtl.text.trees.broken`) has no right bracket, and none that counts as predicted.

Source: Gupta, Shah, Mohit, Kumar and Lewis (2018), section 5.1; brackets of Black et al. (1991), in the form in which
equal ones are counted as often as they occur.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

from mtl.base.registry import register
from mtl.text.trees import Tree, broken

from .base import Metric
from .classification import Counts


class TreeMetric(Metric):
    """A figure that compares trees over the tokens of a text."""

    elements = ("tree",)
    axes = (("S",),)


@register("metric", "same_tree")
class SameTree(TreeMetric):
    """Share of texts whose predicted tree is the gold tree, in all its brackets."""

    figures = ("exact_match",)

    def compute(self, gold: Sequence[Any], predicted: Sequence[Any]) -> dict[str, Any]:
        """Return `exact_match`, 0 where there is no tree."""
        return {"exact_match": _mean(g == p for g, p in _trees(gold, predicted))}


@register("metric", "brackets")
class Brackets(TreeMetric):
    """F1, precision and recall of brackets: one is right if its label and its first and last token are.

    `tree_f1` counts a bracket as right only if all those inside it are, too.
    """

    figures = ("f1", "precision", "recall", "tree_f1")

    def compute(self, gold: Sequence[Any], predicted: Sequence[Any]) -> dict[str, Any]:
        """Return `f1`, `precision`, `recall` and `tree_f1`, each between 0 and 1; 0 where there is no bracket."""
        rows = list(_trees(gold, predicted))
        plain, whole = _counts(rows, tuple), _counts(rows, _subtrees)
        return {"f1": plain.f1, "precision": plain.precision, "recall": plain.recall, "tree_f1": whole.f1}


@register("metric", "valid_trees")
class ValidTrees(TreeMetric):
    """Share of texts whose prediction is a tree: an intent's, with brackets in one another that alternate in kind."""

    figures = ("validity",)

    def compute(self, gold: Sequence[Any], predicted: Sequence[Any]) -> dict[str, Any]:
        """Return `validity`, 0 where there is no tree."""
        return {"validity": _mean(not broken(p) for _, p in _trees(gold, predicted))}


def _trees(gold: Sequence[Tree | None], predicted: Sequence[Tree]) -> Iterator[tuple[Tree, Tree]]:
    return ((tuple(g), tuple(p)) for g, p in zip(gold, predicted, strict=True) if g is not None)


def _mean(found: Iterator[bool]) -> float:
    values = list(found)
    return sum(values) / len(values) if values else 0.0


def _counts(rows: Sequence[tuple[Tree, Tree]], parts: Callable[[Tree], Sequence[Hashable]]) -> Counts:
    hits = predicted = there = 0
    for g, p in rows:
        right, given = Counter(parts(g)), Counter(() if broken(p) else parts(p))
        hits += (right & given).total()
        predicted += given.total()
        there += right.total()
    return Counts(hits, predicted, there)


def _subtrees(tree: Tree) -> list[Tree]:
    """Return each bracket with those inside it, which follow it."""
    found = []
    for place, bracket in enumerate(tree):
        after = (i for i in range(place + 1, len(tree)) if tree[i].start >= bracket.end)
        found.append(tree[place : next(after, len(tree))])
    return found
