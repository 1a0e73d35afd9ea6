"""Any number of topics for a text: a task on a target and an output layer that mtl has."""

from __future__ import annotations

from collections.abc import Sequence

from mtl.base.registry import register
from mtl.recipe.task import Slot, Task


@register("task", "topics")
class Topics(Task):
    """Give every text all topics that it is about."""

    predicts = "classes"

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        return (
            Slot("embedding", "embedding", tuple(inputs), default={"type": "word"}),
            Slot("representation", "representation", ("embedding",), optional=True),
            Slot("pooling", "pooling", ("representation",), default={"type": "max"}),
            Slot("decoder", "decoder", ("pooling",), default={"type": "mlp"}),
            Slot("output", "output", ("decoder",), default={"type": "sigmoid"}),
        )
