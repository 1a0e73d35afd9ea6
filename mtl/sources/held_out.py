"""Which rows of a train file are held out of it as dev or test, where these are shares of it."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from ..base.errors import DataError, Fault, counted
from .dividing import divide, is_far
from .joined_rows import JoinedRows, key_of
from .shares import percent


@dataclass(frozen=True)
class SplitAssignment:
    """The number of each row's split in `ORDER`, by share the rows `found` and `wanted`, and those not stratified."""

    sides: bytes
    found: Mapping[str, int] = field(default_factory=dict)
    wanted: Mapping[str, int] = field(default_factory=dict)
    unstratified: tuple[str, ...] = ()


@dataclass(frozen=True)
class HeldOut:
    """The `shares` of a train file by split, and how its rows are divided: by the seed, the rows' places, and columns.

    Rows with one value in `group_by`, or in `query` (of a ranking), are in one split; a row without a value is
    apart from all others. Every value of `stratify_by` has about its share in each split, as far as there are rows
    enough; rows that stay together count for the value of the first of them.
    """

    shares: Mapping[str, Fraction] = field(default_factory=dict)
    seed: int = 1
    group_by: str | None = None
    query: str | None = None
    stratify_by: str | None = None

    def divides(self, split: str) -> bool:
        """Say whether a split has part of the train file's rows."""
        return bool(self.shares) and (split == "train" or split in self.shares)

    @property
    def plain(self) -> bool:
        """Whether rows are drawn one by one, by nothing but their places."""
        return not self._columns and self.stratify_by is None

    @property
    def _columns(self) -> list[str]:
        return sorted({column for column in (self.group_by, self.query) if column is not None})

    def described(self, split: str, division: SplitAssignment | None = None) -> str:
        """Return what a split is part of, as it was divided; an empty string where it has a file of its own."""
        if split not in self.shares:
            return ""
        stratified = division is None or split not in division.unstratified
        return f"{percent(self.shares[split])} of the train file{self._rule(stratified)}"

    def written(self) -> str:
        """Return how the train file is divided; an empty string where it is not."""
        shares = ", ".join(f"{split}: {percent(share)}" for split, share in self.shares.items())
        return shares and f"{shares}{self._rule(True)}, share_seed: {self.seed}"

    def notes(self, split: str, division: SplitAssignment) -> list[str]:
        """Return what a split is not that the recipe says."""
        found = []
        if split in division.unstratified:
            rows = "groups of rows" if self._columns else "rows"
            found.append(f"not stratified by '{self.stratify_by}': too few of its values have {rows} for train, too.")
        if split in division.wanted and is_far(division.found[split], division.wanted[split]):
            share, wanted = percent(self.shares[split]), division.wanted[split]
            why = f": {self._together()} stay together" if self._columns else ""
            found.append(f"{counted(division.found[split], 'row')}, where {share} of the train file is {wanted}{why}.")
        return found

    def identity(self, split: str) -> list[Any]:
        """Return all that decides which rows a split has, beside the file."""
        shares = {name: str(share) for name, share in self.shares.items()}
        return [split, shares, self.seed, self._columns, self.stratify_by]

    def division(self, rows: Iterable[Mapping[str, Any] | None], file: str) -> SplitAssignment:
        """Return how the rows of the train file are divided; None, malformed, stays in train.

        Raises `DataError` where there are too few rows for every split to have one, and none is malformed.
        """
        joined = JoinedRows(self._columns)
        labels: dict[str, int] = {}
        label_of = array("q")
        for row in rows:
            joined.add(row)
            label = None if row is None else key_of(row.get(self.stratify_by or ""))
            label_of.append(labels.setdefault(label or "", len(labels)))
        groups = joined.groups()
        first, sizes = np.unique(groups[groups >= 0], return_counts=True)
        if len(first) <= len(self.shares):
            if (groups < 0).any():
                return SplitAssignment(bytes(len(groups)))  # those rows are reported first: they are found in train
            raise DataError(Fault(self._too_few(len(first)), file=file))
        places = np.argsort(np.argsort(np.array(list(labels), object)))  # whatever label comes first in the file
        strata = places[np.frombuffer(label_of, np.int64)[first]]
        divided = divide(first, sizes, strata, self.shares, self.seed)
        of_row = np.zeros(len(groups), np.uint8)
        of_row[groups >= 0] = divided.sides[np.searchsorted(first, groups[groups >= 0])]
        return SplitAssignment(of_row.tobytes(), divided.found, divided.wanted, divided.unstratified)

    def _rule(self, stratified: bool) -> str:
        found = ""
        if self.stratify_by is not None:
            found = f", {'' if stratified else 'not '}stratified by '{self.stratify_by}'"
        return found + (f", {self._together()} together" if self._columns else "")

    def _together(self) -> str:
        return f"rows with one {' or one '.join(map(repr, self._columns))}"

    def _too_few(self, found: int) -> str:
        columns = " or ".join(map(repr, self._columns))
        what = f"different values of {columns}" if columns else "rows"
        splits = [split for split in ("dev", "test") if split in self.shares]
        names = " and ".join(", ".join(["train", *splits]).rsplit(", ", 1))
        return f"should have at least {len(splits) + 1} {what}, for {names}. Found {found}."
