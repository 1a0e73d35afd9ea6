"""How a text becomes tokens, and how they are normalized before look-up: for recipes, training and export."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any, Literal

from ..base.declared import Count, Key
from .cells import VALUES
from .normalization import Normalization


@dataclass(frozen=True)
class FrontEnd:
    """What an input does to its texts before features are computed.

    Every field is a key of a recipe's input.
    """

    tokenizer: Annotated[str, Key("what cuts the text into tokens: `mtl components tokenizer`")] = "unicode_words"
    lowercase: Annotated[
        bool | Literal["ascii"],
        Key(
            "look-up in lower case; ascii: ASCII only",
            note="`true` maps one character to one, alike in every language: Turkish `I` becomes `i` and `ı` stays, "
            "`ß` is not `ss`.",
        ),
    ] = False
    max_tokens: Annotated[Count | None, Key("how many tokens are read, from the first")] = None
    strip_accents: Annotated[
        bool,
        Key(
            "look-up without accents and other marks",
            note="In scripts whose vowels or voicing are marks (Devanagari, Thai, kana) words of different meaning "
            "become equal. Letters with a stroke (`đ`, `ł`) stay.",
        ),
    ] = False
    nfkc: Annotated[bool, Key("look-up in Unicode's form NFKC")] = False

    @property
    def splitting(self) -> FrontEnd:
        """The front end with equal tokens that are looked up as they are: texts are split once for all of these."""
        return FrontEnd(self.tokenizer, max_tokens=self.max_tokens)

    @property
    def of_value(self) -> bool:
        """Whether a cell is one value, not a text."""
        return self.tokenizer in VALUES

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

    @property
    def normalization(self) -> Normalization:
        """What is done to tokens before they are looked up."""
        lower = {False: 0, True: Normalization.LOWERCASE, "ascii": Normalization.ASCII_LOWERCASE}[self.lowercase]
        accents = Normalization.STRIP_ACCENTS if self.strip_accents else 0
        return Normalization(lower | accents | (Normalization.NFKC if self.nfkc else 0))

    def described(self) -> str:
        """Return the normalizations of tokens in words; nothing where there is none."""
        lower = {False: "", True: "lowercase", "ascii": "ASCII lowercase"}[self.lowercase]
        accents = "without accents" if self.strip_accents else ""
        return ", ".join(filter(None, ("NFKC" if self.nfkc else "", lower, accents)))

    def __str__(self) -> str:
        """Return the front end in words.

        >>> str(FrontEnd(lowercase=True, max_tokens=20)), str(FrontEnd("whitespace"))
        ('unicode_words, lowercase, first 20 tokens', 'whitespace')
        """
        most = "" if self.max_tokens is None else f"first {self.max_tokens} tokens"
        return ", ".join(filter(None, (self.tokenizer, self.described(), most)))
