"""Cells that are one value, not a text: a category, or a number."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from ..base.errors import UsageError, short

VALUES = ("number", "value")  # the tokenizers for whose inputs a cell is one value
NO_VALUES: Mapping[str, str] = MappingProxyType({})  # of a task's inputs: that all are texts

# As Python and onnxruntime read it alike; few enough digits that neither finds it too large.
NUMBER = r"[+-]?(?:[0-9]{1,60}(?:\.[0-9]{0,60})?|\.[0-9]{1,60})(?:[eE][+-]?[0-9]{1,2})?"
_NUMBER = re.compile(NUMBER)
_EXACT = 2.0**53  # whole numbers up to here have floats of their own
_EXPONENT = 99  # the largest one of `NUMBER`


def number(token: str) -> float | None:
    """Return the number that a token is, None for all else.

    >>> number("-12.5"), number("3e2"), number("1,000"), number("nan")
    (-12.5, 300.0, None, None)
    """
    return float(token) if _NUMBER.fullmatch(token) else None


def value_text(value: Any, tokenizer: str) -> str:
    """Return a value as the text that a tokenizer of values reads: `""` for a missing one (None, NaN).

    Raises `ValueError` for what is no value, and for what is no number where one should be.

    >>> value_text(37, "number"), value_text(None, "number"), value_text("Rome", "value"), value_text(True, "value")
    ('37', '', 'Rome', 'true')
    >>> value_text(3.0, "value"), value_text(Decimal("12.50"), "value"), value_text(1e-101, "number")
    ('3', '12.5', '0.01e-99')
    """
    if hasattr(value, "item"):  # NumPy's own numbers
        value = value.item()
    if value is None or (isinstance(value, (float, Decimal)) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        value = "true" if value else "false"
    elif isinstance(value, float):
        value = _of_float(value)
    elif isinstance(value, Decimal):
        value = _of_decimal(value)
    elif isinstance(value, int):
        value = str(value)
    if tokenizer == "number":
        inside = value.strip(" \t\r\n") if isinstance(value, str) else None
        if inside is not None and (not inside or number(inside) is not None):
            return inside
        raise ValueError(f"should be a number such as 12.5 or -3e4, or nothing. Found {short(value)}.")
    if not isinstance(value, str):
        raise ValueError(f"should be one value: a text, a number or nothing. Found {type(value).__name__}.")
    return value


def _of_float(value: float) -> str:
    """Return a number as text: whole ones as integers, and those of three digits in the exponent with two."""
    if value.is_integer() and abs(value) <= _EXACT:
        return str(int(value))
    text = str(value)
    if not math.isfinite(value) or _NUMBER.fullmatch(text):
        return text
    exponent = math.copysign(_EXPONENT, abs(value) - 1)
    digits = f"{Decimal(text).scaleb(-int(exponent)):.60f}".rstrip("0").rstrip(".")
    return f"{digits}e{int(exponent)}"


def _of_decimal(value: Decimal) -> str:
    """Return a number as text, all its digits but zeros at the end."""
    if not value or not value.is_finite():
        return str(value) if value else "0"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def value_texts(values: Sequence[Any], tokenizer: str, where: str, first: int = 0) -> list[str]:
    """Return the texts of values; raises `UsageError` for one that is none.

    `where` says which values they are, `first` is the number of the first one.
    """
    found = []
    for row, value in enumerate(values, first):
        try:
            found.append(value_text(value, tokenizer))
        except ValueError as error:
            raise UsageError(f"row {row} of {where} {error}") from error
    return found
