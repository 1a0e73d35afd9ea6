from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from mtl.base.errors import UsageError
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
        (gzip.compress(b"play", mtime=0), "gzip. Unpack it first (gunzip)."),
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


def test_what_was_read_of_a_file_is_not_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "texts"
    path.write_bytes(gzip.compress(b"play", mtime=0) + b"\none\n")
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
