"""Lines of text or of JSON as rows, texts by the name of the input, and rows as batches."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from ..base.errors import DataError, Fault, listing, near_miss
from ..text.cells import NO_VALUES, WHAT, value_text
from .decoding import half

AnyRow = TypeVar("AnyRow")
_NAME = re.compile(r"[^\W\d][\w.:-]*")  # what a column is called, and few texts with tabs or commas are made of
SHOWN = 60  # characters of a malformed row that a message shows


def parsed_rows(
    lines: Iterator[str],
    inputs: Sequence[str],
    name: str,
    *,
    format: str | None = None,
    hint: str = "",
    listed: bool = False,
    columns: Mapping[str, str] | None = None,
    values: Mapping[str, str] = NO_VALUES,
) -> Iterator[dict[str, Any]]:
    """Yield rows as input name -> text: of JSON lines where the first line begins with `{`, of plain text otherwise.

    Empty lines between JSON lines are no rows, those of plain text are empty texts.

    `format` says which it is, whatever the first line is. Raises `DataError` naming the line that is not a JSON object
    of the task's inputs or, in a text not declared as such, a line that is one; `hint` says what to do about it. Nor is
    a first line a text that names the `columns` of all inputs, and others.
    """
    first = next(lines, None)
    if first is None:
        return
    lines = itertools.chain([first], lines)
    if format is None:
        fault_if_header(first, columns or {}, name)
    if format == "json" or (format is None and opens(first)):
        for number, line in enumerate(lines, 1):
            if line.strip():  # a file may end with an empty line, or with two
                yield inputs_of(line, inputs, name, number, format, hint, listed=listed, values=values)
        return
    if len(inputs) != 1 or listed:
        why = "the task reads lists of texts" if listed else f"the task has several inputs ({', '.join(inputs)})"
        raise DataError(
            Fault(
                f"should be JSON lines, as {why}. Found plain text.",
                file=name,
                line=1,
            )
        )
    (key,) = inputs
    for number, line in enumerate(lines, 1):
        if format is None and opens(line):
            value = as_json(line)
            if isinstance(value, dict) and key in value:
                found = f"Found a JSON object with the key '{key}'.{hint}"
                raise DataError(Fault(f"should be a text, as the first line is. {found}", name, number))
        yield {key: line}


def fault_if_header(line: str, columns: Mapping[str, str], name: str) -> None:
    """Raise `DataError` where a line of plain text names columns of a table, and each input or its column is there."""
    for format, delimiter in (("tsv", "\t"), ("csv", ",")):
        fields = line.split(delimiter)
        there = all(key in fields or column in fields for key, column in columns.items())
        if columns and there and len(fields) > 1 and all(map(_NAME.fullmatch, fields)):
            raise DataError(
                Fault(
                    f"should be a text. Found the names of the columns {', '.join(fields)}. With --format {format} the "
                    "rows of such a table are answered; with --format text every line is text.",
                    name,
                    1,
                )
            )


def opens(line: str) -> bool:
    """Return whether a line begins as a JSON object does."""
    return line.startswith("{") or line.lstrip().startswith("{")


def as_json(line: str) -> object:
    """Return what a line holds as JSON, or None."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):  # the latter for brackets within brackets without end
        return None


def inputs_of(
    line: str,
    inputs: Sequence[str],
    name: str,
    number: int,
    format: str | None = None,
    hint: str = "",
    *,
    listed: bool = False,
    values: Mapping[str, str] = NO_VALUES,
) -> dict[str, Any]:
    """Return the inputs of a row of JSON; columns that the task does not read are left out.

    `values` are the inputs that are values, not texts, with their tokenizers.
    """
    value = as_json(line)
    if not isinstance(value, Mapping):
        if format == "json":
            why, hint = "as --format json says", ""
        elif number == 1:
            why = "as it begins with {"
        else:
            why, hint = "as the first line is", ""
        raise DataError(Fault(f"should be a JSON object, {why}. Found {quoted_start(line)}.{hint}", name, number))
    lacking = next((key for key in values if key not in value), None)
    if lacking is not None:
        hint = near_miss(lacking, value) or f" Write '\"{lacking}\": null' where there is none."
        message = f"should hold {WHAT[values[lacking]]} under '{lacking}'. Found the keys {listing(value)}.{hint}"
        raise DataError(Fault(message, name, number))
    found_values = {key: value_of(value[key], how, key, name, number) for key, how in values.items()}
    value = {**value, **found_values}
    for key in inputs:
        given = value.get(key)
        if not listed and isinstance(given, list) and all(isinstance(text, str) for text in given):
            value[key] = given = " ".join(given)
        texts = given if listed and isinstance(given, list) else [None] if listed else [given]
        if not all(isinstance(text, str) for text in texts):
            found = quoted_start(json.dumps(given)) if key in value else f"the keys {listing(value)}"
            what = "a list of texts" if listed else "a text"
            raise DataError(Fault(f"should hold {what} under '{key}'. Found {found}.", name, number))
        broken = next(filter(None, map(half, texts)), None)
        if broken is not None:
            found = f"half of a surrogate pair, which is no character: {broken}"
            raise DataError(Fault(f"should hold whole characters under '{key}'. Found {found}.", name, number))
    return {key: value[key] for key in inputs}


def value_of(given: object, tokenizer: str, column: str, name: str, line: int) -> str:
    """Return the text of a value of a row; raises `DataError` for what is none."""
    try:
        return value_text(given, tokenizer)
    except ValueError as error:
        raise DataError(Fault(str(error), name, line, f"column '{column}'")) from error


def quoted_start(text: str) -> str:
    """Return a text as a message shows it."""
    return f"'{text}'" if len(text) <= SHOWN else f"'{text[: SHOWN - 3]}...'"


def never() -> bool:
    """Say that no row has to be waited for."""
    return False


def batched(rows: Iterable[AnyRow], size: int, waiting: Callable[[], bool] = never) -> Iterator[list[AnyRow]]:
    """Yield lists of up to `size` rows, fewer where the next would have to be waited for.

    Where reading fails, the rows before it are yielded first.
    """
    batch: list[AnyRow] = []
    failure: DataError | OSError | None = None
    try:
        for row in rows:
            batch.append(row)
            if len(batch) == size or waiting():
                yield batch
                batch = []
    except (DataError, OSError) as error:
        failure = error
    if batch:
        yield batch
    if failure is not None:
        raise failure
