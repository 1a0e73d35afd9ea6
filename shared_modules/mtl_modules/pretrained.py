"""Word vectors in the text format of GloVe and fastText: a word and its numbers a line, blank-separated.

A header line (`count dimension`, as fastText writes) may stand first. Source: Pennington et al. (2014), Bojanowski
et al. (2017).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mtl.errors import DataError, Fault


def dimension(path: Path) -> int:
    """Return the number of values a vector has: the header's word, or as many as the first line holds."""
    for _, fields in _lines(path):
        return int(fields[1]) if _is_header(fields) else len(fields) - 1
    raise DataError(Fault("should hold a word and its vector a line. Found no line.", file=str(path)))


def read_vectors(path: Path, ids: Mapping[str, int]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return the ids [N] of the words that the file holds and their vectors [N, D]; a repeated word counts once.

    Only lines of words asked for are parsed to numbers, but every line must have as many as the first.
    Raises `DataError` with file and line.
    """
    size = dimension(path)
    found: dict[int, npt.NDArray[np.float32]] = {}
    for number, fields in _lines(path):
        if number == 1 and _is_header(fields):
            continue
        # GloVe 840B holds a few "words" with blanks in them: the vector is what stands last.
        word = " ".join(fields[:-size])
        if len(fields) <= size or not word:
            raise _malformed(path, number, f"a word and {size} numbers", f"{len(fields)} fields")
        if _is_number(fields[-size - 1]) and len(fields) > size + 1:
            raise _malformed(path, number, f"a word and {size} numbers", f"{len(fields)} fields")
        token = ids.get(word)
        if token is None or token in found:
            continue
        try:
            vector = np.array(fields[-size:], dtype=np.float32)
        except ValueError as error:
            raise _malformed(path, number, f"{size} numbers after '{word}'", _first_odd(fields[-size:])) from error
        if not np.isfinite(vector).all():
            raise _malformed(path, number, f"finite numbers after '{word}'", _first_odd(fields[-size:]))
        found[token] = vector
    rows = np.fromiter(found, dtype=np.int64, count=len(found))
    return rows, np.stack(list(found.values())) if found else np.zeros((0, size), dtype=np.float32)


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                # Split at blanks only: vectors exist for words such as U+00A0 and U+2028, which str.split would eat.
                text = line.decode("utf-8", errors="replace").removeprefix("\ufeff").rstrip("\r\n ")
                if text:
                    yield number, text.replace("\t", " ").split(" ")
    except OSError as error:
        raise DataError(
            Fault(f"should be a readable file of word vectors. Found: {error.strerror}.", file=str(path))
        ) from error


def _is_header(fields: list[str]) -> bool:
    return len(fields) == 2 and all(field.isdecimal() for field in fields)


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _first_odd(fields: list[str]) -> str:
    odd = next((f for f in fields if not _is_number(f) or not np.isfinite(float(f))), "")
    return f"'{odd}'"


def _malformed(path: Path, line: int, wanted: str, found: str) -> DataError:
    return DataError(Fault(f"should hold {wanted}. Found {found}.", file=str(path), line=line))
