"""The text itself, token by token, from either end: what a language model predicts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import torch
from numpy.typing import NDArray
from torch import Tensor

from ...base.errors import WrongValueError
from ...base.registry import register
from ...text.spelling import SpelledIds
from ..labels import MISSING
from .base import Target
from .parts import Answer, Example, Names


@register("target", "next_token")
class NextToken(Target):
    """Each token of a text from those before it, and the text's end from all of them.

    There is no cell: the ids of the tokens are those of the embedding whose vocabulary the output layer predicts. Kept
    is how many characters each token has, for figures per character. Words outside of the vocabulary are one word,
    `<unknown>`; the end of a text is `""`. A row of a `running` text should have a token.
    """

    element = "next token"
    axes = ("T",)
    of_tokens = True
    of_text = True
    exact = False
    ends: ClassVar[bool] = True  # the end of each text is predicted too
    backward: ClassVar[bool] = False  # tokens are predicted from those after them
    answers: ClassVar[tuple[Answer, ...]] = (
        Answer("log_probability", "log_probability", dims=("T",)),
        Answer("end_log_probability", "end"),
        Answer("total", "total"),
        Answer("next", "next", labels=True, dims=("K",)),
        Answer("next_probability", "next_probability", dims=("K",), probability=True),
    )
    metrics = ("perplexity", "bits_per_character")

    def __init__(self, *, running: bool = False) -> None:
        self.running = running

    def read(self, value: Any, example: Example) -> list[int] | None:
        """Return how many characters each token that is read has; None where the text has no token."""
        if self.running and not example.spans:
            raise WrongValueError(
                "should have a token, as rows are read as one running text",
                None,
                "Leave the row out ('on_bad_row: skip' does); of plain text, 'rows: words' has no such rows.",
            )
        return [end - begin for begin, end in example.spans[: example.read]] or None

    def encode(self, gold: list[int] | None, count: int, names: Names) -> Sequence[float]:
        return [MISSING] * count if gold is None else gold

    def tensors(self, values: NDArray[Any]) -> tuple[Tensor, Tensor]:
        """Return which positions are tokens, [B, T] bool, and which texts have one, [B]."""
        there = torch.from_numpy(values) != MISSING
        return there, there.any(dim=1)

    def gold(self, values: NDArray[Any], names: Sequence[str]) -> list[int] | None:
        found: list[int] = values.tolist()
        return None if MISSING in found else found

    @property
    def preferred(self) -> str | None:
        """Bits per character of a model of characters: its perplexity is one of whole tokens."""
        return "bits_per_character" if isinstance(self.words, SpelledIds) else None

    def unlearned(self, gold: Sequence[Any]) -> list[Any]:
        """Return the logarithms of the probabilities of all units where each entry of the vocabulary is as probable."""
        unit = -math.log(max(1, len(self.names())))
        longest = self.words.max_length if isinstance(self.words, SpelledIds) else 0
        found = []
        for row in gold:
            units = [min(length, longest) + 1 for length in row or ()] if longest else [1] * len(row or ())
            found.append([unit * count for count in [*units, *([1] if self.ends else [])]])
        return found

    def predicted(self, answer: Mapping[str, Tensor], lengths: Sequence[int] | None) -> list[Any]:
        """Return the logarithms of the probabilities of each text's tokens and, where it is predicted, of its end."""
        rows = answer["log_probability"].tolist()
        found = [row[:length] for row, length in zip(rows, lengths or (), strict=True)]
        return [[*row, end] for row, end in zip(found, answer["end"].tolist(), strict=True)] if self.ends else found

    def from_answer(self, answer: Mapping[str, Any]) -> list[float]:
        found = list(answer["log_probability"])
        return [*found, *(answer[one.name] for one in self.answers if one.value == "end")]

    @property
    def found(self) -> Mapping[str, Any]:
        """What figures per character depend on, where it is not the rule.

        No ends are predicted; or characters are: then blanks are too, and no token's characters after the `longest`.
        """
        no_ends = {} if self.ends else {"ends": False}
        if not isinstance(self.words, SpelledIds):
            return no_ends
        return {**no_ends, "blanks": True, "longest": self.words.max_length}

    def names(self) -> tuple[str, ...]:
        """Return the words by their ids; the first one, `""`, is the end of a text."""
        return () if self.words is None or self.words.size is None else self.words.vocabulary.tokens

    def placeholder(self, also: Iterable[str] = ()) -> None:
        """Do nothing: the vocabulary is that of an embedding."""


@register("target", "next_token_of_stream")
class NextTokenOfStream(NextToken):
    """Each token of a part of a longer text from those before it in the part; where a part ends says nothing."""

    ends = False
    answers = tuple(answer for answer in NextToken.answers if answer.value != "end")


def _backward(answers: tuple[Answer, ...]) -> tuple[Answer, ...]:
    names = {
        "end_log_probability": "begin_log_probability",
        "next": "previous",
        "next_probability": "previous_probability",
    }
    return tuple(replace(answer, name=names.get(answer.name, answer.name)) for answer in answers)


@register("target", "previous_token")
class PreviousToken(NextToken):
    """Each token of a text from those after it, and the text's beginning from all of them."""

    backward = True
    answers = _backward(NextToken.answers)


@register("target", "previous_token_of_stream")
class PreviousTokenOfStream(NextTokenOfStream):
    """Each token of a part of a longer text from those after it in the part; where a part begins says nothing."""

    backward = True
    answers = _backward(NextTokenOfStream.answers)
