"""Lists of categories with weights, as text: `CATEGORY:WEIGHT|CATEGORY|…`, where a weight that is left out is 1."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from ..base.errors import WrongValueError
from .white_space import SPACES

SEPARATOR = "|"
HEAVIEST = 1e9  # what weighs more counts as this much: sums stay finite

# A number without a sign, as Python and onnxruntime read it alike; few enough digits that neither finds it too large.
UNSIGNED = r"(?:[0-9]{1,60}(?:\.[0-9]{0,60})?|\.[0-9]{1,60})(?:[eE][+-]?[0-9]{1,2})?"
_UNSIGNED = re.compile(UNSIGNED)
_SIGNED = re.compile(f"[+-]{UNSIGNED}")
_EXACT = 2.0**53  # whole numbers up to here have floats of their own
_EXPONENT = 99  # the largest one of `UNSIGNED`


class Entry(NamedTuple):
    """A category and its weight."""

    category: str
    weight: float


def entry(token: str, looked_up: str | None = None) -> Entry:
    """Return what an entry of a list says; `looked_up` is the token as it is normalized, if it is.

    What is after its last colon is the weight if it is a number without a sign, and something is before the colon.
    Colons and white space at the end of a category are no part of it.

    >>> entry("rock: 2.5"), entry("12:30:1"), entry(":-)")
    (Entry(category='rock', weight=2.5), Entry(category='12:30', weight=1.0), Entry(category=':-)', weight=1.0))
    """
    text = token if looked_up is None else looked_up
    head, _, tail = token.rpartition(":")
    weight = tail.strip(SPACES)
    if not category(head) or not _UNSIGNED.fullmatch(weight):
        return Entry(category(text), 1.0)
    return Entry(category(text.rpartition(":")[0]), min(float(weight), HEAVIEST))


def category(text: str) -> str:
    """Return a text without the colons and the white space at its end."""
    return text.rstrip(f"{SPACES}:")


def entry_spans(text: str) -> list[tuple[int, int]]:
    """Return where each entry of a list is in its text, without white space around it; one of colons alone is none.

    >>> entry_spans("rock:2 | pop||:")
    [(0, 6), (9, 12)]
    """
    found, begin = [], 0
    for part in text.split(SEPARATOR):
        inside = part.strip(SPACES)
        if category(inside):
            first = begin + part.find(inside)
            found.append((first, first + len(inside)))
        begin += len(part) + len(SEPARATOR)
    return found


def list_text(entries: Iterable[tuple[str, float | None]]) -> str:
    """Return categories with their weights as text that says so; raises `ValueError` for what it cannot say.

    >>> list_text([("rock", 2.5), ("pop", None), ("12:30", None)])
    'rock:2.5|pop|12:30:1'
    """
    found = []
    for name, weight in entries:
        said = name.strip(SPACES)
        if SEPARATOR in said or not said or category(said) != said:
            raise WrongValueError(
                f"a category should be a text that is not empty, has no '{SEPARATOR}' and ends in no colon", f"{name!r}"
            )
        if weight is not None and not 0 <= weight <= HEAVIEST:
            raise WrongValueError(
                f"the weight of {said!r} should be a number from 0 to {HEAVIEST:g}", f"{weight:g}", kind="weight"
            )
        if weight is None:
            found.append(said if entry(said).category == said else f"{said}:1")
        else:
            digits = f"{weight:.17g}"
            found.append(f"{said}:{digits if _UNSIGNED.fullmatch(digits) else float_text(weight)}")
    return SEPARATOR.join(found)


def float_text(value: float) -> str:
    """Return a number as text: whole ones as integers, and those of three digits in the exponent with two."""
    if value.is_integer() and abs(value) <= _EXACT:
        return str(int(value))
    text = str(value)
    if not math.isfinite(value) or _UNSIGNED.fullmatch(text.removeprefix("-")):
        return text
    exponent = math.copysign(_EXPONENT, abs(value) - 1)
    digits = f"{Decimal(text).scaleb(-int(exponent)):.60f}".rstrip("0").rstrip(".")
    return f"{digits}e{int(exponent)}"


def fault_if_negative(text: str) -> None:
    """Raise `ValueError` for a list in which a number with a sign is where a weight would be."""
    for begin, end in entry_spans(text):
        head, colon, tail = text[begin:end].rpartition(":")
        if colon and category(head) and _SIGNED.fullmatch(tail.strip(SPACES)):
            raise WrongValueError(
                f"the weight of {category(head)!r} should be a number without a sign", tail.strip(SPACES), kind="a sign"
            )
