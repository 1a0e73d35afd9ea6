from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from mtl.base.errors import DataError
from mtl.cli.input_rows import batched, parsed_rows
from mtl.cli.predicting import AS_TEXT


@pytest.mark.parametrize(
    ("lines", "rows"),
    [
        (["a", "", "{b"], ["a", "", "{b"]),
        (["a", '{"txt": "b"}', "[1]"], ["a", '{"txt": "b"}', "[1]"]),
        ([' {"text": "a"}', '{"text": "b"}'], ["a", "b"]),
        (['{"text": "a", "intent": 3}', '{"text": ""}'], ["a", ""]),
        (['{"text": "a"}', "", '{"text": "b"}', " ", ""], ["a", "b"]),
        (['{"text": ["book a table", "ok"]}', '{"text": []}'], ["book a table ok", ""]),
        ([], []),
    ],
)
def test_rows(lines: list[str], rows: list[str]) -> None:
    assert [row["text"] for row in parsed_rows(iter(lines), ("text",), "in.txt")] == rows


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (
            ["{broken", '{"text": "b"}'],
            "in:1: should be a JSON object, as it begins with {. Found '{broken'. With --format text every line is "
            "text.",
        ),
        (
            ["plain", '{"text": "x"}'],
            "in:2: should be a text, as the first line is. Found a JSON object with the key 'text'. With --format text "
            "every line is text.",
        ),
    ],
)
def test_texts_and_json_are_not_mixed(lines: list[str], sentence: str) -> None:
    with pytest.raises(DataError) as error:
        list(parsed_rows(iter(lines), ("text",), "in", hint=AS_TEXT))
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    ("lines", "inputs", "sentence"),
    [
        (
            ['{"text": "a"}', "b"],
            ("text",),
            "in:2: should be a JSON object, as the first line is. Found 'b'.",
        ),
        (
            ['{"text": "a"}', "[" * 99_999],
            ("text",),
            f"in:2: should be a JSON object, as the first line is. Found '{'[' * 57}...'.",
        ),
        (['{"txt": "a"}'], ("text",), "in:1: should hold a text under 'text'. Found the keys txt."),
        (['{"text": 3}'], ("text",), "in:1: should hold a text under 'text'. Found '3'."),
        (
            ['{"text": "a"}', '{"text": "ab\\ud800"}'],
            ("text",),
            "in:2: should hold whole characters under 'text'. Found half of a surrogate pair, which is no character: "
            "U+D800, character 3 of 3.",
        ),
        (['{"text": null}'], ("text",), "in:1: should hold a text under 'text'. Found 'null'."),
        (
            ["a"],
            ("query", "answer"),
            "in:1: should be JSON lines, as the task has several inputs (query, answer). Found plain text.",
        ),
    ],
)
def test_malformed_rows(lines: list[str], inputs: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(DataError) as error:
        list(parsed_rows(iter(lines), inputs, "in"))
    assert str(error.value) == sentence


def test_a_row_without_a_value() -> None:
    values = {"age": "number", "city": "value", "tags": "categories"}
    inputs = ("text", *values)
    row = '{"text": "a", "age": null, "city": null, "tags": null}'
    assert list(parsed_rows(iter([row]), inputs, "in", values=values)) == [
        {"text": "a", "age": "", "city": "", "tags": ""}
    ]
    for lacking, what in {"age": "a number", "city": "a category", "tags": "a list of categories"}.items():
        other = row.replace(f', "{lacking}": null', "")
        found = ", ".join(sorted({*inputs} - {lacking}))
        with pytest.raises(DataError) as error:
            list(parsed_rows(iter([row, other]), inputs, "in", values=values))
        assert str(error.value) == (
            f"in:2: should hold {what} under '{lacking}'. Found the keys {found}. Write '\"{lacking}\": null' where "
            "there is none."
        )
    with pytest.raises(DataError) as error:
        list(parsed_rows(iter(['{"text": "a", "agee": 3}']), ("text", "age"), "in", values={"age": "number"}))
    assert str(error.value) == (
        "in:1: should hold a number under 'age'. Found the keys agee, text. Did you mean 'agee'?"
    )


def test_an_endless_input_is_answered_as_it_comes() -> None:
    def endless() -> Iterator[str]:
        for number in itertools.count():
            assert number < 200, "more was read than is held at a time"
            yield f"line {number}"

    batches = batched(parsed_rows(endless(), ("text",), "-"), 64)
    assert [len(batch) for batch in itertools.islice(batches, 3)] == [64, 64, 64]


@pytest.mark.parametrize("size", [1, 2, 3, 64])
def test_rows_before_a_malformed_one_are_held_back_by_nothing(size: int) -> None:
    lines = ['{"text": "a"}', '{"text": "b"}', '{"text": "c"}', '{"text": 4}', '{"text": "d"}']
    answered: list[str] = []
    with pytest.raises(DataError) as error:
        for batch in batched(parsed_rows(iter(lines), ("text",), "in"), size):
            answered += [row["text"] for row in batch]
    assert str(error.value) == "in:4: should hold a text under 'text'. Found '4'."
    assert answered == ["a", "b", "c"]
