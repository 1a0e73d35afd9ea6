"""What of a model learns, as recipes freeze components and modules freeze layers: nothing, or more than is meant."""

from __future__ import annotations

from collections.abc import Iterator

from ..base.errors import Fault, counted
from ..graph.calls import adapters_alone
from ..graph.rules.places import place_of
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
    """Yield a warning for every task that has labels to learn from and weights, none of which learn.

    None where no weights of the model learn: that is a fault (`nothing_to_train`).
    """
    graph, learning = model.sharing_graph, set(learning_weights(model))
    weighty = set(_weights(model))
    for task, config in graph.recipe.tasks.items():
        if config.learn and learning and graph.path(task) & weighty and not graph.path(task) & learning:
            yield config.place.fault(
                "learns nothing, as all its weights are frozen. Give it a decoder or an adapter that learns."
            )


def adapted_in_vain(model: MultiTaskModel) -> Iterator[Fault]:
    """Yield a warning for every adapter that alone uses an encoder that learns itself.

    Where tasks share an encoder, it may learn beside adapters: they are what each of the tasks has of its own in it
    (projected attention layers, Stickland and Murray, 2019).
    """
    graph, learning = model.sharing_graph, learning_weights(model)
    for adapter, encoder in adapters_alone(graph.calls(graph.recipe.tasks)).items():
        if encoder in learning and not graph.training(adapter).freeze:
            yield place_of(graph, encoder).fault(
                f"learns itself ({counted(learning[encoder], 'weight')}), so its adapter '{adapter}' is of little use. "
                "Freeze the encoder ('freeze: true'), or use it without an adapter."
            )


def learning_weights(model: MultiTaskModel) -> dict[str, int]:
    """Return how many weights of a component learn, of those of which some do."""
    graph = model.sharing_graph
    return {name: size for name, size in _weights(model).items() if not graph.training(name).freeze}


def _weights(model: MultiTaskModel) -> dict[str, int]:
    """Return how many weights a component has that its module lets learn, of those that have any."""
    owned = own_tensors(model.components)
    sizes = {n: sum(t.numel() for t in own.values() if t.requires_grad) for n, own in owned.items()}
    return {name: size for name, size in sizes.items() if size}
