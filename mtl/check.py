"""Is this recipe possible? Everything that can be known before training, and all faults at once.

Schema and graph rules have spoken when a `SharingGraph` exists. Here its modules are built by their real
constructors on torch's meta device, where tensors have shapes and no memory, and one fake batch goes through every
task: sizes that do not fit show up as faults of the line that configures the component.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from .dataset import Batch, Fitted, Prepared, prepare
from .errors import Fault, RecipeError
from .features import Feature
from .labels import Labels
from .model import MultiTaskModel
from .recipe import Recipe
from .sharing_graph import InputKey, SharingGraph

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .sources.base import Source

ROWS, TOKENS, CHARACTERS = 2, 3, 4  # sizes of the fake batch: all different, so that mixed-up axes do not fit


@dataclass(frozen=True)
class Report:
    """What a check found out: the graph, the parameters of every component, warnings that stop nobody."""

    graph: SharingGraph
    parameters: Mapping[str, int]
    warnings: tuple[Fault, ...]


def check(recipe: Recipe) -> Report:
    """Prove that a recipe can be built and that a batch passes through all its tasks.

    Raises `RecipeError` with every rule of the graph that is broken, else with every component that cannot be
    built, applied or exported.
    """
    graph = SharingGraph.build(recipe)
    faults = list(unexportable(graph))
    model = build_on_meta(graph)
    faults += failing(model)
    if faults:
        raise RecipeError(faults, recipe.title)
    parameters = {name: sum(p.numel() for p in module.parameters()) for name, module in model.components.items()}
    return Report(graph, parameters, graph.warnings)


def read_sources(graph: SharingGraph, sources: Mapping[str, Source], cache: Path) -> Prepared:
    """Read every split as a run would: columns, labels, vocabularies; raises `DataError` where one is wrong."""
    return prepare(graph, sources, cache)


def unexportable(graph: SharingGraph) -> Iterator[Fault]:
    """Yield a fault for every feature that cannot be computed in an exported graph."""
    for name in graph.embeddings():
        for feature in graph.features_of(name):
            if not feature.exportable:
                yield _fault(
                    graph,
                    name,
                    f"every feature should have an ONNX face, as its tasks ({', '.join(graph.tasks_meeting_at(name))}) "
                    f"are exported. Found {type(feature).__name__} without the method 'onnx'.",
                )


def build_on_meta(graph: SharingGraph) -> MultiTaskModel:
    """Build the model without memory, over placeholder vocabularies and labels."""
    with torch.device("meta"):
        return MultiTaskModel(graph, placeholder(graph), initial=False).eval()


def placeholder(graph: SharingGraph) -> Fitted:
    """Return made-up vocabularies and labels; labels that an output layer's keys name are among them."""
    fitted = Fitted.placeholder(graph)
    for task in graph.recipe.tasks:
        config = graph.components[graph.output(task).component].config
        named = [key for value in config.values.values() if isinstance(value, dict) for key in value]
        labels = fitted.labels[task]
        names = tuple(dict.fromkeys([*labels.names, *named]))
        fitted.labels[task] = Labels(names, (1,) * len(names))
    return fitted


def failing(model: MultiTaskModel) -> Iterator[Fault]:
    """Push one fake batch through every task; yield a fault for each component at which it stops."""
    graph = model.sharing_graph
    entered = Entered()
    handles = [entered.watch(name, module) for name, module in model.components.items()]
    stopped: set[str] = set()
    for task, config in graph.recipe.tasks.items():
        try:
            scores = model.scores(fake_batch(model, config.source), [task])[task]
            entered.component = graph.output(task).component
            model.output(task).answer(scores)
        except Exception as error:  # whatever a module's code raises is told as its fault
            if not entered.component:
                raise
            if entered.component not in stopped:
                stopped.add(entered.component)
                yield _fault(graph, entered.component, message(error))
    for handle in handles:
        handle.remove()


@dataclass
class Entered:
    """The component whose `forward` was entered last."""

    component: str = ""
    shapes: str = field(default="", repr=False)

    def watch(self, name: str, module: nn.Module) -> Any:
        """Take note whenever a component is applied."""

        def enter(_module: nn.Module, arguments: tuple[Any, ...]) -> None:
            self.component = name

        return module.register_forward_pre_hook(enter)


def message(error: Exception) -> str:
    """Return the sentence for a module that a batch does not pass."""
    reason = " ".join(str(error).split()) or "no reason"
    return (
        f"should take a batch of {ROWS} rows, {TOKENS} tokens and {CHARACTERS} characters. "
        f"Found {type(error).__name__}: {reason.rstrip('.')}."
    )


def fake_batch(model: MultiTaskModel, source: str) -> Batch:
    """Return a batch of one source in which every feature is a tensor without memory."""
    graph = model.sharing_graph
    keys = {key: None for task in graph.recipe.tasks for key in _keys(graph, task)}
    lengths = {key: torch.full((ROWS,), TOKENS, device="meta") for key in keys}
    features = {
        (name, index, key): fake_feature(feature)
        for name in graph.embeddings()
        for index, feature in enumerate(model.fitted.features[name])
        for key in keys
    }
    return Batch(source, np.arange(ROWS), lengths, features, {}, {}, ROWS * TOKENS)


def _keys(graph: SharingGraph, task: str) -> Iterator[InputKey]:
    for call in graph.calls([task]):
        yield from (argument for argument in call.arguments if isinstance(argument, InputKey))


def fake_feature(feature: Feature) -> Tensor:
    """Return what a feature's tensor looks like."""
    shape = (ROWS, TOKENS, CHARACTERS) if feature.dims == ("T", "C") else (ROWS, TOKENS)
    whole = np.issubdtype(feature.dtype, np.integer)
    return torch.zeros(shape, dtype=torch.int64 if whole else torch.float32, device="meta")


def _fault(graph: SharingGraph, component: str, message: str) -> Fault:
    config, recipe = graph.components[component].config, graph.recipe
    return Fault(message, str(recipe.file) if recipe.file is not None else None, config.line, config.path)
