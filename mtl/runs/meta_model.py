"""The model of a recipe on torch's meta device, where tensors have no memory, and a fake batch for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import networkx as nx
from torch import nn

from ..base.errors import Fault, sentences
from ..data.fitted import Fitted
from ..data.origins import Origins
from ..graph import rules as graph_rules
from ..graph.sharing_graph import SharingGraph
from ..model.meta import on_meta, without_compiler
from ..model.multi_task import MultiTaskModel
from ..recipe.modules import ModuleConfig
from .fake_batch import fake_batch, should_take


def build_on_meta(graph: SharingGraph, *, initial: bool = False, origins: Origins | None = None) -> MultiTaskModel:
    """Build the model without memory, over placeholder vocabularies and labels; those of runs that it comes from."""
    with on_meta():
        return MultiTaskModel(graph, placeholder(graph, origins), initial=initial).eval()


def placeholder(graph: SharingGraph, origins: Origins | None = None) -> Fitted:
    """Return made-up vocabularies and labels; labels that an output layer's keys name are among them.

    So they are among those of all tasks which a tied decoder or output layer gives the same labels. What `origins` say
    comes from runs is as these have it.
    """
    fitted = Fitted.placeholder(graph)
    ties: nx.Graph[str] = nx.Graph()
    ties.add_nodes_from(graph.recipe.tasks)
    for tasks in graph_rules.label_ties(graph):
        nx.add_path(ties, tasks)
    for alike in nx.connected_components(ties):
        tied = [task for task in graph.recipe.tasks if task in alike]
        named = [label for task in tied for label in named_labels(graph.addresses()[graph.recipe.tasks[task].output])]
        names = tuple(dict.fromkeys([*fitted.targets[tied[0]].names(), *named]))
        for task in tied:
            fitted.targets[task].placeholder(names)
    if origins is not None:
        origins.place_into(fitted)
    return fitted


def named_labels(output: ModuleConfig) -> list[str]:
    """Return the labels that an output layer's keys name: those of its mappings (`class_weights: {label: weight}`)."""
    parts = output.parts
    return [key for value in output.values.values() if isinstance(value, dict) for key in value if key not in parts]


def failing(model: MultiTaskModel) -> Iterator[Fault]:
    """Push one fake batch through every task; yield a fault for each component at which it stops."""
    graph = model.sharing_graph
    entered = Entered()
    handles = [entered.watch(name, module) for name, module in model.components.items()]
    stopped: set[str] = set()
    for task, config in graph.recipe.tasks.items():
        entered.component = ""
        try:
            with without_compiler():
                scores = model.scores(fake_batch(model, config.source), [task])[task]
                entered.component = graph.output(task).component
                model.output(task).answer(*scores)
        except Exception as error:  # whatever a module's code raises is reported as its fault
            if not entered.component:
                raise
            if entered.component not in stopped:
                stopped.add(entered.component)
                place = graph.components[entered.component].config.blamed(error)
                yield from map(place.fault, sentences(error, should_take(config)))
    for handle in handles:
        handle.remove()


@dataclass
class Entered:
    """The component whose `forward` was entered last."""

    component: str = ""

    def watch(self, name: str, module: nn.Module) -> Any:
        """Take note whenever a component is applied."""

        def enter(_module: nn.Module, arguments: tuple[Any, ...]) -> None:
            self.component = name

        return module.register_forward_pre_hook(enter)
