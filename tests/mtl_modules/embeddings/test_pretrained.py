from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mtl.base.errors import DataError
from mtl_modules.embeddings.pretrained import dimension, read_vectors

IDS = {"play": 2, "hey": 3, "jude": 4, "new york": 5, "12 500": 6}


@pytest.fixture
def vectors(tmp_path: Path) -> Callable[[str | bytes], Path]:
    def write(content: str | bytes) -> Path:
        path = tmp_path / "vectors.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize("header", ["", "3 2\n", "\n\n3 2\n"])
@pytest.mark.parametrize("end", ["\n", "\r\n", " \n"])
def test_vectors_of_known_words_are_read(vectors: Callable[[str], Path], header: str, end: str) -> None:
    path = vectors(header + end.join(["play 1 2", "the 3 4", "jude -0.5 1e-3", ""]))
    assert dimension(path) == 2
    rows, values = read_vectors(path, IDS)
    assert rows.tolist() == [2, 4]
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, [[1, 2], [-0.5, 1e-3]])


def test_a_word_may_hold_blanks(vectors: Callable[[str], Path]) -> None:
    rows, values = read_vectors(vectors("play 1 2\nnew york 3 4\n. . 5 6\n"), IDS)
    assert rows.tolist() == [2, 5]
    assert values.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("content", "ids", "values"),
    [
        ("new york 3 4\nplay 1 2\n", [5, 2], [[3, 4], [1, 2]]),
        ("new york 3 4\n", [5], [[3, 4]]),
        ("new york 3 4\n. . 5 6\nhey 1 2\n", [5, 3], [[3, 4], [1, 2]]),
        (". . . 3 4\nplay 1 2\n", [2], [[1, 2]]),
        ("12 500 1 2\nplay 3 4\n", [6, 2], [[1, 2], [3, 4]]),
        ("1 234 567 1 2\nplay 3 4\n12 500 5 6\nhey 7 8\n", [2, 6, 3], [[3, 4], [5, 6], [7, 8]]),
        ("play 3 4\n12 500 5 6\n", [2, 6], [[3, 4], [5, 6]]),
        ("3 2\n12 500 5 6\nplay 3 4\nhey 7 8\n", [6, 2, 3], [[5, 6], [3, 4], [7, 8]]),
        ("12 1 2\n13 3 4\nplay 5 6\n", [2], [[5, 6]]),
    ],
)
def test_a_word_of_the_first_line_may_hold_blanks(
    vectors: Callable[[str], Path], content: str, ids: list[int], values: list[list[int]]
) -> None:
    path = vectors(content)
    assert dimension(path) == 2
    found, read = read_vectors(path, IDS)
    assert (found.tolist(), read.tolist()) == (ids, values)


def test_a_first_vector_that_is_malformed_is_no_longer_word(vectors: Callable[[str], Path]) -> None:
    for content in ("play x 2\nhey 1 2\n", "play 1 x\nhey 1 2\n"):
        path = vectors(content)
        assert dimension(path) == 2
        with pytest.raises(DataError) as error:
            read_vectors(path, IDS)
        assert str(error.value) == f"{path}:1: should hold 2 finite numbers after 'play'. Found 'x'."


def test_vectors_packed_by_gzip_are_read(vectors: Callable[[bytes], Path]) -> None:
    path = vectors(gzip.compress(b"3 2\nplay 1 2\nthe 3 4\njude 5 6\n"))
    assert dimension(path) == 2
    rows, values = read_vectors(path, IDS)
    assert (rows.tolist(), values.tolist()) == ([2, 4], [[1, 2], [5, 6]])


UNREADABLE = {
    "cut": (
        gzip.compress(b"play 1 2\n" * 9, mtime=0)[:-9],
        "should be a readable file of word vectors. Found: Compressed file ended before the end-of-stream marker was "
        "reached.",
    ),
    "damaged": (
        gzip.compress(b"play 1 2\n", mtime=0)[:10] + b"\xff" * 20,
        "should be a readable file of word vectors. Found: Error -3 while decompressing data: invalid block type.",
    ),
    "zip": (
        b"PK\x03\x04" + bytes(30),
        "should be word vectors, as text or in the binary form of word2vec. Found a zip archive. Unpack it first; of a "
        "workbook (.xlsx) save the sheet as lines of text.",
    ),
    "zip in gzip": (
        gzip.compress(b"PK\x03\x04" + bytes(30), mtime=0),
        "should be word vectors, as text or in the binary form of word2vec. Found a zip archive. Unpack it first; of a "
        "workbook (.xlsx) save the sheet as lines of text.",
    ),
    "UTF-16": (
        "play 1 2\n".encode("utf-16"),
        "should be word vectors, as text or in the binary form of word2vec. Found the byte-order mark of UTF-16. Write "
        "it as utf-8.",
    ),
    "bytes that are no text": (
        b"play\x00\x01 1 2\n",
        "should be word vectors as text, or begin with a line that says how many words there are and the size of a "
        "vector, as the binary form of word2vec does. Found no such line before bytes that are no text.",
    ),
    "fastText": (
        b"\xba\x16\x4f\x2f" + bytes(30),
        "should be word vectors, as text or in the binary form of word2vec. Found a binary model of fastText. Name its "
        "file of vectors as text (.vec).",
    ),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_file_of_another_kind_is_named(vectors: Callable[[bytes], Path], case: str) -> None:
    content, message = UNREADABLE[case]
    path = vectors(content)
    with pytest.raises(DataError) as error:
        read_vectors(path, IDS)
    assert str(error.value) == f"{path}: {message}"


def test_a_pipe_is_told_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "vectors")
    with pytest.raises(DataError) as error:
        dimension(tmp_path / "vectors")
    wanted = "should be a readable file of word vectors. Found: a pipe, which can be read once only."
    assert str(error.value) == f"{tmp_path / 'vectors'}: {wanted}"


def test_the_first_vector_of_a_word_counts(vectors: Callable[[str], Path]) -> None:
    assert read_vectors(vectors("play 1 2\nplay 3 4\n"), IDS)[1].tolist() == [[1, 2]]


def test_odd_words_do_not_stop_the_reading(vectors: Callable[[bytes], Path]) -> None:
    """Words that are white space of other kinds, or no valid UTF-8, stand in published files."""
    path = vectors("\ufeffplay 1 2\n\u00a0 3 4\n\u2028 5 6\n\x85 7 8\n".encode() + b"\xff\xfe 1 2\n")
    assert read_vectors(path, {**IDS, "\u00a0": 7})[0].tolist() == [2, 7]


def test_no_known_word(vectors: Callable[[str], Path]) -> None:
    rows, values = read_vectors(vectors("nobody 1 2\n"), IDS)
    assert rows.shape == (0,)
    assert values.shape == (0, 2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "{}: should hold a word and its vector per line. Found no line."),
        ("play 1 2\nhey 3\n", "{}:2: should hold a word and 2 numbers. Found 2 fields."),
        ("2 2\nplay 1 2\nhey 3 4 5\n", "{}:3: should hold a word and 2 numbers. Found 4 fields."),
        ("play 1 2\nhey 3 x\n", "{}:2: should hold 2 finite numbers after 'hey'. Found 'x'."),
        ("play 1 2\nhey 3 nan\n", "{}:2: should hold 2 finite numbers after 'hey'. Found 'nan'."),
        ("play 1 2\nhey\n", "{}:2: should hold a word and 2 numbers. Found one field."),
        ("play\n", "{}:1: should hold a word and its vector. Found one field."),
        ("play 1 2\nhey 3 1_0\n", "{}:2: should hold 2 finite numbers after 'hey'. Found '1_0'."),
        (
            "\n" + "1" * 4301 + " 2\nplay 1 2\n",
            "{}:2: should hold how many words there are, and the size of a vector. Found 4,301 digits.",
        ),
        (
            "2 " + "2" * 4300 + "\nplay 1 2\n",
            "{}:1: should hold how many words there are, and the size of a vector. Found 4,300 digits.",
        ),
        ("2 0\n", "{}:1: should hold how many words there are, and the size of a vector, both above 0. Found '2 0'."),
        ("0 2\n", "{}:1: should hold how many words there are, and the size of a vector, both above 0. Found '0 2'."),
        (
            "3 2\nplay 1 2\nhey 3 4\n",
            "{}: should hold 3 words, as its first line says. Found 2. The file may not be whole: copy or unpack it "
            "again, or correct the first line of a part that was cut on purpose.",
        ),
    ],
)
def test_a_malformed_file_is_named_with_its_line(vectors: Callable[[str], Path], content: str, message: str) -> None:
    path = vectors(content)
    with pytest.raises(DataError) as error:
        read_vectors(path, IDS)
    assert str(error.value) == message.format(path)


@pytest.mark.parametrize(
    ("content", "line", "found"),
    [
        ("play the song\nit is from 1968\nplay it again\n", 1, "'play the song'"),
        ("born in 1942\nin Liverpool\nand\n", 2, "'in Liverpool'"),
        ("2 2\nplay the song\nhey jude\n", 2, "'play the song'"),
        ("play\tPlayMusic\n", 1, "'play PlayMusic'"),
        ("play the song " * 9 + "\n", 1, "'play the song play the song play the song play the song ..."),
    ],
)
def test_a_text_without_vectors_has_no_size(
    vectors: Callable[[str], Path], content: str, line: int, found: str
) -> None:
    path = vectors(content)
    wanted = (
        f"{path}:{line}: should hold a word and the numbers of its vector, with blanks between them, as each line of a "
        f"file of word vectors does. Found {found}, which does not end with a number. Name a file of word vectors."
    )
    for read in (dimension, lambda path: read_vectors(path, IDS)):
        with pytest.raises(DataError) as error:
            read(path)
        assert str(error.value) == wanted


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        dimension(tmp_path / "none.txt")
    wanted = f"{tmp_path / 'none.txt'}: should be a readable file of word vectors. Found: No such file or directory."
    assert str(error.value) == wanted
