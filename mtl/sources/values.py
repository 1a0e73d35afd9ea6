"""Values of typed formats (JSON, Parquet, Arrow, Python) as the library knows them: texts, lists, dicts, None."""

from __future__ import annotations

import math
from typing import Any


def plain(value: Any) -> Any:
    """Return a value with its numbers and truth values as text, spelled as JSON spells them; all else unchanged.

    A label 3 is the label "3", and so is every number of a list. Numbers in span dicts stay numbers. NaN, which is how
    tables write it, is a missing value. Texts are made `whole`.

    >>> plain([1, True, "x", None, float("nan")])
    ['1', 'true', 'x', None, None]
    """
    if isinstance(value, str):
        return whole(value)
    if value is None:
        return None
    if isinstance(value, dict):
        return {key: whole(item) if isinstance(item, str) else item for key, item in value.items()}
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return None if math.isnan(value) else str(value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):  # NumPy scalars and arrays
        return plain(value.tolist())
    return value


def whole(text: str) -> str:
    """Return a text with U+FFFD in the place of each half of a surrogate pair, which is no character.

    >>> whole("a\\ud800b")
    'a\ufffdb'
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)
    return text
