"""Learning rates of components and of the layers inside them, as `train.components` says.

Under `layer_decay` each layer has that share of the rate of the one above it (Howard and Ruder, 2018, section 3.2).
What flows into the component, as embeddings do, goes on below its lowest layer, unless a line of its own says
otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from torch import nn

from ..base import registry
from ..base.errors import Fault, some
from ..graph.sharing_graph import SharingGraph
from ..model.module import Module
from ..recipe.modules import ModuleConfig
from ..recipe.training import ComponentTraining


class _Descent(NamedTuple):
    """Where a component begins: the rate of its highest layer, the share of each below, the line that says so, and
    the optimizer that has these rates.
    """

    rate: float
    decay: float
    line: ComponentTraining
    optimizer: ModuleConfig


def rates_of(graph: SharingGraph, components: Mapping[str, Module]) -> dict[nn.Parameter, float]:
    """Return the rate of each parameter that has not the optimizer's; components are in build order."""
    found: dict[nn.Parameter, float] = {}
    descents = _descents(graph, components)
    for name, module in components.items():
        descent, own = descents.get(name), graph.training(name)
        if descent is not None:
            layers = _layers(module)
            for depth, layer in enumerate(reversed(layers)):
                found |= dict.fromkeys(layer, descent.rate * descent.decay**depth)
        elif own.lr is not None:
            found |= dict.fromkeys(module.parameters(), own.lr)
    return found


def without_effect(graph: SharingGraph, components: Mapping[str, Module]) -> Iterator[Fault]:
    """Yield a fault for each line whose rates or optimizer no parameter has: `layer_decay` of no layers, for one."""
    yield from _of_nothing(graph, components)
    descents = _descents(graph, components)
    depths: dict[str, int] = {}
    for name, descent in descents.items():
        pattern = _pattern(graph, descent.line)
        several = len(_layers(components[name])) > 1 or descent.rate != _first_rate(graph, name, descent.line)
        depths[pattern] = depths.get(pattern, 0) + several
    for pattern, below in depths.items():
        if not below:
            line = graph.recipe.train.components[pattern]
            yield line.place.fault(
                "should have 'layer_decay' only where there are layers: a component of several, or one into which "
                f"another without a rate of its own flows. Found none at '{pattern}'. Leave 'layer_decay' out."
            )


def _of_nothing(graph: SharingGraph, components: Mapping[str, Module]) -> Iterator[Fault]:
    """Yield a fault for each line that sets rates or an optimizer for no parameter.

    All components that its pattern matches are frozen in their models, or none has parameters. A component counts for
    every line that matches it, also where a later one decides.
    """
    for pattern, line in graph.recipe.train.components.items():
        given = [key for key in ("lr", "layer_decay", "optimizer") if getattr(line, key) is not None]
        names = [name for name in components if pattern in graph.training_lines(name)]
        if not given or not names:
            continue
        found = f"Found {' and '.join(repr(key) for key in given)}."
        if all(graph.configured_frozen(name) for name in names):
            change = "Leave 'freeze' out there, or this line."
            are = "is" if len(names) == 1 else "are"
            should = "should be of a component that is trained: "
            yield line.place.fault(f"{should}{some(names)} {are} frozen by 'freeze' in the model. {found} {change}")
        elif not any(True for name in names for _ in components[name].parameters()):
            has = "has" if len(names) == 1 else "have"
            should = "should be of a component with parameters: "
            yield line.place.fault(f"{should}{some(names)} {has} none. {found} Leave the line out.")


def _descents(graph: SharingGraph, components: Mapping[str, Module]) -> dict[str, _Descent]:
    """Return where those components begin whose rates decay; of several ways down to one, the longest counts."""
    found: dict[str, _Descent] = {}
    ends: dict[str, _Descent] = {}
    for name in reversed(list(components)):
        own = graph.training(name)
        flows = graph.graph.out_edges(name, data="flow")
        above = [ends[to] for _, to, flow in flows if flow == "data" and to in ends]
        unsaid, optimizer = own.lr is None and own.layer_decay is None, optimizer_of(graph, name)
        # A rate means the same to one optimizer alone.
        above = [d for d in above if d.line is own or (unsaid and d.optimizer == optimizer)]
        if above:
            found[name] = min(above, key=lambda descent: descent.rate)
        elif own.layer_decay is not None:
            found[name] = _Descent(_first_rate(graph, name, own), own.layer_decay, own, optimizer)
        else:
            continue
        begin = found[name]
        ends[name] = begin._replace(rate=begin.rate * begin.decay ** len(_layers(components[name])))
    return found


def _layers(module: Module) -> list[list[nn.Parameter]]:
    """Return the parameters of each layer, the lowest first; a module without parameters has none."""
    layers = [list(layer) for layer in module.layered()]
    return [layer for layer in layers if layer]


def _first_rate(graph: SharingGraph, component: str, line: ComponentTraining) -> float:
    return float(optimizer_of(graph, component).values["lr"]) if line.lr is None else line.lr


def _pattern(graph: SharingGraph, line: ComponentTraining) -> str:
    return next(pattern for pattern, own in graph.recipe.train.components.items() if own is line)


def optimizer_of(graph: SharingGraph, component: str) -> ModuleConfig:
    """Return the optimizer that the recipe gives a component, that of its module's class, or else the recipe's."""
    own = graph.training(component).optimizer
    declared = graph.components[component].config.cls.optimizer
    if own is None and declared is not None:
        name, values = declared
        schema = registry.schema(registry.lookup("optimizer", name))
        own = ModuleConfig("optimizer", name, schema(**values).model_dump())
    return own or graph.recipe.train.optimizer
