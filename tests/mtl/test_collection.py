from __future__ import annotations

from pathlib import Path

import pytest

from mtl.collection import Collection
from mtl.errors import DataError


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


def test_a_title_stands_before_its_text(tmp_path: Path) -> None:
    found = collection(tmp_path, "a.jsonl", b'{"_id": "x", "title": "Coffee", "text": "is hot"}')
    assert list(found.texts(0, 1)) == ["Coffee is hot"]


def test_invalid_bytes_are_replaced(tmp_path: Path) -> None:
    assert collection(tmp_path, "a.txt", b"a\xffb\0").text(0) == "a\ufffdb\0"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.tsv", "1\tone\ntwo\n", "{file}:2: should be an id, a tab and a text. Found no tab."),
        ("a.tsv", "\tone\n", "{file}:1: should be an id, a tab and a text. Found no id."),
        ("a.tsv", "1\ta\n2\tb\n1\tc\n", "{file}:3: a document's id should be its own. Found '1' in line 1 too."),
        (
            "a.jsonl",
            '{"_id": "1"\n',
            "{file}:1: should be a JSON object. Found: Expecting ',' delimiter: line 1 column 12 (char 11).",
        ),
        ("a.jsonl", "[1]\n", "{file}:1: should be a JSON object. Found list."),
        ("a.jsonl", '{"text": "a"}\n', "{file}:1: should have an '_id' (or 'id'), a string. Found none."),
        ("a.jsonl", '{"_id": "1"}\n', "{file}:1: should have a 'text', a string. Found none."),
        ("a.jsonl", '{"_id": "1", "text": 3}\n', "{file}:1: should have a 'text', a string. Found int."),
        ("a.txt", "", "{file}: should have documents. Found none."),
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
