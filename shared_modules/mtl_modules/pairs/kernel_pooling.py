"""How similar the tokens of two texts are: a soft histogram of their cosines."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mtl.model.module import PaddedSequence

from .cosine import SHORTEST

EXACT = 1e-3  # width of the kernel that only equal tokens reach
WIDTH = 0.1
SMALLEST = 1e-10  # a kernel that nothing reaches
NOWHERE = 100.0  # a cosine that no kernel reaches


class KernelPooling(nn.Module):
    """Sums of RBF kernels over the cosines of all pairs of tokens (K-NRM: Xiong et al., 2017, section 3).

    One kernel counts equal tokens (centre 1, width 0.001), `kernels` - 1 of width 0.1 are spread evenly over -1 to 1.
    Kernels are computed one at a time: memory is that of a few matrices of Tq x Td numbers per pair.
    """

    def __init__(self, kernels: int) -> None:
        super().__init__()
        step = 2 / max(kernels - 1, 1)
        self.kernels = [(1.0, EXACT), *((1 - step * (number + 0.5), WIDTH) for number in range(kernels - 1))]

    def forward(self, query: PaddedSequence, document: PaddedSequence) -> Tensor:
        """Return [P, kernels] for [P, Tq, D] and [P, Td, D]; a hundredth of the sum of the query tokens' logarithms."""
        some = F.normalize(query.values, dim=-1, eps=SHORTEST)
        others = F.normalize(document.values, dim=-1, eps=SHORTEST)
        cosines = torch.bmm(some, others.transpose(1, 2)).masked_fill(~document.mask()[:, None, :], NOWHERE)
        mask = query.mask()
        sums = []
        for centre, width in self.kernels:
            reached = (-(cosines - centre).pow(2) / (2 * width**2)).exp().sum(2)
            sums.append(reached.clamp(min=SMALLEST).log().masked_fill(~mask, 0.0).sum(1))
        return torch.stack(sums, 1) / 100
