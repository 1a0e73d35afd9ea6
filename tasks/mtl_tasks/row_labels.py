"""The one label of a row, as a column holds it."""

from __future__ import annotations

from typing import Any

from mtl.recipe.task import Answer

ANSWERS = (
    Answer("label", "best", labels=True),
    Answer("score", "score"),
    Answer("scores", "scores", dims=("C",)),
)
METRICS = ("accuracy", "macro_f1", "micro_f1", "report", "confusion")


def row_label(value: Any) -> str | None:
    """Return the label: the column's string (numbers and truth values as they are written), None if it is empty.

    Raises `ValueError` with a sentence where the value is no label.
    """
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value).strip() or None
    raise ValueError(f"should be one label. Found {type(value).__name__}: {short(value)}.")


def short(value: Any) -> str:
    """Return a value as it stands in a sentence."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
