"""What killed processes leave unfinished: no process holds a lock on it, as one that is at work does."""

from __future__ import annotations

import contextlib
import glob
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .files import ABANDONED, UNFINISHED

locks: Any
try:
    import fcntl as locks
except ImportError:  # Windows: leftovers are known by their age alone
    locks = None


def locked(path: Path) -> int | None:
    """Return a handle that locks a file or folder until it is closed, at the latest when the process ends.

    None where another one has it, or where the file system knows no locks. Raises `OSError`.
    """
    if locks is None:
        return None
    handle = os.open(path, os.O_RDONLY)
    try:
        locks.flock(handle, locks.LOCK_EX | locks.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def left_beside(place: Path, begun: Callable[[Path], bool]) -> Iterator[Path]:
    """Yield what is named `PLACE.????????.writing` and no process can be at work in.

    `begun` says of one whether there is anything in it: its process locks it before there is, so that one with nothing
    in it may be about to be locked, and counts when it is a day old. Without locks only age counts.
    """
    for left in place.parent.glob(f"{glob.escape(place.name)}.????????{UNFINISHED}"):
        of_nobody = False
        with contextlib.suppress(OSError):  # another process has just finished, or another user owns it
            of_nobody = _is_old(left) if locks is None else (_is_old(left) or begun(left)) and _is_free(left)
        if of_nobody:
            yield left


def _is_old(left: Path) -> bool:
    return time.time() - left.stat().st_mtime > ABANDONED


def _is_free(left: Path) -> bool:
    lock = locked(left)
    if lock is not None:
        os.close(lock)
    return lock is not None
