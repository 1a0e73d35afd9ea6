from __future__ import annotations

import gzip
import struct
import tracemalloc
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from mtl.base.errors import DataError
from mtl_modules.embeddings import word2vec_file
from mtl_modules.embeddings.pretrained import dimension, read_vectors
from mtl_modules.embeddings.word2vec_file import is_binary

IDS = {"play": 2, "hey": 3, "jude": 4}
WORDS = {"the": [0.5, -1.0], "jude": [3.0, 4.25], "play": [-0.0, 1e-3]}


def content(words: Mapping[str, list[float]], end: bytes = b"", header: bytes | None = None) -> bytes:
    """Return a file of word2vec; its own program writes a line end after every vector, gensim none."""
    size = len(next(iter(words.values())))
    records = [word.encode() + b" " + struct.pack(f"<{size}f", *numbers) + end for word, numbers in words.items()]
    return (b"%d %d\n" % (len(words), size) if header is None else header) + b"".join(records)


@pytest.fixture
def vectors(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(content: bytes) -> Path:
        path = tmp_path / "vectors.bin"
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize("end", [b"", b"\n"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_vectors_of_known_words_are_read(
    vectors: Callable[[bytes], Path], end: bytes, pack: Callable[[bytes], bytes]
) -> None:
    path = vectors(pack(content(WORDS, end)))
    assert is_binary(path)
    assert dimension(path) == 2
    rows, values = read_vectors(path, IDS)
    assert rows.tolist() == [4, 2]
    assert values.dtype == np.float32
    assert values.tolist() == [[3.0, 4.25], [-0.0, np.float32(1e-3)]]


def test_what_both_forms_of_a_file_hold_is_equal(tmp_path: Path) -> None:
    words = {f"w{i}": np.random.default_rng(i).normal(size=7).astype(np.float32).tolist() for i in range(300)}
    ids = {f"w{i}": i + 2 for i in range(0, 300, 3)}
    lines = [f"{word} {' '.join(map(repr, numbers))}\n" for word, numbers in words.items()]
    (tmp_path / "text.vec").write_text("300 7\n" + "".join(lines))
    (tmp_path / "binary.bin").write_bytes(content(words))
    (rows, values), (other_rows, others) = (read_vectors(tmp_path / n, ids) for n in ("text.vec", "binary.bin"))
    assert rows.tolist() == other_rows.tolist()
    np.testing.assert_array_equal(values, others)


def test_the_first_vector_of_a_word_counts(vectors: Callable[[bytes], Path]) -> None:
    twice = content({"play": [1.0, 2.0]}, header=b"2 2\n") + content({"play": [3.0, 4.0]}, header=b"")
    assert read_vectors(vectors(twice), IDS)[1].tolist() == [[1, 2]]


def test_records_may_lie_across_what_is_read_at_a_time(
    vectors: Callable[[bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = {f"w{i}": [float(i), 0.5, -1.0] for i in range(50)}
    path = vectors(content(words, b"\n"))
    for chunk in (1, 5, 17, 64):
        monkeypatch.setattr(word2vec_file, "_CHUNK", chunk)
        rows, values = read_vectors(path, {f"w{i}": i for i in range(50)})
        assert rows.tolist() == list(range(50))
        assert values.tolist() == list(words.values())


def test_a_long_file_takes_no_more_memory_than_a_part_of_it(vectors: Callable[[bytes], Path]) -> None:
    record = b"some " + struct.pack("<300f", *[0.25] * 300)
    path = vectors(b"20001 300\n" + record * 20000 + b"jude " + record[5:])  # 24 MB
    tracemalloc.start()
    rows, _ = read_vectors(path, IDS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows.tolist() == [4]
    assert peak < 6e6


WHOLE = content(WORDS)
SIZES = "{}: should hold {} words and 2 numbers after each, as its first line says. Found {}. {}"
AGAIN = "The file may not be whole: copy or unpack it again."


@pytest.mark.parametrize(
    ("written", "words", "found"),
    [
        (WHOLE[:-1], 3, "the end of the file in word 3"),
        (WHOLE[:-9], 3, "the end of the file in word 3"),
        (WHOLE[:-12], 3, "the end of the file in word 3"),
        (content(WORDS, header=b"4 2\n"), 4, "the end of the file in word 4"),
        (content(WORDS, header=b"2 2\n"), 2, "more after word 2"),
        (content(WORDS, header=b"5,000 2\n".replace(b",", b"")), "5,000", "the end of the file in word 4"),
        (content(WORDS) + bytes(8), 3, "more after word 3"),
        (b"3 2\n" + bytes(10_002), 3, "no end of word 1 in 10,000 bytes"),
    ],
)
def test_a_file_of_another_size_than_it_says_is_named(
    vectors: Callable[[bytes], Path], written: bytes, words: int | str, found: str
) -> None:
    path = vectors(written)
    with pytest.raises(DataError) as error:
        read_vectors(path, IDS)
    assert str(error.value) == SIZES.format(path, words, found, AGAIN)


def test_numbers_should_be_finite(vectors: Callable[[bytes], Path]) -> None:
    path = vectors(content({"the": [1.0, float("nan")], "hey": [1.0, float("inf")]}, b"\n"))
    with pytest.raises(DataError) as error:
        read_vectors(path, IDS)
    assert str(error.value) == f"{path}: should hold 2 finite numbers after 'hey'. Found 'inf'."


def test_the_header_should_be_there(vectors: Callable[[bytes], Path]) -> None:
    path = vectors(content(WORDS, header=b""))
    with pytest.raises(DataError) as error:
        dimension(path)
    assert str(error.value) == (
        f"{path}: should be word vectors as text, or begin with a line that says how many words there are and the size "
        "of a vector, as the binary form of word2vec does. Found no such line before bytes that are no text."
    )


def test_real_vectors_are_equal_in_all_forms(tmp_path: Path, data_sets: Callable[[str], Path]) -> None:
    plain = data_sets("glove_sample") / "glove.6B.50d.top2446.txt"
    lines = plain.read_text("utf-8").splitlines()
    words = {line.split(" ")[0]: [float(x) for x in line.split(" ")[1:]] for line in lines}
    header = f"{len(lines)} 50\n"
    (tmp_path / "glove.vec.gz").write_bytes(gzip.compress((header + "\n".join(lines) + "\n").encode()))
    (tmp_path / "glove.bin").write_bytes(content(words, b"\n", header.encode()))
    ids = {word: i for i, word in enumerate([*list(words)[::7], "no such word"], 2)}
    wanted_rows, wanted = read_vectors(plain, ids)
    assert len(wanted_rows) == len(ids) - 1 == 350
    for name in ("glove.vec.gz", "glove.bin"):
        assert is_binary(tmp_path / name) == (name == "glove.bin")
        rows, values = read_vectors(tmp_path / name, ids)
        np.testing.assert_array_equal(rows, wanted_rows)
        np.testing.assert_array_equal(values, wanted)
