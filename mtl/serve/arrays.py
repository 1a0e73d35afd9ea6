"""Texts as arrays that a graph takes, and a graph's arrays as answers that JSON knows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..base.errors import UsageError
from ..text.quoting import found_spans, quote

Text = str | bytes
Array = NDArray[Any]
Texts = Sequence[Any]  # texts (bytes are read as UTF-8), or lists of them where the task reads lists
_HALVES = re.compile("[\ud800-\udfff]")  # of surrogate pairs: no characters


def text_array(texts: Sequence[Any], name: str, first: int) -> Array:
    """Return texts as an array of objects: numpy's own string arrays would lose NUL characters at the end.

    `name` says which texts they are, `first` is the number of the first one.
    """
    for row, text in enumerate(texts, first):
        if not isinstance(text, str | bytes):
            raise UsageError(f"row {row} of {name} should be a text. Found {type(text).__name__}.")
    found = np.empty(len(texts), dtype=object)
    found[:] = [valid(text) for text in texts]
    return found


def valid(text: str | bytes) -> str:
    """Return a text with U+FFFD for what is no character: invalid UTF-8, and halves of surrogate pairs."""
    if isinstance(text, bytes):
        return text.decode("utf-8", errors="replace")
    return text if text.isascii() else _HALVES.sub("\ufffd", text)


def joined(text: Any) -> Any:
    """Return a list of texts as one text, joined by spaces, as a training file's is; all else as it is."""
    if isinstance(text, list) and all(isinstance(part, str) for part in text):
        return " ".join(text)
    return text


def list_arrays(units: Sequence[Any], name: str, first: int) -> tuple[Array, Array]:
    """Return lists of texts as an array of objects, [B, U], padded with empty ones, and how many each has, [B]."""
    for row, texts in enumerate(units, first):
        if not isinstance(texts, list | tuple):
            raise UsageError(f"row {row} of {name} should be a list of texts. Found {type(texts).__name__}.")
    lengths = np.array([len(texts) for texts in units], np.int64)
    found = np.full((len(units), int(lengths.max(initial=0))), "", dtype=object)
    for row, texts in enumerate(units):
        found[row, : len(texts)] = text_array(texts, f"row {first + row} of {name}", 0)
    return found, lengths


def answer_rows(
    answers: Mapping[str, Array],
    shapes: Mapping[str, Sequence[str | int]],
    labels: Sequence[str],
    sizes: Sequence[int] | None = None,
) -> list[dict[str, Any]]:
    """Return a batch's answers row by row: of tokens, listed texts or actions without padding, of labels by label.

    `sizes` are the lengths of lists, where a task reads such. Of labels that apply or do not, those that do are listed.
    """
    columns: dict[str, list[Any]] = {}
    for name, array in answers.items():
        values, dims = array.tolist(), list(shapes[name][1:])
        if dims[:1] == ["T"]:
            values = [row[:length] for row, length in zip(values, answers["lengths"].tolist(), strict=True)]
        elif dims[:1] == ["U"] and sizes is not None:
            values = [row[:length] for row, length in zip(values, sizes, strict=True)]
        elif dims == ["S"]:
            names = array.dtype == object
            values = [[one for one in row if (one if names else one >= 0)] for row in values]
        elif dims == [len(labels)] and array.dtype == object:
            values = [[label for label in row if label] for row in values]
        elif dims == [len(labels)]:
            values = [dict(zip(labels, row, strict=True)) for row in values]
        if name != "lengths":  # which the lists themselves show
            columns[name] = values
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def add_quotes(answers: Sequence[dict[str, Any]], texts: Sequence[str]) -> None:
    """Give answers that have `tokens`, `start` and `end` the part of their text, `text`; empty where there is none."""
    for answer, text in zip(answers, texts, strict=True):
        answer["text"] = quote(text, found_spans(text, answer["tokens"]), answer["start"], answer["end"])
