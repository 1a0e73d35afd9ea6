"""Every malformed file and the one message that it gets, whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

import mtl.sources  # noqa: F401  # registers the formats
from mtl.base.errors import DataError, UsageError
from mtl.base.registry import lookup


class Bad(NamedTuple):
    format: str
    content: bytes
    message: str  # "FILE" stands for the file's path
    options: dict[str, Any] = {}


WORDS = {"columns": ["word", "tag"]}
UTF8 = "If the file is written in another encoding, name it: 'encoding: latin-1'."
MARKED = "If the file is written in {}, name it: 'encoding: {}'."
UD = "id, form, lemma, upos, xpos, feats, head, deprel, deps, misc"

BAD = {
    "tsv empty": Bad("tsv", b"", "FILE: should have rows. Found an empty file."),
    "tsv only a header": Bad("tsv", b"text\tlabel\n", "FILE: should have rows. There are none."),
    "tsv lines of old Macs": Bad(
        "tsv",
        b"text\tlabel\ra\tx\r",
        "FILE:1: the name of a column should have no carriage return in it. Found 'label\\ra'. Where lines end with "
        "\\r alone, let them end with \\n.",
    ),
    "csv lines of old Macs, without a header": Bad(
        "csv",
        b"a,x\rb,y\r",
        "FILE:1: should have 2 columns (text, label). Found 3. The line has carriage returns (\\r) in it: "
        "lines should end with \\n or \\r\\n.",
        {"columns": ["text", "label"]},
    ),
    "jsonl lines of old Macs": Bad(
        "jsonl",
        b'{"a": "b"}\r{"a": "c"}\r',
        "FILE:1: column 12: should be a JSON object. Found what is not JSON: Extra data. The line has carriage returns "
        "(\\r) in it: lines should end with \\n or \\r\\n.",
    ),
    "conll lines of old Macs": Bad(
        "conll",
        b"a O\rb O\r",
        "FILE:1: should have 2 columns (word, tag). Found 4. The line has carriage returns (\\r) in it: "
        "lines should end with \\n or \\r\\n.",
        WORDS,
    ),
    "tsv only blank lines": Bad("tsv", b"\n\r\n", "FILE: should have rows. There are none."),
    "tsv too few": Bad(
        "tsv",
        b"text\tlabel\na\tx\nb\n",
        "FILE:3: should have 2 columns (text, label). Found 1.",
    ),
    "tsv too many": Bad(
        "tsv",
        b"a\tx\ty\n",
        "FILE:1: should have 2 columns (text, label). Found 3.",
        {"columns": ["text", "label"]},
    ),
    "tsv one column": Bad("tsv", b"text\na\nb\tc\n", "FILE:3: should have 1 column (text). Found 2."),
    "tsv column twice": Bad(
        "tsv", b"text\tlabel\ttext\n", "FILE:1: column names should differ. Found 'text' more than once."
    ),
    "tsv invalid utf-8": Bad(
        "tsv",
        b"text\tlabel\n" + "é caf".encode() + b"\xe9\tx\n",
        f"FILE:2: column 6: should be utf-8 text. Found the byte 0xe9. {UTF8}",
    ),
    "tsv invalid header": Bad(
        "tsv", b"te\xffxt\tlabel\n", f"FILE:1: column 3: should be utf-8 text. Found the byte 0xff. {UTF8}"
    ),
    "tsv invalid utf-16": Bad(
        "tsv",
        "text\nab\n".encode("utf-16-le") + b"\x00\xdc\n\x00",
        "FILE: should be utf-16-le text. Found other bytes, somewhere after line 0.",
        {"encoding": "utf-16-le"},
    ),
    "tsv in utf-16": Bad(
        "tsv",
        "text\tlabel\nplay\tx\n".encode("utf-16"),
        f"FILE: should be utf-8 text. Found the byte-order mark of UTF-16. {MARKED.format('UTF-16', 'utf-16')}",
    ),
    "tsv in utf-16, skipping": Bad(
        "tsv",
        b"\xfe\xff" + "text\tlabel\nplay\tx\n".encode("utf-16-be"),
        f"FILE: should be latin-1 text. Found the byte-order mark of UTF-16. {MARKED.format('UTF-16', 'utf-16')}",
        {"encoding": "latin-1", "on_bad_row": "skip"},
    ),
    "jsonl in utf-32": Bad(
        "jsonl",
        '{"text": "a"}\n'.encode("utf-32"),
        f"FILE: should be utf-8 text. Found the byte-order mark of UTF-32. {MARKED.format('UTF-32', 'utf-32')}",
    ),
    "csv empty": Bad("csv", b"", "FILE: should have rows. Found an empty file."),
    "csv ragged": Bad(
        "csv",
        b'text,label\n"a\nb",x\nc\n',
        "FILE:4: should have 2 columns (text, label). Found 1.",
    ),
    "csv unclosed quote": Bad(
        "csv", b'text,label\na,x\n"b,y\nc,z\n', "FILE:3: should be a row of CSV. Found: unexpected end of data."
    ),
    "csv stray quote": Bad(
        "csv", b'text,label\n"a"b,x\n', "FILE:2: should be a row of CSV. Found: ',' expected after '\"'."
    ),
    "csv invalid utf-8": Bad(
        "csv", b"text,label\na,\xe9\n", f"FILE:2: column 3: should be utf-8 text. Found the byte 0xe9. {UTF8}"
    ),
    "jsonl empty": Bad("jsonl", b"", "FILE: should have rows. Found an empty file."),
    "jsonl malformed": Bad(
        "jsonl",
        b'{"text": "a"}\n{"text": "b",}\n',
        "FILE:2: column 14: should be a JSON object. Found what is not JSON: "
        "Expecting property name enclosed in double quotes.",
    ),
    "jsonl list": Bad("jsonl", b"[1]\n", "FILE:1: should be a JSON object. Found a list."),
    "jsonl text": Bad("jsonl", b'"a"\n', "FILE:1: should be a JSON object. Found a text."),
    "jsonl null": Bad("jsonl", b"null\n", "FILE:1: should be a JSON object. Found null."),
    "jsonl number": Bad("jsonl", b"1\n", "FILE:1: should be a JSON object. Found a number or truth value."),
    "jsonl invalid utf-8": Bad(
        "jsonl", b'{"text": "\xff"}\n', f"FILE:1: column 11: should be utf-8 text. Found the byte 0xff. {UTF8}"
    ),
    "conll empty": Bad("conll", b"", "FILE: should have rows. Found an empty file.", WORDS),
    "conll blank lines": Bad("conll", b"\n\n", "FILE: should have rows. There are none.", WORDS),
    "conll too few": Bad("conll", b"a X\n\nb Y\nc\n", "FILE:4: should have 2 columns (word, tag). Found 1.", WORDS),
    "conll too many": Bad("conll", b"a X 1\n", "FILE:1: should have 2 columns (word, tag). Found 3.", WORDS),
    "conll open end": Bad(
        "conll",
        b"a X 1 2\nb\n",
        "FILE:2: should have 2 columns (word, tag) or more. Found 1.",
        {"columns": ["word", "tag", "..."]},
    ),
    "conll invalid utf-8": Bad(
        "conll", b"a X\n\xe9 Y\n", f"FILE:2: column 1: should be utf-8 text. Found the byte 0xe9. {UTF8}", WORDS
    ),
    "conllu empty": Bad("conllu", b"", "FILE: should have rows. Found an empty file."),
    "conllu too few": Bad("conllu", b"# text = a\n1\ta\ta\n", f"FILE:2: should have 10 columns ({UD}). Found 3."),
    "conllu number": Bad(
        "conllu",
        b"x\ta\ta\tX\t_\t_\t0\troot\t_\t_\n",
        "FILE:1: column 1: should be a word's number, a range (12-13) or an empty node's (8.1). Found 'x'.",
    ),
    "parquet empty": Bad("parquet", b"", "FILE: should have rows. Found an empty file."),
    "parquet none": Bad(
        "parquet",
        b"text\tlabel\n" * 9,
        "FILE: should be a Parquet file. Found text. Name the format that reads it (tsv, csv, jsonl, conll, …).",
    ),
    "parquet cut": Bad(
        "parquet",
        b"PAR1\x15" + b"\0" * 90,
        "FILE: should be a Parquet file. Found: Parquet magic bytes not found in footer. Either the file is corrupted "
        "or this is not a parquet file.",
    ),
    "ipc empty": Bad("ipc", b"", "FILE: should have rows. Found an empty file."),
    "ipc cut": Bad("ipc", b"ARROW1\0\0" + b"\0" * 90, "FILE: should be an Arrow IPC file. Found: Not an Arrow file."),
}


@pytest.mark.parametrize("case", BAD)
def test_a_malformed_file_gets_one_message(case: str, tmp_path: Path) -> None:
    bad = BAD[case]
    (tmp_path / "rows").write_bytes(bad.content)
    source = lookup("source", bad.format)(train="rows", **bad.options)
    with pytest.raises(DataError) as caught:
        list(source.read("train", tmp_path))
    assert str(caught.value) == bad.message.replace("FILE", str(tmp_path / "rows"))
    assert caught.value.exit_code == 2


FORMATS = {name: lookup("source", name) for name in ("tsv", "csv", "jsonl", "conllu", "parquet", "ipc")}


@pytest.mark.parametrize("name", FORMATS)
def test_a_path_that_is_no_readable_file(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    expected = {
        "nothing": "should be a file. Found nothing there.",
        "folder": "should be a file. Found a directory.",
        "loop": "should be a file that can be read. Found: Too many levels of symbolic links.",
    }
    for path, message in expected.items():
        source = FORMATS[name](train=path)
        for read in (source.read, source.columns if name not in ("conllu",) else source.read, source.fingerprint):
            with pytest.raises(DataError) as caught:
                list(read("train", tmp_path))
            assert str(caught.value) == f"{tmp_path / path}: {message}"


def test_a_file_that_cannot_be_read_to_its_end(tmp_path: Path) -> None:
    memory = Path("/proc/self/mem")  # opens, and fails at the first byte
    if not memory.exists():
        pytest.skip("no /proc here")
    for read in (FORMATS["jsonl"](train=str(memory)).read, FORMATS["jsonl"](train=str(memory)).fingerprint):
        with pytest.raises(DataError) as caught:
            list(read("train", tmp_path))
        assert str(caught.value) == f"{memory}: should be a file that can be read. Found: Input/output error."


def test_a_split_that_is_not_there(tmp_path: Path) -> None:
    source = FORMATS["tsv"](train="rows", test="others")
    with pytest.raises(DataError) as caught:
        list(source.read("dev", tmp_path))
    assert str(caught.value) == (
        "the source should have a split 'dev'. Found only train, test. Name its file or folder under 'dev'."
    )


def test_a_delimiter_of_two_characters() -> None:
    with pytest.raises(UsageError) as caught:
        FORMATS["csv"](train="rows", delimiter="||")
    assert str(caught.value) == "delimiter should be one character, no quotation mark or line end. Found '||'."


def test_an_encoding_without_a_name() -> None:
    with pytest.raises(UsageError) as caught:
        FORMATS["tsv"](train="rows", encoding="")
    assert str(caught.value) == "encoding should be one that Python knows (utf-8, latin-1, …). Found ''."


def test_a_header_that_is_missing(tmp_path: Path) -> None:
    (tmp_path / "rows").write_bytes(b"\n\n")
    with pytest.raises(DataError) as caught:
        FORMATS["tsv"](train="rows").columns("train", tmp_path)
    assert str(caught.value) == f"{tmp_path / 'rows'}: should have a header line that names the columns. There is none."


SKIPPED = {
    "tsv": (b"text\tlabel\na\tx\nb\nc\xff\tx\nd\ty\n", [3, 4], {}),
    "csv": (b'text,label\na,x\nb\nc\xff,x\n"d"d,x\nd,y\n', [3, 4, 5], {}),
    "jsonl": (b'{"text": "a", "label": "x"}\n{\n{"text": "d", "label": "y"}\n', [2], {}),
    "jsonl deep": (
        b'{"text": "a", "label": "x"}\n{"text": ' + b"[" * 900 + b"]" * 900 + b'}\n{"text": "d", "label": "y"}\n',
        [2],
        {},
    ),
    "csv in several lines": (b'text,label\na,x\n"b\nc\xff",x\n"\xff\n,""x\n\xff",y\nd,y\n', [4, 5], {}),
}


@pytest.mark.parametrize("name", SKIPPED)
def test_malformed_rows_are_left_out_and_listed_on_request(name: str, tmp_path: Path) -> None:
    content, lines, options = SKIPPED[name]
    (tmp_path / "rows").write_bytes(content)
    source = FORMATS[name.split()[0]](train="rows", on_bad_row="skip", **options)
    for _ in range(2):  # reading twice lists nothing twice
        rows = list(source.read("train", tmp_path))
    assert [row.values for row in rows] == [{"text": "a", "label": "x"}, {"text": "d", "label": "y"}]
    assert [fault.line for fault in source.skipped] == lines
    assert source.skipped_in("train") == source.skipped
    assert source.skipped_in("dev") == []


def test_the_only_row_left_out_is_told_with_its_fault(tmp_path: Path) -> None:
    (tmp_path / "rows").write_bytes(b"text\tlabel\nplay \xe9\tx\n")
    source = lookup("source", "tsv")(train="rows", on_bad_row="skip")
    with pytest.raises(DataError) as caught:
        list(source.read("train", tmp_path))
    assert str(caught.value) == (
        f"{tmp_path / 'rows'}:2: column 6: should be utf-8 text. Found the byte 0xe9. If the file is written in "
        "another encoding, name it: 'encoding: latin-1'. No row is left: 'on_bad_row: skip' leaves out the only one, "
        "as it is malformed."
    )


def test_a_malformed_token_leaves_its_sentence_out(tmp_path: Path) -> None:
    (tmp_path / "rows").write_bytes(b"a X\nb Y\n\nc\nd Z\n\ne X\n")
    source = lookup("source", "conll")(train="rows", columns=["word", "tag"], on_bad_row="skip")
    rows = list(source.read("train", tmp_path))
    assert [(row.values["word"], row.line) for row in rows] == [(["a", "b"], 1), (["e"], 7)]
    assert [fault.line for fault in source.skipped] == [4]


def test_a_damaged_batch_of_a_columnar_file(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "rows"
    pq.write_table(pa.table({"text": [f"text number {i}" for i in range(5000)]}), path, compression="zstd")
    content = bytearray(path.read_bytes())
    content[40:400] = b"\xff" * 360
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        list(FORMATS["parquet"](train="rows").read("train", tmp_path))
    found = str(caught.value)
    assert found.startswith(f"{path}:1: should be a Parquet file that can be read to its end. Found: ")
    assert found.endswith(".")
    assert "\n" not in found


def test_a_table_with_two_columns_of_one_name(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = [pa.array(["a"]), pa.array(["b"])]
    pq.write_table(pa.Table.from_arrays(names, names=["text", "text"]), tmp_path / "rows")
    with pytest.raises(DataError) as caught:
        list(FORMATS["parquet"](train="rows").read("train", tmp_path))
    assert str(caught.value) == f"{tmp_path / 'rows'}: column names should differ. Found 'text' more than once."


def test_what_stands_for_nothing_or_for_no_character(tmp_path: Path) -> None:
    (tmp_path / "rows").write_text('{"label": NaN, "spans": [{"start": 0, "label": "a\\ud800"}]}\n')
    (row,) = FORMATS["jsonl"](train="rows").read("train", tmp_path)
    assert row.values == {"label": None, "spans": [{"start": 0, "label": "a\ufffd"}]}
