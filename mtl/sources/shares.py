"""Shares of the train file that are dev or test in place of files: `dev: 10%`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from ..base.errors import UsageError, WrongKeyError

_MEANT = re.compile(r"\s*[-+]?[\d.,]*\d[\d.,]*\s*%\s*")
_WRITTEN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*%\s*")


def shares_of(paths: Mapping[str, Any]) -> dict[str, Fraction]:
    """Return the splits that are shares of train, dev before test; raises `UsageError` for shares that cannot be.

    >>> shares_of({"train": "train.tsv", "dev": "12.5%", "test": "test.tsv"})
    {'dev': Fraction(1, 8)}
    """
    if is_share(paths["train"]):
        raise WrongKeyError(
            "train", f"train should be a file, of which dev and test may be shares. Found '{paths['train']}'."
        )
    found = {split: _share(split, paths[split]) for split in ("dev", "test") if is_share(paths[split])}
    if found and paths["train"] is None:
        names = " and ".join(f"{split}: {paths[split]}" for split in found)
        raise UsageError(f"there should be a train file for dev or test to be a share of. Found {names} and no train.")
    if sum(found.values()) >= 1:
        raise WrongKeyError(
            "dev", f"dev and test should leave rows for train. Found {paths['dev']} and {paths['test']}."
        )
    return found


def is_share(value: Any) -> bool:
    """Say whether a split is meant as a share, not as a path (a file of such a name is `./10%`)."""
    return isinstance(value, str) and _MEANT.fullmatch(value) is not None


def percent(share: Fraction) -> str:
    """Return a share as a recipe writes it.

    >>> percent(Fraction(1, 8))
    '12.5%'
    """
    return f"{float(share * 100):g}%"


def _share(split: str, value: str) -> Fraction:
    written = _WRITTEN.fullmatch(value)
    share = Fraction(written[1]) / 100 if written else Fraction(0)
    if not 0 < share < 1:
        raise WrongKeyError(
            split,
            f"{split} should be a file, or a share of train of more than 0% and less than 100%, such as 10%. "
            f"Found '{value}'.",
        )
    return share
