"""Figures of masked language models: how well masked words are predicted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from mtl.base.registry import register

from .base import Metric
from .likelihood import LARGEST


class MaskedMetric(Metric):
    """A figure of all masked tokens, words outside of the vocabulary as one word.

    A prediction is a list with a pair for each masked token of a text: the logarithm of its word's probability, and
    whether that is the highest. A text without tokens has no gold and is left out.
    """

    elements = ("masked token",)
    axes = (("T",),)

    @staticmethod
    def tokens(gold: Sequence[Any], predicted: Sequence[Any]) -> list[tuple[float, bool]]:
        """Return what was predicted of the masked tokens of all texts."""
        return [one for g, row in zip(gold, predicted, strict=True) if g is not None for one in row]


@register("metric", "masked_perplexity")
class MaskedPerplexity(MaskedMetric):
    """e to the mean, over all masked tokens, of the negative logarithm of their words' probabilities."""

    figures = ("perplexity",)
    higher_is_better = False

    def gain(self, value: float, reference: float) -> float:
        """Return that of the logarithms: of bits a unit."""
        return 1 - math.log(value) / math.log(reference)

    def compute(self, gold: Sequence[Any], predicted: Sequence[Any]) -> dict[str, Any]:
        """Return `perplexity`."""
        found = self.tokens(gold, predicted)
        mean = -math.fsum(log for log, _ in found) / max(1, len(found))
        return {"perplexity": math.exp(mean) if mean < LARGEST else math.inf}


@register("metric", "masked_accuracy")
class MaskedAccuracy(MaskedMetric):
    """The share of masked tokens whose word is the most probable one."""

    figures = ("accuracy",)

    def compute(self, gold: Sequence[Any], predicted: Sequence[Any]) -> dict[str, Any]:
        """Return `accuracy`."""
        found = self.tokens(gold, predicted)
        return {"accuracy": sum(right for _, right in found) / max(1, len(found))}
