"""A distribution over the words of an embedding's table at each token of a text."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from mtl.base.errors import WrongKeyError
from mtl.base.registry import register
from mtl.data.targets import MaskedToken
from mtl.model.module import Embedding, PaddedSequence, Pieces
from mtl.model.output import Losses

from ..layers.limits import Count, Rate
from .language_model import LanguageModelOutput


@register("output", "masked_language_model")
class MaskedLanguageModelOutput(LanguageModelOutput):
    """The softmax of the inner products of a token's state with the vectors of all words, those of its part `words`.

    As `language_model`, but that the word at a token is predicted from the state of this token. No word after a text is
    predicted, so the table's first row has a probability of 0.
    """

    elements = ("masked token",)
    carries: ClassVar[bool] = False  # it reads both sides of a token

    def __init__(
        self,
        input_dims: tuple[int, ...],
        target: MaskedToken,
        *,
        words: Embedding,
        dropout: Rate = 0.0,
        top: Count = 5,
        prior: bool = True,
    ) -> None:
        super().__init__(input_dims, target, words=words, dropout=dropout, top=top, prior=prior)  # type: ignore[arg-type]
        del self.start  # no word is predicted before the first one is read

    def _states(self, ids: PaddedSequence | Pieces, states: PaddedSequence | Pieces) -> PaddedSequence:
        if isinstance(ids, Pieces):
            raise WrongKeyError(
                "words",
                "'words' should be an embedding of whole tokens, as those are masked. Found one of pieces of them.",
            )
        found = states.of_tokens() if isinstance(states, Pieces) else states
        return PaddedSequence(self.dropout(found.values), found.lengths)

    def forward(self, *given: Any) -> PaddedSequence:
        """Return the probabilities of all words at each token, [B, T, V]."""
        states, lengths = self._states(*given)
        return PaddedSequence(self._logarithms(states).exp(), lengths)

    def _logarithms(self, states: Tensor) -> Tensor:
        return self.distribution(states.flatten(0, 1)).view(*states.shape[:2], -1)

    def count(self, targets: Tensor, answered: Tensor, lengths: Tensor, ids: Any = None) -> Tensor:
        """Return the number of masked tokens."""
        return (targets >= 0).sum()

    def loss(self, *given: Any) -> Losses:
        """Return a loss for each masked token of the batch, whose ids [B, T] come last, -1 where none is predicted."""
        *flowing, ids = given
        chosen = ids >= 0
        values = -self.likelihoods(self._states(*flowing).values[chosen], ids[chosen])
        return Losses(values, torch.ones_like(values, dtype=torch.bool))

    def answer(self, *given: Any) -> dict[str, Tensor]:
        """Return the most probable words at each token, `words` [B, T, K] (ids), and their probabilities, `scores`."""
        best = self._logarithms(self._states(*given).values).topk(min(self.top, self.size - 1))
        return {"words": best[1], "scores": best[0].exp()}

    def measured(self, *given: Any) -> dict[str, Tensor]:
        """Return what figures are made of, [B, T]: `chosen`, the tokens that are predicted, of which the ids come last;
        `log_probability` of their words; whether that is the highest (`right`).
        """
        *flowing, ids = given
        logs = self._logarithms(self._states(*flowing).values)
        found = logs.gather(2, ids.clamp(min=0)[:, :, None])[:, :, 0]
        return {"chosen": ids >= 0, "log_probability": found, "right": logs.argmax(2) == ids}

    def gap(self, scores: tuple[Any, ...], answer: str, row: int, wanted: Any, given: Any) -> float:
        """Return by how much the logarithms of the probabilities of words [T, K] differ, where two answers do."""
        found = self._logarithms(self._states(*scores).values)[row].numpy()
        tokens, places = (wanted != given).nonzero()
        return float(abs(found[tokens, wanted[tokens, places]] - found[tokens, given[tokens, places]]).max())
