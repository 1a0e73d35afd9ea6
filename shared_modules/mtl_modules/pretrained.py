"""Word vectors in the text format of GloVe and fastText: a word and its numbers per line, separated by one blank.

A header line (`count dimension`, as fastText writes it) may come first, and the file may be packed by gzip. Sources:
Pennington et al. (2014), Bojanowski et al. (2017).
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Generator, Mapping
from contextlib import closing
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import numpy.typing as npt

from mtl.base.errors import DataError, Fault
from mtl.base.file_kinds import LOOKED_AT, packed
from mtl.base.files import why_unreadable

Vector = npt.NDArray[np.float32]

_DIGITS = 18  # of a number in a header: no file holds as many words, and Python reads numbers of 4,300 digits at most
_GZIP = b"\x1f\x8b"
_FASTTEXT = b"\xba\x16\x4f\x2f"  # the first bytes of its binary models


def dimension(path: Path) -> int:
    """Return how many numbers a vector has: what the header says, else what the first line holds."""
    return _first_line(path)[0]


def _first_line(path: Path) -> tuple[int, int]:
    """Return how many numbers a vector has, and the number of the header's line (0 where there is none)."""
    with closing(_lines(path)) as lines:
        number, line = next(lines, (0, b""))
        second = next(lines, (0, b""))[1]
    if not number:
        raise DataError(Fault("should hold a word and its vector per line. Found no line.", file=str(path)))
    fields = line.split(b" ")
    if len(fields) < 2:
        raise _malformed(path, number, "a word and its vector", "one field")
    if not _is_header(fields):
        return _size(fields[1:], second.split(b" ")[1:]), 0
    longest = max(map(len, fields))
    if longest > _DIGITS:
        raise _malformed(path, number, "how many words there are, and the size of a vector", f"{longest:,} digits")
    return int(fields[1]), number


def _size(after: list[bytes], next_after: list[bytes]) -> int:
    """Return the size of vectors from what follows the first field of the first line, and of the one after it.

    All of it is the vector, unless its word goes on there; then the vector is what follows the word's last field.
    """
    words = [place for place, field in enumerate(after, start=1) if not _is_number(field)]
    alike = len(next_after) == len(after) and all(map(_is_number, next_after))
    return len(after) if not words or alike else len(after) - words[-1] or len(after)


def read_vectors(path: Path, ids: Mapping[str, int]) -> tuple[npt.NDArray[np.int64], Vector]:
    """Return the ids [N] of the words that the file holds, and their vectors [N, D]; a word's first vector counts.

    Only lines of words asked for become numbers, but every line must have as many as the first. Raises `DataError`
    with file and line.
    """
    size, header = _first_line(path)
    wanted = {word.encode("utf-8", errors="replace"): id_ for word, id_ in ids.items()}
    found: dict[int, Vector] = {}
    for number, line in _lines(path):
        if number == header:
            continue
        word, _, numbers = line.partition(b" ")
        if line.count(b" ") != size:
            word, numbers = _long_word(path, number, line, size)
        id_ = wanted.get(word)
        if id_ is not None and id_ not in found:
            found[id_] = _parsed(path, number, word, numbers.split(b" "))
    rows = np.fromiter(found, dtype=np.int64, count=len(found))
    return rows, np.stack(list(found.values())) if found else np.zeros((0, size), dtype=np.float32)


def _lines(path: Path) -> Generator[tuple[int, bytes], None, None]:
    """Yield the lines that are not empty and their numbers; tabs count as blanks.

    Bytes, because published files hold words that are no valid UTF-8, or white space of other kinds.
    """
    try:
        with _opened(path) as file:
            for number, line in enumerate(file, start=1):
                stripped = line.rstrip(b"\r\n ").replace(b"\t", b" ")
                if number == 1:
                    stripped = stripped.removeprefix(b"\xef\xbb\xbf")
                if stripped:
                    yield number, stripped
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"should be a readable file of word vectors. Found: {reason.rstrip('.')}."
        raise DataError(Fault(message, file=str(path))) from error


def _opened(path: Path) -> BinaryIO:
    """Open a file of vectors, unpacked where gzip has packed it; raises `OSError`, and `DataError` for another kind."""
    reason = why_unreadable(path)
    if reason:
        raise OSError(reason)
    with path.open("rb") as file:
        begin = file.read(LOOKED_AT)
    if begin.startswith(_GZIP):
        return cast("BinaryIO", gzip.open(path, "rb"))
    other = (
        "a binary model of fastText. Name its file of vectors as text (.vec)." if begin.startswith(_FASTTEXT) else None
    )
    found = other or packed(begin)
    if found:
        raise DataError(Fault(f"should be word vectors as text. Found {found}", file=str(path)))
    return path.open("rb")


def _is_header(fields: list[bytes]) -> bool:
    return len(fields) == 2 and all(field.isdigit() for field in fields)


def _long_word(path: Path, number: int, line: bytes, size: int) -> tuple[bytes, bytes]:
    """Return word and numbers of a line whose word holds blanks, as a few of GloVe's 840B vectors do."""
    fields = line.split(b" ")
    if len(fields) <= size or _is_number(fields[-size - 1]):
        found = "one field" if len(fields) == 1 else f"{len(fields)} fields"
        raise _malformed(path, number, f"a word and {size} numbers", found)
    return b" ".join(fields[:-size]), b" ".join(fields[-size:])


def _parsed(path: Path, number: int, word: bytes, fields: list[bytes]) -> Vector:
    if all(map(_is_number, fields)):
        with np.errstate(over="ignore"):  # what is too large is reported below
            vector = np.array(fields, dtype=np.float32)
        if np.isfinite(vector).all():
            return vector
    odd = next(field for field in fields if not (_is_number(field) and np.isfinite(np.float32(field))))
    raise _malformed(path, number, f"{len(fields)} finite numbers after '{_text(word)}'", f"'{_text(odd)}'")


def _is_number(field: bytes) -> bool:
    if b"_" in field:  # which Python's own numbers may have between digits
        return False
    try:
        float(field)
    except ValueError:
        return False
    return True


def _text(field: bytes) -> str:
    return field.decode("utf-8", errors="replace")


def _malformed(path: Path, line: int, wanted: str, found: str) -> DataError:
    return DataError(Fault(f"should hold {wanted}. Found {found}.", file=str(path), line=line))
