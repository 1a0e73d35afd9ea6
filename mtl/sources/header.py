"""The columns of a table: their names, and how many fields a row has for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ..base.errors import Wording, counted
from .base import check_distinct


@dataclass(frozen=True)
class Header:
    """The names of a table's columns, in order.

    Columns at the end that have no name, as a spreadsheet writes them, are no columns where there are several (or one
    and another without a name), and a row may lack their fields. Raises `UsageError` where names are not distinct.
    """

    fields: tuple[str, ...]

    def __post_init__(self) -> None:
        check_distinct(self.named)

    @cached_property
    def named(self) -> tuple[str, ...]:
        """The fields up to the last one that holds a name; the first one at least."""
        end = len(self.fields)
        while end > 1 and not self.fields[end - 1]:
            end -= 1
        return self.fields[:end]

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The names that a column goes by."""
        return self.named if self.fields.count("") > 1 else self.fields

    @cached_property
    def lengths(self) -> frozenset[int]:
        """How many fields a row has: one for each column, or for each up to the last that has a name."""
        return frozenset({len(self.fields), len(self.named)})

    def wrong(self, row: Sequence[str]) -> Wording | None:
        """Return what is wrong with the number of a row's fields, or with a row that names the columns again.

        >>> print(Header(("text", "label", "", "")).wrong(["play", "x", "y"]))
        should have 4 columns (text, label, 2 without a name). Found 3.
        """
        if len(row) in self.lengths:
            return _AGAIN if len(self.named) > 1 and tuple(row) == self.fields else None
        nameless = len(self.fields) - len(self.named)
        described = [*self.named, *([f"{nameless} without a name"] if nameless else [])]
        should = f"should have {counted(len(self.fields), 'column')} ({', '.join(described)})"
        return Wording(should, str(len(row)))


# A row of one column may well hold its name as a text.
_AGAIN = Wording("should be a row", "the names of the columns, as where files were joined", "Leave the line out.")
