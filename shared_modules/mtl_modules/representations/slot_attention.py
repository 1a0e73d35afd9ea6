"""A bidirectional LSTM whose states look at each other."""

from __future__ import annotations

from collections import OrderedDict
from typing import Literal

import torch
from torch import Tensor, nn

from mtl.base.registry import register
from mtl.model.module import PaddedSequence, Representation

from ..layers.limits import Count, Rate
from .lstm import BiLSTM


@register("representation", "slot_attention")
class SlotAttention(Representation):
    """A bidirectional LSTM, each token's state with an attention context (Liu and Lane, 2016, section 3.2).

    The context is the mean of all states of the text, weighted by how much the token attends to each. What is compared
    are the states: by a `bilinear` form (Luong et al., 2015, section 3.1) or, as in the source, by an `additive` layer
    of `dim`, which takes `dim` times the memory. Other than in the source, a state does not depend on the context of
    the token before it, so that all contexts are computed at once. `hidden`, `layers` and `dropout` are those of
    `bilstm`; vectors of 4 x hidden come out.
    """

    def __init__(
        self,
        input_dim: int,
        *,
        hidden: Count = 200,
        layers: Count = 1,
        dropout: Rate = 0.0,
        score: Literal["bilinear", "additive"] = "bilinear",
        dim: Count = 64,
    ) -> None:
        super().__init__()
        self.encoder = BiLSTM(input_dim, hidden=hidden, layers=layers, dropout=dropout)
        size = self.encoder.output_dim
        self.attention = Contexts(BilinearForm(size) if score == "bilinear" else Additive(size, dim))
        self._output_dim = 2 * size

    def forward(self, inputs: PaddedSequence) -> PaddedSequence:
        """Return [B, T, 4 x hidden] for [B, T, D]."""
        found: PaddedSequence = self.attention(self.encoder(inputs))
        return found

    @property
    def output_dim(self) -> int:
        """Twice the size of the LSTM's vectors."""
        return self._output_dim

    def exportable(self) -> nn.Module:
        """Return the LSTM's stand-in and the same attention."""
        parts = (("encoder", self.encoder.exportable()), ("attention", self.attention))
        return nn.Sequential(OrderedDict(parts))


class Contexts(nn.Module):
    """Each vector of a sequence beside the mean of all, weighted by scores of pairs."""

    def __init__(self, score: nn.Module) -> None:
        super().__init__()
        self.score = score

    def forward(self, inputs: PaddedSequence) -> PaddedSequence:
        """Return [B, T, 2 x D] for [B, T, D]."""
        values, lengths = inputs
        scores = self.score(values).masked_fill(~inputs.mask()[:, None, :], float("-inf"))
        contexts = torch.bmm(scores.softmax(-1), values)
        return PaddedSequence(torch.cat([values, contexts], -1), lengths)


class BilinearForm(nn.Module):
    """A bilinear form of two vectors."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.form = nn.Linear(size, size, bias=False)

    def forward(self, values: Tensor) -> Tensor:
        """Return scores of pairs [B, T, T] for [B, T, D]."""
        return torch.bmm(self.form(values), values.transpose(1, 2))


class Additive(nn.Module):
    """A hidden layer over two vectors, and one unit on top (Bahdanau et al., 2015, section A.1.2)."""

    def __init__(self, size: int, dim: int) -> None:
        super().__init__()
        self.own = nn.Linear(size, dim)
        self.other = nn.Linear(size, dim, bias=False)
        self.unit = nn.Linear(dim, 1, bias=False)  # a bias would cancel in the softmax

    def forward(self, values: Tensor) -> Tensor:
        """Return scores of pairs [B, T, T] for [B, T, D]."""
        hidden = (self.own(values)[:, :, None] + self.other(values)[:, None]).tanh()
        scores: Tensor = self.unit(hidden)
        return scores.squeeze(-1)
