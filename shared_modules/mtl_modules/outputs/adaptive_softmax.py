"""A distribution over the words of a large vocabulary, rare ones in clusters."""

from __future__ import annotations

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mtl.base.errors import WrongKeyError
from mtl.base.registry import register
from mtl.data.targets import NextToken
from mtl.model.module import Embedding

from ..layers.limits import Count, Rate
from .word_prediction import WordPrediction


@register("output", "adaptive_softmax")
class AdaptiveSoftmax(WordPrediction):
    """The adaptive softmax (Grave et al., 2017): frequent words at once, rarer ones by their cluster, in fewer numbers.

    Its part `words` says which words there are, and should be tied to the embedding that reads the text; it has vectors
    of its own. `cutoffs` are the numbers of words, the most frequent first, at which clusters begin (null: a tenth and
    a third of the vocabulary); each next cluster has vectors `div_value` times smaller. `dropout` is the rate on
    states, `top` how many of the next words are answered.
    """

    words_should_be_tied: ClassVar[bool] = True

    def __init__(
        self,
        input_dims: tuple[int, ...],
        target: NextToken,
        *,
        words: Embedding,
        cutoffs: list[Count] | None = None,
        div_value: Count = 4,
        dropout: Rate = 0.0,
        top: Count = 5,
    ) -> None:
        super().__init__(input_dims, target, words, dropout, top)
        self.first = 0 if self.ends else 1  # id of the first word that is predicted: the end is none where it is not
        classes = max(2, self.size - self.first)
        found = [n for n in {classes // 10: None, classes // 3: None} if n] or [1]
        if cutoffs is not None and not self.made_up:
            found = cutoffs
            if not cutoffs or sorted({*cutoffs}) != cutoffs or cutoffs[-1] >= classes:
                raise WrongKeyError(
                    "cutoffs",
                    f"'cutoffs' should be growing numbers below {classes:,}, which is how many words are predicted. "
                    f"Found {cutoffs}.",
                )
        clusters = len(found if cutoffs is None else cutoffs)
        if input_dims[-1] < div_value**clusters:
            most = max(d for d in range(1, div_value) if d**clusters <= input_dims[-1])
            raise WrongKeyError(
                "div_value",
                f"'div_value' should be at most {most}, so that each of {clusters} clusters has vectors of at least "
                f"one number where states have {input_dims[-1]}. Found {div_value}.",
            )
        self.adaptive = nn.AdaptiveLogSoftmaxWithLoss(input_dims[-1], classes, found, div_value)

    def likelihoods(self, states: Tensor, wanted: Tensor) -> Tensor:
        """Return [N]; clusters that no wanted word is in are not computed."""
        if torch.compiler.is_exporting() or states.is_meta:
            return self.distribution(states).gather(1, wanted[:, None])[:, 0]
        found: Tensor = self.adaptive(states, (wanted - self.first).clamp(min=0))[0]
        return found

    def distribution(self, states: Tensor) -> Tensor:
        """Return [N, V]."""
        shortlist = self.adaptive.shortlist_size
        head = self.adaptive.head(states).log_softmax(1)
        found = [head[:, :shortlist]]
        for number, tail in enumerate(self.adaptive.tail, shortlist):
            found.append(tail(states).log_softmax(1) + head[:, number : number + 1])
        return F.pad(torch.cat(found, 1), (self.first, 0), value=float("-inf"))
