"""Figures of language models: how probable texts are to them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mtl.base.registry import register

from .base import Metric

LARGEST = 700.0  # of an exponent: what e is raised to is a number


class LikelihoodMetric(Metric):
    """A figure of the natural logarithms of the probabilities of what was predicted.

    Gold is how many characters each token of a text has; predicted is the logarithm of the probability of each token
    and, where ends of texts are predicted, of the end. A text without tokens has no gold and is left out.
    """

    elements = ("next token",)
    axes = (("T",),)
    higher_is_better = False

    def __init__(self) -> None:
        self.ends = True
        self.blanks = False
        self.longest: int | None = None

    def fitted(self, state: Mapping[str, Any]) -> LikelihoodMetric:
        """Return the metric, of texts whose ends are predicted, and no blanks, unless the target says otherwise; it
        also says how many characters of a token are predicted at most, where there is a limit.
        """
        found = type(self)()
        found.ends = state.get("ends", True)
        found.blanks = state.get("blanks", False)
        found.longest = state.get("longest")
        return found

    @staticmethod
    def texts(gold: Sequence[Any], predicted: Sequence[Any]) -> Iterator[tuple[Sequence[int], Sequence[float]]]:
        """Yield what was predicted, text by text."""
        return ((g, p) for g, p in zip(gold, predicted, strict=True) if g is not None)


@register("metric", "perplexity")
class Perplexity(LikelihoodMetric):
    """e to the mean, over all predicted units, of the negative logarithm of their probability.

    Units are the tokens of all texts, words outside of the vocabulary as one word, and where they are predicted the
    ends of texts. Backwards, where texts begin is their end.
    """

    figures = ("perplexity",)

    def gain(self, value: float, reference: float) -> float:
        """Return that of the logarithms: of bits a unit."""
        return 1 - math.log(value) / math.log(reference)

    def compute(self, gold: Sequence[Any], predicted: Sequence[Any]) -> dict[str, Any]:
        """Return `perplexity`."""
        texts = [p for _, p in self.texts(gold, predicted)]
        mean = -math.fsum(map(math.fsum, texts)) / max(1, sum(map(len, texts)))
        return {"perplexity": math.exp(mean) if mean < LARGEST else math.inf}


@register("metric", "bits_per_character")
class BitsPerCharacter(LikelihoodMetric):
    """The negative logarithms to base 2 of the probabilities of all predicted units, over their characters.

    Units are those of the perplexity. A token has the characters that it has in the text, the end of a text counts as
    one. White space that a tokenizer leaves out is not predicted, and does not count; the blank after each token that a
    model of characters predicts does. Of a token that is longer than its embedding's `max_length`, such a model
    predicts the first `max_length` characters, then a blank: these alone count.
    """

    figures = ("bits_per_character",)

    def compute(self, gold: Sequence[Any], predicted: Sequence[Any]) -> dict[str, Any]:
        """Return `bits_per_character`."""
        texts = list(self.texts(gold, predicted))
        characters = sum(sum(map(self._predicted, g)) + self.blanks * len(g) + self.ends for g, _ in texts)
        bits = -math.fsum(math.fsum(p) for _, p in texts) / math.log(2)
        return {"bits_per_character": bits / max(1, characters)}

    def _predicted(self, length: int) -> int:
        return length if self.longest is None else min(length, self.longest)
