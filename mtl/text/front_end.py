"""How a text becomes tokens, and as what they are looked up: declared once, for recipes, training and export."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any

from ..base.declared import Count, Key


@dataclass(frozen=True)
class FrontEnd:
    """What an input does to its texts before features are computed.

    Every field is a key of a recipe's input.
    """

    tokenizer: Annotated[str, Key("what cuts the text into tokens")] = "unicode_words"
    lowercase: Annotated[bool, Key("whether tokens are looked up in lower case")] = False
    max_tokens: Annotated[Count | None, Key("how many tokens are read, from the first")] = None

    @property
    def splitting(self) -> FrontEnd:
        """The front end with equal tokens that are looked up as they are: texts are split once for all of these."""
        return FrontEnd(self.tokenizer, max_tokens=self.max_tokens)

    @property
    def whole(self) -> FrontEnd:
        """The front end that reads texts to their ends."""
        return replace(self, max_tokens=None)

    @property
    def reach(self) -> float:
        """How many tokens are read at most."""
        return float("inf") if self.max_tokens is None else self.max_tokens

    def state(self) -> dict[str, Any]:
        """Return the fields as JSON-able values."""
        return asdict(self)

    def normalized(self) -> str:
        """Return, in words, as what tokens are looked up; nothing where that is what they are in the text."""
        return "lowercase" if self.lowercase else ""

    def __str__(self) -> str:
        """Return the front end in words.

        >>> str(FrontEnd(lowercase=True, max_tokens=20)), str(FrontEnd("whitespace"))
        ('unicode_words, lowercase, first 20 tokens', 'whitespace')
        """
        most = "" if self.max_tokens is None else f"first {self.max_tokens} tokens"
        return ", ".join(filter(None, (self.tokenizer, self.normalized(), most)))
