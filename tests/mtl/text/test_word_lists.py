"""Words of a vocabulary from files of lines."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from mtl.base.errors import DataError
from mtl.text.word_lists import read_words


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_word_per_line_each_once(tmp_path: Path, pack: type[bytes]) -> None:
    path = tmp_path / "words.csv"  # whatever its ending
    path.write_bytes(pack("\ufeffplay\r\n\n jude \nplay\nÉvry, Paris\n".encode()))
    assert read_words(path) == ["play", "jude", "Évry, Paris"]


WRONG = {
    "empty": (b"\n \n", ": should hold at least one word. There is none."),
    "latin-1": (b"play\ncaf\xe9\n", ":2: should be utf-8 text. Found the byte 0xe9. Write it as utf-8."),
    "UTF-16": (
        "play\n".encode("utf-16"),
        ": should be utf-8 text. Found the byte-order mark of UTF-16. Write it as utf-8.",
    ),
    "zip": (
        b"PK\x03\x04" + bytes(30),
        ": should be words as text, one a line. Found a zip archive. Unpack it first; of a workbook (.xlsx) save the "
        "sheet as lines of text.",
    ),
    "cut": (
        gzip.compress(b"play\n" * 9, mtime=0)[:-9],
        ": should be a gzip file that can be unpacked to its end. Found: Compressed file ended before the "
        "end-of-stream marker was reached.",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_file_of_another_kind_is_told(tmp_path: Path, case: str) -> None:
    content, message = WRONG[case]
    path = tmp_path / "words"
    path.write_bytes(content)
    with pytest.raises(DataError) as error:
        read_words(path)
    assert str(error.value) == f"{path}{message}"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        read_words(tmp_path / "none")
    assert (
        str(error.value)
        == f"{tmp_path / 'none'}: should be a readable file of words. Found: No such file or directory."
    )
