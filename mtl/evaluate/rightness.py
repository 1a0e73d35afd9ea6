"""Which tasks have answers that are right or wrong, and whether one is right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .metrics.exact_match import same
from .metrics.squad import is_exact_match

if TYPE_CHECKING:
    from ..data.targets.base import Target


def right_or_wrong(target: Target | type[Target]) -> bool:
    """Say whether each answer to a target is right or wrong; otherwise it is nearer to the right one, or farther."""
    return target.exact or target.quotes


def is_right(target: Target | type[Target], gold: Any, answer: Any) -> bool:
    """Say whether an answer, as metrics see it, is right; tokens and listed texts without gold do not count.

    A part of a text is right where its exact match is 1, as `squad` measures it.
    """
    return is_exact_match(gold, answer) if target.quotes else same(gold, answer)
