"""JSON lines: one object a line.

Read with Python's own parser: pyarrow's guesses one type for a column from its first block, refuses a later row that
differs, and names a row of the block instead of a line of the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..base.errors import Fault, Wording
from ..base.line_ends import hint_of_returns
from ..base.registry import register
from .base import OnBadRow, Row, Source
from .text import read_lines
from .values import plain


@register("source", "jsonl")
class JsonLines(Source):
    """One row per line; a key that a row lacks is a missing value. Numbers and truth values are read as text."""

    def __init__(
        self,
        *,
        train: str | None = None,
        dev: str | None = None,
        test: str | None = None,
        encoding: str = "utf-8",
        on_bad_row: OnBadRow = "error",
    ) -> None:
        super().__init__(train=train, dev=dev, test=test, on_bad_row=on_bad_row, options={"encoding": encoding})
        self._encoding = encoding

    def rows(self, split: str, base: Path) -> Iterator[Row | Fault]:
        path = self.path(split, base)
        for number, line in read_lines(path, self._encoding):
            if isinstance(line, Fault):
                yield line
            elif line.strip():
                values = _object(line, path, number)
                yield values if isinstance(values, Fault) else Row(values, str(path), number)


def _object(line: str, path: Path, number: int) -> dict[str, Any] | Fault:
    try:
        found = json.loads(line)
        if isinstance(found, dict):
            return {key: plain(value) for key, value in found.items()}
    except json.JSONDecodeError as error:
        wrong = Wording("should be a JSON object", f"what is not JSON: {error.msg}", hint_of_returns(line).strip())
        return wrong.fault(str(path), number, f"column {error.colno}")
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, brackets thousands deep
        return Wording("should be a JSON object", f"what cannot be read: {error}").fault(str(path), number)
    names = {list: "a list", str: "a text", type(None): "null"}
    wrong = Wording("should be a JSON object", names.get(type(found), "a number or truth value"))
    return wrong.fault(str(path), number)
