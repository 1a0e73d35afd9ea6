"""Judgements that name their texts: what their rows are, in both layouts, and every malformed file's message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mtl.base.errors import DataError, UsageError
from mtl.sources import Row
from mtl.sources.qrels import Qrels

TREC = {
    "queries.tsv": "q1\tplay music\nq2\twhat is a \t tab\n",
    "documents.tsv": "\ufeffd1\tmusic is played\n\nd2\t\nd3\tcafé\tau lait",
    "train.txt": "q1 0 d1 2\nq1\t0\td3\t0\n\nq2  Q0  d2  1\n",
    "test.txt": "q2 0 d3 1\n",
}
BEIR = {
    "queries.tsv": '{"_id": "q1", "text": "play music"}\n{"_id": "q2", "text": "what is a \\t tab", "metadata": {}}\n',
    "documents.tsv": '\ufeff{"_id": "d1", "title": "", "text": "music is played"}\n\n{"_id": "d2", "text": ""}\n'
    '{"_id": "d3", "title": "café", "text": "au lait"}',
    "train.txt": "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td3\t0\n\nq2\td2\t1\n",
    "test.txt": "query-id\tcorpus-id\tscore\nq2\td3\t1\n",
}


def written(folder: Path, files: dict[str, str | bytes], **options: Any) -> Qrels:
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    keys = {"queries": "queries.tsv", "documents": "documents.tsv", "train": "train.txt", "test": "test.txt"}
    return Qrels(**{**keys, **options})


def row(query: str, document: str, label: str, texts: tuple[str, str]) -> dict[str, str]:
    return {"query_id": query, "document_id": document, "label": label, "query": texts[0], "document": texts[1]}


@pytest.mark.parametrize("layout", ["trec", "beir", "json names"])
def test_rows(layout: str, tmp_path: Path) -> None:
    files = TREC if layout == "trec" else BEIR
    texts = {"queries": "queries.tsv", "documents": "documents.tsv"}
    if layout == "json names":
        texts = {"queries": "queries.jsonl", "documents": "corpus.json"}
    renamed = dict(zip(("queries.tsv", "documents.tsv"), texts.values(), strict=True))
    source = written(tmp_path, {renamed.get(name, name): content for name, content in files.items()}, **texts)
    found = list(source.read("train", tmp_path))
    latte = "café\tau lait" if layout == "trec" else "café au lait"
    assert [r.values for r in found] == [
        row("q1", "d1", "2", ("play music", "music is played")),
        row("q1", "d3", "0", ("play music", latte)),
        row("q2", "d2", "1", ("what is a \t tab", "")),
    ]
    assert [r.line for r in found] == ([1, 2, 4] if layout == "trec" else [2, 3, 5])
    assert {r.file for r in found} == {str(tmp_path / "train.txt")}
    assert source.columns("train", tmp_path) == ["query_id", "document_id", "query", "document", "label"]
    assert len(list(source.read("test", tmp_path))) == 1


def test_many_documents_are_found_by_their_names(tmp_path: Path) -> None:
    documents = "".join(f"doc-{i}\ttext of {i}\n" for i in range(3000))
    judged = "".join(f"q1 0 doc-{i} 0\n" for i in range(2999, -1, -7))
    source = written(tmp_path, {**TREC, "documents.tsv": documents, "train.txt": judged})
    found = list(source.read("train", tmp_path))
    assert [r.values["document"] for r in found] == [f"text of {i}" for i in range(2999, -1, -7)]


@pytest.mark.parametrize("changed", ["queries.tsv", "documents.tsv", "train.txt"])
def test_the_fingerprint_covers_all_files(changed: str, tmp_path: Path) -> None:
    before = written(tmp_path, TREC).fingerprint("train", tmp_path)
    assert written(tmp_path, TREC).fingerprint("train", tmp_path) == before
    content = TREC[changed]
    source = written(tmp_path, {**TREC, changed: content.replace("1", "4")})
    assert source.fingerprint("train", tmp_path) != before


def test_other_encodings(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {name: text.replace("\ufeff", "").encode("latin-1") for name, text in TREC.items()}
    source = written(tmp_path, files, encoding="latin-1")
    assert list(source.read("train", tmp_path))[1].values["document"] == "café\tau lait"


def test_an_encoding_of_wide_line_ends() -> None:
    with pytest.raises(UsageError) as caught:
        Qrels(queries="q", documents="d", encoding="utf-16")
    assert str(caught.value) == (
        "encoding should be one in which a line's end is one byte (utf-8, latin-1, …), as texts are found by where "
        "their lines begin. Found 'utf-16'."
    )


HINT = "Judgements of 3 columns begin with the line 'query-id corpus-id score', tabs between."
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "unknown document": (
        {"train.txt": "q1 0 d1 1\nq1 0 d9 1\n"},
        "DIR/train.txt:2: column 'document_id': should name a document of DIR/documents.tsv. "
        "Found 'd9', which is none of its 3.",
    ),
    "unknown query": (
        {"train.txt": "Q1 0 d1 1\n"},
        "DIR/train.txt:1: column 'query_id': should name a query of DIR/queries.tsv. "
        "Found 'Q1', which is none of its 2.",
    ),
    "too few columns": (
        {"train.txt": "q1 d1 1\n"},
        f"DIR/train.txt:1: should have 4 columns (query, 0, document, grade). Found 3. {HINT}",
    ),
    "too many columns": (
        {"train.txt": "query-id\tcorpus-id\tscore\nq1\t0\td1\t1\n"},
        "DIR/train.txt:2: should have 3 columns (query, document, grade). Found 4.",
    ),
    "no judgement": ({"train.txt": "query-id\tcorpus-id\tscore\n"}, "DIR/train.txt: should have rows. There are none."),
    "no documents": ({"documents.tsv": ""}, "DIR/documents.tsv: should have rows. Found an empty file."),
    "no tab": (
        {"queries.tsv": "q1\ta\nq2 b\n"},
        "DIR/queries.tsv:2: should be an id, a tab and a text. Found no tab.",
    ),
    "no name": (
        {"queries.tsv": "\tb\nq1\ta\n"},
        "DIR/queries.tsv:1: should be an id, a tab and a text. Found nothing before the tab.",
    ),
    "a name twice": (
        {"documents.tsv": "d1\ta\nd2\tb\n\nd1\ta\n"},
        "DIR/documents.tsv:4: should have an id of its own. Found 'd1', which line 1 has.",
    ),
    "invalid utf-8": (
        {"documents.tsv": b"d1\ta\nd2\tcaf\xe9\n"},
        "DIR/documents.tsv:2: column 7: should be utf-8 text. Found the byte 0xe9. "
        "If the file is written in another encoding, name it: 'encoding: latin-1'.",
    ),
    "utf-16": (
        {"documents.tsv": "d1\ta\n".encode("utf-16")},
        "DIR/documents.tsv: should be utf-8 text. Found the byte-order mark of UTF-16. Write it as utf-8.",
    ),
    "no json": (
        {"documents.tsv": '{"_id": "d1", "text": "a"}\n{"_id": }\n'},
        "DIR/documents.tsv:2: should be a JSON object. Found what is not JSON: Expecting value.",
    ),
    "json of another kind": (
        {"documents.tsv": '{"_id": "d1", "text": "a"}\n["d2"]\n'},
        "DIR/documents.tsv:2: should be a JSON object. Found list.",
    ),
    "json without a name": (
        {"documents.tsv": '{"name": "d1", "text": "a"}\n'},
        "DIR/documents.tsv:1: should have an id at '_id' or 'id'. Found the keys name, text.",
    ),
    "json without a text": (
        {"documents.tsv": '{"_id": "d1", "text": null}\n'},
        "DIR/documents.tsv:1: should have a text at 'text'. Found nothing.",
    ),
    "json with another text": (
        {"documents.tsv": '{"_id": 1, "text": ["a"]}\n'},
        "DIR/documents.tsv:1: should have a text at 'text'. Found list.",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_file_that_is_malformed(case: str, tmp_path: Path) -> None:
    files, message = BAD[case]
    source = written(tmp_path, {**TREC, **files})
    with pytest.raises(DataError) as caught:
        list(source.read("train", tmp_path))
    assert str(caught.value) == message.replace("DIR", str(tmp_path))


@pytest.mark.parametrize("key", ["queries", "documents"])
def test_a_file_that_is_not_there(key: str, tmp_path: Path) -> None:
    source = written(tmp_path, TREC, **{key: "none"})
    with pytest.raises(DataError) as caught:
        list(source.read("train", tmp_path))
    assert str(caught.value) == f"{tmp_path}/none: should be a file. Found nothing there."


def test_all_files_that_are_not_there(tmp_path: Path) -> None:
    source = written(tmp_path, TREC, train="a", queries="b", documents="c")
    with pytest.raises(DataError) as caught:
        list(source.read("train", tmp_path))
    missing = [f"{tmp_path}/{name}: should be a file. Found nothing there." for name in "abc"]
    assert str(caught.value).splitlines() == missing


def test_malformed_rows_are_left_out_and_listed_on_request(tmp_path: Path) -> None:
    files = {"documents.tsv": "d1\ta\nd2\n", "train.txt": "q1 0 d1 1\nq1 0 d2 0\n"}
    source = written(tmp_path, {**TREC, **files}, on_bad_row="skip")
    rows: list[Row] = list(source.read("train", tmp_path))
    assert [r.values["document_id"] for r in rows] == ["d1"]
    assert [str(fault) for fault in source.skipped] == [
        f"{tmp_path}/documents.tsv:2: should be an id, a tab and a text. Found no tab.",
        f"{tmp_path}/train.txt:2: column 'document_id': should name a document of {tmp_path}/documents.tsv. "
        "Found 'd2', which is none of its 1.",
    ]
