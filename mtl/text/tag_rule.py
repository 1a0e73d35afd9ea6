"""Which tags a column may hold, and the message for one that it may not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..base.errors import WrongValueError
from .tag_schemes import LETTERS, OUTSIDE, Scheme, intended, parsed

UNLABELLED = "-100"  # what PyTorch's losses and the libraries above it ignore


class BadTagError(WrongValueError):
    """A tag that its column may not hold; `item` counts from 0 in the row."""

    def __init__(self, should: str, found: str, change: str, item: int) -> None:
        super().__init__(should, found, change)
        self.item = item

    def __reduce__(self) -> tuple[type[BadTagError], tuple[str, str | None, str, int]]:
        return type(self), (self.wording.should, self.wording.found, self.wording.change, self.item)


class UnlabelledTagError(BadTagError):
    """A number in place of a tag, for a token without a label; how such a token is written depends on the format."""


@dataclass(frozen=True)
class TagRule:
    """Tags should be of this scheme, `reason` says why; `bare` letters (`B`, `I`) may be among them.

    `auto` and `plain` allow any tag.
    """

    scheme: Scheme = "auto"
    reason: str = ""
    bare: bool = True

    def check(self, tags: Sequence[str | None]) -> None:
        """Raise `BadTagError` at the first tag that may not be there."""
        for item, tag in enumerate(tags):
            if tag is None:
                continue
            if tag == UNLABELLED:
                raise UnlabelledTagError(
                    "a token without a label should have no tag",
                    f"'{UNLABELLED}', {self._place(item, tags)}, which many libraries write for such a token",
                    "",
                    item,
                )
            if not self.allows(tag):
                raise BadTagError(
                    f"a tag should be O or begin with {self._prefixes()}: {self.reason}",
                    f"'{tag}', {self._place(item, tags)}",
                    self._hint(tag),
                    item,
                )

    def allows(self, tag: str) -> bool:
        """Return whether a column may hold a tag."""
        if self.scheme not in LETTERS:
            return True
        found = parsed(tag)
        if found is None or (found.letter != OUTSIDE and not found.label and not self.bare):
            return False
        return found.letter in (OUTSIDE, *LETTERS[self.scheme])

    def _prefixes(self) -> str:
        *most, last = (f"{letter}-" for letter in LETTERS[self.scheme])
        return f"{', '.join(most)} or {last}"

    @staticmethod
    def _place(item: int, tags: Sequence[str | None]) -> str:
        return f"tag {item + 1} of {len(tags)}"

    def _hint(self, tag: str) -> str:
        meant = intended(tag)
        if meant and meant != tag and self.allows(meant):
            return f"Did you mean '{meant}'?"
        found = parsed(tag)
        others = [name for name in ("bio", "bioes", "bilou") if found and found.letter in LETTERS[name]]
        if others and found and (found.label or self.bare):
            return f"Tags with {found.letter}- are of the scheme {others[0]}."
        return "Tags that mark no spans are of the scheme plain, and measured by accuracy and macro_f1."


ANY = TagRule()
