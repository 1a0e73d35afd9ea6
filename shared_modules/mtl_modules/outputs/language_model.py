"""A distribution over the words of an embedding's table."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mtl.base.registry import register
from mtl.data.targets import NextToken
from mtl.model.module import Embedding

from ..layers.limits import Count, Rate
from .priors import label_counts, log_frequencies
from .word_prediction import END, WordPrediction


@register("output", "language_model")
class LanguageModelOutput(WordPrediction):
    """The softmax of the inner products of a state with the vectors of all words, those of its part `words`.

    Tied to the embedding that reads the text, input and output have one table (Press and Wolf, 2017; Inan et al.,
    2017): then its numbers should begin small (`initial: 0.1` of a `word` embedding). A state of another size than
    these vectors goes through a linear layer. The table's first row, which no word has, is the vector of a text's end.
    `dropout` is the rate on states, `top` how many of the next words are answered. With `prior`, a word begins as
    probable as it is frequent in training.
    """

    def __init__(
        self,
        input_dims: tuple[int, ...],
        target: NextToken,
        *,
        words: Embedding,
        dropout: Rate = 0.0,
        top: Count = 5,
        prior: bool = True,
    ) -> None:
        super().__init__(input_dims, target, words, dropout, top)
        table = self.lexicon(words).table
        size = table.embedding_dim
        self.project = None if input_dims[-1] == size else nn.Linear(input_dims[-1], size)
        self.bias = nn.Parameter(torch.zeros(table.num_embeddings))
        self.begins_at_prior = prior
        self._table = (table,)  # in a tuple, so that its weights stay those of its own component

    @property
    def table(self) -> Tensor:
        """The vectors of all words, [V, D]."""
        return self._table[0].weight

    def prior(self, targets: Iterable[tuple[Any, Tensor]]) -> tuple[Tensor | None, ...]:
        """Begin at the log frequencies of words, of which `targets` are the ids."""
        if self.begins_at_prior:
            self.bias.data.copy_(log_frequencies(label_counts(targets, self.size)))
        return ()

    def _scores(self, states: Tensor) -> Tensor:
        projected = states if self.project is None else self.project(states)
        scores = F.linear(projected, self.table, self.bias)
        return scores if self.ends else scores.index_fill(1, torch.tensor([END], device=scores.device), float("-inf"))

    def likelihoods(self, states: Tensor, wanted: Tensor) -> Tensor:
        """Return [N]."""
        scores = self._scores(states)
        return scores.gather(1, wanted[:, None])[:, 0] - scores.logsumexp(1)

    def distribution(self, states: Tensor) -> Tensor:
        """Return [N, V]."""
        return self._scores(states).log_softmax(1)

    def exportable(self) -> nn.Module:
        """Return a copy that holds the table as one of its modules, so that the traced network has it as parameter."""
        found = copy(self)
        found._modules = {**self._modules, "words": self._table[0]}
        return found
