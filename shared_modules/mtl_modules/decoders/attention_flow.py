"""Each token of a text beside what a question says to it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mtl.base.errors import UsageError, counted
from mtl.base.registry import register
from mtl.model.module import Decoder, PaddedSequence

from ..layers.dropout import Dropout
from ..layers.limits import Count, Rate


@register("decoder", "attention_flow")
class AttentionFlow(Decoder):
    """Attention from a text to a question and back (Seo et al., 2017, section 2.4), a hidden layer, and scores.

    Each token of the text has beside it the mean of the question's tokens, weighted by how much they resemble it, and
    the mean of the text's tokens, weighted by how much any of the question's resembles them. Tokens are brought down to
    `dim` numbers first, and resemblance is the form of the source, w [h; u; h u]. `hidden` is the size of the hidden
    layer, `dropout` the rate before it and before the scores. The question's tokens flow in second, not pooled.
    """

    beside = False

    def __init__(
        self, input_dims: tuple[int, ...], output_dim: int, *, dim: Count = 64, hidden: Count = 64, dropout: Rate = 0.0
    ) -> None:
        super().__init__()
        if len(input_dims) != 2:
            raise UsageError(
                f"'attention_flow' should get a text and a question. Found {counted(len(input_dims), 'input')}."
            )
        self.text = nn.Linear(input_dims[0], dim)
        self.question = nn.Linear(input_dims[1], dim)
        self.of_text = nn.Linear(dim, 1, bias=False)
        self.of_question = nn.Linear(dim, 1, bias=False)
        self.of_both = nn.Parameter(torch.full((dim,), dim**-0.5))
        self.layers = nn.Sequential(
            Dropout(dropout), nn.Linear(4 * dim, hidden), nn.ReLU(), Dropout(dropout), nn.Linear(hidden, output_dim)
        )
        self._output_dim = output_dim

    def forward(self, inputs: Tensor | PaddedSequence, *conditions: Tensor | PaddedSequence) -> PaddedSequence:
        """Return [B, T, output_dim] for [B, T, D] and a question [B, Q, E]."""
        (asked,) = conditions
        if not isinstance(inputs, PaddedSequence) or not isinstance(asked, PaddedSequence):
            raise UsageError(
                "'attention_flow' should get the tokens of both texts. Found a pooled text: leave its pooling out."
            )
        text, question = self.text(inputs.values), self.question(asked.values)
        alike = self.of_text(text) + self.of_question(question).transpose(1, 2)
        alike = alike + torch.bmm(text * self.of_both, question.transpose(1, 2))
        alike = alike.masked_fill(~asked.mask()[:, None, :], float("-inf"))
        to_question = torch.bmm(alike.softmax(2), question)
        highest = alike.amax(2).masked_fill(~inputs.mask(), float("-inf"))
        to_text = torch.bmm(highest.softmax(1)[:, None, :], text)
        found = torch.cat([text, to_question, text * to_question, text * to_text], -1)
        return PaddedSequence(self.layers(found), inputs.lengths)

    @property
    def output_dim(self) -> int:
        """Scores per token."""
        return self._output_dim
