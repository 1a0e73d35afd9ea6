"""What output layers decide by and dev shows: temperatures and thresholds, found once training has ended.

They are found with the weights of the best checkpoint, and become part of it: buffers of the output layers, which a
test, a prediction and an export then have, with the sentences that report them. What is found follows from these
weights and from dev alone, so a run that is killed before it was written finds it again. Layers that are frozen, or
none of whose tasks learns, find nothing: they keep what came with their weights.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ..base.device import device_of
from ..base.errors import Fault, RecipeError
from ..base.progress import Note
from ..base.tensors import read_tensors
from ..data.batching import batches
from ..evaluate.answerers import BATCH_TOKENS
from ..model.module import PaddedSequence
from ..model.output import DevUnits, Output
from .checkpoint import Checkpoints, describe, own_tensors

if TYPE_CHECKING:
    from ..data.prepared import Prepared
    from ..data.split import Split
    from ..graph.sharing_graph import SharingGraph
    from ..model.multi_task import MultiTaskModel

DECIDED, SENTENCES = "decided", "sentences"  # in the description of a component's file


def fault_if_undecidable(model: MultiTaskModel, prepared: Prepared) -> None:
    """Raise `RecipeError` for every output layer that asks for what its tasks' dev splits cannot show."""
    faults = undecidable(model, prepared)
    if faults:
        raise RecipeError(faults, model.sharing_graph.recipe.title)


def undecidable(model: MultiTaskModel, prepared: Prepared) -> list[Fault]:
    """Return a fault for every output layer that asks for what its tasks' dev splits cannot show."""
    graph = model.sharing_graph
    faults: list[Fault] = []
    for component, output in _deciding(model):
        config = graph.components[component].config
        splits = _dev(graph, prepared, component)
        targets = [part for task, split in splits for part in split.answers(task)]
        if not splits:
            message = "should come with a dev split of the task's source, on which it is found. There is none."
            faults += [config.place_of(key).fault(message) for key in output.found_on_dev]
        else:
            unseen = sorted({label for task, split in splits for label in split.unseen_labels().get(task, ())})
            faults += [config.place_of(key).fault(message) for key, message in output.lacking_on_dev(targets, unseen)]
    return faults


def undecided(model: MultiTaskModel) -> Iterator[Fault]:
    """Yield a warning for every key that asks for what is found on dev, of a frozen layer that nobody found it for."""
    graph = model.sharing_graph
    for component, module in model.components.items():
        config = graph.components[component].config
        given = config.origin is not None or config.weights is not None
        if isinstance(module, Output) and graph.training(component).freeze and not given:
            for key in module.found_on_dev:
                yield config.place_of(key).fault(
                    f"has no effect, as '{component}' is frozen and begins with no weights that were trained: nothing "
                    f"is found on dev. Leave out '{key}', or do not freeze it."
                )


def selected_undecided(model: MultiTaskModel) -> Iterator[Fault]:
    """Yield a fault for every figure to select by that needs answers out of scope, where training has none.

    Then the output layer finds on dev, once training has ended, below which probability it answers so.
    """
    graph = model.sharing_graph
    train = graph.recipe.train
    rejecting = [(name, output.rejects_by) for name, output in _deciding(model) if output.rejects_by is not None]
    for component, key in rejecting:
        for task in _ended(graph, component):
            known, of_rejections = _figures(graph, task)
            change = f"Write '{known[0]}', or give" if known else "Give"
            for figure in (figure for figure in of_rejections if figure in train.select):
                yield train.place_of("select").fault(
                    f"'{figure}' should be a figure that evaluations in training can have. Found that '{component}' "
                    f"finds its '{key}' on dev once training has ended, and answers nothing out of scope until then. "
                    f"{change} '{key}' a number, such as '{key}: 0.5'."
                )


def _figures(graph: SharingGraph, task: str) -> tuple[list[str], list[str]]:
    """Return the figures of a task's metrics of what is out of scope: first those that need no such answers."""
    metrics = [config.cls(**config.values) for config in graph.recipe.tasks[task].metrics if config.cls.of_rejections]
    every = [(figure, figure in metric.of_rejections) for metric in metrics for figure in metric.figures]
    known = [f"{task}.{figure}" for figure, rejects in every if not rejects]
    return known, [f"{task}.{figure}" for figure, rejects in every if rejects]


def yet_to_decide(model: MultiTaskModel) -> Iterator[Note]:
    """Yield a note for each output layer that finds something on dev: evaluations in training do not have it."""
    for component, output in _deciding(model):
        keys = " and ".join(output.found_on_dev)
        message = f"{keys}: found on dev once training has ended; until then evaluations answer without"
        yield Note(message, component=component)


def undecide(model: MultiTaskModel) -> None:
    """Reset what is going to be found on dev: first weights that come from a run bring what was found for that one."""
    for _, output in _deciding(model):
        output.undecide()


def decide(model: MultiTaskModel, prepared: Prepared, checkpoints: Checkpoints) -> list[tuple[str, str]]:
    """Let output layers find what they lack, write it into the best checkpoint, and return sentences by component.

    `model` has that checkpoint's weights and is in evaluation mode. What is there already is not found again: its
    sentences are those that were written with it.
    """
    found: list[tuple[str, str]] = []
    owned = own_tensors(model.components)
    best = checkpoints.path("best") if any(_deciding(model)) else None
    for component, output in _deciding(model):
        if best is None:
            continue
        written = read_tensors(best / "components" / f"{component}.safetensors")[1]
        sentences = json.loads(written.get(SENTENCES, "[]"))
        if DECIDED not in written:
            with torch.no_grad():
                sentences = list(output.decide(list(_units(model, prepared, component))))
            meaning = describe(model.sharing_graph, model.fitted)[component]
            meaning |= {DECIDED: "dev", SENTENCES: json.dumps(sentences)}
            checkpoints.rewrite("best", component, owned[component], meaning)
        found += [(component, sentence) for sentence in sentences]
    return found


def _deciding(model: MultiTaskModel) -> Iterator[tuple[str, Output]]:
    """Yield the output layers that find something on dev."""
    for component, module in model.components.items():
        if isinstance(module, Output) and module.found_on_dev and _trained(model.sharing_graph, component):
            yield component, module


def _trained(graph: SharingGraph, component: str) -> bool:
    learning = any(graph.recipe.tasks[task].learn for task in _ended(graph, component))
    return learning and not graph.training(component).freeze


def _ended(graph: SharingGraph, component: str) -> list[str]:
    """Return the tasks that an output layer ends."""
    return [task for task in graph.recipe.tasks if graph.output(task).component == component]


def _dev(graph: SharingGraph, prepared: Prepared, component: str) -> list[tuple[str, Split]]:
    """Return the tasks that an output layer ends, with the dev split of their source, where it has one."""
    found = [(task, prepared.split(graph.recipe.tasks[task].source, "dev")) for task in _ended(graph, component)]
    return [(task, split) for task, split in found if split is not None]


def _units(model: MultiTaskModel, prepared: Prepared, component: str) -> Iterator[DevUnits]:
    """Yield what flows into an output layer on dev, in batches that are made by length alone."""
    for task, split in _dev(model.sharing_graph, prepared, component):
        for rows in batches(split.lengths, tokens=BATCH_TOKENS, seed=0, epoch=0, shuffle=False):
            batch = split.batch(rows)
            scores = model.scores(batch.to(device_of(model)), [task])[task]
            yield DevUnits(tuple(map(_on_cpu, scores)), batch.targets[task], batch.labelled[task])


def _on_cpu(value: Any) -> Any:
    if isinstance(value, PaddedSequence):
        return PaddedSequence(value.values.cpu(), value.lengths.cpu())
    return value.cpu() if isinstance(value, Tensor) else value
