"""The sharing graph: the components of all tasks after tied modules are merged, and what flows between them.

It is the only place that knows what is shared. Two views of one thing are kept: `graph` (networkx), in which every
component is one node however many tasks use it, and the calls (see `calls`), which say to what each component is
applied. Everything else here is derived from these two.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import networkx as nx

from ..base.errors import Fault, UsageError, near_miss
from ..recipe.beside import beside
from ..recipe.config import InputConfig, Recipe
from ..recipe.flow import addresses, flows
from ..recipe.modules import ModuleConfig
from ..recipe.names import selects
from ..recipe.training import ComponentTraining
from .call_making import ADDED, WORD_IDS, CallMaker
from .calls import Call, InputKey, input_keys, keys_of, leaves, walk
from .module_graph import add_edge, module_graph

TEXT = "text"  # what the text of a task that has one alone is called in the graph
By = Literal["source", "front_end"]
READING = ("embedding", "wide")  # kinds of modules that read features of a text


@dataclass(frozen=True)
class FeatureNode:
    """Node of a feature: the embedding that consumes it and its position among that embedding's features."""

    component: str
    index: int


@dataclass(frozen=True)
class Component:
    """A module of the joint network: `members` are the addresses that it is, `tasks` those whose output needs it."""

    name: str
    kind: str
    config: ModuleConfig
    members: tuple[str, ...]
    tasks: tuple[str, ...]


class SharingGraph:
    """Components and what flows between them, for one recipe; made by `build_graph`.

    `graph` has a node for every component (attribute `kind`), every `InputKey` (kind `input`) and every `FeatureNode`
    (kind `feature`); its edges have an attribute `flow`, `data` or `condition`. `components` is in build order: what
    flows into a component comes before it. `warnings` do not stop a run.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.warnings: tuple[Fault, ...] = ()
        self._addresses = {a: config for t in recipe.tasks.values() for a, config in addresses(t.name, t.model)}
        hard = [group for group in recipe.share.values() if not group.soft]
        self._groups = {member: group.name for group in hard for member in group.members}
        self._names = {address: self._name(address) for address in self._addresses}
        self._maker = CallMaker(recipe, self._addresses, self._names)
        self._outputs: dict[tuple[str, By], Call] = {}
        self.graph = module_graph(recipe.tasks.values(), self._addresses, self._names)
        self.components: Mapping[str, Component] = {}

    # -- addresses and components

    def _name(self, address: str) -> str:
        if address in self._groups:
            return self._groups[address]
        whole, _, part = address.rpartition(".")
        return f"{self._name(whole)}.{part}" if whole in self._addresses else address

    def component_of(self, address: str) -> str:
        """Return the component that an address is (`slots.embedding` -> `words`); a component's name is itself.

        Raises `UsageError` with the nearest address where there is none.
        """
        if address in self._names:
            return self._names[address]
        if address in self.components:
            return address
        hint = near_miss(address, [*self._names, *self.components])
        raise UsageError(f"'{address}' is not a module of {self.recipe.title}.{hint}")

    def addresses(self) -> Mapping[str, ModuleConfig]:
        """Return every module address of the recipe, parts included, with its configuration."""
        return self._addresses

    def members(self) -> dict[str, list[str]]:
        """Return the addresses that each component is, in the order of the recipe."""
        found: dict[str, list[str]] = {}
        for address, name in self._names.items():
            found.setdefault(name, []).append(address)
        return found

    def inputs_at(self, address: str) -> tuple[InputConfig, ...]:
        """Return the inputs that flow directly into the slot that an address is (or is a part of)."""
        task = self.recipe.tasks[address.split(".")[0]]
        slot = next(slot for slot in task.model if f"{address}.".startswith(f"{task.name}.{slot}."))
        return tuple(task.inputs[source] for source in flows(task)[slot] if source in task.inputs)

    # -- building

    def connect(self) -> None:
        """Add inputs and features, put the components in build order, find out which tasks need them."""
        for component, key in leaves(self.calls(self.recipe.tasks)):
            self._connect_input(key, component)
        members = self.members()
        paths = {task: self.path(task) for task in self.recipe.tasks}
        order = {name: position for position, name in enumerate(members)}
        found = nx.lexicographical_topological_sort(self.graph.subgraph(members), key=order.__getitem__)
        self.components = {
            name: Component(
                name,
                self.graph.nodes[name]["kind"],
                self._addresses[members[name][0]],
                tuple(members[name]),
                tuple(task for task, path in paths.items() if name in path),
            )
            for name in found
        }

    def _connect_input(self, key: InputKey, component: str) -> None:
        self.graph.add_node(key, kind="input")
        features = self.features_of(component)
        for index in range(len(features)):
            node = FeatureNode(component, index)
            self.graph.add_node(node, kind="feature")
            add_edge(self.graph, key, node, "data")
            add_edge(self.graph, node, component, "data")
        if not features:
            add_edge(self.graph, key, component, "data")

    # -- calls

    def output(self, task: str, by: By = "source") -> Call:
        """Return the last call of a task: its output layer applied to its decoder's scores."""
        if (task, by) not in self._outputs:
            self._outputs[task, by] = self._maker.output(self.recipe.tasks[task], self.inputs(task, by))
        return self._outputs[task, by]

    def calls(self, tasks: Iterable[str], by: By = "source") -> list[Call]:
        """Return every call that the outputs of these tasks need, once, arguments before what takes them."""
        return [step for step in walk(self.output(task, by) for task in tasks) if isinstance(step, Call)]

    def leaves(self, tasks: Iterable[str]) -> list[tuple[str, InputKey]]:
        """Return what components of these tasks read which inputs."""
        return list(leaves(self.calls(tasks)))

    def addresses_of(self, call: Call) -> tuple[str, ...]:
        """Return the addresses at which a call is made: several where tied modules are applied to the same values."""
        return self._maker.addresses_of(call)

    def inputs(self, task: str, by: By = "source") -> dict[str, InputKey]:
        """Return the inputs of a task, by their names."""
        config = self.recipe.tasks[task]
        if by == "source":
            return input_keys(config)
        values = beside(config.task, config.inputs)
        texts = [name for name in config.inputs if name not in values]
        alone = len(config.inputs) == 1 or texts == [TEXT]
        return {n: InputKey.of("", "" if alone and n not in values else n, i) for n, i in config.inputs.items()}

    def target_input(self, task: str, by: By = "source") -> InputKey:
        """Return the input that a task's target belongs to, where it is one over tokens or over a list of texts."""
        found = self.inputs(task, by)
        return found[self.recipe.tasks[task].task.target_input(tuple(found))]

    # -- what others ask

    def path(self, task: str) -> frozenset[str]:
        """Return the components that a task's output needs, itself included, also through conditions."""
        return frozenset(call.component for call in self.calls([task]))

    def tasks_meeting_at(self, component: str) -> tuple[str, ...]:
        """Return the tasks whose gradients meet in a component, in the order of the recipe."""
        return tuple(task for task in self.components[component].tasks if self.recipe.tasks[task].learn)

    def predicted_words(self, task: str) -> str | None:
        """Return the embedding whose vocabulary a task predicts: its ids flow into the output layer. Else None."""
        below = self.output(task).arguments
        return next((step.component for step in below if isinstance(step, Call) and step.method == WORD_IDS), None)

    def streams(self) -> dict[str, tuple[str, ...]]:
        """Return the tasks on each source, in the order of the recipe; sources without a task are left out."""
        found: dict[str, tuple[str, ...]] = {}
        for task in self.recipe.tasks.values():
            found[task.source] = (*found.get(task.source, ()), task.name)
        return found

    def trained_streams(self) -> dict[str, tuple[str, ...]]:
        """Return the tasks on each source that are trained; sources without one are left out."""
        of = {name: tuple(t for t in tasks if self.recipe.tasks[t].learn) for name, tasks in self.streams().items()}
        return {name: tasks for name, tasks in of.items() if tasks}

    def conditions(self, task: str) -> tuple[str, ...]:
        """Return the tasks whose output flows directly into a module of this one."""
        addresses = [a for a in self._addresses if a.startswith(f"{task}.")]
        found = [condition.split(".")[0] for a in addresses for condition in self._addresses[a].conditions]
        return tuple(dict.fromkeys(found))

    def embeddings(self) -> tuple[str, ...]:
        """Return the leaf embeddings: those that read features of an input, not other embeddings."""
        return tuple(name for name, c in self.components.items() if c.kind == "embedding" and not c.config.parts)

    def readers(self) -> tuple[str, ...]:
        """Return all components that read features of an input: leaf embeddings and wide modules."""
        return tuple(n for n, c in self.components.items() if c.kind in READING and not c.config.parts)

    def inputs_of(self, component: str) -> list[InputKey]:
        """Return the inputs that flow into a component: for an embedding, whose texts its vocabulary must cover."""
        calls = [c for c in self.calls(self.recipe.tasks) if c.component == component and c.method != ADDED]
        return sorted({key for call in calls for key in keys_of(call)})

    def features_of(self, component: str) -> tuple[Any, ...]:
        """Return new, unfitted features of a component, as its class declares them for its configuration."""
        address = next(a for a, name in self._names.items() if name == component)
        return declared_features(self._addresses[address])

    def training(self, component: str) -> ComponentTraining:
        """Return how a component is trained: as `train.components` says of it, or of the composite it is part of.

        Where several lines match, the last one alone counts. One that is frozen where it is configured stays so.
        """
        lines = [self.recipe.train.components[pattern] for pattern in self.training_lines(component)]
        found = lines[-1] if lines else ComponentTraining()
        return ComponentTraining(freeze=True, place=found.place) if self.configured_frozen(component) else found

    def training_lines(self, component: str) -> list[str]:
        """Return the patterns of `train.components` that a component, or a composite that it is part of, matches."""
        names = self._names_of(component)
        return [pattern for pattern in self.recipe.train.components if any(selects(pattern, name) for name in names)]

    def configured_frozen(self, component: str) -> bool:
        """Return whether a component, or a composite that it is part of, is frozen where it is configured."""
        return any(self._addresses[name].freeze for name in self._names_of(component) if name in self._addresses)

    def _names_of(self, component: str) -> set[str]:
        """Return the names and addresses of a component, and those of the composites that it is part of."""
        names = {component, *self.components[component].members}
        wholes = {name.rsplit(".", n)[0] for name in names for n in range(1, name.count(".") + 1)}
        return names | {whole for whole in wholes if whole in self._addresses or whole in self.components}


def declared_features(config: ModuleConfig) -> tuple[Any, ...]:
    """Return the features that an embedding or a wide module declares for its configuration; none for any other."""
    if config.kind not in READING or config.parts:
        return ()
    declare = config.cls.features
    wanted = inspect.signature(declare).parameters
    return tuple(declare(**{name: value for name, value in config.values.items() if name in wanted}))
