"""How a text becomes tokens, and how they are normalized before look-up: for recipes, training and export."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from ..base.declared import Count, Key, keys
from .cells import VALUES
from .normalization import Normalization


@dataclass(frozen=True)
class FrontEnd:
    """What an input does to its texts before features are computed.

    Every field is a key of a recipe's input, but `made`, which is the tokenizer where it has keys of its own.
    """

    tokenizer: Annotated[
        str,
        Key(
            "what cuts the text into tokens: `mtl components tokenizer`",
            note="One with keys of its own is written as {type: NAME, KEY: …}.",
        ),
    ] = "unicode_words"
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
    max_pieces: Annotated[
        Count | None,
        Key(
            "how many pieces are read, from the first",
            note="Of a tokenizer with a vocabulary of pieces, as `wordpiece`. A word of which some are read is read.",
        ),
    ] = None
    made: Any = None  # a `Tokenizer`, or None; the file that has these imports this one

    @property
    def splitting(self) -> FrontEnd:
        """The front end with equal tokens that are looked up as they are: texts are split once for all of these."""
        return FrontEnd(self.tokenizer, max_tokens=self.max_tokens, max_pieces=self.max_pieces, made=self.made)

    @property
    def of_value(self) -> bool:
        """Whether a cell is one value, not a text."""
        return self.tokenizer in VALUES

    @property
    def whole(self) -> FrontEnd:
        """The front end that reads texts to their ends."""
        return replace(self, max_tokens=None, max_pieces=None)

    @property
    def bounds(self) -> tuple[str, ...]:
        """The keys that keep texts from being read to their ends.

        >>> FrontEnd(max_tokens=20).bounds, FrontEnd().bounds
        (('max_tokens',), ())
        """
        return tuple(key for key in ("max_tokens", "max_pieces") if getattr(self, key) is not None)

    @property
    def reach(self) -> float:
        """How many tokens are read at most."""
        return min(float("inf") if most is None else most for most in (self.max_tokens, self.max_pieces))

    def written(self) -> dict[str, Any]:
        """Return the keys as a recipe writes them."""
        found = {key: getattr(self, key) for key in keys(FrontEnd)}
        return found if self.made is None else {**found, "tokenizer": {"type": self.tokenizer, **self.made.written()}}

    def state(self) -> dict[str, Any]:
        """Return as JSON-able values what is done to texts."""
        found = {key: getattr(self, key) for key in keys(FrontEnd)}
        return found if self.made is None else {**found, "tokenizer_keys": self.made.state()}

    @property
    def cutting(self) -> dict[str, Any]:
        """What decides which tokens are read of a text, by the keys for it, in words."""
        tokenizer = self.tokenizer if self.made is None else str(self.made)
        return {"tokenizer": tokenizer, "max_tokens": self.max_tokens, "max_pieces": self.max_pieces}

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
        tokenizer, *most = self.cutting.values()
        read = [f"first {count} {noun}" for count, noun in zip(most, ("tokens", "pieces"), strict=True) if count]
        return ", ".join(filter(None, (tokenizer, self.described(), *read)))
