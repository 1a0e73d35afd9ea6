"""Tables as other programs write them: read where nothing is in doubt, else one message that says what to change."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

import mtl.sources  # noqa: F401  # registers the formats
from mtl.base.errors import DataError
from mtl.base.registry import lookup

AGAIN = "should be a row. Found the names of the columns, as where files were joined. Leave the line out."
QUOTED = " If fields in quotation marks go on over several lines, write 'format: csv' and 'delimiter: \"\\t\"'."


class Bad(NamedTuple):
    format: str
    content: str
    message: str  # after the file's path
    options: dict[str, Any] = {}


BAD = {
    "a quoted field with a line end": Bad(
        "tsv",
        'text\tlabel\n"play\nit"\tx\n',
        ":2: should have 2 columns (text, label). Found 1." + QUOTED,
    ),
    "a quoted field with a line end, last": Bad(
        "tsv",
        'label\ttext\nx\t"play\nit"\n',
        ":3: should have 2 columns (label, text). Found 1." + QUOTED,
    ),
    "a quoted field in a table of its own delimiter": Bad(
        "tsv",
        'text;label\n"play\nit";x\n',
        ":2: should have 2 columns (text, label). Found 1. If fields in quotation marks go on over several "
        "lines, write 'format: csv' and 'delimiter: \";\"'.",
        {"delimiter": ";"},
    ),
    "an inch is no quotation mark": Bad(
        "tsv", 'text\tlabel\na 5" nail\n', ":2: should have 2 columns (text, label). Found 1."
    ),
    "semicolons in csv": Bad(
        "csv",
        "text;label\nplay, sing;x\n",
        ":2: should have 1 column (text;label). Found 2. If ';' parts the columns, write 'delimiter: \";\"'.",
    ),
    "commas in tsv": Bad(
        "tsv",
        "text,label\nplay\tit,x\n",
        ":2: should have 1 column (text,label). Found 2. If ',' parts the columns, write 'format: csv'.",
    ),
    "tabs in csv with declared columns": Bad(
        "csv",
        "play\tx\n",
        ":1: should have 2 columns (text, label). Found 1. If a tab parts the columns, write 'format: tsv'.",
        {"columns": ["text", "label"]},
    ),
    "tsv with its header in the middle": Bad("tsv", "text\tlabel\nplay\tx\ntext\tlabel\nsing\ty\n", ":3: " + AGAIN),
    "csv with its header in the middle": Bad("csv", '"text",label\nplay,x\ntext,"label"\n', ":3: " + AGAIN),
    "a header where the columns are declared": Bad(
        "tsv", "text\tlabel\nplay\tx\n", ":1: " + AGAIN, {"columns": ["text", "label"]}
    ),
    "columns without a name before others": Bad(
        "tsv", "text\t\t\tlabel\n", ":1: column names should differ. Found '' more than once."
    ),
    "a row of neither length": Bad(
        "tsv",
        "text\tlabel\t\t\nplay\tit\tx\n",
        ":2: should have 4 columns (text, label, 2 without a name). Found 3.",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_table_that_does_not_fit_gets_one_message(case: str, tmp_path: Path) -> None:
    bad = BAD[case]
    path = tmp_path / "rows"
    path.write_text(bad.content)
    with pytest.raises(DataError) as caught:
        list(lookup("source", bad.format)(train="rows", **bad.options).read("train", tmp_path))
    assert str(caught.value) == f"{path}{bad.message}"


def test_a_header_in_the_middle_is_left_out_on_request(tmp_path: Path) -> None:
    (tmp_path / "rows").write_text("text\tlabel\nplay\tx\ntext\tlabel\nsing\ty\n")
    source = lookup("source", "tsv")(train="rows", on_bad_row="skip")
    assert [row.values["text"] for row in source.read("train", tmp_path)] == ["play", "sing"]
    assert [(fault.line, fault.message) for fault in source.skipped] == [(3, AGAIN)]


def test_a_text_may_be_as_its_only_column_is_called(tmp_path: Path) -> None:
    (tmp_path / "rows").write_text("text\nplay\ntext\n")
    found = lookup("source", "tsv")(train="rows").read("train", tmp_path)
    assert [row.values for row in found] == [{"text": "play"}, {"text": "text"}]


@pytest.mark.parametrize(("name", "mark"), [("tsv", "\t"), ("csv", ",")])
def test_columns_that_a_spreadsheet_left_without_a_name(name: str, mark: str, tmp_path: Path) -> None:
    lines = ["text\tlabel\t\t", "play\tx\t\t", "sing\ty", "it\tz\t?\t!"]
    (tmp_path / "rows").write_text("\n".join(lines).replace("\t", mark))
    source = lookup("source", name)(train="rows")
    assert source.columns("train", tmp_path) == ["text", "label"]
    values = [row.values for row in source.read("train", tmp_path)]
    assert values == [{"text": t, "label": x} for t, x in (("play", "x"), ("sing", "y"), ("it", "z"))]


def test_an_only_column_without_a_name_can_be_asked_for(tmp_path: Path) -> None:
    for content, values in {"\ttext\n1\tplay\n": ["1", "play"], "text\t\nplay\t1\n": ["1", "play"]}.items():
        (tmp_path / "rows").write_text(content)
        source = lookup("source", "tsv")(train="rows")
        assert sorted(source.columns("train", tmp_path)) == ["", "text"]
        (row,) = source.read("train", tmp_path)
        assert [row.values[""], row.values["text"]] == values


def test_a_name_at_the_front_is_not_lost_among_those_at_the_end(tmp_path: Path) -> None:
    (tmp_path / "rows").write_text("\ttext\t\n1\tplay\t2\n")
    (row,) = lookup("source", "tsv")(train="rows").read("train", tmp_path)
    assert row.values == {"": "1", "text": "play"}
