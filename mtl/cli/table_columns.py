"""Which columns of a table hold a task's inputs, as options name them or as they are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..base.errors import UsageError, near_miss
from .decoding import half


def columns_of_row(row: Mapping[str, Any], chosen: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    """Return the column of each input: the chosen one, else the known one, or the input's name where that is there.

    >>> columns_of_row({"text": "a"}, {"query": "q"}, {"text": "sentence", "query": "text"})
    {'text': 'text', 'query': 'q'}
    """
    found = {key: key if column not in row and key in row else column for key, column in known.items()}
    return {**found, **chosen}


def check_names(columns: Sequence[str]) -> None:
    """Raise `UsageError` for names of `--columns` that are given twice, or hold bytes that are no characters."""
    for name in columns:
        if half(name):
            found = name.encode("utf-8", "backslashreplace").decode()
            raise UsageError(f"--columns should be utf-8 text. Found '{found}'.")
        if name and columns.count(name) > 1:
            raise UsageError(f"--columns should name each column once. Found '{name}' more than once.")


def chosen_columns(given: Sequence[str], inputs: Sequence[str]) -> dict[str, str]:
    """Return the column of each input that an option names, `--column INPUT=COLUMN`.

    A task with one input takes `--column COLUMN` too. Raises `UsageError` for an input that the task does not have, and
    for one whose column is named twice.
    """
    found: dict[str, str] = {}
    for text in given:
        key, equals, column = text.partition("=")
        if not equals and len(inputs) == 1:
            key, column = inputs[0], text
        if key not in inputs or not column:
            raise UsageError(
                f"--column should be INPUT=COLUMN, with an input of the task ({', '.join(inputs)}). "
                f"Found '{text}'.{'' if key in inputs else near_miss(key, inputs)}"
            )
        if key in found:
            raise UsageError(f"--column should name one column of an input. Found '{found[key]}' and '{column}'.")
        found[key] = column
    return found
