"""The label set of a task."""

from __future__ import annotations

from dataclasses import dataclass

MISSING = -100  # target id of a row or token without a label


@dataclass(frozen=True)
class Labels:
    """Labels in the order of their ids, with how many training rows (or tokens) have each."""

    names: tuple[str, ...]
    counts: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.names)

    def ids(self) -> dict[str, int]:
        """Return label -> id."""
        return {name: i for i, name in enumerate(self.names)}
