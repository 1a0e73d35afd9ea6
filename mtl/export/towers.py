"""The two sides of a separable scorer: graphs that turn one text into the vector whose inner product is the score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..graph.calls import Call, InputKey, Regroup, steps_below
from ..graph.sharing_graph import SharingGraph
from ..model.module import Scorer
from ..model.multi_task import MultiTaskModel


@dataclass(frozen=True)
class Tower:
    """What becomes of one of the two texts (`position` 0 or 1) of a task before they meet in its `scorer`."""

    task: str
    input: str
    position: int
    scorer: str  # component
    key: InputKey
    call: Call  # computes what `Scorer.encode` takes

    @property
    def file(self) -> str:
        """Name of the tower's file."""
        return f"{self.task}.{self.input}.onnx"


def towers(model: MultiTaskModel, graph: SharingGraph, tasks: Sequence[str]) -> list[Tower]:
    """Return both sides of every task whose scorer is separable, in the order of the tasks and their inputs."""
    found = []
    for task in tasks:
        entering = steps_below(graph.output(task, by="front_end"))
        scores = entering[0] if entering else None
        scorer = model.components[scores.component] if isinstance(scores, Call) else None
        if not isinstance(scores, Call) or not isinstance(scorer, Scorer) or not scorer.separable:
            continue
        for position, (name, key) in enumerate(graph.inputs(task, by="front_end").items()):
            argument = scores.arguments[position]
            call = argument.value if isinstance(argument, Regroup) else argument
            if isinstance(call, Call):
                found.append(Tower(task, name, position, scores.component, key, call))
    return found
