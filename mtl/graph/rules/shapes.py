"""What is predicted and what is made for it: element and axes, as rules compare them and messages say them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def shape_of(element: str, axes: Sequence[str] | None) -> str:
    """Return what is predicted as messages say it: its element, and the axes of a batch.

    >>> shape_of("label", ()), shape_of("label", ("T",)), shape_of("label", None)
    ('labels [B]', 'labels [B, T]', 'labels [B, …]')
    """
    return f"{element}s [{', '.join(('B', *(('…',) if axes is None else axes)))}]"


def shapes_of(cls: Any) -> str:
    """Return all that an output layer or a metric is made for: `labels [B], [B, T] or [B, U]`."""
    axes = [shape_of("", some).removeprefix("s ") for some in ([None] if cls.axes is None else cls.axes)]
    *most, last = axes
    every = f"{', '.join(most)} or {last}" if most else last
    return " or ".join(f"{element}s {every}" for element in cls.elements)


def fits(cls: Any, target: Any) -> bool:
    """Say whether an output layer or a metric is made for a kind of target: for its element, and for its axes."""
    return target.element in cls.elements and (cls.axes is None or target.axes in cls.axes)
