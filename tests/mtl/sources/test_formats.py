"""What each format's rows are, read from files as they occur."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

import mtl.sources  # noqa: F401  # registers the formats
from mtl.base.errors import DataError
from mtl.base.registry import lookup, names


def read(format: str, path: Path, **options: Any) -> list[dict[str, Any]]:
    source = lookup("source", format)(train=path.name, **options)
    return [dict(row.values) for row in source.read("train", path.parent)]


def write(tmp_path: Path, content: bytes, name: str = "rows") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def test_all_formats_are_registered() -> None:
    # of this process: a plugin that another test has imported stays
    assert [name for name in names("source") if lookup("source", name).__module__.startswith("mtl.")] == [
        "conll",
        "conllu",
        "csv",
        "huggingface",
        "ipc",
        "jsonl",
        "lines",
        "parquet",
        "plain_text",
        "python",
        "qrels",
        "squad",
        "torchtext",
        "tsv",
    ]


AS_UTF_8 = {
    "plain": "text\tlabel\nplay é\tx\n\u2028a\x0cb\x85\ty\n".encode(),
    "windows line ends": "text\tlabel\r\nplay é\tx\r\n\u2028a\x0cb\x85\ty\r\n".encode(),
    "byte-order mark": "\ufefftext\tlabel\nplay é\tx\n\u2028a\x0cb\x85\ty\n".encode(),
    "no last line end": "text\tlabel\nplay é\tx\n\u2028a\x0cb\x85\ty".encode(),
    "blank lines": "text\tlabel\n\nplay é\tx\n\n\u2028a\x0cb\x85\ty\n\n\n".encode(),
}


@pytest.mark.parametrize("case", AS_UTF_8)
def test_tsv_has_the_same_rows_however_it_was_written(case: str, tmp_path: Path) -> None:
    path = write(tmp_path, AS_UTF_8[case])
    expected = [{"text": "play é", "label": "x"}, {"text": "\u2028a\x0cb\x85", "label": "y"}]
    assert read("tsv", path) == expected


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "latin-1", "utf-8-sig"])
@pytest.mark.parametrize("format", ["tsv", "csv"])
def test_other_encodings_are_named(encoding: str, format: str, tmp_path: Path) -> None:
    delimiter = "\t" if format == "tsv" else ","
    path = write(tmp_path, f"text{delimiter}label\r\ncafé{delimiter}x\r\n".encode(encoding))
    assert read(format, path, encoding=encoding) == [{"text": "café", "label": "x"}]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_lines_of_other_formats_may_be_wide_too(encoding: str, tmp_path: Path) -> None:
    json_lines = write(tmp_path, '{"text": "Ċafé", "label": 1}\r\n{"text": "b"}\n'.encode(encoding), "json")
    assert read("jsonl", json_lines, encoding=encoding) == [{"text": "Ċafé", "label": "1"}, {"text": "b"}]
    words = write(tmp_path, "Ċafé X\nb Y\n\nc X\n".encode(encoding), "words")
    found = read("conll", words, encoding=encoding, columns=["word", "tag"])
    assert found == [{"word": ["Ċafé", "b"], "tag": ["X", "Y"]}, {"word": ["c"], "tag": ["X"]}]
    folder = tmp_path / "aligned"
    folder.mkdir()
    write(folder, "Ċafé b\nc\n".encode(encoding), "seq.in")
    assert read("lines", folder, encoding=encoding, columns={"text": "seq.in"}) == [{"text": "Ċafé b"}, {"text": "c"}]


def test_tsv_keeps_quotation_marks_nul_bytes_and_empty_fields(tmp_path: Path) -> None:
    path = write(tmp_path, b'text\tlabel\n"a\x00b\t\n\tx\n')
    assert read("tsv", path) == [{"text": '"a\x00b', "label": ""}, {"text": "", "label": "x"}]


def test_rows_know_their_lines(tmp_path: Path) -> None:
    path = write(tmp_path, b'text,label\n"a\nb\nc",x\n\nd,y\n')
    source = lookup("source", "csv")(train="rows")
    assert [row.line for row in source.read("train", tmp_path)] == [2, 6]
    assert {row.file for row in source.read("train", tmp_path)} == {str(path)}


def test_csv_quotes(tmp_path: Path) -> None:
    path = write(tmp_path, b'text,label\r\n"a, ""b""\r\nc",x\r\n')
    assert read("csv", path) == [{"text": 'a, "b"\nc', "label": "x"}]


def test_csv_fields_may_be_long(tmp_path: Path) -> None:
    path = write(tmp_path, b"text,label\n" + b"a" * 300_000 + b",x\n")
    assert len(read("csv", path)[0]["text"]) == 300_000


def test_tables_without_a_header(tmp_path: Path) -> None:
    path = write(tmp_path, b"play|x\n")
    source = lookup("source", "tsv")(train="rows", columns=["text", "label"], delimiter="|")
    assert [row.values for row in source.read("train", tmp_path)] == [{"text": "play", "label": "x"}]
    assert source.columns("train", path.parent) == ["text", "label"]


def test_jsonl_values(tmp_path: Path) -> None:
    rows = [
        {"text": ["a", "b"], "label": 3, "spans": [{"start": 0, "end": 1, "label": "x"}], "flag": True},
        {"text": "a\u0000\ud800", "label": None, "rate": 0.5},
    ]
    path = write(tmp_path, b"\xef\xbb\xbf" + "\r\n\n".join(json.dumps(row) for row in rows).encode())
    assert read("jsonl", path) == [
        {"text": ["a", "b"], "label": "3", "spans": [{"start": 0, "end": 1, "label": "x"}], "flag": "true"},
        {"text": "a\u0000\ufffd", "label": None, "rate": "0.5"},
    ]
    source = lookup("source", "jsonl")(train="rows")
    assert source.columns("train", tmp_path) == ["text", "label", "spans", "flag", "rate"]


def test_jsonl_refuses_what_cannot_be_parsed(tmp_path: Path) -> None:
    path = write(tmp_path, b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n")
    with pytest.raises(DataError) as caught:
        read("jsonl", path)
    found = str(caught.value)
    assert found.startswith(f"{path}:1: should be a JSON object. Found what cannot be read: maximum recursion depth")
    assert found.endswith(".")


TABLE = pa.table(
    {
        "text": ["play", "stop"],
        "tokens": [["play"], ["stop", "it"]],
        "label": pa.array(["x", None]).dictionary_encode(),
        "number": [1, 2],
        "spans": [[{"start": 0, "end": 4, "label": "x"}], []],
    }
)
TABLE_ROWS = [
    {"text": "play", "tokens": ["play"], "label": "x", "number": "1", "spans": [{"start": 0, "end": 4, "label": "x"}]},
    {"text": "stop", "tokens": ["stop", "it"], "label": None, "number": "2", "spans": []},
]


def _stream(table: pa.Table, path: str) -> None:
    with pa.OSFile(path, "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)


WRITERS: dict[str, tuple[str, Callable[[pa.Table, str], None]]] = {
    "parquet": ("parquet", pq.write_table),
    "feather": ("ipc", pyarrow.feather.write_feather),
    "stream": ("ipc", _stream),
}


@pytest.mark.parametrize("case", WRITERS)
def test_columnar_files(case: str, tmp_path: Path) -> None:
    format, writer = WRITERS[case]
    writer(TABLE, str(tmp_path / "rows"))
    assert read(format, tmp_path / "rows") == TABLE_ROWS
    source = lookup("source", format)(train="rows")
    assert source.columns("train", tmp_path) == ["text", "tokens", "label", "number", "spans"]
    assert [row.line for row in source.read("train", tmp_path)] == [1, 2]


def test_conll_sentences(tmp_path: Path) -> None:
    content = "\ufeff-DOCSTART- -X- O\r\n\r\nHe PRP B-NP\r\nruns  VBZ B-VP\r\n \r\n\r\nnew\u00a0york NNP B-NP".encode()
    columns = ["word", "pos", "chunk"]
    assert read("conll", write(tmp_path, content), columns=columns) == [
        {"word": ["He", "runs"], "pos": ["PRP", "VBZ"], "chunk": ["B-NP", "B-VP"]},
        {"word": ["new\u00a0york"], "pos": ["NNP"], "chunk": ["B-NP"]},
    ]


def test_conll_documents_begin_with_a_line_of_any_fields(tmp_path: Path) -> None:
    content = b"-DOCSTART-\nEU B-ORG\nrejects O\n-DOCSTART- -X- -X- O\n\nx O\n"
    assert read("conll", write(tmp_path, content), columns=["word", "tag"]) == [
        {"word": ["EU", "rejects"], "tag": ["B-ORG", "O"]},
        {"word": ["x"], "tag": ["O"]},
    ]


def test_conll_columns_may_be_left_out_and_hold_blanks_between_tabs(tmp_path: Path) -> None:
    path = write(tmp_path, b"New York\tX\t1\t2\nruns\tY\t1\n")
    assert read("conll", path, columns=["word", "tag", "..."]) == [{"word": ["New York", "runs"], "tag": ["X", "Y"]}]


CONLLU = """\
# text = don't
1-2\tdon't\t_\t_\t_\t_\t_\t_\t_\t_
1\tdo\tdo\tAUX\t_\t_\t0\troot\t_\t_
1.1\tx\tx\tX\t_\t_\t_\t_\t_\t_
2\tn't\tnot\tPART\t_\tA=b\t1\tadvmod\t_\t_

# second
1\t_\t_\tPUNCT\t_\t_\t0\troot\t_\t_
"""


def test_conllu_sentences(tmp_path: Path) -> None:
    first, second = read("conllu", write(tmp_path, CONLLU.encode()))
    assert first["form"] == ["do", "n't"]
    assert first["upos"] == ["AUX", "PART"]
    assert first["feats"] == ["_", "A=b"]
    assert first["xpos"] is None  # not annotated at all
    assert (second["form"], second["upos"]) == (["_"], ["PUNCT"])
    assert lookup("source", "conllu")(train="rows").columns("train", tmp_path) == list(first)


LINES = {"columns": {"text": "seq.in", "tags": "seq.out", "label": "label"}}


def aligned(folder: Path, **contents: str) -> Path:
    folder.mkdir()
    for name, content in contents.items():
        (folder / name.replace("seq_", "seq.")).write_bytes(content.encode())
    return folder


def test_aligned_files(tmp_path: Path) -> None:
    folder = aligned(tmp_path / "train", seq_in="\ufeffplay it \r\nstop\r\n", seq_out="O B-x \nO\n", label="a\n")
    (folder / "label").write_bytes(b"a\n\n")
    assert read("lines", folder, **LINES) == [
        {"text": "play it ", "tags": "O B-x ", "label": "a"},
        {"text": "stop", "tags": "O", "label": ""},
    ]
    source = lookup("source", "lines")(train="train", **LINES)
    row = next(source.read("train", tmp_path))
    assert source.file_of(row, "tags") == str(folder / "seq.out")


def test_aligned_files_of_different_lengths(tmp_path: Path) -> None:
    folder = aligned(tmp_path / "train", seq_in="a\nb\nc\n", seq_out="O\nO\n", label="x\ny\nz\nw\n")
    for on_bad_row in ("error", "skip"):
        with pytest.raises(DataError) as caught:
            read("lines", folder, on_bad_row=on_bad_row, **LINES)
        assert str(caught.value) == (
            f"{folder}: files should have as many lines as each other. Found seq.in 3, seq.out 2, label 4."
        )


def test_all_aligned_files_that_are_missing(tmp_path: Path) -> None:
    folder = aligned(tmp_path / "train", seq_out="O\n")
    with pytest.raises(DataError) as caught:
        read("lines", folder, **LINES)
    missing = [f"{folder / name}: should be a file. Found nothing there." for name in ("seq.in", "label")]
    assert str(caught.value).splitlines() == missing


def test_aligned_files_of_which_one_is_missing_or_empty_or_malformed(tmp_path: Path) -> None:
    folder = aligned(tmp_path / "train", seq_in="a\n", seq_out="O\n")
    with pytest.raises(DataError) as caught:
        read("lines", folder, **LINES)
    assert str(caught.value) == f"{folder / 'label'}: should be a file. Found nothing there."
    (folder / "label").write_bytes(b"")
    with pytest.raises(DataError) as caught:
        read("lines", folder, **LINES)
    assert str(caught.value) == f"{folder / 'label'}: should have rows. Found an empty file."
    (folder / "label").write_bytes(b"\xff\n")
    with pytest.raises(DataError) as caught:
        read("lines", folder, **LINES)
    assert str(caught.value) == (
        f"{folder / 'label'}:1: column 1: should be utf-8 text. Found the byte 0xff. "
        "If the file is written in another encoding, name it: 'encoding: latin-1'."
    )


def test_a_fingerprint_is_of_content_and_options_not_of_the_place(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, b"text\tlabel\na\tx\n")
    tsv = lookup("source", "tsv")
    first = tsv(train="rows").fingerprint("train", tmp_path / "a")
    assert first == tsv(train="rows").fingerprint("train", tmp_path / "b")
    assert first == tsv(test="rows").fingerprint("test", tmp_path / "b")
    assert first != tsv(train="rows", encoding="latin-1").fingerprint("train", tmp_path / "a")
    assert first != lookup("source", "csv")(train="rows", delimiter="\t").fingerprint("train", tmp_path / "a")
    write(tmp_path / "b", b"text\tlabel\na\ty\n")
    assert first != tsv(train="rows").fingerprint("train", tmp_path / "b")


def test_a_fingerprint_knows_where_files_end(tmp_path: Path) -> None:
    columns = {"columns": {"a": "a", "b": "b"}}
    first = aligned(tmp_path / "first", a="x\n", b="y\n")
    second = aligned(tmp_path / "second", a="x\ny\n", b="")
    source = lookup("source", "lines")
    prints = {source(train=folder.name, **columns).fingerprint("train", tmp_path) for folder in (first, second)}
    assert len(prints) == 2


def test_reading_streams(tmp_path: Path) -> None:
    """The first row is there before the file is read: a malformed line further on does not matter yet."""
    contents = {
        "tsv": (b"text\tlabel\na\tx\n" + b"b\n", {}),
        "jsonl": (b'{"text": "a"}\n{\n', {}),
        "conll": (b"a X\n\nb\n", {"columns": ["word", "tag"]}),
    }
    for format, (content, options) in contents.items():
        write(tmp_path, content)
        rows = lookup("source", format)(train="rows", **options).read("train", tmp_path)
        assert next(rows).line <= 2
        with pytest.raises(DataError):
            next(rows)


def test_real_files(data_sets: Callable[[str], Path]) -> None:
    snips = lookup("source", "lines")(train="train", **LINES)
    assert sum(1 for _ in snips.read("train", data_sets("snips"))) == 13084
    chunks = lookup("source", "conll")(train="train.txt", columns=["word", "pos", "chunk"])
    assert sum(1 for _ in chunks.read("train", data_sets("conll2000"))) == 8936
    words = lookup("source", "conllu")(test="en_ewt-ud-test.conllu")
    assert sum(1 for _ in words.read("test", data_sets("ud_english_ewt"))) == 2077
