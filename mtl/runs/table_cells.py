"""Answers and texts as fields of a table of tab-separated values without quotation marks."""

from __future__ import annotations

import re
from typing import Any

from ..base.visible import escaped

NOTHING = "(none)"  # in place of a label that gold has and the answer lacks, or the other way around
_PARTS = re.compile("[\\\\\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")  # a tab, what `str.splitlines` splits at, backslashes


def one_field(text: str) -> str:
    r"""Return a text with tabs, ends of lines and backslashes as Python escapes them.

    >>> one_field("a\tb\\c")
    'a\\tb\\\\c'
    """
    return _PARTS.sub(lambda found: escaped(found[0]), text)


def in_cell(value: Any) -> str:
    """Return an answer or a text as a table shows it: values with blanks between them, several right texts with bars.

    >>> in_cell(["B-song", None, "O"]), in_cell([]), in_cell("play"), in_cell(("New York", "York", "York"))
    ('B-song - O', '(none)', 'play', 'New York | York')
    """
    if isinstance(value, tuple) and all(isinstance(item, str) for item in value):
        return " | ".join(dict.fromkeys(value)) or NOTHING
    if isinstance(value, (list, tuple)):
        return " ".join("-" if item is None else str(item) for item in value) or NOTHING
    return NOTHING if value is None else str(value)
