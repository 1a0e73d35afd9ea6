"""What of a model learns, as recipes freeze components and modules freeze layers: nothing, or more than is meant."""

from __future__ import annotations

from collections.abc import Iterator

from ..base.errors import Fault, counted
from ..graph.calls import encoders_of_adapters
from ..graph.rules.places import place_of, quoted
from ..graph.sharing_graph import SharingGraph
from ..model.multi_task import MultiTaskModel
from ..train.checkpoint import own_tensors


def nothing_to_train(model: MultiTaskModel) -> Iterator[Fault]:
    """Yield a fault where every component that has weights is frozen."""
    graph = model.sharing_graph
    weighty = list(_weights(model))
    if weighty and all(graph.training(name).freeze for name in weighty):
        place = graph.training(weighty[0]).place.named("train.components")
        yield place.fault("should leave something to train. Found every component frozen.")


def idle_tasks(model: MultiTaskModel) -> Iterator[Fault]:
    """Yield a warning for every task that has labels to learn from and no weights that learn, while others have."""
    graph, learning = model.sharing_graph, set(_learning(model))
    weighty = set(_weights(model))
    for task, config in graph.recipe.tasks.items():
        if config.learn and learning and graph.path(task) & weighty and not graph.path(task) & learning:
            yield config.place.fault(
                "learns nothing, as all its weights are frozen. Give it a decoder or an adapter that learns."
            )


def adapted_in_vain(model: MultiTaskModel) -> Iterator[Fault]:
    """Yield a warning for every encoder that has adapters and learns itself."""
    graph, learning = model.sharing_graph, _learning(model)
    found: dict[str, list[str]] = {}
    for adapter, encoder in encoders_of_adapters(graph.calls(graph.recipe.tasks)).items():
        found.setdefault(encoder, []).append(adapter)
    for encoder, adapters in found.items():
        if encoder in learning and _learns(graph, adapters):
            yield place_of(graph, encoder).fault(
                f"learns itself ({counted(learning[encoder], 'weight')}), so its {_named(adapters)} of little use. "
                "Freeze the encoder ('freeze: true'), or use it without adapters."
            )


def _named(adapters: list[str]) -> str:
    return f"adapter{'s' * (len(adapters) > 1)} {quoted(adapters)} {'are' if len(adapters) > 1 else 'is'}"


def _learns(graph: SharingGraph, adapters: list[str]) -> bool:
    return not all(graph.training(adapter).freeze for adapter in adapters)


def _weights(model: MultiTaskModel) -> dict[str, int]:
    """Return how many weights a component has that its module lets learn, of those that have any."""
    owned = own_tensors(model.components)
    sizes = {n: sum(t.numel() for t in own.values() if t.requires_grad) for n, own in owned.items()}
    return {name: size for name, size in sizes.items() if size}


def _learning(model: MultiTaskModel) -> dict[str, int]:
    """Return how many weights of a component learn, of those of which some do."""
    graph = model.sharing_graph
    return {name: size for name, size in _weights(model).items() if not graph.training(name).freeze}
