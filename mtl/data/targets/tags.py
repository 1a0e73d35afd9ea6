"""One tag for every token of a text: slots, entities, chunks, parts of speech."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ...base.errors import WrongValueError, counted
from ...base.registry import name_of, register
from ...text.alignment import align_tags, token_tags
from ...text.span_tags import is_span, uneven_spans
from ...text.tag_rule import UNLABELLED, TagRule
from ...text.tag_schemes import Scheme
from ...text.white_space import word_spans
from ..grammar_check import GrammarCheck, grammar_check
from ..labels import MISSING
from ..tag_fit import FACTS, TagFit
from .label_target import LabelTarget
from .parts import Answer, Example, Names, Remark

SPANS = ("span_f1", "accuracy", "span_report")
METRICS: dict[Scheme, tuple[str, ...]] = {
    "auto": ("tagging",),  # which of the others fit shows when the tags are there
    "bio": SPANS,
    "bioes": SPANS,
    "bilou": SPANS,
    "iob1": SPANS,
    "plain": ("accuracy", "macro_f1", "micro_f1", "report", "confusion"),
}


@register("target", "tags")
class Tags(LabelTarget):
    """One label per token. A cell holds a tag for each word of the text, or spans of characters."""

    axes = ("T",)
    of_tokens = True
    surveys = True
    answers = (
        Answer("tags", "best", labels=True, dims=("T",)),
        Answer("score", "score", dims=("T",), probability=True),
    )

    def __init__(self, *, scheme: Scheme = "auto") -> None:
        super().__init__()
        self.scheme = scheme
        self.metrics = METRICS[scheme]
        self._fit = TagFit(scheme)
        self._found: dict[str, Any] = {}
        self._rule = TagRule(scheme, f"the scheme is {scheme}")

    # -- what all tags of training show

    @property
    def marks_spans(self) -> bool:
        return self.scheme != "plain"

    @property
    def found(self) -> Mapping[str, Any]:
        """The scheme that training has shown, which tags there may be, and how many rows break the grammar."""
        return self._found

    def measured_by(self, metrics: Sequence[Any]) -> None:
        """A metric of spans asks for tags that mark some."""
        measured = next((name_of(type(metric)) for metric in metrics if metric.needs_spans), None)
        self._fit = TagFit(self.scheme, measured)

    def survey(self, value: Any) -> None:
        self._fit.count(self._tagged(value))

    def _tagged(self, value: Any) -> Any:
        """Return what a cell says in tags, or in spans of characters."""
        return value

    def settle(self) -> None:
        """Decide on a scheme; raises `SchemeError` where the tags are not of the one that is declared."""
        self._take(self._fit.state())
        self._fit.fault_if_misfit()

    def _take(self, found: Mapping[str, Any]) -> None:
        self._found = {fact: found[fact] for fact in FACTS}
        self.scheme = found["scheme"]
        self._rule = TagRule(found["rule"], found["reason"], found["bare"])

    def note(self) -> str:
        return str(self._found.get("note", ""))

    def noted(self) -> tuple[int, int | None] | None:
        return self._fit.noted()

    def note_at(self, file: str, line: int | None) -> None:
        self._fit.place = file, line
        self._found = {**self._found, "place": [file, line]}

    def check_grammar(self, value: Any) -> GrammarCheck | None:
        grammar = self._found.get("grammar")
        return None if grammar is None else grammar_check(self._tagged(value), grammar)

    # -- from a cell to ids

    def read(self, value: Any, example: Example) -> list[str | None] | None:
        """Return one tag per token that is read, None for a token without one; None where no token has one."""
        if isinstance(value, list):
            number = next((tag for tag in value if isinstance(tag, (int, float))), None)
            if number is not None:
                unlabelled = ", and null where a token has no label" if UNLABELLED in map(str, value) else ""
                raise WrongValueError(f"a tag should be a text{unlabelled}", f"{type(number).__name__}: {number}")
        found = self._tags(value, example)
        if found is None:
            return None
        if len(found) != len(example.spans):
            raise WrongValueError(
                f"should be one label for each of {counted(len(example.spans), 'token')}",
                str(len(found)),
                kind="number of labels",
            )
        read = list(found[: example.read])
        return read if any(tag is not None for tag in read) else None

    def _tags(self, value: Any, example: Example) -> Sequence[str | None] | None:
        text, tokens = example.text, example.spans
        words = word_spans(text) if example.words is None else example.words
        if value == []:  # no spans, which leaves every word outside; or no tags, because there is no word
            if not words:
                return None
            if self.scheme == "plain":
                return align_tags([], words, tokens, self.scheme)
        return token_tags(value, tokens, text, self.scheme, rule=self._rule, words=words)

    def remarks(self, value: Any, example: Example) -> list[Remark]:
        """Return a remark on every span that does not begin and end where tokens do."""
        if not isinstance(value, list) or not value or not is_span(value[0]):
            return []
        one, many = "span does not begin and end where tokens do", "spans do not begin and end where tokens do"
        return [Remark(one, many, phrase) for phrase in uneven_spans(value, example.spans, example.text)]

    def labels_of(self, gold: list[str | None]) -> Iterable[str]:
        return (tag for tag in gold if tag is not None)

    def encode(self, gold: list[str | None] | None, count: int, names: Names) -> Sequence[float]:
        tags = [None] * count if gold is None else gold
        return [MISSING if tag is None else names.id(tag) for tag in tags]

    # -- from ids to tags

    def gold(self, values: NDArray[Any], names: Sequence[str]) -> list[str | None] | None:
        tags = [names[tag] if tag >= 0 else None for tag in values.tolist()]
        return tags if any(tag is not None for tag in tags) else None

    def predicted(self, answer: Mapping[str, Tensor], lengths: Sequence[int] | None) -> list[Any]:
        tags = np.array(self.names(), object)[answer["best"].numpy()]
        return [row[:length].tolist() for row, length in zip(tags, lengths or (), strict=True)]

    def state(self) -> dict[str, Any]:
        return {**super().state(), "found": self._found}

    def load_state(self, state: Mapping[str, Any]) -> None:
        super().load_state(state)
        if state["found"]:
            self._take(state["found"])

    def adopt(self, state: Mapping[str, Any], more: Sequence[str] = ()) -> None:
        """Take over labels and scheme; raises `ValueError` where the data has other labels."""
        super().adopt(state, more)
        if state["found"]:
            self._take({**self._found, **self._fit.counts(self._found["grammar"])})
