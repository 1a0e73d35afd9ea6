"""What answers are before any text is read: the frequencies of labels in training, as scores.

A joint run begins with an update by every task. Where the scores of a task begin far from the frequencies of its
labels, the first updates carry these frequencies into whatever it shares: of a tagger whose tokens are mostly outside
of any span, "outside" and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor

RAREST = 1e-6  # the least frequency of a label, such as one of class weight 0


def label_counts(targets: Iterable[tuple[Any, Tensor]], labels: int) -> Tensor:
    """Return [C] float64: how many units (or tokens) have each label; ids outside 0 … C-1 are none."""
    found = torch.zeros(labels, dtype=torch.float64)
    for ids, _ in targets:
        found += torch.bincount(ids[(ids >= 0) & (ids < labels)], minlength=labels)
    return found


def log_frequencies(counts: Tensor, smoothing: float = 0.0, weights: Tensor | None = None) -> Tensor:
    """Return [C]: the logarithms of shares of counts times `weights`, a `smoothing` of which is spread over all."""
    weighed = counts if weights is None else counts * weights
    total = weighed.sum()
    shares = weighed / total if total > 0 else torch.full_like(counts, 1 / len(counts))
    return (shares * (1 - smoothing) + smoothing / len(counts)).clamp(min=RAREST).log()


class ChainCounts(NamedTuple):
    """How often labels [C] occur, begin and end a sequence, and follow each other [C, C] (from, to); float64."""

    labels: Tensor
    first: Tensor
    last: Tensor
    pairs: Tensor

    @classmethod
    def of(cls, targets: Iterable[tuple[Any, Tensor]], labels: int) -> ChainCounts:
        """Return the counts over padded sequences of ids [B, T]; tokens without a label interrupt a sequence."""
        sizes = (labels, labels, labels, labels * labels)
        found = cls._make(torch.zeros(size, dtype=torch.float64) for size in sizes)
        for ids, _ in targets:
            known = (ids >= 0) & (ids < labels)
            length = (known * torch.arange(1, ids.shape[1] + 1)).amax(1)
            rows = torch.arange(len(ids))[length > 0]
            ends = ids[rows, length[rows] - 1]
            starts = ids[:, 0][known[:, 0]]
            both = known[:, :-1] & known[:, 1:]
            pairs = (ids[:, :-1] * labels + ids[:, 1:])[both]
            for counts, values in zip(found, (ids[known], starts, ends, pairs), strict=True):
                counts += torch.bincount(values, minlength=len(counts))
        return found._replace(pairs=found.pairs.view(labels, labels))

    def scores(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the scores of labels, first and last labels [C], and transitions [C, C].

        Their sum is the log-probability of a Markov chain with these counts. Each distribution of what begins, ends
        or follows is mixed with that of all labels, as much as one further count: what never occurred is unlikely, not
        forbidden.
        """
        shares = log_frequencies(self.labels).exp()
        first, last = ((counts + shares) / (counts.sum() + 1) for counts in (self.first, self.last))
        following = (self.pairs + shares) / (self.pairs.sum(1, keepdim=True) + 1)
        return shares.log(), (first / shares).log(), (last / shares).log(), (following / shares).log()
