"""Tokenizers: what cuts texts into tokens, in training and again in the exported graph."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ..base.errors import UsageError, counted, short
from ..base.options import Options, hashable, options_of
from ..base.registry import lookup, name_of, register
from .category_entries import entry_spans
from .featurizer import (
    Tokens,
    extend_ranges,
    flag_letter_ranges,
    pictographic_ranges,
    space_ranges,
    tokenize,
    tokens_from_spans,
    word_ranges,
)
from .front_end import FrontEnd
from .white_space import stripped

if TYPE_CHECKING:
    import onnx_ir as ir
    from onnx_ir.tape import Tape

    from .token_values import TokenValues

EVERY = FrontEnd()  # reads all tokens, as they are
_SURROGATES = re.compile("[\ud800-\udfff]")


class Tokenizer:
    r"""Cuts texts into tokens in two ways that agree: `spans` for training, `onnx` for the exported graph.

    Register a subclass with `register("tokenizer", name)`; an input asks for it by `tokenizer: name`, with its
    keyword-only arguments by `tokenizer: {type: name, ...}`. Two of one class that were made alike are equal. A token
    is a part of its text that is not empty.

    >>> class Commas(Tokenizer):
    ...     '''What lies between commas.'''
    ...     def spans(self, text):
    ...         return [found.span() for found in re.finditer("[^,]+", text)]
    ...     def onnx(self, tape, texts):
    ...         from mtl.text.token_values import tokenizer
    ...         return tokenizer(tape, texts, tokenexp="[^,]+")
    >>> Commas().tokenize(["New York,Rome", ""]).strings()
    [['New York', 'Rome'], ['']]
    """

    kind: ClassVar[str] = "tokenizer"

    _options: Options

    def __new__(cls, *args: Any, **options: Any) -> Tokenizer:
        """Note the options, defaults filled in: they are its identity."""
        self = super().__new__(cls)
        self._options = options_of(cls.__init__, self, *args, **options)
        return self

    @property
    def identity(self) -> tuple[object, ...]:
        """What it is: tokenizers of one class that agree in it cut alike."""
        return (name_of(type(self)), *((option, hashable(value)) for option, value in self._options))

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.identity == self.identity

    def __hash__(self) -> int:
        return hash(self.identity)

    def __str__(self) -> str:
        """Return it in words: two that differ have different ones."""
        written = ", ".join(f"{option}: {value}" for option, value in self._options)
        return f"{name_of(type(self))} ({written})" if written else name_of(type(self))

    def state(self) -> dict[str, Any]:
        """Return as JSON-able values what it is, beside its name."""
        return dict(self._options)

    def read_files(self, base: Path, kept: Path) -> None:
        """Read the files that options name, relative to `base`, once, before any text is cut; here there are none.

        `kept` is the folder that has what `kept_files` returned, where it was kept. Raises `DataError` for what is
        wrong with a file.
        """

    def written(self) -> dict[str, Any]:
        """Return the recipe keys by which it can be made again, from any folder."""
        return dict(self._options)

    def kept_files(self) -> dict[str, bytes]:
        """Return by name what a run's folder keeps, so that it can do without the files that `read_files` read."""
        return {}

    def spans(self, text: str) -> Sequence[tuple[int, int]]:
        """Return where each token begins and ends, in characters of the text, one after another."""
        raise NotImplementedError(f"{type(self).__name__} does not find tokens")

    def onnx(self, tape: Tape, texts: ir.Value) -> ir.Value:
        """Add nodes that cut texts (string [B]) into the same tokens, string [B, T], `""` after the last ones.

        There is at least one text, and the last one is `x`.
        """
        raise NotImplementedError(f"{type(self).__name__} has no method 'onnx'")

    def pieces(self, token: str) -> Sequence[str]:
        """Return the pieces of a token as it is looked up, at least one, none of them empty: here the token itself.

        Embeddings of pieces read them (`mtl.text.pieces`). A tokenizer that has pieces has them in the graph too.
        """
        return (token,)

    def onnx_pieces(self, tape: Tape, tokens: TokenValues) -> ir.Value:
        """Add nodes that make equal pieces of `tokens.flat` (string [N]): string [N, Q], `""` after the last ones.

        Of the token `""`, which is padding, there is none. Q is at least 1.
        """
        from .token_values import STRING, integers, typed  # only exporting needs onnx_ir

        return typed(tape.op("Unsqueeze", [tokens.flat, integers(tape, [1])]), STRING, 2)

    def tokenize(self, texts: Iterable[str | bytes], front_end: FrontEnd = EVERY) -> Tokens:
        """Return the tokens of texts, as many of each as a front end reads; they name this tokenizer as theirs.

        Raises `UsageError` where `spans` returns no valid tokens, and `TypeError` for a text that is not text.
        """
        read = [valid(text) for text in texts]
        spans = [self.checked(text)[: front_end.max_tokens] for text in read]
        return tokens_from_spans(read, spans, replace(front_end, tokenizer=name_of(type(self))))

    @classmethod
    def missing(cls, *, pieces: bool) -> str | None:
        """Return the method that the tokenizer would need in a graph, where `pieces` are read or not, and lacks."""
        if cls.onnx is Tokenizer.onnx:
            return "onnx"
        in_one_way = cls.pieces is not Tokenizer.pieces and cls.onnx_pieces is Tokenizer.onnx_pieces
        return "onnx_pieces" if pieces and in_one_way else None

    def checked(self, text: str) -> list[tuple[int, int]]:
        """Return what `spans` finds in a text; raises `UsageError` where that fails, or is no tokens of it."""
        try:
            found = list(self.spans(text))
        except Exception as error:  # whatever a plugin's code raises
            raise UsageError(
                f"the tokenizer '{name_of(type(self))}' should find the tokens of any text. "
                f"Found {type(error).__name__}: {error}, in {short(text)}."
            ) from error
        last = 0
        for begin, end in found:
            if not last <= begin < end <= len(text):
                size = counted(len(text), "character")
                raise UsageError(
                    f"the tokenizer '{name_of(type(self))}': spans should lie in their text, one after another, none "
                    f"of them empty. Found {begin} to {end} after {last} in {short(text)}, {size}."
                )
            last = end
        return found


def tokenizer_of(front_end: FrontEnd) -> Tokenizer:
    """Return the tokenizer of a front end."""
    found: Tokenizer = front_end.made if front_end.made is not None else lookup("tokenizer", front_end.tokenizer)()
    return found


class _Compiled(Tokenizer):
    """One that is compiled for training, and a regular expression in the graph.

    The expression is made from the code point ranges of the C++ featurizer: RE2's own classes follow another version of
    Unicode, and its `\\s` and `\\w` are ASCII.
    """

    native: ClassVar[str]  # its name in the C++ featurizer

    @staticmethod
    def expression() -> str:
        """Return the RE2 expression whose successive matches are the tokens."""
        raise NotImplementedError

    def tokenize(self, texts: Iterable[str | bytes], front_end: FrontEnd = EVERY) -> Tokens:
        found = tokenize(texts, replace(front_end, tokenizer=self.native))
        return found.under(replace(front_end, tokenizer=name_of(type(self))))

    def spans(self, text: str) -> Sequence[tuple[int, int]]:
        found = self.tokenize([text]).spans().tolist()
        return [(begin, end) for begin, end in found if begin < end]

    def onnx(self, tape: Tape, texts: ir.Value) -> ir.Value:
        from .token_values import tokenizer  # only exporting needs onnx_ir

        return tokenizer(tape, texts, tokenexp=self.expression())


@register("tokenizer", "whitespace")
class Whitespace(_Compiled):
    """Runs of characters that are not white space."""

    native = "whitespace"

    @staticmethod
    def expression() -> str:
        return f"[^{_members(space_ranges())}]+"


@register("tokenizer", "unicode_words")
class UnicodeWords(_Compiled):
    """Words of letters and numbers, other characters one by one; marks stay with what they follow.

    An emoji of several is one token: of those that a zero-width joiner links, or of the two letters of a flag.
    """

    native = "unicode_words"

    @staticmethod
    def expression() -> str:
        space, word, extend = _members(space_ranges()), _members(word_ranges()), _members(extend_ranges())
        pictograph, letter = _members(pictographic_ranges()), _members(flag_letter_ranges())
        linked = rf"\x{{200D}}[{pictograph}]"
        # onnxruntime takes the longest match, not that of the first alternative.
        beginning = f"[{word}][{word}{extend}]*|[{letter}][{extend}]*[{letter}]|{linked}|[^{space}]"
        return f"(?:{beginning})(?:{linked}|[{extend}])*"


@register("tokenizer", "characters")
class Characters(_Compiled):
    """Every character but white space."""

    native = "characters"

    @staticmethod
    def expression() -> str:
        return f"[^{_members(space_ranges())}]"


@register("tokenizer", "value")
class Cell(Tokenizer):
    """The whole cell of a column, which is one value and may be missing: a category; white space at its ends is none.

    Such an input may be beside a task's texts, and goes to its decoder.
    """

    def spans(self, text: str) -> Sequence[tuple[int, int]]:
        found = stripped(text)
        begin = text.find(found)
        return [(begin, begin + len(found))] if found else []

    def onnx(self, tape: Tape, texts: ir.Value) -> ir.Value:
        from .token_values import tokenizer  # only exporting needs onnx_ir

        other = f"[^{_members(space_ranges())}]"  # onnxruntime takes the longest match
        return tokenizer(tape, texts, tokenexp=f"{other}(?s:.*){other}|{other}")


@register("tokenizer", "number")
class NumberCell(Cell):
    """The whole cell of a column, which is one number and may be missing, as the embedding `dense` reads it.

    Such an input may be beside a task's texts, and goes to its decoder.
    """


@register("tokenizer", "categories")
class CategoryList(Tokenizer):
    """The categories of a cell that is a list of them, each with its weight (`rock:2.5|pop`), or is empty.

    In rows it may be a list of categories, a list of [category, weight] pairs or a map from categories to weights. Such
    an input may be beside a task's texts, and goes to its decoder; the embedding `categorical` reads it.
    """

    def spans(self, text: str) -> Sequence[tuple[int, int]]:
        return entry_spans(text)

    def onnx(self, tape: Tape, texts: ir.Value) -> ir.Value:
        from .token_values import tokenizer  # only exporting needs onnx_ir

        space = _members(space_ranges())  # onnxruntime takes the longest match
        return tokenizer(tape, texts, tokenexp=rf"(?:[^|{space}][^|]*)?[^|:{space}](?:[^|]*[^|{space}])?")


def _members(ranges: list[tuple[int, int]]) -> str:
    return "".join(rf"\x{{{first:X}}}-\x{{{last:X}}}" for first, last in ranges)


def valid(text: str | bytes) -> str:
    """Return a text with U+FFFD in place of what UTF-8 cannot say, as the compiled tokenizers read it."""
    if isinstance(text, bytes):
        return text.decode("utf-8", "replace")
    if not isinstance(text, str):
        raise TypeError(f"a text should be str. Found {type(text).__name__}.")
    return _SURROGATES.sub("\ufffd", text)
