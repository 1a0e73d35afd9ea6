"""Text files packed by gzip: every text format reads them as it reads them unpacked, with equal places and messages."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

import mtl.sources  # noqa: F401  # registers the formats
from mtl.base.errors import DataError
from mtl.base.registry import lookup
from mtl.sources import Row
from mtl.sources.text import read_lines

WORDS = "\t".join("1 play play VERB _ _ 0 root _ _".split())
FORMATS: dict[str, tuple[dict[str, Any], str, str]] = {  # options, rows, and rows of which one is malformed
    "tsv": ({}, "text\tlabel\nplay\tx\nit\ty\n", "text\tlabel\nplay\tx\nit\n"),
    "csv": ({}, 'text,label\n"play\nit",x\nit,y\n', "text,label\nplay,x\nit\n"),
    "jsonl": ({}, '{"text": "play"}\n{"text": "it"}\n', '{"text": "play"}\n{"text": \n'),
    "conll": ({"columns": ["word", "tag"]}, "play O\nit B\n\nstop O\n", "play O\nit\n\nstop O\n"),
    "conllu": ({}, f"# a comment\n{WORDS}\n\n{WORDS}\n", f"# a comment\n{WORDS}\n\n1\tplay\n"),
}


def both(name: str, options: dict[str, Any], content: str, folder: Path) -> tuple[list[Any], list[Any]]:
    """Return what a format gives for content as it is, and packed under another name."""
    (folder / "plain").write_text(content, "utf-8")
    (folder / "rows.gz").write_bytes(gzip.compress(content.encode()))
    plain, packed = (lookup("source", name)(train=file, **options) for file in ("plain", "rows.gz"))
    return [list(source.rows("train", folder)) for source in (plain, packed)]  # type: ignore[return-value]


@pytest.mark.parametrize("name", FORMATS)
def test_packed_rows_are_those_of_the_file_unpacked(name: str, tmp_path: Path) -> None:
    options, content, _ = FORMATS[name]
    plain, packed = both(name, options, content, tmp_path)
    assert len(plain) == 2
    assert [(row.values, row.line, row.lines) for row in packed] == [(row.values, row.line, row.lines) for row in plain]
    assert {row.file for row in packed} == {str(tmp_path / "rows.gz")}


@pytest.mark.parametrize("name", FORMATS)
def test_a_malformed_row_has_the_message_that_it_has_unpacked(name: str, tmp_path: Path) -> None:
    options, _, content = FORMATS[name]
    plain, packed = both(name, options, content, tmp_path)
    faults = [[str(row) for row in rows if not isinstance(row, Row)] for rows in (plain, packed)]
    assert len(faults[0]) == 1
    assert faults[1] == [faults[0][0].replace("plain:", "rows.gz:", 1)]


def test_aligned_files_are_packed_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "seq.in.gz").write_bytes(gzip.compress(b"play it\nstop\n"))
    (tmp_path / "train" / "label").write_text("on\noff\n", "utf-8")
    source = lookup("source", "lines")(columns={"text": "seq.in.gz", "label": "label"}, train="train")
    assert [row.values for row in source.read("train", tmp_path)] == [
        {"text": "play it", "label": "on"},
        {"text": "stop", "label": "off"},
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16"])
def test_a_packed_file_is_decoded_as_the_recipe_says(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "rows").write_bytes(gzip.compress("café\nthé\n".encode(encoding)))
    assert list(read_lines(tmp_path / "rows", encoding)) == [(1, "café"), (2, "thé")]


def test_packed_files_joined_by_cat_are_read_to_the_last(tmp_path: Path) -> None:
    (tmp_path / "rows").write_bytes(gzip.compress(b"one\n") + gzip.compress(b"two\n"))
    assert list(read_lines(tmp_path / "rows", "utf-8")) == [(1, "one"), (2, "two")]


def test_an_empty_file_that_is_packed_is_reported_as_empty(tmp_path: Path) -> None:
    (tmp_path / "rows").write_bytes(gzip.compress(b""))
    with pytest.raises(DataError) as caught:
        list(read_lines(tmp_path / "rows", "utf-8"))
    assert str(caught.value) == f"{tmp_path / 'rows'}: should have rows. Found an empty file."


def test_a_byte_that_is_no_text_has_its_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "rows").write_bytes(gzip.compress(b"one\ntw\xe9o\n"))
    ((_, one), (_, fault)) = read_lines(tmp_path / "rows", "utf-8")
    assert one == "one"
    assert str(fault) == (
        f"{tmp_path / 'rows'}:2: column 3: should be utf-8 text. Found the byte 0xe9. "
        "If the file is written in another encoding, name it: 'encoding: latin-1'."
    )


LINES = "".join(f"line {number}\n" for number in range(1, 40_001)).encode()
DAMAGED = {
    "cut off": (
        gzip.compress(LINES[:60])[:-9],
        1,
        "Compressed file ended before the end-of-stream marker was reached.",
    ),
    "cut off later": (gzip.compress(LINES)[:-9], 40_001, "Compressed file ended before the end-of-stream marker"),
    "damaged": (
        gzip.compress(b"one\n")[:10] + b"\xff" * 20,
        1,
        "Error -3 while decompressing data: invalid block type.",
    ),
    "of another sum": (gzip.compress(b"one\n", mtime=0)[:-8] + bytes(8), 1, "CRC check failed 0x0 != 0x"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_file_is_reported_with_the_line_that_cannot_be_read(case: str, tmp_path: Path) -> None:
    content, line, reason = DAMAGED[case]
    (tmp_path / "rows").write_bytes(content)
    with pytest.raises(DataError) as caught:
        list(read_lines(tmp_path / "rows", "utf-8"))
    message = str(caught.value)
    start, found = message.split(": should be a gzip file that can be unpacked to its end. Found: ")
    file, number = start.rsplit(":", 1)
    assert file == str(tmp_path / "rows")
    assert int(number) <= line and (line == 1 or int(number) > 1)
    assert found.startswith(reason.rstrip(".")) and found.endswith(".")


def test_the_whole_message_of_a_damaged_file(tmp_path: Path) -> None:
    (tmp_path / "rows").write_bytes(DAMAGED["cut off"][0])
    source = lookup("source", "tsv")(train="rows")
    with pytest.raises(DataError) as caught:
        list(source.read("train", tmp_path))
    assert str(caught.value) == (
        f"{tmp_path / 'rows'}:1: should be a gzip file that can be unpacked to its end. "
        "Found: Compressed file ended before the end-of-stream marker was reached."
    )


ASKED = {"id": "1", "question": "Where?", "answers": [{"text": "Rome", "answer_start": 3}]}
SQUAD = json.dumps({"data": [{"title": "Rome", "paragraphs": [{"context": "In Rome.", "qas": [ASKED]}]}]})


def test_questions_are_those_of_the_file_unpacked(tmp_path: Path) -> None:
    plain, packed = both("squad", {}, SQUAD, tmp_path)
    assert len(plain) == 1
    assert [row.values for row in packed] == [row.values for row in plain]


@pytest.mark.parametrize("name", ["queries", "documents"])
def test_named_texts_are_looked_up_in_what_is_packed(name: str, tmp_path: Path) -> None:
    named = {"queries": b"q1\twhere is rome\n", "documents": b'{"_id": "d1", "text": "in it"}\n'}
    for file, content in named.items():
        (tmp_path / file).write_bytes(gzip.compress(content) if file == name else content)
    (tmp_path / "judged").write_text("q1 0 d1 1\n", "utf-8")
    source = lookup("source", "qrels")(queries="queries", documents="documents", train="judged")
    (row,) = source.read("train", tmp_path)
    assert (row.values["query"], row.values["document"]) == ("where is rome", "in it")


@pytest.mark.parametrize("name", ["squad", "qrels"])
def test_the_whole_message_of_a_damaged_file_that_is_read_whole(name: str, tmp_path: Path) -> None:
    (tmp_path / "rows").write_bytes(gzip.compress(SQUAD.encode(), mtime=0)[:-9])
    (tmp_path / "judged").write_text("q1 0 d1 1\n", "utf-8")
    sources = {
        "squad": lambda: lookup("source", "squad")(train="rows"),
        "qrels": lambda: lookup("source", "qrels")(queries="rows", documents="rows", train="judged"),
    }
    with pytest.raises(DataError) as caught:
        list(sources[name]().read("train", tmp_path))
    assert str(caught.value) == (
        f"{tmp_path / 'rows'}: should be a gzip file that can be unpacked to its end. "
        "Found: Compressed file ended before the end-of-stream marker was reached."
    )


def test_rows_are_unpacked_as_they_are_read(tmp_path: Path) -> None:
    line = b"text of a long row " * 100 + b"\n"
    with gzip.open(tmp_path / "rows", "wb", compresslevel=1) as file:
        for _ in range(100):
            file.write(line * 100)  # 18 MiB unpacked
    tracemalloc.start()
    count = sum(1 for _ in read_lines(tmp_path / "rows", "utf-8"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 10_000
    assert peak < 2 << 20
