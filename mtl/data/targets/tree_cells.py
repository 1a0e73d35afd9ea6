"""Cells that hold a tree in brackets, and which of their trees are left out."""

from __future__ import annotations

from typing import Any, Literal

from ...base.errors import WrongValueError
from ...base.shown import described
from ...text.trees import INTENT, WrittenTree, read_tree
from .parts import Example, Remark

Unsupported = Literal["keep", "leave_out"]

_UNSUPPORTED = f"{INTENT}UNSUPPORTED"


class TreeCells:
    """What targets have in common that read a tree, or a part of one, of a cell.

    With `unsupported: leave_out` rows with an intent IN:UNSUPPORTED… have no answer, as where figures were published;
    they are counted.
    """

    unsupported: Unsupported = "keep"

    def cell_tree(self, value: Any) -> WrittenTree | None:
        """Return a cell's tree over its words; None where the cell is blank, or the tree left out.

        Raises `ValueError` where there is no tree.
        """
        if not isinstance(value, str):
            raise WrongValueError("should be a tree in brackets, such as [IN:GREET hello ]", described(value))
        if not value.strip():
            return None
        found = read_tree(value)
        return None if self._unsupported(found) else found

    def remarks(self, value: Any, example: Example) -> list[Remark]:
        """Return a remark on a tree that is left out."""
        if self.unsupported == "keep" or not isinstance(value, str) or not value.strip():
            return []
        intent = self._unsupported(read_tree(value))
        if intent is None:
            return []
        one, many = (
            "tree has an intent that is not supported, and is",
            "trees have intents that are not supported, and are",
        )
        return [Remark(f"{one} left out", f"{many} left out", intent)]

    def _unsupported(self, found: WrittenTree) -> str | None:
        """Return the intent that a tree is left out for, None where it is not."""
        if self.unsupported == "keep":
            return None
        return next((bracket.label for bracket in found.tree if bracket.label.startswith(_UNSUPPORTED)), None)
