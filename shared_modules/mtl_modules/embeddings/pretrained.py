"""Word vectors of a file: in the binary form of word2vec, in the text format of GloVe and fastText, or torchtext's.

As text: a word and its numbers per line, separated by one blank. A header line (`count dimension`, as fastText writes
it) may come first. The file may be packed by gzip. Sources: Pennington et al. (2014), Bojanowski et al. (2017).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mtl.base.errors import DataError, Fault, counted, short
from mtl.base.torchtext_files import is_saved, saved_vectors

from .vector_file import opened
from .word2vec_file import is_binary, read_binary

Vector = npt.NDArray[np.float32]

_HEADER = "how many words there are, and the size of a vector"
_LOOKED_AT = 50  # lines after the first that show the size of a vector
_DIGITS = 18  # of a number in a header: no file holds as many words, and Python reads numbers of 4,300 digits at most


class VectorsHeader(NamedTuple):
    """The size of a vector, and, where a line says it, the number of words and that line's number (else 0 and 0)."""

    size: int
    words: int = 0
    line: int = 0


def dimension(path: Path) -> int:
    """Return how many numbers a vector has: what the header says, else what the first lines hold."""
    if is_saved(path):
        return int(saved_vectors(path)[1].shape[1])
    return _header(path, is_binary(path)).size


def _header(path: Path, binary: bool) -> VectorsHeader:
    """Return what the first line says, or the first lines show; raises `DataError` where lines hold no vectors."""
    with closing(_lines(path)) as lines:
        number, line = next(lines, (0, b""))
        fields = line.split(b" ")
        first = [] if _is_header(fields) or len(fields) < 2 else [(number, line)]
        looked_at = first if binary else [*first, *islice(lines, _LOOKED_AT)]
        sizes = [_numbers_after_a_word(other.split(b" ")) for _, other in looked_at]
        if len(fields) > 1 and 2 * sizes.count(0) > len(sizes):
            raise _no_vectors(path, *looked_at[sizes.index(0)])
        if first:
            return VectorsHeader(_size([other.split(b" ") for _, other in looked_at], sizes))
    if not number:
        raise DataError(Fault("should hold a word and its vector per line. Found no line.", file=str(path)))
    if len(fields) < 2:
        raise _malformed(path, number, "a word and its vector", "one field")
    longest = max(map(len, fields))
    if longest > _DIGITS:
        raise _malformed(path, number, _HEADER, f"{longest:,} digits")
    words, size = map(int, fields)
    if not words or not size:
        raise _malformed(path, number, f"{_HEADER}, both above 0", f"'{words} {size}'")
    return VectorsHeader(size, words, number)


def _numbers_after_a_word(fields: list[bytes]) -> int:
    """Return how many numbers a line ends with; the first field is the word, in which there may be blanks."""
    words = [place for place, field in enumerate(fields) if place == 0 or not _is_number(field)]
    return len(fields) - 1 - words[-1]


def _size(lines: list[list[bytes]], sizes: list[int]) -> int:
    """Return the size of vectors from the fields of the first lines and how many numbers each ends with: what most do.

    Where two sizes are found equally often the larger one counts, unless its line begins with digits: these may be a
    word such as `12 500`.
    """
    found = Counter(size for size in sizes if size)
    in_digits: Counter[int] = Counter()
    for fields, size in zip(lines, sizes, strict=True):
        in_digits[size] += _in_digits(fields[: len(fields) - size + 1])
    most = max(found.values())
    often = sorted((size for size, count in found.items() if count == most), reverse=True)
    return next((size for size in often if in_digits[size] < most), often[-1])


def read_vectors(path: Path, ids: Mapping[str, int]) -> tuple[npt.NDArray[np.int64], Vector]:
    """Return the ids [N] of the words that the file holds, and their vectors [N, D]; a word's first vector counts.

    Only those of words asked for are kept in memory. Raises `DataError` with the file and, of text, the line.
    """
    if is_saved(path):
        words, vectors = saved_vectors(path)
        places = {word: place for place, word in enumerate(words) if word in ids}
        kept = np.fromiter((ids[word] for word in places), dtype=np.int64, count=len(places))
        return kept, vectors[list(places.values())].numpy()
    wanted = {word.encode("utf-8", errors="replace"): id_ for word, id_ in ids.items()}
    binary = is_binary(path)
    header = _header(path, binary)
    if binary:
        found = read_binary(path, header.words, header.size, wanted)
    else:
        found = _read_text(path, header, wanted)
    rows = np.fromiter(found, dtype=np.int64, count=len(found))
    return rows, np.stack(list(found.values())) if found else np.zeros((0, header.size), dtype=np.float32)


def _read_text(path: Path, header: VectorsHeader, wanted: Mapping[bytes, int]) -> dict[int, Vector]:
    """Return the vectors of words by their ids.

    Only lines of words asked for become numbers, but every line must have as many as a vector.
    """
    size, words = header.size, 0
    found: dict[int, Vector] = {}
    for number, line in _lines(path):
        if number == header.line:
            continue
        words += 1
        word, _, numbers = line.partition(b" ")
        if line.count(b" ") != size:
            word, numbers = _long_word(path, number, line, size)
        id_ = wanted.get(word)
        if id_ is not None and id_ not in found:
            found[id_] = _parsed(path, number, word, numbers.split(b" "))
    if words < header.words:
        message = (
            f"should hold {counted(header.words, 'word')}, as its first line says. Found {words:,}. The file may not "
            "be whole: copy or unpack it again, or correct the first line of a part that was cut on purpose."
        )
        raise DataError(Fault(message, file=str(path)))
    return found


def _lines(path: Path) -> Generator[tuple[int, bytes], None, None]:
    """Yield the lines that are not empty and their numbers; tabs count as blanks.

    Bytes, because published files hold words that are no valid UTF-8, or white space of other kinds.
    """
    with opened(path) as file:
        for number, line in enumerate(file, start=1):
            stripped = line.rstrip(b"\r\n ").replace(b"\t", b" ")
            if number == 1:
                stripped = stripped.removeprefix(b"\xef\xbb\xbf")
            if stripped:
                yield number, stripped


def _is_header(fields: list[bytes]) -> bool:
    return len(fields) == 2 and all(field.isdigit() for field in fields)


def _long_word(path: Path, number: int, line: bytes, size: int) -> tuple[bytes, bytes]:
    """Return word and numbers of a line whose word holds blanks, as a few of GloVe's do, and numbers as `12 500`."""
    fields = line.split(b" ")
    if len(fields) <= size or (_is_number(fields[-size - 1]) and not _in_digits(fields[:-size])):
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


def _in_digits(fields: list[bytes]) -> bool:
    """Return whether these are digits alone, which together may be a number that is written with blanks."""
    return all(field.isdigit() for field in fields)


def _text(field: bytes) -> str:
    return field.decode("utf-8", errors="replace")


def _malformed(path: Path, line: int, wanted: str, found: str) -> DataError:
    return DataError(Fault(f"should hold {wanted}. Found {found}.", file=str(path), line=line))


def _no_vectors(path: Path, line: int, content: bytes) -> DataError:
    message = (
        "should hold a word and the numbers of its vector, with blanks between them, as each line of a file of word "
        f"vectors does. Found {short(_text(content))}, which does not end with a number. Name a file of word vectors."
    )
    return DataError(Fault(message, file=str(path), line=line))
