from __future__ import annotations

import os
from pathlib import Path

import pytest

from mtl.base.errors import DataError
from mtl.serve.collection import Collection


def collection(folder: Path, name: str, content: bytes) -> Collection:
    (folder / name).write_bytes(content)
    return Collection(folder / name)


def test_three_layouts_hold_the_same_documents(tmp_path: Path) -> None:
    tsv = collection(tmp_path, "a.tsv", "\ufeff1\tcafé au lait\r\n2\t\n3\ta\tb".encode())
    jsonl = collection(
        tmp_path,
        "a.jsonl",
        b'{"_id": "1", "text": "caf\\u00e9 au lait"}\n{"id": 2, "text": ""}\n'
        b'{"_id": "3", "title": "a\\tb", "text": ""}\n',
    )
    plain = collection(tmp_path, "a.txt", "café au lait\r\n\na\tb\n".encode())
    for found in (tsv, jsonl, plain):
        assert found.ids == ["1", "2", "3"]
        assert [text.rstrip(" ") for text in found.texts(0, 9)] == ["café au lait", "", "a\tb"]
        assert found.text(2).rstrip(" ") == "a\tb"
    assert len({found.sha256 for found in (tsv, jsonl, plain)}) == 3


def test_empty_lines_between_named_documents_are_left_out(tmp_path: Path) -> None:
    tsv = collection(tmp_path, "a.TSV", b"\n1\tone\n \n\n2\ttwo\n\n")
    ndjson = collection(tmp_path, "a.ndjson", b'{"_id": "1", "text": "one"}\n\r\n{"_id": "2", "text": "two"}\n')
    for found in (tsv, ndjson):
        assert found.ids == ["1", "2"]
        assert list(found.texts(0, 2)) == ["one", "two"]
        assert found.text(1) == "two"
    assert collection(tmp_path, "a.txt", b"one\n\nthree\n").ids == ["1", "2", "3"]


def test_chunks_end_at_a_number_of_documents_or_of_bytes(tmp_path: Path) -> None:
    found = collection(tmp_path, "a.txt", b"123456789\n" * 5 + b"x" * 100 + b"\n1\n2\n")
    assert found.chunk(0, documents=3, size=1000) == range(3)
    assert found.chunk(0, documents=9, size=30) == range(3)
    assert found.chunk(0, documents=9, size=39) == range(3)
    assert found.chunk(3, documents=9, size=30) == range(3, 5)
    assert found.chunk(5, documents=9, size=30) == range(5, 6)
    assert found.chunk(6, documents=9, size=30) == range(6, 8)


def test_a_file_that_changes_meanwhile_is_told(tmp_path: Path) -> None:
    found = collection(tmp_path, "a.tsv", b"1\tone\n2\ttwo\n")
    for changed in (b"1\tone\n3\ttwo\n", b"1\tone\n"):
        found.file.write_bytes(changed)
        with pytest.raises(DataError) as error:
            list(found.texts(0, 2))
        assert str(error.value) == f"{found.file}: should not change while it is read. Found other content."


def test_a_title_stands_before_its_text(tmp_path: Path) -> None:
    found = collection(tmp_path, "a.jsonl", b'{"_id": "x", "title": "Coffee", "text": "is hot"}')
    assert list(found.texts(0, 1)) == ["Coffee is hot"]


def test_invalid_bytes_are_replaced(tmp_path: Path) -> None:
    assert collection(tmp_path, "a.txt", b"a\xffb\0").text(0) == "a\ufffdb\0"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.tsv", "1\tone\ntwo\n", "{file}:2: should be an id, a tab and a text. Found no tab."),
        ("a.tsv", "\tone\n", "{file}:1: should be an id, a tab and a text. Found nothing before the tab."),
        ("a.tsv", "1\ta\n2\tb\n1\tc\n", "{file}:3: should have an id of its own. Found '1', which line 1 has."),
        (
            "a.jsonl",
            '{"_id": "1"\n',
            "{file}:1: should be a JSON object. Found what is not JSON: Expecting ',' delimiter.",
        ),
        ("a.jsonl", "[1]\n", "{file}:1: should be a JSON object. Found list."),
        ("a.jsonl", '{"text": "a"}\n', "{file}:1: should have an id at '_id' or 'id'. Found the keys text."),
        ("a.jsonl", '{"_id": "1"}\n', "{file}:1: should have a text at 'text'. Found the keys _id."),
        ("a.jsonl", '{"_id": "1", "text": {}}\n', "{file}:1: should have a text at 'text'. Found dict."),
        ("a.tsv", "\n1\ta\n\n1\tb\n", "{file}:4: should have an id of its own. Found '1', which line 2 has."),
        ("a.jsonl", "\n", "{file}: should have documents. There are none."),
        ("a.txt", "", "{file}: should have documents. There are none."),
    ],
)
def test_what_is_no_document_is_told_with_its_line(tmp_path: Path, name: str, content: str, message: str) -> None:
    with pytest.raises(DataError) as error:
        collection(tmp_path, name, content.encode())
    assert str(error.value) == message.format(file=tmp_path / name)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        Collection(tmp_path / "none.tsv")
    assert str(error.value) == (
        f"{tmp_path / 'none.tsv'}: should be a file of documents that can be read. Found: No such file or directory."
    )


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"a document\n")
    os.close(writing)
    try:
        with pytest.raises(DataError) as error:
            Collection(f"/dev/fd/{reading}")
    finally:
        os.close(reading)
    assert str(error.value) == (
        f"/dev/fd/{reading}: should be a file, as documents are looked up in it. Found a pipe. Keep them in a file."
    )
