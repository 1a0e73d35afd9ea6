"""The cache's files: written beside their place and renamed, with a checksum; without a matching one, absent."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from ..base.errors import Fault, MtlError
from ..base.files import ABANDONED, sha256

_UNFINISHED = ".writing-"


class Store:
    """A folder of files by key; every file is complete or absent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, name: str) -> Path | None:
        """Return a file that was published and is undamaged, else None."""
        path = self.folder / name
        try:
            seal = json.loads(self._seal(name).read_text("utf-8"))
            undamaged = path.stat().st_size == seal["bytes"] and sha256(path) == seal["sha256"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return path if undamaged else None

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Scratch]:
        """Provide an empty folder on the same disk, and remove it; `publish` moves out what is to be kept."""
        with self.writing():
            self.folder.mkdir(parents=True, exist_ok=True)
            for left in self.folder.glob(_UNFINISHED + "*"):
                with contextlib.suppress(FileNotFoundError):  # another process has just removed its own
                    if time.time() - left.stat().st_mtime > ABANDONED:
                        shutil.rmtree(left, ignore_errors=True)
            scratch = Scratch(self, Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=self.folder)))
        try:
            yield scratch
        finally:
            scratch.remove()

    def publish(self, written: Path, name: str) -> Path:
        """Move a file from a scratch folder to its name; its seal comes last."""
        with self.writing():
            seal = {"bytes": written.stat().st_size, "sha256": sha256(written)}
            sealed = written.with_name("seal")
            sealed.write_text(json.dumps(seal), "utf-8")
            for path in (written, sealed):
                with path.open("rb") as file:
                    os.fsync(file.fileno())
            self._seal(name).unlink(missing_ok=True)  # never a seal beside a file that it does not belong to
            written.replace(self.folder / name)
            sealed.replace(self._seal(name))
        return self.folder / name

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Turn what goes wrong while writing (no room, no permission) into an `MtlError` that names the cache."""
        try:
            yield
        except (OSError, pa.ArrowException) as error:
            number = getattr(error, "errno", None)  # pyarrow puts its own words around the reason
            reason = os.strerror(number) if number else str(error)
            message = f"the cache should be a folder that can be written to, with room enough. Found: {reason}."
            raise MtlError(Fault(message, file=str(self.folder))) from error

    def _seal(self, name: str) -> Path:
        return self.folder / f"{name}.seal"


class Scratch:
    """A folder for what is not finished yet."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.folder = folder
        self._columns: list[Column] = []

    def column(self) -> Column:
        """Return a new column, empty."""
        self._columns.append(Column(self.store, self.folder / f"column-{len(self._columns)}"))
        return self._columns[-1]

    def close(self) -> None:
        """Close all columns; what was not written yet is written."""
        for column in self._columns:
            column.close()

    def remove(self) -> None:
        """Remove the folder, whatever state it is in."""
        for column in self._columns:
            with contextlib.suppress(MtlError):  # no room for what was still to be written: it is not needed
                column.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Column:
    """Values that grow in a scratch file and end as a buffer that is mapped, not read."""

    def __init__(self, store: Store, path: Path) -> None:
        self._store = store
        self._path = path
        with store.writing():
            self._file: BinaryIO = path.open("wb")

    def write(self, values: Any) -> None:
        """Append an array (or bytes)."""
        with self._store.writing():
            self._file.write(memoryview(values).cast("B") if len(values) else b"")

    def close(self) -> None:
        """Close the file; what was not written yet is written."""
        with self._store.writing():
            self._file.close()

    def buffer(self) -> pa.Buffer:
        """Return what was written, after `close`."""
        if not self._path.stat().st_size:
            return pa.py_buffer(b"")
        return pa.memory_map(str(self._path)).read_buffer()


def digest_of(*parts: Any) -> str:
    """Return the sha256 of JSON-able values; what JSON does not know goes in as its `repr`."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=repr).encode("utf-8", "surrogatepass")).hexdigest()
