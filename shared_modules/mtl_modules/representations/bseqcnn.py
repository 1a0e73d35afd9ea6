"""Convolutions over what comes before each token, and over what comes after it."""

from __future__ import annotations

from typing import Annotated, cast

import pydantic
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mtl.base.errors import WrongKeyError
from mtl.base.registry import register
from mtl.model.module import PaddedSequence, Representation

from ..layers.dropout import Dropout
from ..layers.limits import Count, Rate
from ..layers.token_convolution import TokenConvolution, without_padding

Neighbours = Annotated[int, pydantic.Field(ge=0)]


@register("representation", "bseqcnn")
class BSeqCNN(Representation):
    """A bidirectional sequential convolutional network, made to tag words (Vu, 2016).

    For each token, filters over windows of `widths` tokens read it and the `context` tokens before it, others read it
    and as many after it, `dim` filters per width and direction; of each filter the largest value is kept. A layer of
    `dim` puts them together with the vectors of the token itself and of `neighbours` on either side, in their order.
    Beyond the text's ends there are zeros. `dropout` is the rate on the input.
    """

    def __init__(
        self,
        input_dim: int,
        *,
        dim: Count = 100,
        widths: list[Count] = [3],  # noqa: B006  # a recipe's default, never changed
        context: Count = 5,
        neighbours: Neighbours = 1,
        dropout: Rate = 0.0,
    ) -> None:
        super().__init__()
        if not widths or max(widths) > context + 1:
            found = f"{max(widths)} among them" if widths else "no width"
            raise WrongKeyError(
                "widths",
                f"'widths' should be at most {context + 1}: a window is a token and up to {context} others, its "
                f"'context'. Found {found}.",
            )
        self.dropout = Dropout(dropout)
        self.before = nn.ModuleList(nn.Conv1d(input_dim, dim, width) for width in widths)
        self.after = nn.ModuleList(nn.Conv1d(input_dim, dim, width) for width in widths)
        self.around = TokenConvolution(input_dim, dim, 2 * neighbours + 1)
        self.combine = nn.Linear(2 * dim * len(widths), dim, bias=False)  # `around` has a bias
        self.context = context
        self._output_dim = dim

    def forward(self, inputs: PaddedSequence) -> PaddedSequence:
        """Return [B, T, dim] for [B, T, D]."""
        values = without_padding(self.dropout(inputs.values), inputs.mask())
        columns = values.transpose(1, 2)
        past, future = F.pad(columns, (self.context, 0)), F.pad(columns, (0, self.context))
        maxima = [self._largest(filters, past) for filters in cast("list[nn.Conv1d]", list(self.before))]
        maxima += [self._largest(filters, future) for filters in cast("list[nn.Conv1d]", list(self.after))]
        combined = self.combine(torch.cat(maxima, 1).transpose(1, 2)) + self.around(values)
        return PaddedSequence(combined.tanh(), inputs.lengths)

    def _largest(self, filters: nn.Conv1d, columns: Tensor) -> Tensor:
        """Return [B, dim, T]: the largest value of each filter in the `context` + 1 columns from each place on."""
        values: Tensor = filters(columns)
        more = self.context + 1 - filters.kernel_size[0]  # windows than the first one of a place
        shifted = [values[:, :, start : start - more if start < more else None] for start in range(more + 1)]
        return torch.stack(shifted).amax(0).relu()

    @property
    def output_dim(self) -> int:
        """Number of filters per width and direction."""
        return self._output_dim
