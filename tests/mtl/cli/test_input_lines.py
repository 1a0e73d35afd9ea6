from __future__ import annotations

import bz2
import gzip
import os
import tracemalloc
import zlib
from pathlib import Path

import pytest

from mtl.base.errors import DataError, UsageError
from mtl.cli.input_lines import StreamLines, fault_if_packed, opened


def test_an_input_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error, opened(str(tmp_path / "none.txt")):
        pass
    assert str(error.value) == (
        f"--input '{tmp_path / 'none.txt'}' should be a file that can be read. Found: No such file or directory."
    )


@pytest.mark.parametrize(
    ("begin", "found"),
    [
        (bz2.compress(b"play"), "bzip2. Unpack it first (bunzip2)."),
        (
            b"PK\x03\x04 and more",
            "a zip archive. Unpack it first; of a workbook (.xlsx) save the sheet as lines of text.",
        ),
        (b"PAR1\x15\x04", "Parquet. Write its rows as lines of text."),
    ],
)
def test_an_input_that_is_packed(tmp_path: Path, begin: bytes, found: str) -> None:
    path = tmp_path / "texts"
    path.write_bytes(begin)
    with pytest.raises(UsageError) as error, opened(str(path), "--queries"):
        pass
    assert str(error.value) == f"--queries '{path}' should be lines of text, or JSON lines. Found {found}"


def test_a_pipe_that_gives_its_first_bytes_one_by_one() -> None:
    reader, writer = os.pipe()
    with open(reader, "rb") as stream, open(writer, "wb", buffering=0) as pipe:
        lines = StreamLines(stream, "--queries '-'")
        for byte in b"PAR1":
            pipe.write(bytes([byte]))
            assert lines.waiting()
        pipe.write(b"\x15\x04")
        with pytest.raises(UsageError) as error:
            next(lines)
    assert str(error.value) == (
        "--queries '-' should be lines of text, or JSON lines. Found Parquet. Write its rows as lines of text."
    )


@pytest.mark.parametrize(("first", "second"), [(b"\n", b"play\n"), (b"\x1f", b"\n")])
def test_a_line_is_there_once_its_end_is(first: bytes, second: bytes) -> None:
    """The byte that gzip begins with says nothing alone; any other one is a text's."""
    reader, writer = os.pipe()
    with open(reader, "rb") as stream, open(writer, "wb", buffering=0) as pipe:
        lines = StreamLines(stream, "--queries '-'")
        pipe.write(first)
        assert lines.waiting() == (first == b"\x1f")
        pipe.write(second)
        assert not lines.waiting()
        assert next(lines) == (first + second)[: (first + second).index(b"\n") + 1]


def test_what_was_read_of_a_file_is_not_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "texts"
    path.write_bytes(bz2.compress(b"play") + b"\none\n")
    with path.open("rb") as stream:
        os.lseek(stream.fileno(), -4, os.SEEK_END)
        fault_if_packed(stream, "--input '-'")
        assert stream.read() == b"one\n"


def test_lines_of_a_pipe_are_taken_as_they_come() -> None:
    reader, writer = os.pipe()
    with open(reader, "rb") as stream, open(writer, "wb", buffering=0) as pipe:
        lines = StreamLines(stream, "--input '-'")
        assert lines.waiting()
        pipe.write(b"one\ntwo\nthr")
        assert [next(lines), lines.waiting(), next(lines), lines.waiting()] == [b"one\n", False, b"two\n", True]
        pipe.write(b"ee\r\n\nlast")
        assert [next(lines), next(lines), lines.waiting()] == [b"three\r\n", b"\n", True]
        pipe.close()
        assert [lines.waiting(), *lines, lines.waiting()] == [False, b"last", False]


@pytest.mark.parametrize("text", [b"", b"\n", b"a", b"a\n", b"a\n\nb" * 200_000])
def test_lines_of_a_file_are_those_of_python(text: bytes, tmp_path: Path) -> None:
    (tmp_path / "texts").write_bytes(text)
    with (tmp_path / "texts").open("rb") as stream:
        lines = StreamLines(stream, "--input '-'")
        assert not lines.waiting()
        assert list(lines) == text.splitlines(keepends=True)


TEXTS = [b"", b"\n", b"a", b"a\n", b"\0a", b"a\n\nb" * 200_000]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("parts", [1, 2])
def test_lines_of_a_packed_file_are_those_inside(text: bytes, parts: int, tmp_path: Path) -> None:
    half = len(text) // parts
    members = [gzip.compress(text[:half]), gzip.compress(text[half:]), bytes(7)][: 1 if parts == 1 else 3]
    (tmp_path / "texts").write_bytes(b"".join(members))
    with opened(str(tmp_path / "texts")) as stream:
        lines = StreamLines(stream, "--input 'texts'")
        assert not lines.waiting()
        assert list(lines) == text.splitlines(keepends=True)
        assert lines.share() == 1


def test_lines_of_a_packed_pipe_are_taken_as_they_come() -> None:
    reader, writer = os.pipe()
    packer = zlib.compressobj(wbits=31)
    with open(reader, "rb") as stream, open(writer, "wb", buffering=0) as pipe:
        lines = StreamLines(stream, "--input '-'")
        begin = packer.compress(b"one\ntwo\nthr") + packer.flush(zlib.Z_SYNC_FLUSH)
        for byte in begin[:3]:
            pipe.write(bytes([byte]))
            assert lines.waiting()
        pipe.write(begin[3:])
        assert [next(lines), lines.waiting(), next(lines), lines.waiting()] == [b"one\n", False, b"two\n", True]
        pipe.write(packer.compress(b"ee\nlast") + packer.flush())
        pipe.close()
        assert [lines.waiting(), *lines, lines.waiting()] == [False, b"three\n", b"last", False]


@pytest.mark.parametrize(
    ("content", "lines", "found"),
    [
        (gzip.compress(b"one\n")[:12], [], "Compressed file ended before the end-of-stream marker was reached."),
        (
            gzip.compress(b"one\n")[:-1],
            [b"one\n"],
            "Compressed file ended before the end-of-stream marker was reached.",
        ),
        (gzip.compress(b"one\n")[:-8] + bytes(8), [], "Error -3 while decompressing data: incorrect data check."),
        (
            gzip.compress(b"one\n") + b"two\n",
            [b"one\n"],
            "Error -3 while decompressing data: incorrect header check.",
        ),
    ],
)
def test_a_packed_file_that_is_damaged(content: bytes, lines: list[bytes], found: str, tmp_path: Path) -> None:
    (tmp_path / "texts").write_bytes(content)
    read = []
    with opened(str(tmp_path / "texts")) as stream, pytest.raises(DataError) as error:
        for line in StreamLines(stream, "--input 'texts'"):
            read.append(line)
    assert str(error.value) == f"--input 'texts' should be a gzip file that can be unpacked to its end. Found: {found}"
    assert read == lines


def test_what_is_inside_a_packed_file_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "texts").write_bytes(gzip.compress(gzip.compress(b"one")))
    with opened(str(tmp_path / "texts")) as stream, pytest.raises(UsageError) as error:
        next(StreamLines(stream, "--input 'texts'"))
    assert str(error.value) == (
        "--input 'texts' should be lines of text, or JSON lines. Found gzip. Unpack it first (gunzip)."
    )


def test_a_packed_file_is_unpacked_as_it_is_read(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "texts", "wb", compresslevel=1) as file:
        for _ in range(200):
            file.write(b"a text of some length\n" * 5_000)  # 21 MiB unpacked
    tracemalloc.start()
    with opened(str(tmp_path / "texts")) as stream:
        count = sum(1 for _ in StreamLines(stream, "--input 'texts'"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 1_000_000
    assert peak < 3 << 20
