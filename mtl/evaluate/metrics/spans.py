"""Figures about labelled spans of tokens, as the CoNLL shared tasks' `conlleval` counts them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mtl.base.errors import UsageError
from mtl.base.registry import register
from mtl.text.tag_schemes import LETTERS, Scheme, Tag, parsed, scheme_of

from .base import Metric, UnitLabels, labelled, pairs
from .classification import Accuracy, Confusion, Counts, LabelReport, MacroF1, MicroF1, total


class LabelledSpan(NamedTuple):
    """A labelled run of tokens: `end` is the token after the last one."""

    label: str
    start: int
    end: int


def spans(tags: Sequence[str]) -> list[LabelledSpan]:
    """Return the spans that BIO, IOB1, BIOES or BILOU tags mark, in order; raises `UsageError` for other tags.

    As conlleval does, a span also begins where an inside tag has none to continue (after O, after another label,
    after the end of a span): nothing that a model predicts is thrown away.

    >>> [tuple(span) for span in spans(["B-a", "I-a", "I-b", "O", "E-b"])]
    [('a', 0, 2), ('b', 2, 3), ('b', 4, 5)]
    """
    found: list[LabelledSpan] = []
    label, start, ended = "", 0, True  # the open span, if not ended
    for position, tag in enumerate([*tags, "O"]):
        prefix, kind = _parsed(tag)
        inside = prefix != "O"
        if not ended and (not inside or prefix in "BSU" or kind != label):
            found.append(LabelledSpan(label, start, position))
            ended = True
        if inside and ended:
            label, start, ended = kind, position, False
        if inside and prefix in "ELSU":
            found.append(LabelledSpan(label, start, position + 1))
            ended = True
    return found


def _parsed(tag: str) -> Tag:
    found = parsed(tag)
    if found is None:
        raise UsageError(f"tags of spans should be O or begin with B-, I-, E-, S-, L- or U-. Found '{tag}'.")
    return found


def per_type(gold: Sequence[UnitLabels | None], predicted: Sequence[UnitLabels]) -> dict[str, Counts]:
    """Return the counts of every span label that occurs in gold or prediction, in code point order."""
    hits: Counter[str] = Counter()
    golds: Counter[str] = Counter()
    guesses: Counter[str] = Counter()
    for g, p in labelled(gold, predicted):
        right, guessed = set(spans(g)), set(spans(p))
        golds.update(s.label for s in right)
        guesses.update(s.label for s in guessed)
        hits.update(s.label for s in right & guessed)
    return {label: Counts(hits[label], guesses[label], golds[label]) for label in sorted(golds | guesses)}


@register("metric", "span_f1")
class SpanF1(Metric):
    """F1, precision and recall of spans: a span is right if its label, first and last token are."""

    axes = (("T",),)
    figures = ("f1", "precision", "recall")
    needs_spans = True

    def compute(self, gold: Sequence[UnitLabels | None], predicted: Sequence[UnitLabels]) -> dict[str, Any]:
        """Return `f1`, `precision`, `recall`, each between 0 and 1; 0 where there is no span."""
        counts = total(per_type(gold, predicted).values())
        return {"f1": counts.f1, "precision": counts.precision, "recall": counts.recall}


@register("metric", "span_report")
class SpanReport(Metric):
    """Precision, recall, F1 and number of gold spans (support) of every span label."""

    axes = (("T",),)
    needs_spans = True

    def compute(self, gold: Sequence[UnitLabels | None], predicted: Sequence[UnitLabels]) -> dict[str, Any]:
        """Return `spans`: label -> {precision, recall, f1, support}."""
        return {"spans": {label: counts.row() for label, counts in per_type(gold, predicted).items()}}


@register("metric", "tagging")
class Tagging(Metric):
    """The figures that fit the tags: of spans and accuracy for tags of spans, accuracy and label F1 for plain ones.

    `scheme: auto` takes the scheme that the task found in all tags of training.
    """

    axes = (("T",),)
    figures = ("f1", "precision", "recall", "accuracy", "macro_f1", "micro_f1")

    def __init__(self, *, scheme: Scheme = "auto") -> None:
        self.scheme = scheme
        self.needs_spans = scheme in LETTERS

    def fitted(self, state: Mapping[str, Any]) -> Tagging:
        """Return the metric for the scheme that training showed, unless it was given one."""
        return Tagging(scheme=state["scheme"]) if self.scheme == "auto" and "scheme" in state else self

    def compute(self, gold: Sequence[UnitLabels | None], predicted: Sequence[UnitLabels]) -> dict[str, Any]:
        """Return what `span_f1`, `accuracy` and `span_report` give; or `accuracy`, the label F1s and reports.

        Where neither a recipe nor training has said which scheme it is, the gold tags do.
        """
        scheme = self.scheme
        if scheme == "auto":
            scheme = scheme_of(Counter(tag for tag, _ in pairs(gold, predicted)))
        parts: tuple[Metric, ...] = (SpanF1(), Accuracy(), SpanReport())
        if scheme == "plain":
            parts = (Accuracy(), MacroF1(), MicroF1(), LabelReport(), Confusion())
        return {name: value for part in parts for name, value in part.compute(gold, predicted).items()}
