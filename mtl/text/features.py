"""What an embedding consumes: a value (or several) per token, computed here for training and in the exported graph.

Dimensions: B rows of a batch, T tokens of its longest row, C characters of its longest token, P pieces of its longest
row, N tokens of all rows, G n-grams of the row that has most.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..base.errors import UsageError
from ..base.options import Options, hashable, options_of
from ..base.registry import register
from .counts import CharacterCounts, WordCounts
from .featurizer import Tokens
from .vocabulary import Vocabulary

if TYPE_CHECKING:
    import onnx_ir as ir
    from onnx_ir.tape import Tape

    from .token_values import TokenValues

MAX_CHARACTERS = 1000  # RE2 repeats nothing more often, and the exported graph cuts words with it


class Ragged(NamedTuple):
    """Values of rows of different lengths, one after another.

    `offsets[0]` [B+1] bounds the tokens of each row; where tokens have several values, `offsets[1]` [N+1] bounds
    the values of each token.
    """

    values: NDArray[Any]
    offsets: tuple[NDArray[np.int64], ...]

    @classmethod
    def of(cls, rows: Iterable[Sequence[Any]], dtype: DTypeLike) -> Ragged:
        """Return one value per token, from a list of values per row."""
        listed = list(rows)
        values = np.array([value for row in listed for value in row], dtype)
        offsets = np.zeros(len(listed) + 1, np.int64)
        np.cumsum([len(row) for row in listed], out=offsets[1:])
        return cls(values, (offsets,))

    def along_rows(self) -> Ragged:
        """Return the values of each row as a whole, without the bounds of its tokens.

        >>> Ragged(np.array([7, 8, 9]), (np.array([0, 1, 2]), np.array([0, 2, 3]))).along_rows().offsets
        (array([0, 2, 3]),)
        """
        rows, tokens = self.offsets
        return Ragged(self.values, (tokens[rows],))


class Feature:
    """One property of tokens, computed in two ways that agree: `compute` for training, `onnx` for the exported graph.

    Register a subclass with `register("feature", name)` and return an instance from an embedding's `features`.
    Constructor arguments are its options; they make up `key`, so features with equal options are computed
    once. What is cached is recomputed when an option or `version` changes.

    >>> from mtl.text.featurizer import tokenize
    >>> class IsTitle(Feature):
    ...     '''1 for a word that begins with an ASCII capital.'''
    ...     size = 2
    ...     def compute(self, tokens):
    ...         rows = [["A" <= word[:1] <= "Z" for word in row] for row in tokens.strings()]
    ...         return Ragged.of(rows, self.dtype)
    ...     def onnx(self, tape, tokens):
    ...         title = tape.op("RegexFullMatch", [tokens.surface], {"pattern": "(?s)[A-Z].*"})
    ...         return tape.op("Cast", [title], {"to": 7})  # int64
    >>> IsTitle().compute(tokenize(["play Hey Jude", ""], "whitespace"))
    Ragged(values=array([0, 1, 1, 0], dtype=int32), offsets=(array([0, 3, 4]),))
    """

    kind: ClassVar[str] = "feature"
    dims: ClassVar[tuple[str, ...]] = ("T",)  # or ("T", "C"), or of a row ("P",), pieces of all its tokens, or ("G",)
    dtype: ClassVar[type[np.generic]] = np.int32  # as cached; integers reach the embedding as int64
    version: ClassVar[int] = 1
    needs_fit: ClassVar[bool] = False
    own_pieces: ClassVar[bool] = False  # its pieces of tokens are not those of the tokenizer
    size: int | None = None  # number of ids of an integer feature; None before it is known, and for numbers

    _options: Options

    def __new__(cls, *args: Any, **options: Any) -> Feature:
        """Note the options, defaults filled in: they are the feature's identity."""
        self = super().__new__(cls)
        self._options = options_of(cls.__init__, self, *args, **options)
        return self

    @property
    def key(self) -> tuple[object, ...]:
        """Name of the class, version and options: features of equal keys, fitted alike, compute equal values."""
        # A subclass has its parent's registered name only if it is registered under it itself.
        name = vars(type(self)).get("registered_name", type(self).__qualname__)
        return (name, self.version, *((option, hashable(value)) for option, value in self._options))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._options)})"

    def read_files(self, base: Path) -> dict[str, str]:
        """Read the files that options name, relative to `base`, before anything is counted; by default there are none.

        Returns the SHA-256 of what they say by what a message names them, and raises `DataError` for what is wrong with
        them. What is read is in `key` from then on. A run that is loaded does not read them: `state` has what it needs.
        """
        return {}

    def count(self, tokens: Tokens) -> None:
        """Take note of a batch of training texts; called over all of them before `fit`, if `needs_fit`."""

    def count_mask(self, mask: Tokens) -> None:
        """Take note of the mask of a masked language model, as often as training shows it: it needs an entry."""
        self.count(mask)

    def fit(self) -> None:
        """Fit what `compute` needs (a vocabulary) from what was counted."""

    def compute(self, tokens: Tokens) -> Ragged:
        """Return values for every token, of `dtype`.

        A row without tokens has the padding token `""`, and its value must be 0 (with dims T, C: no value, or as many 0
        as other tokens have values). With dims P the values are those of pieces, at least one for every token;
        with dims G those of a row, as values of its first token.
        """
        raise NotImplementedError(f"{type(self).__name__} does not compute anything")

    def onnx(self, tape: Tape, tokens: TokenValues) -> ir.Value:
        """Add nodes that compute equal values: [B, T], [B, T, C], [B, P] or [B, G], int64 or float, 0 for padding."""
        raise NotImplementedError(f"{type(self).__name__} has no method 'onnx'")

    @classmethod
    def of_rows(cls, values: Ragged) -> Ragged:
        """Return what `compute` returned as a batch gets it: values of rows along these, others by their tokens."""
        return values.along_rows() if cls.dims in (("P",), ("G",)) else values

    @classmethod
    def nested(cls) -> bool:
        """Say whether a token may have several values."""
        return cls.dims != ("T",)

    @property
    def exportable(self) -> bool:
        """Say whether the feature has an `onnx` method."""
        return type(self).onnx is not Feature.onnx

    def state(self) -> dict[str, Any]:
        """Return what `fit` made, as JSON-able values."""
        return {}

    def load_state(self, state: dict[str, Any]) -> None:
        """Restore what `state` returned."""


class VocabularyFeature(Feature):
    """Ids of a vocabulary that is fitted to the training texts."""

    needs_fit = True

    def __init__(self) -> None:
        self._vocabulary: Vocabulary | None = None

    @property
    def vocabulary(self) -> Vocabulary:
        """The fitted vocabulary; raises `UsageError` before `fit` or `load_state`."""
        if self._vocabulary is None:
            raise UsageError(f"{self!r} should be fitted before its vocabulary is used.")
        return self._vocabulary

    @property
    def size(self) -> int | None:  # type: ignore[override]  # a number that fitting gives
        """Number of ids, padding and unknown among them; None before fitting."""
        return None if self._vocabulary is None else len(self._vocabulary)

    @property
    def grows(self) -> bool:
        """Whether entries can be added to the vocabulary."""
        return True

    def extend(self, known: Vocabulary) -> None:
        """Put the entries of another vocabulary before those that were fitted: they keep their ids."""
        entries = dict.fromkeys([*known.entries, *self.vocabulary.entries])
        self._vocabulary = Vocabulary(entries)

    def state(self) -> dict[str, Any]:
        return {"vocabulary": list(self.vocabulary.entries)}

    def load_state(self, state: dict[str, Any]) -> None:
        self._vocabulary = Vocabulary(state["vocabulary"])


def can_grow(feature: Feature) -> bool:
    """Say whether words of other texts can be added to those that a feature knows."""
    return isinstance(feature, VocabularyFeature) and feature.grows


@register("feature", "word_ids")
class WordIds(VocabularyFeature):
    """The id of each token in a vocabulary of the training tokens seen `min_count` times, `max_size` at most."""

    def __init__(self, *, min_count: int = 1, max_size: int | None = None) -> None:
        super().__init__()
        self.min_count = min_count
        self.max_size = max_size
        self._counts: WordCounts | None = None  # while texts are counted

    def count(self, tokens: Tokens) -> None:
        self._counts = self._counts or WordCounts()
        self._counts.add(tokens)

    def fit(self) -> None:
        counts = self._counts.items() if self._counts else ()
        self._vocabulary = Vocabulary.build(counts, min_count=self.min_count, max_size=self.max_size)
        self._counts = None

    def compute(self, tokens: Tokens) -> Ragged:
        """Return [N] ids."""
        return Ragged(tokens.ids(self.vocabulary), (tokens.row_offsets,))

    def onnx(self, tape: Tape, tokens: TokenValues) -> ir.Value:
        """Return [B, T] ids."""
        return tokens.grid(tape, tokens.look_up(tape, tokens.flat, self.vocabulary))


@register("feature", "character_ids")
class CharacterIds(VocabularyFeature):
    """The ids of each token's first `max_length` characters, among those seen `min_count` times in training."""

    dims: ClassVar[tuple[str, ...]] = ("T", "C")

    def __init__(self, *, min_count: int = 1, max_length: int = 32) -> None:
        super().__init__()
        if not 1 <= max_length <= MAX_CHARACTERS:
            raise UsageError(f"max_length should be a number from 1 to {MAX_CHARACTERS}. Found {max_length}.")
        self.min_count = min_count
        self.max_length = max_length
        self._counts: CharacterCounts | None = None  # while texts are counted

    def count(self, tokens: Tokens) -> None:
        self._counts = self._counts or CharacterCounts()
        self._counts.add(tokens, self.max_length)

    def fit(self) -> None:
        counts = self._counts.items() if self._counts else ()
        self._vocabulary = Vocabulary.build(counts, min_count=self.min_count)
        self._counts = None

    def compute(self, tokens: Tokens) -> Ragged:
        """Return the ids of all characters, and their bounds in tokens and rows."""
        ids, offsets = tokens.character_ids(self.vocabulary, self.max_length)
        return Ragged(ids, (tokens.row_offsets, offsets))

    def onnx(self, tape: Tape, tokens: TokenValues) -> ir.Value:
        """Return [B, T, C] ids."""
        return tokens.look_up(tape, tokens.characters(tape, self.max_length), self.vocabulary)
