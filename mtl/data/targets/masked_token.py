"""Words of masked positions of a text: what a masked language model predicts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import torch
from numpy.typing import NDArray
from torch import Tensor

from ...base.errors import UsageError
from ...base.registry import register
from ..labels import MISSING
from .base import Target
from .parts import Answer, Example, Names


@register("target", "masked_token")
class MaskedToken(Target):
    """Each token of a text that is masked, from all others.

    There is no cell: which tokens are predicted is chosen when a batch is made (`mtl.data.masks`), and their ids are
    those of the embedding whose vocabulary the output layer predicts. Kept is which tokens there are.
    """

    element = "masked token"
    axes = ("T",)
    of_tokens = True
    of_text = True
    exact = False
    masked = True
    ends: ClassVar[bool] = False  # what lies after a text is not predicted
    backward: ClassVar[bool] = False
    answers = (
        Answer("words", "words", labels=True, dims=("T", "K")),
        Answer("scores", "scores", dims=("T", "K"), probability=True),
    )
    metrics = ("masked_perplexity", "masked_accuracy")

    def read(self, value: Any, example: Example) -> int | None:
        """Return how many tokens are read; None where the text has no token."""
        return min(len(example.spans), example.read) or None

    def encode(self, gold: int | None, count: int, names: Names) -> Sequence[float]:
        return [MISSING if gold is None else 0] * count

    def tensors(self, values: NDArray[Any]) -> tuple[Tensor, Tensor]:
        """Return ids of words, [B, T], of which none is predicted yet, and which texts have a token, [B]."""
        found = torch.from_numpy(values) != MISSING
        return torch.full(found.shape, MISSING, dtype=torch.int64), found.any(dim=1)

    def gold(self, values: NDArray[Any], names: Sequence[str]) -> list[tuple[float, bool]] | None:
        """Return the best predictions that there are, of all tokens; None where the text has no token."""
        return None if MISSING in values.tolist() else [(0.0, True)] * len(values)

    def unlearned(self, gold: Sequence[Any]) -> list[Any]:
        """Return what is predicted of each token where each word of the vocabulary is as probable."""
        unit = -math.log(max(1, len(self.names())))
        return [[(unit, False)] * len(row or ()) for row in gold]

    def predicted(self, answer: Mapping[str, Tensor], lengths: Sequence[int] | None) -> list[Any]:
        """Return, of each masked token, the logarithm of its word's probability, and whether that is the highest."""
        rows = zip(answer["chosen"], answer["log_probability"], answer["right"], strict=True)
        return [list(zip(logs[at].tolist(), right[at].tolist(), strict=True)) for at, logs, right in rows]

    def from_answer(self, answer: Mapping[str, Any]) -> Any:
        """Raise `UsageError`: an export answers with the most probable words alone."""
        raise UsageError(
            "a masked language model should be measured by its run, as its export answers with the most probable words "
            "and not with the probability of every one. Found an export. Name the run's folder."
        )

    def names(self) -> tuple[str, ...]:
        """Return the words by their ids; the first one, `""`, is none."""
        return () if self.words is None or self.words.size is None else self.words.vocabulary.tokens

    def placeholder(self, also: Iterable[str] = ()) -> None:
        """Do nothing: the vocabulary is that of an embedding."""
