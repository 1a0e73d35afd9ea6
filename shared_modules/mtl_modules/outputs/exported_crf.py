"""What replaces a CRF in an exported graph: two loops of ONNX.

torch would unroll the loops over a row's tokens. Operators of our own keep them in one piece; they compute what
`linear_chain` does, and their translations are ONNX `Scan`s. Imported by the export only. Shapes: B rows, T tokens, C
labels.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mtl.export.operators import register_operator
from mtl.model.distribution import Distribution
from mtl.model.module import PaddedSequence

from ..layers import translations
from ..layers.translations import DOUBLE, FLOAT32
from . import linear_chain
from .crf import CRF
from .linear_chain import Chain

# Log-probabilities between the likeliest transition and the least likely one, from which float32 might lose a label: it
# has probabilities down to 1e-38, of a token and a side, and a label that is as unlikely by its own scores can be as
# likely as e^(2 x 30) times that by its neighbours, which still is under 1e-11. Rounding comes to 2e-6 in 300 tokens,
# to 2e-5 in 2,000. In half the time of float64.
FAR = 30.0


class ExportedCRF(Distribution, nn.Module):
    """A CRF's answers as ONNX loops; its three parameters are those of the CRF, forbidden scores added."""

    def __init__(self, crf: CRF) -> None:
        super().__init__()
        transitions, start, end = crf.answering()
        self.search = crf.search.exportable()
        self.transitions = nn.Parameter(transitions.detach())
        self.start = nn.Parameter(start.detach())
        self.end = nn.Parameter(end.detach())
        self.kind = kind_of(transitions.detach(), start.detach(), end.detach())

    def forward(self, scores: PaddedSequence) -> PaddedSequence:
        """Return the marginal probabilities [B, T, C]."""
        found = crf_marginals(*scores, self.transitions, self.start, self.end, self.kind)
        return PaddedSequence(found, scores.lengths)

    def answer(self, scores: PaddedSequence) -> dict[str, Tensor]:
        """Return the labels of the best sequence and the marginal probability of each."""
        best = self.search(Chain(*scores, self.transitions, self.start, self.end))
        score = self(scores).values.gather(2, best[:, :, None]).squeeze(2)
        return {"best": best, "score": score}


def kind_of(*scores: Tensor) -> int:
    """Return the type that marginals are computed in: `FLOAT32` where none of these scores is far below another."""
    return FLOAT32 if all((of.max() - of.min()).item() < FAR for of in scores) else DOUBLE


class ExportedViterbi(nn.Module):
    """The search for the best label sequence as an ONNX loop."""

    def forward(self, chain: Chain) -> Tensor:
        """Return [B, T]: the label ids of each row's best sequence."""
        best: Tensor = viterbi(*chain)
        return best


@torch.library.custom_op("mtl::viterbi", mutates_args=())
def viterbi(scores: Tensor, lengths: Tensor, transitions: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """Return the best label sequence of each row, [B, T] int64; anything after a row's length."""
    return linear_chain.best_path(Chain(scores, lengths, transitions, start, end))


@viterbi.register_fake
def _(scores: Tensor, lengths: Tensor, transitions: Tensor, start: Tensor, end: Tensor) -> Tensor:
    return scores.new_empty(scores.shape[0], scores.shape[1], dtype=torch.int64)


@torch.library.custom_op("mtl::crf_marginals", mutates_args=())
def crf_marginals(
    scores: Tensor, lengths: Tensor, transitions: Tensor, start: Tensor, end: Tensor, kind: int
) -> Tensor:
    """Return the probability of each label at each token, [B, T, C]; anything finite after a row's length.

    `kind` is the type, as ONNX numbers them, that the graph computes them in.
    """
    return linear_chain.marginals(Chain(scores, lengths, transitions, start, end))


@crf_marginals.register_fake
def _(scores: Tensor, lengths: Tensor, transitions: Tensor, start: Tensor, end: Tensor, kind: int) -> Tensor:
    return torch.empty_like(scores)


register_operator(torch.ops.mtl.viterbi.default, translations.viterbi)
register_operator(torch.ops.mtl.crf_marginals.default, translations.crf_marginals)
