"""Texts that are answered together: bounded in rows, and in tokens with padding, so that one long text costs little."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

MOST_TOKENS = 1 << 14  # of a batch, padding included: 64 texts of 256 tokens; only a longer text alone has more

Lengths = Sequence[Sequence[int]]  # tokens of each row, by input

_TOKENS = re.compile(r"\w+|[^\w\s]")


def batch_spans(count: int, rows: int, lengths: Callable[[slice], Lengths], most: int = MOST_TOKENS) -> Iterator[slice]:
    """Yield which of `count` texts are answered together, in their order: up to `rows`, and `most` tokens of them.

    `lengths` says how many tokens some rows have in each input. A row of more tokens than `most` is alone.
    """
    for start in range(0, count, rows):
        some = slice(start, min(start + rows, count))
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
    if tokenizer == "characters":
        found = len(text)
    else:
        found = len(text.split()) if tokenizer == "whitespace" else sum(1 for _ in _TOKENS.finditer(text))
    return found if max_tokens is None else min(found, max_tokens)
