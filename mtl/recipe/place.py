"""Where something was written: a file, a line, a path inside the recipe."""

from __future__ import annotations

from dataclasses import dataclass

from ..base.errors import Fault


@dataclass(frozen=True)
class Place:
    """Where something was written: a file (or the `--set` option that says it), a line, and a dotted path."""

    file: str | None = None
    line: int | None = None
    path: str = ""

    def named(self, path: str) -> Place:
        """Return this place with another path: that of what a message is about."""
        return Place(self.file, self.line, path)

    def fault(self, message: str) -> Fault:
        """Return a fault at this place."""
        return Fault(message, self.file, self.line, self.path or None)


NOWHERE = Place()
