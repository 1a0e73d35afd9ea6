"""One tag for every token of a text: slots, entities, chunks, parts of speech."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ...base.registry import register
from ...text.alignment import Scheme, align_tags, token_tags, word_spans
from ..labels import MISSING
from .base import Answer, Example, LabelTarget, Names

METRICS: dict[Scheme, tuple[str, ...]] = {
    "auto": ("tagging",),  # which of the others fit shows when the tags are there
    "bio": ("span_f1", "accuracy", "span_report"),
    "bioes": ("span_f1", "accuracy", "span_report"),
    "plain": ("accuracy", "macro_f1", "micro_f1", "report", "confusion"),
}


@register("target", "tags")
class Tags(LabelTarget):
    """One label a token. A cell holds a tag for each word of the text, or spans of characters; see `alignment`."""

    axes = ("T",)
    of_tokens = True
    answers = (Answer("tags", "best", labels=True, dims=("T",)), Answer("score", "score", dims=("T",)))

    def __init__(self, *, scheme: Scheme = "auto") -> None:
        super().__init__()
        self.scheme = scheme
        self.metrics = METRICS[scheme]

    def read(self, value: Any, example: Example) -> list[str] | None:
        """Return one tag a token that is read; None where the column is empty."""
        if isinstance(value, list):
            number = next((tag for tag in value if isinstance(tag, (int, float))), None)
            if number is not None:
                raise ValueError(f"a tag should be a text. Found {type(number).__name__}: {number}.")
        found = self._tags(value, example)
        if found is None:
            return None
        if len(found) != len(example.spans):
            raise ValueError(f"should be one label for each of {len(example.spans)} tokens. Found {len(found)}.")
        return found[: example.read] or None

    def _tags(self, value: Any, example: Example) -> list[str] | None:
        text, tokens = example.text, example.spans
        if value == []:  # no spans, which leaves every word outside; or no tags, because there is no word
            if not word_spans(text):
                return None
            if self.scheme == "plain":
                return align_tags([], word_spans(text), tokens, self.scheme)
        return token_tags(value, tokens, text, self.scheme)

    def labels_of(self, gold: list[str]) -> Iterable[str]:
        return gold

    def encode(self, gold: list[str] | None, count: int, names: Names) -> Sequence[float]:
        return [MISSING] * count if gold is None else [names.id(tag) for tag in gold]

    def gold(self, values: NDArray[Any], names: Sequence[str]) -> list[str] | None:
        return None if not len(values) or values[0] == MISSING else [names[tag] for tag in values.tolist()]

    def predicted(self, answer: Mapping[str, Tensor], lengths: Sequence[int] | None) -> list[Any]:
        tags = np.array(self.names(), object)[answer["best"].numpy()]
        return [row[:length].tolist() for row, length in zip(tags, lengths or (), strict=True)]
