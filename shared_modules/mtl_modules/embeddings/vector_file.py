"""Opening a file of word vectors, packed by gzip or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mtl.base.encodings import wide_text
from mtl.base.errors import DataError, Fault
from mtl.base.file_kinds import LOOKED_AT, packed
from mtl.base.files import why_unreadable
from mtl.base.unpacking import DAMAGED, unpacked

_FASTTEXT = b"\xba\x16\x4f\x2f"  # the first bytes of its binary models


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file of vectors, unpacked where gzip has packed it.

    Raises `DataError` where it cannot be read, then or later, and where it is of another kind.
    """
    try:
        reason = why_unreadable(path)
        if reason:
            raise OSError(reason)
        with path.open("rb") as file:
            begin = unpacked(file).read(LOOKED_AT)
        if begin.startswith(_FASTTEXT):
            raise _other_kind(path, "a binary model of fastText. Name its file of vectors as text (.vec).")
        kind = packed(begin)
        if kind:
            raise _other_kind(path, str(kind))
        wide = wide_text(begin)
        if wide:
            raise _other_kind(path, f"{wide.shown_by}. Write it as utf-8.")
        with path.open("rb") as file:
            yield unpacked(file)
    except (OSError, *DAMAGED) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"should be a readable file of word vectors. Found: {reason.rstrip('.')}."
        raise DataError(Fault(message, file=str(path))) from error


def _other_kind(path: Path, found: str) -> DataError:
    message = f"should be word vectors, as text or in the binary form of word2vec. Found {found}"
    return DataError(Fault(message, file=str(path)))
