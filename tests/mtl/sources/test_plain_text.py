"""Text files as they are: what a row is, and where it begins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mtl.base.errors import DataError, Fault, UsageError
from mtl.sources.plain_text import PlainText

TEXT = "Well, Prince.\n\n  So Genoa and\tLucca\r\nare now\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_bytes(TEXT.encode())
    return tmp_path


def rows(folder: Path, train: str = "a.txt", **keys: Any) -> list[tuple[str, int]]:
    return [(row.values["text"], row.line) for row in PlainText(train=train, **keys).read("train", folder)]


def test_lines_that_are_not_blank(file: Path) -> None:
    assert rows(file) == [("Well, Prince.", 1), ("  So Genoa and\tLucca", 3), ("are now", 4)]


def test_runs_of_words(file: Path) -> None:
    found = rows(file, rows="words", length=3)
    assert found == [("Well, Prince. So", 1), ("Genoa and Lucca", 3), ("are now", 4)]


def test_runs_of_words_with_a_word_for_the_end_of_a_line(file: Path) -> None:
    found = rows(file, rows="words", length=5, line_end="<eol>")
    assert found == [("Well, Prince. <eol> <eol> So", 1), ("Genoa and Lucca <eol> are", 3), ("now <eol>", 4)]


def test_runs_of_characters_are_the_whole_text(file: Path) -> None:
    found = rows(file, rows="characters", length=7)
    assert found[:2] == [("Well, P", 1), ("rince.\n", 1)]
    assert "".join(text for text, _ in found) == TEXT.replace("\r\n", "\n")


def test_documents(file: Path) -> None:
    assert rows(file, rows="documents") == [("Well, Prince.\n\n  So Genoa and\tLucca\nare now", 1)]


def test_no_row_has_text_of_two_files_of_a_folder(file: Path) -> None:
    (file / "b.txt").write_text("again and again")
    (file / "c.md").write_text("not read")
    found = rows(file, ".", rows="words", length=100)
    assert found == [("Well, Prince. So Genoa and Lucca are now", 1), ("again and again", 1)]


def test_a_row_knows_its_file(file: Path) -> None:
    assert [row.file for row in PlainText(train="a.txt", rows="documents").read("train", file)] == [str(file / "a.txt")]


def test_a_folder_without_texts(tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        rows(tmp_path, ".")
    assert str(raised.value) == f"{tmp_path}: should hold files called *.txt. There are none."


@pytest.mark.parametrize("kind", ["lines", "words", "documents"])
def test_a_line_that_is_no_text(tmp_path: Path, kind: str) -> None:
    (tmp_path / "a.txt").write_bytes(b"so far\nno\xff\nand on")
    keys = {"length": 3} if kind == "words" else {}
    message = "should be utf-8 text. Found the byte 0xff. If the file is written in another encoding, name it"
    with pytest.raises(DataError) as raised:
        rows(tmp_path, rows=kind, **keys)
    assert str(raised.value) == f"{tmp_path / 'a.txt'}:2: column 3: {message}: 'encoding: latin-1'."
    source = PlainText(train="a.txt", on_bad_row="skip", rows=kind, **keys)  # type: ignore[arg-type]
    found = [row.values["text"] for row in source.read("train", tmp_path)] if kind != "documents" else []
    assert found == {"lines": ["so far", "and on"], "words": ["so far and", "on"], "documents": []}[kind]
    assert all(isinstance(fault, Fault) for fault in source.skipped)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"rows": "words"}, "'rows: words' should come with a 'length'. There is none."),
        ({"rows": "lines", "length": 3}, "'rows: lines' should come without a 'length'. Found 3."),
        ({"line_end": "<eol>"}, "'line_end' should come with 'rows: words'. Found 'rows: lines'."),
        (
            {"rows": "words", "length": 3, "line_end": "the end"},
            "'line_end' should be one word. Found 'the end'.",
        ),
    ],
)
def test_keys_that_do_not_go_together(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as raised:
        PlainText(train="a.txt", **keys)
    assert str(raised.value) == message
