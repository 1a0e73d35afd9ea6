"""Vectors of a collection in one safetensors file, written as they come: `vectors` float32 [N, E].

While it grows the file is called `….writing`, and `….progress` says how many rows are safe in it, and of what.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ..base.errors import UsageError, counted
from ..base.files import UNFINISHED, replace, sync
from .exact_search import Vectors

NAME = "vectors"
PROGRESS = ".progress"
LENGTH = 8  # bytes that say how long the JSON text after them is
_OTHERS = {
    "documents": "of other documents",
    # torch and onnxruntime round differently
    "encoder": "by another encoder (other weights, another export of them, or a run in place of its export)",
}


class VectorFile:
    """The vectors of `rows` documents, `dim` numbers each; `of` says of which documents and encoder, as strings.

    Rows are written in order. What an interrupted writer has left is continued if `of` is equal; two writers with
    equal `of` may write at once. Raises `UsageError` where the file holds vectors of something else, or something else.
    """

    def __init__(self, file: str | Path, rows: int, dim: int, of: dict[str, str]) -> None:
        self.file = Path(file)
        self.rows, self.dim, self.of = rows, dim, of
        self._header = _header(rows, dim, of)
        self._size = len(self._header) + rows * dim * 4
        self._growing = self.file.with_name(self.file.name + UNFINISHED)
        self._progress = self.file.with_name(self.file.name + PROGRESS)
        if self.file.is_dir():
            raise UsageError(f"'{self.file}' should be a file. Found a folder. Name a file with --vectors.")
        if self.complete:
            self._compare()

    @property
    def complete(self) -> bool:
        """Whether all vectors are there."""
        return self.file.is_file()

    def _compare(self) -> None:
        found = _read_header(self.file)
        if found == self._header and (size := self.file.stat().st_size) != self._size:
            raise UsageError(
                f"'{self.file}' should have {counted(self._size, 'byte')}. Found {size:,}. "
                "Delete it, or name another file with --vectors."
            )
        if found != self._header:
            raise UsageError(
                f"'{self.file}' should hold the vectors of these documents, by this encoder. Found "
                f"{self._other(found)}. Delete it, or name another file with --vectors."
            )

    def _other(self, header: bytes) -> str:
        """Return what is in a file that begins with another header."""
        try:
            entries = json.loads(header[LENGTH:])
            of, shape = entries["__metadata__"], entries[NAME]["shape"]
            differing = [key for key, value in self.of.items() if of[key] != value]
        except (ValueError, LookupError, TypeError):
            return "something else than such vectors"
        others = [_OTHERS.get(key, f"of another '{key}'") for key in differing]
        return f"vectors {', '.join(others) or f'of another shape, {shape[0]:,} of {shape[1]:,} numbers'}"

    @property
    def done(self) -> int:
        """How many rows are written already."""
        if self.complete:
            return self.rows
        try:
            progress = json.loads(self._progress.read_text("utf-8"))
            rows = progress["rows"] if progress["header"] == self._header.decode() else 0
            there = self._growing.stat().st_size - len(self._header)
        except (OSError, ValueError, KeyError, TypeError):
            return 0  # nothing was begun, or nothing that can be continued
        return int(rows) if rows * self.dim * 4 <= there else 0

    def write(self, vectors: Vectors, start: int) -> None:
        """Write rows, the first of them at `start`, through to the disk; raises `OSError`.

        `start` is `done`, or less where another process has continued meanwhile: its rows are these rows. Raises
        `UsageError` where that process has begun anew, with vectors of something else.
        """
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self._alone() as stream:
            if stream is None:
                return
            done = self.done
            if start > done:
                raise UsageError(
                    f"'{self._growing}' should be written for one encoder at a time. Found that another process has "
                    "begun it anew. Let that one end, or name another file with --vectors."
                )
            if not done:
                self._progress.unlink(missing_ok=True)  # of other vectors, which are overwritten
            stream.write(self._header)
            stream.seek(len(self._header) + start * self.dim * 4)
            stream.write(np.ascontiguousarray(vectors, "<f4").tobytes())
            done = max(done, start + len(vectors))
            if done == self.rows:
                stream.truncate(self._size)
            stream.flush()
            os.fsync(stream.fileno())
            if done < self.rows:
                replace(self._progress, json.dumps({"rows": done, "header": self._header.decode()}).encode())
                return
            self._growing.replace(self.file)
            sync(self.file.parent)
            self._progress.unlink(missing_ok=True)  # not before: without the last rows it is still to be gone on from

    @contextmanager
    def _alone(self) -> Iterator[BinaryIO | None]:
        """Open the growing file for this process alone, the others waiting; None where all vectors are there."""
        while not self.complete:
            with open(os.open(self._growing, os.O_RDWR | os.O_CREAT, 0o666), "r+b") as stream:
                fcntl.flock(stream, fcntl.LOCK_EX)  # let go of when the stream is closed, or the process is killed
                if not _is_at(stream, self._growing):
                    continue  # another process has completed it meanwhile
                if self.file.is_file():
                    self._growing.unlink()  # completed just before it was opened, and so made anew
                    continue
                yield stream
                return
        yield None

    def read(self) -> Vectors:
        """Return all vectors, mapped into memory, not read."""
        shape = (self.rows, self.dim)
        return np.memmap(self.file, "<f4", "r", len(self._header), shape)


def _is_at(stream: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(stream.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _header(rows: int, dim: int, of: dict[str, str]) -> bytes:
    """Return what comes before the numbers: the length of a JSON text, and the text, padded to 8 bytes."""
    entry: dict[str, Any] = {"dtype": "F32", "shape": [rows, dim], "data_offsets": [0, rows * dim * 4]}
    text = json.dumps({"__metadata__": of, NAME: entry}, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(LENGTH, "little") + text


def _read_header(file: Path) -> bytes:
    with file.open("rb") as stream:
        length = stream.read(LENGTH)
        return length + stream.read(min(int.from_bytes(length, "little"), 1 << 20))
