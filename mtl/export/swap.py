"""Replacing a folder by a finished one in one step."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import sys
import tempfile
from pathlib import Path

from ..base.files import sync

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
# What systems, file systems and sandboxes answer that do not know how to swap two names.
_UNKNOWN = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM)


def publish(finished: Path, place: Path) -> None:
    """Rename `finished` to `place`; what was there is removed once the new folder is safe. Raises `OSError`.

    Linux swaps the two names in one step, so that `place` holds the old folder or the new one at any moment. Elsewhere
    there is a moment without either, in which the old folder is called `….old-` and some letters.
    """
    replaced: Path | None = None
    if not place.exists():
        finished.rename(place)
    elif exchange(finished, place):
        replaced = finished
    else:
        replaced = Path(tempfile.mkdtemp(prefix=f"{place.name}.old-", dir=place.parent))  # an unused name
        place.rename(replaced)  # which is an empty folder
        try:
            finished.rename(place)
        except OSError:
            replaced.rename(place)
            raise
    sync(place.parent)
    if replaced is not None:
        shutil.rmtree(replaced, ignore_errors=True)


def exchange(one: Path, other: Path) -> bool:
    """Swap two names in one step; False where the system or the file system does not know how. Raises `OSError`."""
    if not sys.platform.startswith("linux"):
        return False
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    if renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _UNKNOWN:
        return False
    raise OSError(code, os.strerror(code), str(other))
