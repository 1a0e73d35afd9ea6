"""Texts as fields of a table of tab-separated values without quotation marks."""

from __future__ import annotations

import re

from ..base.visible import escaped

_PARTS = re.compile("[\\\\\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")  # a tab, what `str.splitlines` splits at, backslashes


def one_field(text: str) -> str:
    r"""Return a text with tabs, ends of lines and backslashes as Python escapes them.

    >>> one_field("a\tb\\c")
    'a\\tb\\\\c'
    """
    return _PARTS.sub(lambda found: escaped(found[0]), text)
