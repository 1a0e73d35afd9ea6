"""Which texts a graph answers together: so many that one long text costs little, found without the featurizer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..text.batch_spans import batch_spans, bound, estimate
from .arrays import Texts, valid

KEYS = ("tokenizer", "max_tokens")  # of an input's front end: by these tokens are counted


def answered_together(
    columns: Mapping[str, Texts], front_ends: Mapping[str, Mapping[str, Any]], count: int, batch_size: int
) -> Iterator[slice]:
    """Yield which of `count` rows go together; `columns` are the texts, or lists of texts, of each input.

    Texts are counted only where they might be too long by their characters.
    """
    how = {name: {key: of[key] for key in KEYS if key in of} for name, of in front_ends.items()}

    def counted(rows: slice, by: Callable[..., int]) -> list[list[int]]:
        return [
            [sum(_tokens(text, by, how.get(name, {})) for text in _each(unit)) for unit in column[rows]]
            for name, column in columns.items()
        ]

    return batch_spans(
        count, batch_size, lambda rows: counted(rows, estimate), at_most=lambda rows: counted(rows, bound)
    )


def _each(unit: Any) -> Sequence[Any]:
    return unit if isinstance(unit, list | tuple) else (unit,)


def _tokens(text: Any, by: Callable[..., int], how: Mapping[str, Any]) -> int:
    return by(valid(text), **how) if isinstance(text, str | bytes) else 0
