"""One tag for every token of a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from mtl.base.registry import register
from mtl.recipe.task import Answer, Slot, Task
from mtl.text.alignment import align_tags, token_tags, word_spans

Scheme = Literal["auto", "bio", "bioes", "plain"]
METRICS: dict[Scheme, tuple[str, ...]] = {
    "auto": ("tagging",),  # which of the others fit shows when the tags are there
    "bio": ("span_f1", "accuracy", "span_report"),
    "bioes": ("span_f1", "accuracy", "span_report"),
    "plain": ("accuracy", "macro_f1", "micro_f1", "report", "confusion"),
}


@register("task", "word_tagging")
class WordTagging(Task):
    """Give every token one tag: slots, entities, chunks, parts of speech.

    The target column holds a tag for each blank-separated word of the text (a list, or one blank-separated string),
    or a list of spans: dicts with `start`, `end` (character offsets) and `label`. `scheme` says what tags mean: `bio`
    and `bioes` mark spans (a word that the tokenizer splits becomes `B-x I-x ...`), `plain` ones stand for themselves
    (every piece of a word gets its tag), `auto` decides for each tag by its form.
    """

    level = "token"
    answers = (Answer("tags", "best", labels=True, dims=("T",)), Answer("score", "score", dims=("T",)))

    def __init__(self, *, scheme: Scheme = "auto") -> None:
        self.scheme = scheme
        self.default_metrics = METRICS[scheme]

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        """Embedding, representation (may be left out), decoder, output."""
        return (
            Slot("embedding", "embedding", tuple(inputs), default={"type": "word"}),
            Slot("representation", "representation", ("embedding",), optional=True),
            Slot("decoder", "decoder", ("representation",), default={"type": "mlp"}),
            Slot("output", "output", ("decoder",), default={"type": "softmax"}),
        )

    def targets(self, value: Any, tokens: Sequence[tuple[int, int]], text: str) -> list[str] | None:
        """Return one tag a token; None where the column is empty."""
        if value == []:  # no spans, which leaves every word outside; or no tags, because there is no word
            if not word_spans(text):
                return None
            if self.scheme == "plain":
                return align_tags([], word_spans(text), tokens, self.scheme)
        return token_tags(value, tokens, text, self.scheme)
