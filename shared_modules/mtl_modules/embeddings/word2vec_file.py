"""Word vectors in the binary form of word2vec (Mikolov et al., 2013).

A line with the number of words and the size D of a vector; then each word, a blank, and D numbers of 32 bits, the
lowest byte first. A line end may come before a word.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from mtl.base.errors import DataError, Fault

from .vector_file import opened

Vector = npt.NDArray[np.float32]

_CHUNK = 1 << 20  # bytes read at a time
_LOOKED_AT = 1 << 12  # bytes after the first line that show whether they are text
_LONGEST = 10_000  # bytes of a word
_CONTROL = frozenset(range(32)) - frozenset(b"\t\n\r")  # bytes that no text holds


def is_binary(path: Path) -> bool:
    """Say whether a file is in this form: whether what follows its first line is no text.

    Raises `DataError` for one that is no text and does not begin with a header.
    """
    with opened(path) as file:
        first = file.readline(_LOOKED_AT)
        after = file.read(_LOOKED_AT)
    fields = first.split()
    if first.endswith(b"\n") and len(fields) == 2 and all(map(bytes.isdigit, fields)):
        return not _CONTROL.isdisjoint(after)
    if not _CONTROL.isdisjoint(first):
        message = (
            "should be word vectors as text, or begin with a line that says how many words there are and the size of a "
            "vector, as the binary form of word2vec does. Found no such line before bytes that are no text."
        )
        raise DataError(Fault(message, file=str(path)))
    return False


def read_binary(path: Path, count: int, size: int, ids: Mapping[bytes, int]) -> dict[int, Vector]:
    """Return the vectors [D] of the words that the file holds, by their ids; a word's first vector counts.

    Holds no more of the file than a part of it at a time. Raises `DataError` where it does not hold what its first line
    says, `count` words and `size` numbers of each.
    """
    found: dict[int, Vector] = {}
    with opened(path) as file:
        file.readline(_LOOKED_AT)
        left = _read(path, file, count, size, ids, found)
        if (left + file.read(_CHUNK)).strip(b"\r\n"):
            raise _other_size(path, count, size, f"more after word {count:,}")
    return found


def _read(
    path: Path, file: BinaryIO, count: int, size: int, ids: Mapping[bytes, int], found: dict[int, Vector]
) -> bytes:
    """Put the vectors of the words asked for into `found`; return what was read beyond the last word."""
    width = 4 * size
    data, at = b"", 0
    for number in range(1, count + 1):
        blank = data.find(b" ", at)
        while blank < 0 or len(data) - blank <= width:
            if blank < 0 and len(data) - at > _LONGEST:
                raise _other_size(path, count, size, f"no end of word {number:,} in {_LONGEST:,} bytes")
            more = file.read(_CHUNK + width)
            if not more:
                raise _other_size(path, count, size, f"the end of the file in word {number:,}")
            data, at = data[at:] + more, 0
            blank = data.find(b" ", at)
        end = blank + 1 + width
        id_ = ids.get(data[at:blank].lstrip(b"\r\n"))
        if id_ is not None and id_ not in found:
            found[id_] = _numbers(path, data[at:blank], data[blank + 1 : end])
        at = end
    return data[at:]


def _numbers(path: Path, word: bytes, content: bytes) -> Vector:
    vector = np.frombuffer(content, "<f4").astype(np.float32)
    finite = np.isfinite(vector)
    if not finite.all():
        text = word.lstrip(b"\r\n").decode("utf-8", errors="replace")
        odd = float(vector[~finite][0])
        message = f"should hold {len(vector)} finite numbers after '{text}'. Found '{odd}'."
        raise DataError(Fault(message, file=str(path)))
    return vector


def _other_size(path: Path, count: int, size: int, found: str) -> DataError:
    message = (
        f"should hold {count:,} words and {size:,} numbers after each, as its first line says. Found {found}. "
        "The file may not be whole: copy or unpack it again."
    )
    return DataError(Fault(message, file=str(path)))
