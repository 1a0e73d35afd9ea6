"""The folder that an export is written in, beside its place: locked while its process lives, else a leftover."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..base.files import UNFINISHED
from ..base.leftovers import left_beside, locked


@contextmanager
def scratch_folder(place: Path) -> Iterator[Path]:
    """Provide an empty folder, one level below one beside `place`, and remove both. Raises `OSError`.

    One level below, as only the owner may read what `mkdtemp` makes. That one is locked before anything is in it, so
    that a folder with something in it and without a lock is of a process that is gone.
    """
    scratch = Path(tempfile.mkdtemp(prefix=f"{place.name}.", suffix=UNFINISHED, dir=place.parent))
    lock: int | None = None
    try:
        lock = locked(scratch)
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
    for left in left_beside(place, lambda left: (left / place.name).exists()):
        shutil.rmtree(left, ignore_errors=True)
