"""Cells that are values, not texts: a category, a number, or categories with weights."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from ..base.errors import UsageError, WrongValueError
from ..base.shown import shown
from .category_entries import UNSIGNED, fault_if_negative, float_text, list_text

VALUES = ("number", "value", "categories")  # the tokenizers for whose inputs a cell is no text
NO_VALUES: Mapping[str, str] = MappingProxyType({})  # of a task's inputs: that all are texts

WHAT = {"number": "a number", "value": "a category", "categories": "a list of categories"}  # a cell is, by tokenizer

NUMBER = f"[+-]?{UNSIGNED}"
_NUMBER = re.compile(NUMBER)


def number(token: str) -> float | None:
    """Return the number that a token is, None for all else.

    >>> number("-12.5"), number("3e2"), number("1,000"), number("nan")
    (-12.5, 300.0, None, None)
    """
    return float(token) if _NUMBER.fullmatch(token) else None


def value_text(value: Any, tokenizer: str) -> str:
    """Return a value as the text that a tokenizer of values reads: `""` for a missing one (None, NaN).

    Raises `ValueError` for what is no value, and for what is no number where one should be. For `categories` it is a
    list of categories or of [category, weight] pairs, a map from categories to weights (None: it is not there), or
    text that says so (`mtl.text.category_entries`).

    >>> value_text(37, "number"), value_text(None, "number"), value_text("Rome", "value"), value_text(True, "value")
    ('37', '', 'Rome', 'true')
    >>> value_text(3.0, "value"), value_text(Decimal("12.50"), "value"), value_text(1e-101, "number")
    ('3', '12.5', '0.01e-99')
    >>> value_text({"rock": 2, "pop": 0.5}, "categories"), value_text(["rock", ["pop", 2]], "categories")
    ('rock:2|pop:0.5', 'rock|pop:2')
    """
    if tokenizer == "categories":
        return _of_list(value)
    if hasattr(value, "item"):  # NumPy's own numbers
        value = value.item()
    if value is None or (isinstance(value, (float, Decimal)) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        value = "true" if value else "false"
    elif isinstance(value, float):
        value = float_text(value)
    elif isinstance(value, Decimal):
        value = _of_decimal(value)
    elif isinstance(value, int):
        value = str(value)
    if tokenizer == "number":
        inside = value.strip(" \t\r\n") if isinstance(value, str) else None
        if inside is not None and (not inside or number(inside) is not None):
            return inside
        raise WrongValueError("should be a number such as 12.5 or -3e4, or nothing", shown(value))
    if not isinstance(value, str):
        raise WrongValueError("should be one value: a text, a number or nothing", f"{type(value).__name__}")
    return value


def _of_list(value: Any) -> str:
    if hasattr(value, "tolist"):  # NumPy's own arrays
        value = value.tolist()
    if isinstance(value, str):
        fault_if_negative(value)
        return value
    if isinstance(value, Mapping):
        value = [(name, weight) for name, weight in value.items() if weight is not None]
    elif not isinstance(value, (list, tuple)):
        value = [value]
    return list_text((name, weight) for name, weight in map(_entry, value) if name)  # without those that are missing


def _entry(part: Any) -> tuple[str, float | None]:
    pair = isinstance(part, (list, tuple)) and len(part) == 2
    name: Any = part[0] if pair else part
    weight: Any = part[1] if pair else None
    if hasattr(weight, "item"):  # NumPy's own numbers
        weight = weight.item()
    if isinstance(weight, str):  # as files of typed formats spell the numbers of a list
        weight = number(weight) if number(weight) is not None else weight
    if weight is not None and (isinstance(weight, bool) or not isinstance(weight, (int, float, Decimal))):
        raise WrongValueError(
            f"the weight of {shown(name)} should be a number from 0 to 1e+09", shown(weight), kind="weight"
        )
    if isinstance(name, (list, tuple, Mapping, set)):
        raise WrongValueError(
            "should be a list of categories or of [category, weight] pairs, or a map from categories to weights",
            f"{shown(part)} in it",
        )
    return value_text(name, "value"), None if weight is None else float(weight)


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
