"""Answers as JSON lines: on standard output or in a file, which is complete or absent, and how far they are."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from ..base.files import UNFINISHED, sync

SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def written_to(out: Path | None) -> Iterator[BinaryIO]:
    """Provide where answers go: standard output, or a file that takes its name once it is complete."""
    if out is None:
        yield sys.stdout.buffer
        return
    unfinished = out.with_name(out.name + UNFINISHED)
    try:
        with unfinished.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(out)
        sync(out.parent)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def answer_line(answer: Mapping[str, Any], top: int | None, row: Mapping[str, Any] | None = None) -> bytes:
    """Return one line: an answer with its `top` scores, highest first (None: all), after the `row` that it is of."""
    kept = {name: highest(value, top) if isinstance(value, dict) else value for name, value in answer.items()}
    return json.dumps(kept if row is None else {"row": row, **kept}, ensure_ascii=False).encode() + b"\n"


def highest(scores: Mapping[str, Any], top: int | None) -> dict[str, Any]:
    """Return the highest scores, in their order; all, as they are, for None.

    >>> highest({"a": 0.1, "b": 0.7, "c": 0.2}, 2)
    {'b': 0.7, 'c': 0.2}
    """
    if top is None:
        return dict(scores)
    return dict(sorted(scores.items(), key=lambda item: -item[1])[:top])


class Answered:
    """Says on standard error, every ten seconds, how many rows are answered; `share` is how much of the input is read.

    `clock` gives seconds.
    """

    def __init__(self, share: Callable[[], float | None], clock: Callable[[], float] = time.monotonic) -> None:
        self.rows = 0
        self._share, self._clock = share, clock
        self._begun = self._last = clock()

    def add(self, rows: int) -> None:
        """Count rows."""
        self.rows += rows
        now = self._clock()
        if now - self._last >= SECONDS_BETWEEN_LINES:
            self._last = now
            share = self._share()
            of = "" if share is None else f", {share:.0%} of the input"
            rate = self.rows / (now - self._begun)
            print(f"{self.rows:,} rows answered{of}, {rate:,.0f} rows/s", file=sys.stderr, flush=True)
