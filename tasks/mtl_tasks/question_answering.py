"""The part of a text that answers a question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mtl.base.registry import register
from mtl.recipe.task import Slot, Task


@register("task", "question_answering")
class QuestionAnswering(Task):
    """Find the answer to a question in a text: reading comprehension.

    Its inputs are `question` and `context`; the target column (`answers`, where a recipe names none) holds the answer
    as the context has it, or a list of right answers. With `no_answer` the list may be empty, and the model may say
    that the text has no answer. Each text has an embedding and a representation (may be left out); a `pooling` of the
    question goes with a decoder that takes vectors, such as `mlp`.
    """

    predicts = "span"
    input_roles = ("question", "text")
    target_column = "answers"

    def __init__(self, *, no_answer: bool = False) -> None:
        self.no_answer = no_answer

    def target_options(self) -> dict[str, Any]:
        """Return whether a question may have no answer."""
        return {"no_answer": self.no_answer}

    def inputs(self) -> tuple[str, ...]:
        """Return the question and the text that has the answer."""
        return ("question", "context")

    def target_input(self, inputs: Sequence[str]) -> str:
        """Return the text that has the answer."""
        return "context"

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        """Embedding and representation of each text, pooling of the question (may be left out), decoder, output."""
        return (
            Slot("question.embedding", "embedding", ("question",), default={"type": "word"}),
            Slot("question.representation", "representation", ("question.embedding",), optional=True),
            Slot("question.pooling", "pooling", ("question.representation",), optional=True),
            Slot("context.embedding", "embedding", ("context",), default={"type": "word"}),
            Slot("context.representation", "representation", ("context.embedding",), optional=True),
            Slot(
                "decoder",
                "decoder",
                ("context.representation", "question.pooling"),
                default={"type": "attention_flow"},
            ),
            Slot("output", "output", ("decoder",), default={"type": "span"}),
        )
