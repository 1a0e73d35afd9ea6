"""What is odd about the gold of a split, as warnings: each kind counted, with the first row that shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..base.errors import Fault
from .kept_files import found_file, kept_file

if TYPE_CHECKING:
    from .targets import Remark


class RemarkCounts:
    """Counts remarks by task and by what they say."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, str], int] = {}
        self._first: dict[tuple[str, str, str], Fault] = {}

    def add(self, remarks: Iterable[tuple[str, Remark, Fault]]) -> None:
        """Take in remarks, each with its task and a fault that says where it was found."""
        for task, remark, place in remarks:
            kind = task, remark.one, remark.many
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._first.setdefault(kind, place)

    def kept(self, root: str) -> list[dict[str, Any]]:
        """Return them as JSON-able values; files under `root`, where the split lies, may move with it."""
        return [
            {
                "says": one if count == 1 else many,
                "count": count,
                "example": first.message,
                "file": kept_file(first.file or "", root),
                "line": first.line,
                "path": first.path,
            }
            for (task, one, many), count in self._counts.items()
            for first in [self._first[task, one, many]]
        ]


def remark_faults(kept: Iterable[Mapping[str, Any]], root: str) -> list[Fault]:
    """Return what `RemarkCounts.kept` gave as faults of the rows that were the first of their kind.

    Tasks that read one column alike say the same, which is said once.
    """
    found = (
        Fault(
            f"{remark['count']:,} {remark['says']}, here {remark['example']}.",
            found_file(remark["file"], root),
            remark["line"],
            remark["path"],
        )
        for remark in kept
    )
    return list(dict.fromkeys(found))
