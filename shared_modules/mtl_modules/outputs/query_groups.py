"""Sums and maxima over the pairs of each query, and which of a query's documents are better than which others.

P pairs of a batch, in any order; G queries. Nothing loops over queries.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Queries:
    """Which query each pair is of: `numbers` int64 [P] from 0 to `count` - 1, in the order of the group numbers."""

    numbers: Tensor
    count: int

    @classmethod
    def of(cls, groups: Tensor) -> Queries:
        """Return the queries of any group numbers [P]."""
        found, numbers = torch.unique(groups, return_inverse=True)
        return cls(numbers, len(found))

    def sum(self, values: Tensor) -> Tensor:
        """Return [G]: the sum of values [P] over each query's pairs."""
        return values.new_zeros(self.count).index_add(0, self.numbers, values)

    def largest(self, values: Tensor) -> Tensor:
        """Return [G]: the largest of values [P] of each query."""
        lowest = values.new_full((self.count,), float("-inf"))
        return lowest.scatter_reduce(0, self.numbers, values, "amax")

    def any(self, mask: Tensor) -> Tensor:
        """Return [G] bool: at least one pair of the query is in the mask [P]."""
        return self.sum(mask.to(torch.int64)) > 0

    def log_sum_exp(self, values: Tensor, mask: Tensor) -> Tensor:
        """Return [G]: log of the sum of exp of the values [P] in a mask; 0 for queries that have none in it.

        The largest value is taken out first, so that nothing overflows.
        """
        top = self.largest(values.detach().masked_fill(~mask, float("-inf")))
        top = torch.where(top > float("-inf"), top, 0.0)
        relative = (values - top[self.numbers]).masked_fill(~mask, float("-inf"))
        sums = self.sum(relative.exp())
        present = self.any(mask)
        return torch.where(present, torch.where(present, sums, 1.0).log() + top, 0.0)


def better_and_worse(grades: Tensor, groups: Tensor) -> tuple[Tensor, Tensor]:
    """Return int64 [N] and [N]: all pairs of one query's documents of which the first has the higher grade.

    Needs memory for each document that is not its query's worst with each of the query's documents, not for P times P.
    """
    queries = Queries.of(groups)
    sizes = torch.bincount(queries.numbers, minlength=queries.count)
    starts = sizes.cumsum(0) - sizes  # of each query's pairs in `order`
    order = queries.numbers.argsort(stable=True)
    lowest = -queries.largest(-grades)
    first = (grades > lowest[queries.numbers]).nonzero()[:, 0]
    partners = sizes[queries.numbers[first]]
    begins = partners.cumsum(0) - partners
    place = torch.arange(int(partners.sum()), device=groups.device) - begins.repeat_interleave(partners)
    second = order[starts[queries.numbers[first]].repeat_interleave(partners) + place]
    first = first.repeat_interleave(partners)
    better = grades[first] > grades[second]
    return first[better], second[better]
