"""Scored pairs of a query and a document in the order of their ranks, query after query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...base.errors import WrongValueError


@dataclass(frozen=True, eq=False)
class Ranked:
    """P pairs of G groups (all documents of one query are a group), sorted by group and, inside it, by rank.

    `grades` [P] float64, above 0 where the document is relevant; `groups` [P] int64 from 0 to G - 1, ascending;
    `order` [P] int64, the place that each pair had before; `ids` [P] those of their documents, as before.
    """

    grades: NDArray[np.float64]
    groups: NDArray[np.int64]
    order: NDArray[np.int64]
    ids: Sequence[str]

    @classmethod
    def of(
        cls,
        scores: NDArray[np.floating],
        grades: NDArray[np.floating],
        groups: NDArray[np.integer],
        document_ids: Sequence[str],
    ) -> Ranked:
        """Rank pairs [P] as trec_eval does: by score from high to low, ties by document id from high to low.

        Ids are compared as strings; pairs of a group that have score and id in common stay in their order. `groups`
        are any numbers. Raises `ValueError` where the four do not have one length.
        """
        lengths = {"scores": len(scores), "grades": len(grades), "groups": len(groups), "ids": len(document_ids)}
        if len(set(lengths.values())) > 1:
            found = ", ".join(f"{count} {name}" for name, count in lengths.items())
            raise WrongValueError("pairs should each have a score, a grade, a group and a document id", found)
        place = {name: -position for position, name in enumerate(sorted(set(document_ids)))}
        ties = np.fromiter((place[name] for name in document_ids), np.int64, len(document_ids))
        numbers = np.unique(groups, return_inverse=True)[1].astype(np.int64).reshape(-1)
        order = np.lexsort((ties, -np.asarray(scores, np.float64), numbers))
        return cls(np.asarray(grades, np.float64)[order], numbers[order], order.astype(np.int64), document_ids)

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """Pairs of each group, [G]."""
        return np.bincount(self.groups)

    @cached_property
    def ranks(self) -> NDArray[np.int64]:
        """Rank of each pair in its group, [P], from 1."""
        return np.arange(1, len(self.groups) + 1) - self.first[self.groups]

    @cached_property
    def first(self) -> NDArray[np.int64]:
        """Where the first pair of each group is among the ranked ones, [G]."""
        found: NDArray[np.int64] = np.cumsum(self.sizes) - self.sizes
        return found

    @cached_property
    def relevant(self) -> NDArray[np.bool_]:
        """Whether each pair's document is relevant, [P]."""
        return self.grades > 0

    @cached_property
    def positives(self) -> NDArray[np.int64]:
        """Relevant documents of each group, [G]."""
        return np.bincount(self.groups[self.relevant], minlength=len(self.sizes))

    @cached_property
    def hits(self) -> NDArray[np.int64]:
        """Relevant documents of its group down to each pair, itself included, [P]."""
        before = np.cumsum(self.positives) - self.positives
        return np.cumsum(self.relevant) - before[self.groups]

    def first_documents(self) -> list[str]:
        """Return the id of the document that is ranked first in each group, [G]."""
        return [self.ids[place] for place in self.order[self.first].tolist()]

    def total(self, values: NDArray[np.floating] | NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the sums of values [P] of each group, [G]."""
        return np.bincount(self.groups, weights=values, minlength=len(self.sizes)).astype(np.float64)

    def counted(self, both_kinds: bool) -> NDArray[np.bool_]:
        """Return the groups [G] that figures are means of: with a positive; with `both_kinds`, with a negative too."""
        found = self.positives > 0
        return found & (self.positives < self.sizes) if both_kinds else found

    def counts(self) -> dict[str, int]:
        """Return how many groups there are, have no positive (no figure counts them), and have both kinds."""
        return {
            "groups": len(self.sizes),
            "groups_without_positive": int((self.positives == 0).sum()),
            "groups_with_both_kinds": int(self.counted(both_kinds=True).sum()),
        }
