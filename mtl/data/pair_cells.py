"""The cells of a row that judges pairs: texts, grades, names; all that is wrong with them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from ..base.errors import WrongValueError
from ..base.shown import described
from ..sources.values import spelled
from .reading import as_text
from .targets import Example

if TYPE_CHECKING:
    from ..recipe.config import TaskConfig
    from ..sources.base import Row
    from .targets import Target

CellFault = tuple[str, ValueError]  # a column, and what is wrong with its cell


class PairText(NamedTuple):
    """A text, and the digest that it is known by."""

    text: str
    digest: bytes


class PairCells:
    """Reads cells of a row; what is wrong with them is added to `faults`, and something stands in for it."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.faults: list[CellFault] = []

    def text(self, column: str) -> PairText:
        """Return the text of a cell."""
        text = ""
        try:
            text = as_text(self.row.values.get(column))
        except ValueError as error:
            self.faults.append((column, error))
        return PairText(text, hashlib.blake2b(text.encode(), digest_size=16).digest())

    def grade(self, column: str, task: TaskConfig, target: Target, query: PairText) -> str:
        """Return the grade that a cell gives."""
        try:
            value = task.task.cell(spelled(self.row.values.get(column)))
            return str(target.read(value, Example(query.text, (), 0)))
        except ValueError as error:
            self.faults.append((column, error))
            return ""

    def name(self, column: str | None, *, optional: bool = False) -> str | None:
        """Return what a column names something; None where no column does, or where it is empty and may be."""
        if column is None:
            return None
        value = spelled(self.row.values.get(column))
        if isinstance(value, str) and value.strip():
            return value
        empty = value is None or isinstance(value, str)
        if not (optional and empty):
            found = "nothing" if empty else described(value)
            self.faults.append((column, WrongValueError("should be a name or a number", found)))
        return None
