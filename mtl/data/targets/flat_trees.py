"""The intent and the slots of a tree's outermost bracket: what a flat model learns from trees."""

from __future__ import annotations

from typing import Any

from ...base.registry import register
from ...text.tag_schemes import OUTSIDE
from ...text.tree_alignment import tree_over_tokens
from ...text.trees import INTENT, SLOT, Tree
from .one_label import OneLabel
from .parts import Example
from .tags import Tags
from .tree_cells import TreeCells, Unsupported


def flat_tags(tree: Tree) -> list[str]:
    """Return BIO tags of the slots that the outermost intent has, without what is in these; one per token.

    >>> from mtl.text.trees import read_tree
    >>> flat_tags(read_tree("[IN:ALARM wake me [SL:TIME at [IN:CLOCK [SL:HOUR six ] ] ] [SL:DAY today ] ]").tree)
    ['O', 'O', 'B-TIME', 'I-TIME', 'B-DAY']
    """
    tags = [OUTSIDE] * tree[0].end
    reached = 0
    for label, start, end in tree[1:]:
        if start >= reached:  # the first bracket after a slot of the outermost intent is the next one
            name = label.removeprefix(SLOT)
            tags[start:end] = [f"B-{name}", *[f"I-{name}"] * (end - start - 1)]
            reached = end
    return tags


@register("target", "intent_of_tree")
class IntentOfTree(TreeCells, OneLabel):
    """The intent of the outermost bracket, without its `IN:`, of a cell that holds a tree (`mtl.text.trees`)."""

    def __init__(self, *, unsupported: Unsupported = "keep") -> None:
        super().__init__()
        self.unsupported: Unsupported = unsupported

    def read(self, value: Any, example: Example) -> str | None:
        found = self.cell_tree(value)
        return None if found is None else found.tree[0].label.removeprefix(INTENT)


@register("target", "slots_of_tree")
class SlotsOfTree(TreeCells, Tags):
    """BIO tags of the slots that a tree's outermost intent has, without `SL:`; what is inside a slot is not tagged."""

    def __init__(self, *, unsupported: Unsupported = "keep") -> None:
        super().__init__(scheme="bio")
        self.unsupported: Unsupported = unsupported

    def _tagged(self, value: Any) -> list[str] | None:
        try:
            found = self.cell_tree(value)
        except ValueError:  # it is reported where it is read, with its line
            found = None
        return None if found is None else flat_tags(found.tree)

    def read(self, value: Any, example: Example) -> list[str | None] | None:
        found = self.cell_tree(value)
        if found is None:
            return None
        tags: list[str | None] = [*flat_tags(tree_over_tokens(found, example.text, example.spans))]
        return tags[: example.read] or None
