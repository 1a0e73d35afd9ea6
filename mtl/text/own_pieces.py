"""Tokenizers whose pieces have ids of their own, in a vocabulary that comes with them: what reads pieces asks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..base.registry import name_of
from .featurizer import PieceRows, Tokens, tokens_from_spans
from .front_end import FrontEnd
from .tokenizers import EVERY, Tokenizer, valid

if TYPE_CHECKING:
    from collections.abc import Iterable

    import onnx_ir as ir
    from onnx_ir.tape import Tape


@dataclass(frozen=True)
class PieceVocabulary:
    """What is known of a vocabulary of pieces: ids from 0 up to `size`, and which of them are no parts of texts.

    `digest` says which vocabulary it is. `specials` are ids of strings that stand for no text, by these; `before` and
    `after` are the ids that a model expects around a text, `unknown` is that of what has no pieces, and `padding` that
    after the end of a text, where there is one. Of two texts in one row, `between` are the ids that stand between them
    (None: it is not known which), and `second` is the segment of the second one and of what comes after it.
    """

    size: int
    digest: str
    unknown: int
    padding: int | None
    before: tuple[int, ...]
    after: tuple[int, ...]
    specials: Mapping[str, int]
    between: tuple[int, ...] | None = None
    second: int = 0

    @property
    def around_two(self) -> int:
        """How many ids a model expects around two texts in one row, and between them."""
        return len(self.before) + len(self.between or ()) + len(self.after)

    def state(self) -> dict[str, Any]:
        """Return the fields as JSON-able values."""
        between = None if self.between is None else list(self.between)
        around = {"before": list(self.before), "after": list(self.after), "between": between}
        return {**vars(self), **around, "specials": dict(self.specials)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> PieceVocabulary:
        """Return what `state` described."""
        tuples = {key: tuple(state[key]) for key in ("before", "after", "between") if state.get(key) is not None}
        return cls(**{**state, **tuples})


class OwnPieces(Tokenizer):
    """A tokenizer whose pieces have ids of their own, in a vocabulary that comes with it.

    Pieces are those of a token as it is in its text: what an input does to tokens before they are looked up is of no
    concern to them.
    """

    @property
    def vocabulary(self) -> PieceVocabulary:
        """What is known of the ids."""
        raise NotImplementedError(f"{type(self).__name__} has no vocabulary")

    def ids(self, token: str) -> Sequence[int]:
        """Return the ids of a token's pieces, at least one."""
        raise NotImplementedError(f"{type(self).__name__} has no pieces")

    def onnx_ids(self, tape: Tape, tokens: ir.Value) -> tuple[ir.Value, ir.Value]:
        """Add nodes that find the pieces of tokens (string [N], at least one of them, `""` for padding).

        Returns their ids, int64 [K], one after another, and the number of the token of each, int64 [K].
        """
        raise NotImplementedError(f"{type(self).__name__} has no method 'onnx_ids'")

    def tokenize(self, texts: Iterable[str | bytes], front_end: FrontEnd = EVERY) -> Tokens:
        """Return the tokens of texts, as many of each as a front end reads, and how many texts it does not read whole.

        Of a token that has pieces before and after the last one that is read, the former count.
        """
        read = [valid(text) for text in texts]
        spans = [self.checked(text)[: front_end.max_tokens] for text in read]
        front_end = replace(front_end, tokenizer=name_of(type(self)), made=self)
        if front_end.max_pieces is None:
            return tokens_from_spans(read, spans, front_end)
        counts = [[len(self.ids(text[begin:end])) for begin, end in row] for text, row in zip(read, spans, strict=True)]
        kept = [row[: _begun(own, front_end.max_pieces)] for row, own in zip(spans, counts, strict=True)]
        tokens = tokens_from_spans(read, kept, front_end)
        tokens.cut = sum(sum(own) > front_end.max_pieces for own in counts)
        return tokens

    def rows(self, tokens: Tokens) -> PieceRows:
        """Return the pieces of tokens, 1 higher than their ids, and how many each has: one, of id 0, of padding.

        Of a row that has more than its front end reads, the last tokens lose pieces, but none loses all.
        """
        words = [word for row in tokens.strings() for word in row]
        known = {word: [own + 1 for own in self.ids(word)] if word else [0] for word in dict.fromkeys(words)}
        counts = np.array([len(known[word]) for word in words], np.int64)
        ids = np.array([own for word in words for own in known[word]], np.int32)
        most = tokens.front_end.max_pieces
        if most is None:
            return PieceRows(ids, counts)
        kept = _kept(counts, tokens.row_offsets, most)
        places = np.arange(len(ids)) - np.repeat(np.cumsum(counts) - counts, counts)
        return PieceRows(ids[places < np.repeat(kept, counts)], kept)


def _begun(counts: Sequence[int], most: int) -> int:
    """Return how many tokens have one of the first pieces.

    >>> _begun([2, 3, 1], 4), _begun([2, 3, 1], 5), _begun([2, 3, 1], 6)
    (2, 2, 3)
    """
    before = 0
    for number, count in enumerate(counts):
        if before >= most:
            return number
        before += count
    return len(counts)


def _kept(counts: NDArray[np.int64], bounds: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return how many pieces of each token are read, at most `most` of a row, from its first, and one of every token.

    Each token takes what it has, as long as those after it can have one. A row has no more than `most` tokens; where
    they came of a text that was cut, that is what is left of its first pieces.

    >>> _kept(np.array([2, 3, 1, 9]), np.array([0, 3, 4]), 5).tolist()
    [2, 2, 1, 5]
    """
    found: NDArray[np.int64] = counts.copy()
    for begin, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        row = counts[begin:end]
        if row.sum() > most:
            room = most - np.arange(end - begin - 1, -1, -1)
            total = np.cumsum(row)
            found[begin:end] = np.diff(total + np.minimum(np.minimum.accumulate(room - total), 0), prepend=0)
    return found
