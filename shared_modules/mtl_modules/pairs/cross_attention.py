"""Two texts whose tokens are aligned and compared with each other."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mtl.model.module import PaddedSequence

from .comparison import compared


class CrossAttention(nn.Module):
    """Attend, compare, aggregate (Parikh et al., 2016, section 3), with the comparisons and poolings of ESIM.

    Each token is compared with the mean of the other text's tokens, weighted by how much they resemble it; the
    comparisons (token, its counterpart, product, absolute difference: Chen et al., 2017, section 3.2) are pooled by
    their mean and maximum (section 3.3). Tokens are brought down to `dim` numbers first.
    """

    def __init__(self, input_dim: int, dim: int) -> None:
        super().__init__()
        self.project = nn.Sequential(nn.Linear(input_dim, dim), nn.ReLU())
        self.compare = nn.Sequential(nn.Linear(4 * dim, dim), nn.ReLU())
        self.aggregate = nn.Sequential(nn.Linear(4 * dim, dim), nn.ReLU())

    def forward(self, query: PaddedSequence, document: PaddedSequence) -> Tensor:
        """Return [P, dim] for [P, Tq, D] and [P, Td, D]."""
        some, others = self.project(query.values), self.project(document.values)
        similarity = torch.bmm(some, others.transpose(1, 2)) / some.shape[2] ** 0.5
        nothing = float("-inf")
        of_query = similarity.masked_fill(~document.mask()[:, None, :], nothing).softmax(2)
        of_document = similarity.masked_fill(~query.mask()[:, :, None], nothing).softmax(1)
        aligned = self.compare(compared(some, torch.bmm(of_query, others)))
        other_aligned = self.compare(compared(others, torch.bmm(of_document.transpose(1, 2), some)))
        pooled = [*_pooled(aligned, query), *_pooled(other_aligned, document)]
        found: Tensor = self.aggregate(torch.cat(pooled, 1))
        return found


def _pooled(values: Tensor, text: PaddedSequence) -> tuple[Tensor, Tensor]:
    """Return the mean and the maximum over a text's tokens, [P, D] each."""
    padding = ~text.mask()[:, :, None]
    mean = values.masked_fill(padding, 0.0).sum(1) / text.lengths[:, None].to(values.dtype)
    return mean, values.masked_fill(padding, float("-inf")).amax(1)
