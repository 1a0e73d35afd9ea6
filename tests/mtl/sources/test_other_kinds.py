"""What is found where a file of text in the right encoding was expected, and the one message that it gets."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import re
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mtl.sources  # noqa: F401  # registers the formats
from mtl.base.errors import DataError
from mtl.base.files import why_unreadable
from mtl.base.registry import lookup
from mtl.serve.collection import Collection

ROWS = b"text\tlabel\nplay\tx\n"
FORMATS = {
    "tsv": {},
    "csv": {},
    "jsonl": {},
    "conll": {"columns": ["word", "tag"]},
    "conllu": {},
    "parquet": {},
    "ipc": {},
}
PIPE = "should be a file, as rows are read more than once. Found a pipe. Keep the rows in a file."


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    return path


@pytest.fixture
def open_pipe() -> Iterator[str]:
    """A pipe under a name, as a shell hands one over: holding rows, its writer gone."""
    reading, writing = os.pipe()
    os.write(writing, ROWS)
    os.close(writing)
    yield f"/dev/fd/{reading}"
    os.close(reading)


@pytest.mark.parametrize("name", FORMATS)
def test_a_pipe_is_told_at_once(name: str, fifo: Path, open_pipe: str) -> None:
    for path in (str(fifo), open_pipe):
        source = lookup("source", name)(train=path, **FORMATS[name])
        for read in (source.read, source.fingerprint):
            with pytest.raises(DataError) as caught:
                list(read("train", Path()))
            assert str(caught.value) == f"{path}: {PIPE}"


def test_pipes_among_several_files(fifo: Path) -> None:
    lines = lookup("source", "lines")(train=".", columns={"text": "fifo"})
    qrels = lookup("source", "qrels")(train="rows", queries="fifo", documents="fifo")
    (fifo.parent / "rows").write_bytes(b"")
    for source in (lines, qrels):
        with pytest.raises(DataError) as caught:
            list(source.read("train", fifo.parent))
        assert str(caught.value) == f"{fifo}: {PIPE}"


def test_a_pipe_of_documents_is_told_at_once(fifo: Path) -> None:
    with pytest.raises(DataError) as caught:
        Collection(fifo)
    wanted = "should be a file, as documents are looked up in it. Found a pipe. Keep them in a file."
    assert str(caught.value) == f"{fifo}: {wanted}"


def test_a_device_is_no_file_of_rows() -> None:
    with pytest.raises(DataError) as caught:
        list(lookup("source", "tsv")(train="/dev/null").read("train", Path()))
    assert str(caught.value) == f"/dev/null: {PIPE.replace('a pipe', 'a device')}"


def test_a_pipe_of_first_weights_is_told_at_once(fifo: Path) -> None:
    assert why_unreadable(fifo) == "a pipe, which can be read once only"


def test_standard_input_is_read_where_it_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "rows").write_bytes(ROWS)
    code = (
        "from pathlib import Path; from mtl.sources.delimited import Tsv; "
        "print([row.values for row in Tsv(train='/dev/stdin').read('train', Path())])"
    )
    with (tmp_path / "rows").open("rb") as rows:
        done = subprocess.run([sys.executable, "-c", code], stdin=rows, capture_output=True, text=True, check=True)
    assert done.stdout == "[{'text': 'play', 'label': 'x'}]\n"


def archive() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as made:
        made.writestr("rows.tsv", ROWS)
    return written.getvalue()


def table(kind: str) -> bytes:
    made, written = pa.table({"text": ["play"], "label": ["x"]}), io.BytesIO()
    if kind == "parquet":
        pq.write_table(made, written)
    else:
        with (pa.ipc.new_file if kind == "ipc" else pa.ipc.new_stream)(written, made.schema) as writer:
            writer.write_table(made)
    return written.getvalue()


def database() -> bytes:
    with closing(sqlite3.connect(":memory:")) as made:
        made.execute("create table rows (text)")
        return made.serialize()


PACKED = {
    "gzip in gzip": (gzip.compress(gzip.compress(ROWS, mtime=0), mtime=0), "gzip. Unpack it first (gunzip)."),
    "bzip2": (bz2.compress(ROWS), "bzip2. Unpack it first (bunzip2)."),
    "xz": (lzma.compress(ROWS), "xz. Unpack it first (unxz)."),
    "zstd": (pa.compress(ROWS, "zstd", asbytes=True), "zstd. Unpack it first (unzstd)."),
    "zip": (archive(), "a zip archive. Unpack it first; of a workbook (.xlsx) save the sheet as CSV."),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(24), "an Excel workbook. Save the sheet as CSV."),
    "parquet": (table("parquet"), "Parquet. A source reads it with 'format: parquet'."),
    "ipc": (table("ipc"), "Arrow IPC. A source reads it with 'format: ipc'."),
    "ipc stream": (table("stream"), "a stream of Arrow IPC. A source reads it with 'format: ipc'."),
    "sqlite": (database(), "a database of SQLite. Write its rows as CSV (sqlite3 -csv -header)."),
}


@pytest.mark.parametrize("kind", PACKED)
def test_a_file_of_another_kind_is_named(kind: str, tmp_path: Path) -> None:
    content, found = PACKED[kind]
    (tmp_path / "rows").write_bytes(content)
    text = {name: options for name, options in FORMATS.items() if name not in ("parquet", "ipc")}
    for encoding in ("utf-8", "latin-1", "utf-16"):
        sources = [lookup("source", name)(train="rows", encoding=encoding, **of) for name, of in text.items()]
        for source in sources:
            with pytest.raises(DataError) as caught:
                list(source.read("train", tmp_path))
            assert str(caught.value) == f"{tmp_path / 'rows'}: should be {encoding} text. Found {found}"
    if kind == "gzip in gzip":  # elsewhere gzip itself is a kind of its own
        return
    elsewhere = re.sub("(A source reads it|Write its rows).*", "Write its rows as lines of text.", found)
    elsewhere = elsewhere.replace("CSV", "lines of text")
    with pytest.raises(DataError) as caught:
        Collection(tmp_path / "rows")
    assert str(caught.value) == f"{tmp_path / 'rows'}: should be utf-8 text. Found {elsewhere}"


TEXTS = {
    "text": (ROWS, "text."),
    "JSON": (b'{"text": "caf\xc3\xa9"}\n', "text."),
    "text whose first bytes end inside a character": ("é".encode() * 7 + b"a" + "é".encode(), "text."),
    "UTF-16": ("text\n".encode("utf-16"), "text in UTF-16."),
    "UTF-16 without a mark": ("text\n".encode("utf-16-be"), "text in UTF-16."),
    "gzip": (gzip.compress(ROWS, mtime=0), "gzip. Unpack it first (gunzip)."),
}
NAME_IT = " Name the format that reads it (tsv, csv, jsonl, conll, …)."


@pytest.mark.parametrize("kind", [*TEXTS, *PACKED])
@pytest.mark.parametrize(("name", "what", "own"), [("parquet", "a Parquet", "parquet"), ("ipc", "an Arrow IPC", "ipc")])
def test_a_file_that_is_no_table_is_named(name: str, what: str, own: str, kind: str, tmp_path: Path) -> None:
    content, found = {**PACKED, **TEXTS}[kind]
    (tmp_path / "rows").write_bytes(content)
    source = lookup("source", name)(train="rows")
    if kind.startswith(own):
        assert [row.values for row in source.read("train", tmp_path)] == [{"text": "play", "label": "x"}]
        return
    with pytest.raises(DataError) as caught:
        list(source.read("train", tmp_path))
    found = found if not found.startswith("text") else found + NAME_IT
    assert str(caught.value) == f"{tmp_path / 'rows'}: should be {what} file. Found {found}"


@pytest.mark.parametrize("kind", PACKED)
def test_a_file_that_is_no_json_of_squad_is_named(kind: str, tmp_path: Path) -> None:
    content, found = PACKED[kind]
    (tmp_path / "rows").write_bytes(content)
    with pytest.raises(DataError) as caught:
        list(lookup("source", "squad")(train="rows").read("train", tmp_path))
    assert str(caught.value) == f"{tmp_path / 'rows'}: should be JSON as SQuAD has it. Found {found}"


@pytest.mark.parametrize("order", ["le", "be"])
def test_utf_16_without_a_mark_is_named(order: str, tmp_path: Path) -> None:
    (tmp_path / "rows").write_bytes(ROWS.decode().encode(f"utf-16-{order}"))
    shown = "every second byte 0, as in UTF-16 without a byte-order mark."
    for name in ("tsv", "csv", "jsonl", "conllu"):
        with pytest.raises(DataError) as caught:
            list(lookup("source", name)(train="rows").read("train", tmp_path))
        assert str(caught.value) == (
            f"{tmp_path / 'rows'}: should be utf-8 text. Found {shown} If the file is written in UTF-16, name it: "
            f"'encoding: utf-16-{order}'."
        )
    (row,) = lookup("source", "tsv")(train="rows", encoding=f"utf-16-{order}").read("train", tmp_path)
    assert row.values == {"text": "play", "label": "x"}
    with pytest.raises(DataError) as caught:
        Collection(tmp_path / "rows")
    assert str(caught.value) == f"{tmp_path / 'rows'}: should be utf-8 text. Found {shown} Write it as utf-8."


def test_gzip_is_named_where_texts_are_looked_up_in_their_file(tmp_path: Path) -> None:
    (tmp_path / "rows").write_bytes(gzip.compress(ROWS, mtime=0))
    with pytest.raises(DataError) as caught:
        Collection(tmp_path / "rows")
    assert str(caught.value) == (f"{tmp_path / 'rows'}: should be utf-8 text. Found gzip. Unpack it first (gunzip).")


def test_texts_that_begin_nearly_so_are_texts(tmp_path: Path) -> None:
    for begin in (b"PAR1", b"ARROW1", b"BZh91", b"PK"):
        (tmp_path / "rows").write_bytes(begin + b"\nplay\n")
        (row,) = lookup("source", "tsv")(train="rows").read("train", tmp_path)
        assert row.values == {begin.decode(): "play"}


ENCODINGS = {
    "cp1252": (b"it\x92s", "utf-8", "0x92", ": 'encoding: cp1252'"),
    "cp1252 later on": (b"caf\xe9 it\x92s", "utf-8", "0xe9", ": 'encoding: cp1252'"),
    "latin-1": (b"caf\xe9", "utf-8", "0xe9", ": 'encoding: latin-1'"),
    "neither": (b"\x81\x92", "utf-8", "0x81", " under 'encoding'"),
    "utf-8": ("café’s".encode(), "ascii", "0xc3", ": 'encoding: utf-8'"),
}


@pytest.mark.parametrize("case", ENCODINGS)
def test_the_encoding_that_a_byte_hints_at(case: str, tmp_path: Path) -> None:
    text, encoding, byte, hint = ENCODINGS[case]
    (tmp_path / "rows").write_bytes(b"text\n" + text + b"\n")
    with pytest.raises(DataError) as caught:
        list(lookup("source", "tsv")(train="rows", encoding=encoding).read("train", tmp_path))
    column = len(text[: text.index(int(byte, 16))]) + 1
    assert str(caught.value) == (
        f"{tmp_path / 'rows'}:2: column {column}: should be {encoding} text. Found the byte {byte}. "
        f"If the file is written in another encoding, name it{hint}."
    )


def test_a_packed_file_of_named_texts(tmp_path: Path) -> None:
    (tmp_path / "queries").write_bytes(table("parquet"))
    (tmp_path / "rows").write_bytes(b"q1 0 d1 1\n")
    source = lookup("source", "qrels")(train="rows", queries="queries", documents="queries")
    with pytest.raises(DataError) as caught:
        list(source.read("train", tmp_path))
    assert (
        str(caught.value)
        == f"{tmp_path / 'queries'}: should be utf-8 text. Found Parquet. Write its rows as lines of text."
    )
