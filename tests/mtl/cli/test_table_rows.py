"""Tables on standard input: their rows by column, and every message about a malformed one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from mtl.base.errors import DataError, UsageError
from mtl.cli.table_rows import InputTable, TableRow, inputs_of_row
from mtl.sources.conllu import COLUMNS

READ: list[tuple[str, list[str], Sequence[str] | None, list[tuple[dict[str, Any], int]]]] = [
    (
        "tsv",
        ["id\ttext", "", '1\tplay "it"', "2\t"],
        None,
        [({"id": "1", "text": 'play "it"'}, 3), ({"id": "2", "text": ""}, 4)],
    ),
    ("tsv", ["1\tplay"], ["id", "text"], [({"id": "1", "text": "play"}, 1)]),
    (
        "csv",
        ["id,text", '1,"a, ""b""', 'c"', "2,d"],
        None,
        [({"id": "1", "text": 'a, "b"\nc'}, 2), ({"id": "2", "text": "d"}, 4)],
    ),
    (
        "jsonl",
        ['{"text": "a", "n": [1]}', "", '{"text": "b"}'],
        None,
        [({"text": "a", "n": [1]}, 1), ({"text": "b"}, 3)],
    ),
    (
        "conll",
        ["", "play VB O", "it\u00a0now PRP O", "", "", "stop\tVB\tO"],
        ["word", "pos", "chunk"],
        [
            ({"word": ["play", "it\u00a0now"], "pos": ["VB", "PRP"], "chunk": ["O", "O"]}, 2),
            ({"word": ["stop"], "pos": ["VB"], "chunk": ["O"]}, 6),
        ],
    ),
    (
        "conll",
        ["-DOCSTART- -X- O", "", "play VB O", "-DOCSTART-", "stop VB"],
        ["word", "..."],
        [({"word": ["play"]}, 3), ({"word": ["stop"]}, 5)],
    ),
    (
        "conllu",
        [
            "# text = Don't",
            *(f"{n}\t{form}" + "\t_" * 8 for n, form in (("1-2", "Don't"), ("1", "Do"), ("2", "n't"))),
            "",
        ],
        None,
        [({**dict.fromkeys(COLUMNS), "id": ["1", "2"], "form": ["Do", "n't"], "lemma": ["_", "_"]}, 3)],
    ),
]


@pytest.mark.parametrize(("format", "lines", "columns", "rows"), READ)
def test_rows(format: str, lines: list[str], columns: Sequence[str] | None, rows: list[Any]) -> None:
    assert list(InputTable(format, "in", columns).rows(iter(lines))) == [TableRow(*row) for row in rows]


MALFORMED: list[tuple[str, list[str], Sequence[str] | None, str]] = [
    ("tsv", ["id\ttext", "1\ta\tb"], None, "in:2: should have 2 columns (id, text). Found 3."),
    (
        "tsv",
        ["text\ttext"],
        None,
        "in:1: column names should differ. Found 'text' more than once. If the first line is a row, name the columns: "
        "--columns A,B,…",
    ),
    ("csv", ["text", '"a" b'], None, "in:2: should be a row of CSV. Found: ',' expected after '\"'."),
    ("jsonl", ["{", "[1]"], None, "in:1: should be a JSON object, as --format jsonl says. Found '{'."),
    ("conll", ["a b", "a"], ["word", "tag"], "in:2: should have 2 columns (word, tag). Found 1."),
    ("conll", ["a"], ["word", "tag", "..."], "in:1: should have 2 columns (word, tag) or more. Found 1."),
    (
        "conllu",
        ["1\ta"],
        None,
        "in:1: should have 10 columns (id, form, lemma, upos, xpos, feats, head, deprel, deps, misc). Found 2.",
    ),
    ("conll", ["a"], ["..."], "--columns: columns should name a column before '...'. It names none."),
    (
        "jsonl",
        ['{"a": 1}', '{"n": [1, NaN]}'],
        None,
        "in:2: should hold numbers that JSON has in the column 'n'. Found NaN.",
    ),
    ("jsonl", ['{"n": -1e999}'], None, "in:1: should hold numbers that JSON has in the column 'n'. Found -Infinity."),
    (
        "jsonl",
        ['{"text": "a", "id": {"of": "b\\ud800"}}'],
        None,
        "in:1: should hold whole characters in the column 'id'. Found half of a surrogate pair, which is no character: "
        "U+D800, character 2 of 2.",
    ),
    (
        "jsonl",
        ['{"text": "a", "id": {"\\ud800": "b"}}'],
        None,
        "in:1: should hold whole characters in the column 'id'. Found half of a surrogate pair, which is no character: "
        "U+D800, character 1 of 1.",
    ),
    (
        "jsonl",
        ['{"\\ud800": "a"}'],
        None,
        "in:1: should hold whole characters in the name of a column. Found half of a surrogate pair, which is no "
        "character: U+D800, character 1 of 1.",
    ),
    (
        "conll",
        ["a b"],
        None,
        "--format conll should come with --columns, the names of the columns, such as --columns word,tag. "
        "There is none.",
    ),
]


@pytest.mark.parametrize(("format", "lines", "columns", "sentence"), MALFORMED)
def test_malformed(format: str, lines: list[str], columns: Sequence[str] | None, sentence: str) -> None:
    with pytest.raises((DataError, UsageError)) as error:
        list(InputTable(format, "in", columns).rows(iter(lines)))
    assert str(error.value) == sentence


def test_texts_of_a_row() -> None:
    row = TableRow({"a": "play it", "words": ["play", "it"], "turns": ["hi", "you"]}, 1)
    assert inputs_of_row(row, {"text": "a"}, "in") == {"text": "play it"}
    assert inputs_of_row(row, {"text": "words"}, "in") == {"text": "play it"}
    assert inputs_of_row(row, {"text": "turns"}, "in", listed=True) == {"text": ["hi", "you"]}


WRONG: list[tuple[str, bool, str]] = [
    (
        "texts",
        False,
        "should have a column 'texts', for the input 'q'. Found half, n, none, text. Did you mean 'text'?",
    ),
    ("x", False, "should have a column 'x', for the input 'q'. Found half, n, none, text. Name it: --column q=COLUMN."),
    ("n", False, "should hold a text or a list of tokens in the column 'n'. Found '3'."),
    ("none", False, "should hold a text or a list of tokens in the column 'none'. Found null."),
    ("text", True, "should hold a list of texts in the column 'text'. Found 'a'."),
    (
        "half",
        False,
        "should hold whole characters in the column 'half'. Found half of a surrogate pair, which is no character: "
        "U+D800, character 1 of 1.",
    ),
]


@pytest.mark.parametrize(("column", "listed", "sentence"), WRONG)
def test_a_row_without_a_text(column: str, listed: bool, sentence: str) -> None:
    row = TableRow({"text": "a", "n": 3, "none": None, "half": "\ud800"}, 7)
    with pytest.raises(DataError) as error:
        inputs_of_row(row, {"q": column}, "in", listed=listed)
    assert str(error.value) == f"in:7: {sentence}"


def test_a_row_without_a_value() -> None:
    row = TableRow({"text": "a", "n": None}, 7)
    assert inputs_of_row(row, {"age": "n"}, "in", values={"age": "number"}) == {"age": ""}
    with pytest.raises(DataError) as error:
        inputs_of_row(row, {"age": "years"}, "in", values={"age": "number"})
    assert str(error.value) == (
        "in:7: should have a column 'years', a number, for the input 'age'. Found n, text. Name it: --column "
        "age=COLUMN. Write null there where a row has none."
    )
