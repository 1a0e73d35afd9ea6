"""A line of a file of named texts, queries or documents: its name and the text.

A line is `id<TAB>text`, as TREC's tracks distribute texts, or a JSON object with `_id` (or `id`), `text` and often
`title`, as BEIR does (Thakur et al., 2021); then a text is its title and its text, with a space between them.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from ..base.errors import Wording

JSON_ENDINGS = (".json", ".jsonl", ".ndjson")  # of files that hold JSON objects, one per line
KEYS = {"an id": ("_id", "id"), "a text": ("text",)}
_HALVES = re.compile("[\ud800-\udfff]")  # of surrogate pairs: JSON can escape them, but they are no characters


class NamedText(NamedTuple):
    """A text and the name that judgements and answers use for it."""

    id: str
    text: str


def from_fields(line: str) -> NamedText | Wording:
    """Return what a line of an id, a tab and a text holds, or what is wrong with it.

    >>> from_fields("d1\\tplay\\tmusic"), str(from_fields("d1 play music"))
    (NamedText(id='d1', text='play\\tmusic'), 'should be an id, a tab and a text. Found no tab.')
    """
    name, tab, text = line.partition("\t")
    if not tab or not name:
        return Wording("should be an id, a tab and a text", "nothing before the tab" if tab else "no tab")
    return NamedText(name, text)


def from_json(line: str) -> NamedText | Wording:
    """Return what a line of JSON holds, or what is wrong with it.

    >>> from_json('{"_id": 1, "title": "Tea", "text": "is hot"}')
    NamedText(id='1', text='Tea is hot')
    """
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:  # the latter for brackets nested too deep
        return Wording("should be a JSON object", f"what is not JSON: {getattr(error, 'msg', error)}")
    if not isinstance(found, dict):
        return Wording("should be a JSON object", type(found).__name__)
    name, text = (next((_written(found[key]) for key in keys if key in found), None) for keys in KEYS.values())
    if not name:
        return _missing(found, "an id")
    if text is None:
        return _missing(found, "a text")
    return NamedText(name, " ".join(part for part in (_written(found.get("title")), text) if part))


def repeated(name: str, line: int) -> Wording:
    """Return what is wrong with a line whose id an earlier line has."""
    return Wording("should have an id of its own", f"'{name}', which line {line} has")


def _written(value: Any) -> str | None:
    """Return a string without halves of characters, a number as it is written, and None for all else."""
    if isinstance(value, str):
        return value if value.isascii() else _HALVES.sub("\ufffd", value)
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _missing(found: dict[str, Any], what: str) -> Wording:
    key = next((key for key in KEYS[what] if key in found), None)
    if key is None:
        given = f"the keys {', '.join(found)}" if found else "no keys"
    else:
        given = "nothing" if found[key] in (None, "") else type(found[key]).__name__
    return Wording(f"should have {what} at {' or '.join(map(repr, KEYS[what]))}", given)
