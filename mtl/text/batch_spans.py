"""Texts that are answered together: bounded in rows, and in tokens with padding, so that one long text costs little."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

MOST_TOKENS = 1 << 14  # of a batch, padding included: 64 texts of 256 tokens; only a longer text alone has more

Lengths = Sequence[Sequence[int]]  # tokens of each row, by input

_TOKENS = re.compile(r"\w+|[^\w\s]")


def batch_spans(
    count: int,
    rows: int,
    lengths: Callable[[slice], Lengths],
    most: int = MOST_TOKENS,
    *,
    at_most: Callable[[slice], Lengths] | None = None,
) -> Iterator[slice]:
    """Yield which of `count` texts are answered together, in their order: up to `rows`, and `most` tokens of them.

    `lengths` says how many tokens some rows have in each input. A row of more tokens than `most` is alone. `at_most`
    says, faster, what `lengths` cannot exceed: rows that fit by it are not counted.
    """
    for start in range(0, count, rows):
        some = slice(start, min(start + rows, count))
        size = some.stop - start
        if size == 1 or (at_most is not None and size * sum(max(column) for column in at_most(some)) <= most):
            yield some
            continue
        columns = lengths(some)
        first, widest = start, [0] * len(columns)
        for row, tokens in enumerate(zip(*columns, strict=True), start):
            wider = [max(pair) for pair in zip(widest, tokens, strict=True)]
            if row > first and (row + 1 - first) * sum(wider) > most:
                yield slice(first, row)
                first, wider = row, list(tokens)
            widest = wider
        yield slice(first, some.stop)


def estimate(text: str, tokenizer: str = "unicode_words", max_tokens: int | None = None) -> int:
    """Return about how many tokens a text has, without the featurizer.

    >>> estimate("what's up?"), estimate("what's up?", "whitespace"), estimate("what's up?", "characters")
    (5, 2, 10)
    """
    if tokenizer not in ("characters", "whitespace"):
        return sum(1 for _ in islice(_TOKENS.finditer(text), max_tokens))
    found = len(text) if tokenizer == "characters" else len(text.split())
    return found if max_tokens is None else min(found, max_tokens)


def bound(text: str, tokenizer: str = "unicode_words", max_tokens: int | None = None) -> int:
    """Return how many tokens a text has at most: none is without a character."""
    return len(text) if max_tokens is None else min(len(text), max_tokens)
