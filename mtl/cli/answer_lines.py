"""Answers as JSON lines: on standard output or in a file, which is complete or absent, and how far they are."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import stat
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Literal

from ..base.errors import DataError, Fault, UsageError, counted
from ..base.files import UNFINISHED, sync
from ..base.leftovers import left_beside, locked

SECONDS_BETWEEN_LINES = 10.0
BEST = {  # answers that are lists of the most probable, for a whole text or each token, by the one that tells them
    "trees": ("trees", "scores"),
    "next": ("next", "next_probability"),
    "words": ("words", "scores"),
}


@contextmanager
def written_to(out: Path | None) -> Iterator[BinaryIO]:
    """Provide where answers go: standard output, a pipe or device, or a file that takes its name once it is complete.

    A link stays one, and its file is replaced; what killed processes left beside it is removed. Raises `UsageError` at
    once where `--out` can be no such thing.
    """
    if out is None:
        yield sys.stdout.buffer
        return
    file = _regular(out)
    if file is None:
        with _opened(out, out, "wb") as stream:
            yield stream
        return
    for left in left_beside(file, lambda left: left.stat().st_size > 0):
        with contextlib.suppress(OSError):  # another user owns it
            left.unlink()
    # Several processes may write one file.
    unfinished = file.with_name(f"{file.name}.{secrets.token_hex(4)}{UNFINISHED}")
    stream = _opened(out, unfinished, "xb")
    lock: int | None = None
    try:
        lock = locked(unfinished)
        with stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(file)
        sync(file.parent)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    finally:
        if lock is not None:
            os.close(lock)


def kept_whole(out: Path | None) -> bool:
    """Say whether answers go to a file that is complete or absent."""
    return out is not None and _regular(out) is not None


@contextmanager
def stopped_at(name: str, rows: Callable[[], int], noun: str, out: Path | None = None) -> Iterator[None]:
    """Add to an error about a row of a stream, called `name`, what became of the others: of `rows()` before it.

    `out` is where answers go; without it, standard output.
    """
    try:
        yield
    except DataError as error:
        error.faults = (*error.faults, Fault(_answered(rows(), noun, out), name))
        raise


def _answered(rows: int, noun: str, out: Path | None) -> str:
    if out is not None and kept_whole(out):
        return f"no {noun} is answered: '{out}' is written whole or not at all."
    if not rows:
        return f"no {noun} is answered."
    return f"{counted(rows, noun)} before it {'is' if rows == 1 else 'are'} answered, and none after it."


def _regular(out: Path) -> Path | None:
    """Return the regular file that `--out` names, links followed, which need not exist; None for a pipe or device."""
    try:
        mode = out.stat().st_mode
    except FileNotFoundError:
        file = Path(os.path.realpath(out))
        if not file.parent.is_dir():
            folder = file.parent if out.is_symlink() else out.parent
            raise UsageError(f"--out '{out}' should be in a folder that exists. Found no '{folder}'.") from None
        return file
    except OSError as error:
        raise _unwritable(out, error) from error
    if stat.S_ISDIR(mode):
        raise UsageError(f"--out '{out}' should be a file. Found a folder.")
    file = Path(os.path.realpath(out))
    return file if stat.S_ISREG(mode) and file.exists() else None  # /dev/fd/3 may be a file that has no name


def _opened(out: Path, path: Path, mode: Literal["wb", "xb"]) -> BinaryIO:
    try:
        return path.open(mode)
    except OSError as error:
        raise _unwritable(out, error) from error


def _unwritable(out: Path, error: OSError) -> UsageError:
    return UsageError(f"--out '{out}' should be a file that can be written. Found: {error.strerror}.")


def answer_line(answer: Mapping[str, Any], top: int | None, row: Mapping[str, Any] | None = None) -> bytes:
    """Return one line: an answer with its `top` scores, highest first (None: all), after the `row` that it is of.

    Labels that are chosen keep their scores, however many they are. Of the n best trees, and of the words that a
    language model holds for the most probable, the `top` first are shown.
    """
    chosen = answer.get("labels", ())
    best = {name for tells, names in BEST.items() if isinstance(answer.get(tells), list) for name in names}
    kept = {
        name: highest(value, top, chosen) if isinstance(value, dict) else _first(value, top) if name in best else value
        for name, value in answer.items()
    }
    return json.dumps(kept if row is None else {"row": row, **kept}, ensure_ascii=False).encode() + b"\n"


def _first(values: list[Any], top: int | None) -> list[Any]:
    """Return the first values of a list, or of each list in it."""
    if values and isinstance(values[0], list):
        return [_first(value, top) for value in values]
    return values[:top]


def highest(scores: Mapping[str, Any], top: int | None, chosen: Collection[str] = ()) -> dict[str, Any]:
    """Return the highest scores and those of the `chosen` labels, in their order; all, as they are, for None.

    >>> highest({"a": 0.1, "b": 0.7, "c": 0.2}, 2)
    {'b': 0.7, 'c': 0.2}
    >>> highest({"a": 0.8, "b": 0.7, "c": 0.6}, 1, ["a", "c"])
    {'a': 0.8, 'c': 0.6}
    """
    if top is None:
        return dict(scores)
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    return dict(ranked[:top] + [item for item in ranked[top:] if item[0] in chosen])


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
            print(f"{counted(self.rows, 'row')} answered{of}, {rate:,.0f} rows/s", file=sys.stderr, flush=True)
