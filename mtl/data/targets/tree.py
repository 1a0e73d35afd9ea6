"""A tree of intents and slots over the tokens of a text: what a task-oriented semantic parser answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...base.errors import WrongValueError
from ...base.registry import register
from ...text.transitions import OPEN, REDUCE, SHIFT, StackBounds, bounds_of, oracle, tree_of
from ...text.tree_alignment import tree_over_tokens
from ...text.trees import Tree, read_tree, written
from ..labels import MISSING
from .base import Target
from .label_target import LabelTarget
from .parts import Answer, Example, Names
from .tree_cells import TreeCells, Unsupported

END = -1  # in place of an action: the tree is complete


@register("target", "tree")
class TreeOfTokens(TreeCells, LabelTarget):
    """Brackets with labels over the tokens of a text, in one another; a cell holds them as `mtl.text.trees` says.

    Its values are the actions that build the tree (`mtl.text.transitions`), whose names are its labels. How deep trees
    are in training, and how many brackets open at one word, bounds answers. With `unsupported: leave_out` rows with an
    intent IN:UNSUPPORTED… have no answer, as where figures were published; they are counted.
    """

    element = "tree"
    axes = ("S",)  # actions, step by step
    of_tokens = True
    example_names = (f"{OPEN}IN:A", f"{OPEN}SL:a", REDUCE, SHIFT)
    answers = (
        Answer("actions", "actions", labels=True, dims=("S",), without_tokens=END),
        Answer("score", "score", without_tokens=1.0),
        Answer("tree", "actions", tree=True, without_tokens=END),
    )
    metrics = ("same_tree", "brackets", "valid_trees")

    def __init__(self, *, unsupported: Unsupported = "keep") -> None:
        super().__init__()
        self.unsupported: Unsupported = unsupported
        self.bounds = StackBounds(4, 3)  # of a placeholder
        self._seen = StackBounds(1, 1)

    @property
    def shows_tokens(self) -> bool:
        return True

    @property
    def marks_spans(self) -> bool:
        return False

    # -- from a cell to actions

    def read(self, value: Any, example: Example) -> Tree | None:
        """Return the tree over all tokens of the text; None where the cell is blank, or its intent left out."""
        found = self.cell_tree(value)
        return None if found is None else tree_over_tokens(found, example.text, example.spans)

    def unread(self, gold: Tree, example: Example) -> int:
        """Return 1 for a tree over more tokens than are read: nothing is learned from it, and no answer equals it."""
        return int(gold[0].end > example.read)

    def labels_of(self, gold: Tree) -> Iterable[str]:
        return oracle(gold)

    def count(self, gold: Tree) -> None:
        super().count(gold)
        self._seen = StackBounds(*map(max, zip(self._seen, bounds_of(oracle(gold)), strict=True)))

    def fit(self, alike: Sequence[Target]) -> None:
        """Make labels of the actions, and bounds that all training trees keep to."""
        if not self._counts:
            raise WrongValueError("should have a tree in at least one row", None)
        super().fit(alike)
        every = [self._seen, *(other._seen for other in alike if isinstance(other, TreeOfTokens))]
        self.bounds = StackBounds(*map(max, zip(*every, strict=True)))

    def encode(self, gold: Tree | None, count: int, names: Names) -> Sequence[float]:
        return () if gold is None else [names.id(action) for action in oracle(gold)]

    def tensors(self, values: NDArray[Any]) -> tuple[Tensor, Tensor]:
        """Return actions [B, S] int64, negative after the last one, and which trees can be learned, [B].

        A tree with a label that training never had is none, and has no action.
        """
        ids = torch.from_numpy(values)
        known = (ids[:, 0] >= 0) & (ids < self.size).all(1)
        return torch.where(known[:, None], ids, MISSING), known

    # -- from actions to trees

    def gold(self, values: NDArray[Any], names: Sequence[str]) -> Tree | None:
        return tree_of(names[action] for action in values.tolist()) or None

    def predicted(self, answer: Mapping[str, Tensor], lengths: Sequence[int] | None) -> list[Any]:
        names = np.array(self.names(), object)
        return [tree_of(names[row[row >= 0]]) for row in answer["actions"].numpy()]

    def from_answer(self, answer: Mapping[str, Any]) -> Tree:
        return tree_of(answer["actions"])

    def shown(self, answer: Answer, values: NDArray[Any], tokens: Sequence[str] = ()) -> Any:
        """Return the actions (or their scores) up to the last one, trees in brackets, or their probabilities."""
        if not answer.tree:
            return super().shown(answer, values[values >= 0] if answer.dims == self.axes else values, tokens)
        if answer.dims:
            return [self.in_brackets(actions, tokens) for actions in values]
        return self.in_brackets(values, tokens)

    def in_brackets(self, actions: NDArray[Any], tokens: Sequence[str]) -> str:
        """Return the tree that actions [S] build over tokens, nothing where there are none."""
        names = self.names()
        found = tree_of(names[action] for action in actions.tolist() if action >= 0)
        return written(found, tokens) if found else ""

    def actions_in(self, tree: str) -> NDArray[np.int64]:
        """Return the actions [S] that build a tree in brackets, none for `""`.

        Raises `ValueError` where it is no tree, or has a label that is none of the target's.
        """
        names = self.names()
        return np.array([names.index(action) for action in oracle(read_tree(tree).tree)] if tree else [], np.int64)

    # -- state

    def adopt(self, state: Mapping[str, Any], more: Sequence[str] = ()) -> None:
        """Take over labels, and bounds that trees of the data keep to as well: no weight depends on these."""
        bounds = self.bounds
        super().adopt(state, more)
        self.bounds = StackBounds(*map(max, zip(self.bounds, bounds, strict=True)))

    def state(self) -> dict[str, Any]:
        return {**super().state(), "bounds": list(self.bounds)}

    def load_state(self, state: Mapping[str, Any]) -> None:
        super().load_state(state)
        self.bounds = StackBounds(*state["bounds"])
