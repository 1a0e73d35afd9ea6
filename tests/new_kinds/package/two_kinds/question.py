"""Where in a text the answer to a question is: a target, an output layer and a metric of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from mtl.base.registry import register
from mtl.data.labels import MISSING
from mtl.data.targets import Answer, Example, Names, Target
from mtl.evaluate.metrics import Metric
from mtl.model.module import PaddedSequence
from mtl.model.output import Output
from mtl.recipe.task import Slot, Task


@register("target", "answer_span")
class AnswerSpan(Target):
    """The first and the last token of an answer; a cell holds the answer as the text has it."""

    element = "span"
    width = 2
    of_tokens = True
    answers = (Answer("start", "start"), Answer("end", "end"), Answer("score", "score"))
    metrics = ("same_span",)

    @property
    def size(self) -> int:
        """Two scores a token: that an answer begins with it, and that one ends."""
        return 2

    def read(self, value: Any, example: Example) -> tuple[int, int]:
        start = example.text.find(value) if isinstance(value, str) else -1
        inside = [i for i, (a, b) in enumerate(example.spans) if a >= start and b <= start + len(value)]
        if start < 0 or not inside:
            raise ValueError(f"should be whole tokens of the text. Found {value!r}.")
        return inside[0], inside[-1]

    def encode(self, gold: tuple[int, int] | None, count: int, names: Names) -> Sequence[float]:
        return gold or (MISSING, MISSING)

    def tensors(self, values: NDArray[Any]) -> tuple[Tensor, Tensor]:
        spans = torch.from_numpy(values)
        return spans, spans[:, 0] >= 0

    def gold(self, values: NDArray[Any], names: Sequence[str]) -> tuple[int, int] | None:
        return None if values[0] < 0 else (int(values[0]), int(values[1]))

    def from_answer(self, answer: Mapping[str, Any]) -> tuple[int, int]:
        return answer["start"], answer["end"]

    def predicted(self, answer: Mapping[str, Tensor], lengths: Sequence[int] | None) -> list[Any]:
        return list(zip(answer["start"].tolist(), answer["end"].tolist(), strict=True))


@register("output", "span_softmax")
class SpanSoftmax(Output):
    """A distribution over first tokens and one over last tokens; the best span does not end before it begins."""

    elements = ("span",)
    axes = ((),)

    def __init__(self) -> None:
        super().__init__()

    @property
    def output_dim(self) -> int:
        return 2

    def forward(self, *scores: Any) -> PaddedSequence:
        return PaddedSequence(self._log(scores[0]).exp(), scores[0].lengths)

    @staticmethod
    def _log(scores: PaddedSequence) -> Tensor:
        return scores.values.masked_fill(~scores.mask()[:, :, None], -1e9).log_softmax(1)

    def loss(self, *scores_and_targets: Any) -> Tensor:
        scores, targets = scores_and_targets
        log = self._log(scores)
        inside = torch.where(targets < log.shape[1], targets, MISSING)
        losses = F.nll_loss(log, inside, ignore_index=MISSING, reduction="none")
        return losses.sum(1)

    def answer(self, *scores: Any) -> dict[str, Tensor]:
        log = self._log(scores[0])
        together = log[:, :, 0][:, :, None] + log[:, :, 1][:, None, :]
        positions = torch.arange(log.shape[1], device=log.device)
        together = torch.where(positions[:, None] <= positions, together, -1e9)
        flat = together.flatten(1)
        best = flat.argmax(1)
        width = log.shape[1]
        start = torch.div(best, width, rounding_mode="floor")
        return {"start": start, "end": best - start * width, "score": flat.amax(1).exp()}


@register("metric", "same_span")
class SameSpan(Metric):
    """Share of answers whose first and last token are right."""

    elements = ("span",)
    axes = ((),)
    figures = ("same_span",)

    def compute(self, gold: Sequence[Any], predicted: Sequence[Any]) -> dict[str, Any]:
        right = [g == p for g, p in zip(gold, predicted, strict=True) if g is not None]
        return {"same_span": sum(right) / len(right) if right else 0.0}


@register("task", "extraction")
class Extraction(Task):
    """Find the answer to a question in a text."""

    predicts = "answer_span"
    input_roles = ("question", "text")

    def inputs(self) -> tuple[str, ...] | None:
        return ("question", "context")

    def target_input(self, inputs: Sequence[str]) -> str:
        return "context"

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        return (
            Slot("question.embedding", "embedding", ("question",), default={"type": "word"}),
            Slot("question.pooling", "pooling", ("question.embedding",), default={"type": "max"}),
            Slot("context.embedding", "embedding", ("context",), default={"type": "word"}),
            Slot("context.representation", "representation", ("context.embedding",), optional=True),
            Slot("decoder", "decoder", ("context.representation", "question.pooling"), default={"type": "mlp"}),
            Slot("output", "output", ("decoder",), default={"type": "span_softmax"}),
        )
