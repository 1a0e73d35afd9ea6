"""Numbers that options take: what is none, or is too small, is told as other wrong values are."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

from ..base.errors import UsageError

Number = TypeVar("Number", int, float)


def whole(option: str, *, least: int | None = None) -> Callable[[object], int]:
    """Return what reads an option's whole number, of at least so much; it raises `UsageError` for anything else."""
    bound = "" if least is None else f" of at least {least}"

    def read(value: object) -> int:
        found = _number(int, value)
        if found is None or (least is not None and found < least):
            raise UsageError(f"{option} should be a whole number{bound}. Found {_found(found, value)}.")
        return found

    return read


def number(option: str, *, least: float | None = None) -> Callable[[object], float]:
    """Return what reads an option's number, of at least so much; it raises `UsageError` for anything else."""
    bound = "" if least is None else f" of at least {least:g}"

    def read(value: object) -> float:
        found = _number(float, value)
        if found is None or math.isnan(found) or (least is not None and found < least):
            raise UsageError(f"{option} should be a number{bound}. Found {_found(found, value)}.")
        return found

    return read


def _number(kind: Callable[[str], Number], value: object) -> Number | None:
    try:
        return kind(str(value))
    except ValueError:
        return None


def _found(number: float | None, value: object) -> str:
    return f"'{value}'" if number is None else str(value)
