"""Where in a text the answer to a question is: its first and its last token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...base.errors import WrongValueError
from ...base.registry import register
from ...base.shown import shown
from ...text.span_tags import Span
from ..labels import MISSING
from .base import Target
from .parts import Answer, Example, Names

NOTHING = -1  # first and last token of no answer
UNREAD = -2  # of an answer in tokens that the model does not read


class Quotes(NamedTuple):
    """Right answers to a question: first and last token of the first one, and the characters of all of them."""

    first: int
    last: int
    spans: tuple[Span, ...]


@register("target", "span")
class AnswerSpan(Target):
    """The part of a text that answers a question, or that there is none.

    A cell holds the answer as the text has it (its first occurrence), or a list of right answers: texts, or dicts with
    `text` and `start`, the offset in characters (`answer_start` in SQuAD). The first one is learned; measured are all.
    With `no_answer` the list may be empty: the text does not answer the question. A text without tokens never does.
    """

    element = "span"
    axes = ("A",)  # right answers
    of_tokens = True
    exact = False
    quotes = True
    answers = (
        Answer("start", "start", position=True, without_tokens=NOTHING),
        Answer("end", "end", position=True, without_tokens=NOTHING),
        Answer("score", "score", probability=True, without_tokens=1.0),
    )
    metrics = ("squad",)

    def __init__(self, *, no_answer: bool = False) -> None:
        self.no_answer = no_answer
        self._rows = 0

    @property
    def size(self) -> int:
        """Scores per token: that an answer begins with it, that one ends with it and, maybe, that there is none."""
        return 3 if self.no_answer else 2

    # -- from a cell to numbers

    def read(self, value: Any, example: Example) -> Quotes | None:
        listed = value if isinstance(value, list) else [value]
        if not listed:
            if not self.no_answer:
                raise WrongValueError(
                    "should be an answer in the text, as the task has no 'no_answer: true'", "an empty list"
                )
            return Quotes(NOTHING, NOTHING, ())
        spans = tuple(_span(item, example.text) for item in listed)
        start, end = spans[0]
        inside = [i for i, (first, last) in enumerate(example.spans) if last > start and first < end]
        if not inside:
            raise WrongValueError("should have at least one token of the text", f"{example.text[start:end]!r}")
        unread = inside[-1] >= example.read
        return Quotes(UNREAD if unread else inside[0], UNREAD if unread else inside[-1], spans)

    def unread(self, gold: Quotes, example: Example) -> int:
        """Return 1 where the answer that is learned is in tokens that are not read."""
        return int(gold.first == UNREAD)

    def count(self, gold: Quotes) -> None:
        self._rows += gold.first != UNREAD

    def fit(self, alike: Sequence[Target]) -> None:
        if not self._rows:
            raise WrongValueError("should have an answer in at least one row", None)

    def encode(self, gold: Quotes | None, count: int, names: Names) -> Sequence[float]:
        """Return the first and last token, then the first character and the one after the last of each right answer."""
        if gold is None:
            return MISSING, MISSING
        return gold.first, gold.last, *(offset for span in gold.spans for offset in span)

    def tensors(self, values: NDArray[Any]) -> tuple[Tensor, Tensor]:
        """Return first and last tokens [B, 2] int64, -1 where there is no answer."""
        found = torch.from_numpy(np.ascontiguousarray(values[:, :2]))
        return found, found[:, 0] >= NOTHING

    # -- from numbers to answers

    def gold(self, values: NDArray[Any], names: Sequence[str]) -> Quotes | None:
        if values[0] == MISSING:
            return None
        numbers = values.tolist()
        return Quotes(numbers[0], numbers[1], tuple(zip(numbers[2::2], numbers[3::2], strict=True)))

    def gold_quoted(self, gold: Quotes, text: str) -> tuple[str, ...]:
        """Return the right answers as the text has them, none where there is no answer."""
        return tuple(text[start:end] for start, end in gold.spans)

    def predicted(self, answer: Mapping[str, Tensor], lengths: Sequence[int] | None) -> list[Any]:
        return list(zip(answer["start"].tolist(), answer["end"].tolist(), strict=True))

    def from_answer(self, answer: Mapping[str, Any]) -> tuple[int, int]:
        return answer["start"], answer["end"]


def _span(item: Any, text: str) -> Span:
    """Return the characters of a right answer; raises `ValueError` where the text does not have it there."""
    if isinstance(item, str) and item:
        start = text.find(item)
        if start < 0:
            raise WrongValueError("should be in the text as it is written", shown(item))
        return start, start + len(item)
    quoted = item.get("text") if isinstance(item, dict) else None
    at = item.get("start", item.get("answer_start")) if isinstance(item, dict) else None
    if not isinstance(quoted, str) or not quoted or isinstance(at, bool) or not isinstance(at, int):
        raise WrongValueError("an answer should be a text, or a dict with 'text' and 'start'", shown(item))
    if at < 0 or text[at : at + len(quoted)] != quoted:
        found = text[max(at, 0) : max(at, 0) + len(quoted)]
        raise WrongValueError(
            f"should have {shown(quoted)} at character {at} of the text", f"{shown(found)} there", kind="other text"
        )
    return at, at + len(quoted)
