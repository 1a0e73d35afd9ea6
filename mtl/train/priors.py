"""What heads begin with: scores that are, before any text is read, as likely as the training answers are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ..graph.calls import Call

if TYPE_CHECKING:
    from ..data.prepared import Prepared
    from ..model.multi_task import MultiTaskModel


def set_priors(model: MultiTaskModel, prepared: Prepared) -> None:
    """Let every output layer, and what flows into it, begin where its tasks' training answers are.

    A component whose scores flow into several output layers begins at the mean of what they ask for. Tasks whose
    training draws pairs are left out: what their answers will be no row says. Tensors are those of a CPU.
    """
    tasks: dict[str, list[str]] = {}
    for task, config in model.sharing_graph.recipe.tasks.items():
        if not config.task.draws_negatives:
            tasks.setdefault(model.sharing_graph.output(task).component, []).append(task)
    asked: dict[str, list[Tensor]] = {}
    for of_output in tasks.values():
        found = model.output(of_output[0]).prior(_answers(model, prepared, of_output))
        for step, scores in zip(model.entering(of_output[0]), found, strict=False):
            if scores is not None and isinstance(step, Call):
                asked.setdefault(step.component, []).append(scores)
    for component, several in asked.items():
        model.components[component].set_prior(torch.stack(several).mean(0))


def _answers(model: MultiTaskModel, prepared: Prepared, tasks: list[str]) -> Iterator[tuple[Any, Tensor]]:
    graph = model.sharing_graph
    for task in tasks:
        train, words = prepared.splits[graph.recipe.tasks[task].source, "train"], graph.predicted_words(task)
        yield from train.answers(task) if words is None else train.words(graph.target_input(task), words)
