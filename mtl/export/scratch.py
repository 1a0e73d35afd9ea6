"""The folder that an export is written in, beside its place: locked while its process lives, else a leftover."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..base.files import ABANDONED, UNFINISHED

locks: Any
try:
    import fcntl as locks
except ImportError:  # Windows: leftovers are known by their age alone
    locks = None


@contextmanager
def scratch_folder(place: Path) -> Iterator[Path]:
    """Provide an empty folder, one level below one beside `place`, and remove both. Raises `OSError`.

    One level below, as only the owner may read what `mkdtemp` makes. That one is locked before anything is in it, so
    that a folder with something in it and without a lock is of a process that is gone.
    """
    scratch = Path(tempfile.mkdtemp(prefix=f"{place.name}.", suffix=UNFINISHED, dir=place.parent))
    lock: int | None = None
    try:
        lock = _locked(scratch)
        unfinished = scratch / place.name
        unfinished.mkdir()
        yield unfinished
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def copy_into(path: Path, folder: Path) -> None:
    """Copy a file, or a folder with all that is in it, into a folder; raises `OSError`."""
    if path.is_dir():
        shutil.copytree(path, folder / path.name)
    else:
        shutil.copyfile(path, folder / path.name)


def clear(place: Path) -> None:
    """Remove what exports to a place that were killed have left beside it."""
    for left in place.parent.glob(f"{glob.escape(place.name)}.????????{UNFINISHED}"):
        with contextlib.suppress(OSError):  # another process has just finished, or another user owns it
            if _of_nobody(left):
                shutil.rmtree(left, ignore_errors=True)


def _of_nobody(left: Path) -> bool:
    """Say whether no process can be at work in a folder; one without anything in it may be about to be locked."""
    if time.time() - left.stat().st_mtime > ABANDONED:
        return True
    if locks is None or not (left / left.name[: -len(f".????????{UNFINISHED}")]).exists():
        return False
    lock = _locked(left)
    if lock is None:
        return False
    os.close(lock)
    return True


def _locked(folder: Path) -> int | None:
    """Return a handle that locks a folder until it is closed, at the latest when the process ends.

    None where another one has it, or where the file system knows no locks.
    """
    if locks is None:
        return None
    handle = os.open(folder, os.O_RDONLY)
    try:
        locks.flock(handle, locks.LOCK_EX | locks.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle
