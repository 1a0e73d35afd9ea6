"""Values of typed formats (JSON, Parquet, Arrow, Python) as the library knows them: texts, lists, dicts, None."""

from __future__ import annotations

import math
from typing import Any

from ..base.shown import Spelled


def plain(value: Any) -> Any:
    """Return a value with its numbers and truth values as text, spelled as JSON spells them; all else unchanged.

    A label 3 is the label "3", and so is every number of a list. Numbers in spans, which are dicts or lists of two
    numbers and a text inside a list, stay numbers. NaN, which is how tables write it, is a missing value. Texts are
    made `whole`.

    >>> plain([1, True, "x", None, float("nan")])
    ['1', 'true', 'x', None, None]
    """
    if isinstance(value, str):
        return whole(value)
    if value is None:
        return None
    if isinstance(value, dict):
        return {key: whole(item) if isinstance(item, str) else item for key, item in value.items()}
    if isinstance(value, (bool, int, float)):
        return spelled(value)
    if isinstance(value, (list, tuple)):
        return [native(item) if _is_span(item) else plain(item) for item in value]
    if hasattr(value, "tolist"):  # NumPy scalars and arrays
        return plain(value.tolist())
    return value


def _is_span(item: Any) -> bool:
    kinds = [type(part) for part in item] if isinstance(item, (list, tuple)) else []
    return len(kinds) == 3 and {kinds[0], kinds[1]} <= {int, float} and kinds[2] is str


def native(value: Any) -> Any:
    """Return a value that Python code gave: as `plain` does, but numbers and truth values stay what they are.

    So a number where a text should be can be reported: code, unlike a file's format, says which of the two it means.

    >>> native([1, True, "x", None, float("nan")])
    [1, True, 'x', None, None]
    """
    if isinstance(value, (list, tuple)):
        return [native(item) for item in value]
    if hasattr(value, "tolist"):
        return native(value.tolist())
    if isinstance(value, (bool, int, float)):
        return None if math.isnan(value) else value
    return plain(value)


def spelled(value: Any) -> Any:
    """Return a number or truth value as text, where it is a name or a label; NaN is none, all else is unchanged.

    >>> spelled(3), spelled(True), spelled(["x"])
    ('3', 'true', ['x'])
    """
    if isinstance(value, bool):
        return Spelled("true" if value else "false")
    if isinstance(value, (int, float)):
        return None if math.isnan(value) else Spelled(value)
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
