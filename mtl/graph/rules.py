"""The rules of a sharing graph, one named function each; `broken_rules` applies them all.

They need the modules and the edges between them, not what flows: they hold before any input is connected. Four rules
are kept where tied configurations are merged, since there is no graph without them: addresses exist, a module is in
one group only, members are of one kind (`compile/ties`), and configurations agree (`compile/modules`). That dimensions
agree along every edge is proven by building the model without memory (`runs/check`); that a tied decoder has one label
set shows once the data is read (`data/prepare`, and whatever builds a `model`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import networkx as nx

from ..base.errors import Fault, listing, near_miss
from ..recipe.config import InputConfig, Place, TaskConfig
from ..recipe.flow import read_alike
from ..text.front_end import FrontEnd
from . import pair_rules

if TYPE_CHECKING:
    from .sharing_graph import SharingGraph

NAMES = {"decoder": "decoder", "output": "output layer"}  # kinds whose size is the number of labels
MOST = 5  # labels that are shown
LONGEST = 6  # components of a cycle that are shown; of a longer one the middle is left out


def broken_rules(graph: SharingGraph, broken: Collection[str] = ()) -> list[Fault]:
    """Return every fault of a graph; `broken` are tasks that it lacks because their recipe has faults of its own."""
    faults = [fault for rule in RULES for fault in rule(graph)]
    return faults + list(conditions_name_outputs(graph, broken))


def no_cycle(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: merging and conditions make no cycle; the fault shows it."""
    for nodes in nx.strongly_connected_components(graph.graph):
        inside = graph.graph.subgraph(nodes)
        if not inside.edges:
            continue
        conditions = [edge for edge in inside.edges if inside.edges[edge]["flow"] == "condition"]
        producer, consumer = min(conditions or inside.edges)
        cycle = [producer, *nx.shortest_path(inside, consumer, producer)]
        if len(cycle) > LONGEST + 1:
            cycle[3:-2] = ["…"]
        place = _condition_place(graph, consumer, producer) if conditions else _place(graph, consumer)
        yield place.fault(f"no module should need its own answer. Found a cycle: {' -> '.join(cycle)}.")


def conditions_name_outputs(graph: SharingGraph, broken: Collection[str] = ()) -> Iterator[Fault]:
    """Rule: a condition names the output of a task."""
    outputs = [task.output for task in graph.recipe.tasks.values()]
    for _, key, place, address in _conditions(graph):
        if address in outputs or address.split(".")[0] in broken:
            continue
        hint = near_miss(address, outputs) or f" There are: {listing(outputs)}."
        what = "is not an output" if address in graph.addresses() else "is not a module"
        yield place.fault(f"'{key}' should be the address of a task's output. '{address}' {what}.{hint}")


def conditions_read_the_same_text(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: a task's condition can be computed from the task's own texts."""
    for task, _, place, address in _known_conditions(graph):
        other = graph.recipe.tasks[address.split(".")[0]]
        alike = read_alike(task, other)
        if len(alike) < len(other.inputs):
            yield place.fault(
                f"should come from a task that reads inputs of '{task.name}' ({listing(task.inputs)}). "
                f"Found '{other.name}', which reads {listing(other.inputs)}."
            )
            continue
        for mine, theirs in ((task.inputs[mine], other.inputs[name]) for name, mine in alike.items()):
            if task.source == other.source and mine.column != theirs.column:
                yield place.fault(
                    f"should come from a task that reads the column '{mine.column}' of '{task.source}'. "
                    f"Found '{other.name}', which reads '{theirs.column}'."
                )


def conditions_have_like_units(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: a task's condition comes from a task with units of the same kind: single texts, or lists of them."""
    for task, _, place, address in _known_conditions(graph):
        other = graph.recipe.tasks[address.split(".")[0]]
        if task.task.units != other.task.units:
            yield place.fault(
                f"should come from a task on {task.task.units}, as '{task.name}' is. "
                f"Found '{other.name}', one on {other.task.units}."
            )


def conditions_line_up(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: one answer per token conditions another only if both mean the same tokens."""
    for task, _, place, address in _known_conditions(graph):
        other = graph.recipe.tasks[address.split(".")[0]]
        mine, theirs = (_only(t.inputs).front_end for t in (task, other))
        if not all(t.task.target_class().axes[:1] == ("T",) for t in (task, other)):
            continue
        if mine.tokenizer != theirs.tokenizer:
            yield place.fault(
                f"should come from a task with the tokens of '{task.name}' ({mine.tokenizer}). "
                f"Found '{other.name}', whose tokenizer is {theirs.tokenizer}."
            )
        elif mine.max_tokens != theirs.max_tokens:
            yield place.fault(
                f"should come from a task that reads as many tokens as '{task.name}' ({mine.max_tokens or 'all'}). "
                f"Found '{other.name}', whose 'max_tokens' is {theirs.max_tokens or 'null'}."
            )


def tied_embeddings_read_the_same_tokens(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: tied embeddings consume the same features, from the same tokenizer and normalization."""
    for component, addresses in graph.members().items():
        if graph.addresses()[addresses[0]].kind != "embedding" or component not in graph.recipe.share:
            continue
        readers: dict[FrontEnd, str] = {}
        for address in addresses:
            for config in graph.inputs_at(address):
                readers.setdefault(config.front_end.whole, address)
        if len(readers) > 1:
            (first, one), (second, other) = list(readers.items())[:2]
            yield _place(graph, component).fault(
                "tied embeddings should read the same tokens. "
                f"Found {_front_end(first)} at '{one}' and {_front_end(second)} at '{other}'."
            )


def embeddings_read_one_input(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: an embedding reads one text; a task that has several gives each an embedding."""
    for address, config in graph.addresses().items():
        if config.kind == "embedding" and not config.parts and len(graph.inputs_at(address)) != 1:
            count = len(graph.inputs_at(address))
            yield config.place.fault(f"an embedding should read one input. Found {count} that flow into '{address}'.")


def every_component_reaches_an_output(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: no component is computed, or trained, for nothing."""
    outputs = [graph.component_of(task.output) for task in graph.recipe.tasks.values()]
    useful = set(outputs).union(*(nx.ancestors(graph.graph, output) for output in outputs))
    for component in graph.graph:
        if component not in useful:
            yield _place(graph, component).fault(f"should lead to an output. Found no way from '{component}' to one.")


def outputs_fit_their_task(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: an output layer is made for what its task predicts, element and axes."""
    for task in graph.recipe.tasks.values():
        config, target = graph.addresses()[task.output], task.task.target_class()
        if not fits(config.cls, target):
            yield config.place.fault(
                f"should be an output for {target.shape()}, which the task '{task.name}' predicts. "
                f"Found '{config.type}', one for {shapes_of(config.cls)}."
            )


def label_ties(graph: SharingGraph) -> dict[tuple[str, ...], str]:
    """Return the tasks of each tied decoder and output layer, which have one label set, with that component."""
    found: dict[tuple[str, ...], str] = {}
    for component, addresses in graph.members().items():
        tasks = tuple(dict.fromkeys(address.split(".")[0] for address in addresses))
        if graph.addresses()[addresses[0]].kind in NAMES and len(tasks) > 1:
            found.setdefault(tasks, component)
    return found


def tied_label_sets(graph: SharingGraph, labels: Mapping[str, Sequence[str]]) -> Iterator[Fault]:
    """Rule: a tied decoder (or output layer) has one label set; `labels` are those of each task's training rows."""
    for (first, *others), component in label_ties(graph).items():
        name = NAMES[graph.addresses()[graph.members()[component][0]].kind]
        for other in others:
            difference = _difference(first, labels[first], other, labels[other])
            if difference:
                yield _place(graph, component).fault(
                    f"tasks with one {name} should have the same labels in training. Found {difference}."
                )


RULES: tuple[Callable[[SharingGraph], Iterator[Fault]], ...] = (
    no_cycle,
    outputs_fit_their_task,
    conditions_read_the_same_text,
    conditions_have_like_units,
    conditions_line_up,
    tied_embeddings_read_the_same_tokens,
    embeddings_read_one_input,
    every_component_reaches_an_output,
    *pair_rules.RULES,
)


# -- warnings


def warn(graph: SharingGraph) -> Iterator[Fault]:
    """Yield what is possible but probably not intended, and its effect."""
    for rule in WARNINGS:
        yield from rule(graph)


def groups_of_one(graph: SharingGraph) -> Iterator[Fault]:
    """Warning: a share group with a single member."""
    for group in graph.recipe.share.values():
        if len(group.members) == 1:
            yield group.place.fault(f"holds one module, '{group.members[0]}': nothing will be shared by it.")


def tasks_tied_to_nothing(graph: SharingGraph) -> Iterator[Fault]:
    """Warning: a task that has no component in common with any other."""
    paths = {task: graph.path(task) for task in graph.recipe.tasks}
    for task, path in paths.items():
        if len(paths) > 1 and not any(path & other for name, other in paths.items() if name != task):
            place = graph.recipe.tasks[task].place
            yield place.fault("is tied to no other task: it will be trained alongside and share nothing.")


def tied_over_untied(graph: SharingGraph) -> Iterator[Fault]:
    """Warning: a tied representation whose embeddings are not tied."""
    for name, component in graph.components.items():
        below = [n for n in graph.graph.predecessors(name) if graph.graph.nodes[n]["kind"] == "embedding"]
        if component.kind == "representation" and len(component.members) > 1 and len(below) > 1:
            names = " and ".join(f"'{n}'" for n in below)
            yield _place(graph, name).fault(
                f"is tied, but its embeddings are not: it will have to learn the vectors of {names} at once."
            )


def sources_without_tasks(graph: SharingGraph) -> Iterator[Fault]:
    """Warning: a source that no task names."""
    for name, source in graph.recipe.sources.items():
        if name not in graph.streams():
            yield source.place.fault("belongs to no task: it will not be read.")


WARNINGS: tuple[Callable[[SharingGraph], Iterator[Fault]], ...] = (
    groups_of_one,
    tasks_tied_to_nothing,
    tied_over_untied,
    sources_without_tasks,
    pair_rules.side_branches_read_alike,
)


# -- what is predicted, and what is made for it


def shape_of(element: str, axes: Sequence[str] | None) -> str:
    """Return what is predicted as messages say it: its element, and the axes of a batch.

    >>> shape_of("label", ()), shape_of("label", ("T",)), shape_of("label", None)
    ('labels [B]', 'labels [B, T]', 'labels [B, …]')
    """
    return f"{element}s [{', '.join(('B', *(('…',) if axes is None else axes)))}]"


def shapes_of(cls: Any) -> str:
    """Return all that an output layer or a metric is made for: `labels [B], [B, T] or [B, U]`."""
    axes = [shape_of("", some).removeprefix("s ") for some in ([None] if cls.axes is None else cls.axes)]
    *most, last = axes
    every = f"{', '.join(most)} or {last}" if most else last
    return " or ".join(f"{element}s {every}" for element in cls.elements)


def fits(cls: Any, target: Any) -> bool:
    """Say whether an output layer or a metric is made for a kind of target: for its element, and for its axes."""
    return target.element in cls.elements and (cls.axes is None or target.axes in cls.axes)


# -- what rules share


def _conditions(graph: SharingGraph) -> Iterator[tuple[TaskConfig, str, Place, str]]:
    """Yield (task, recipe key, its place, address) of each condition."""
    for address, config in graph.addresses().items():
        task = graph.recipe.tasks[address.split(".")[0]]
        for key, condition in config.condition_keys:
            yield task, key, config.place_of(key), condition


def _known_conditions(graph: SharingGraph) -> Iterator[tuple[TaskConfig, str, Place, str]]:
    """Yield those between tasks on single texts or on lists (`pair_rules` sees to those on judged pairs)."""
    outputs = {task.output for task in graph.recipe.tasks.values() if task.task.units != "pairs"}
    return (row for row in _conditions(graph) if row[0].task.units != "pairs" and row[3] in outputs)


def _condition_place(graph: SharingGraph, consumer: str, producer: str) -> Place:
    for address in graph.members()[consumer]:
        config = graph.addresses()[address]
        for key, condition in config.condition_keys:
            if condition in graph.addresses() and graph.component_of(condition) == producer:
                return config.place_of(key)
    return _place(graph, consumer)


def _place(graph: SharingGraph, component: str) -> Place:
    """Return where a component is written: at its group if it is tied."""
    group = graph.recipe.share.get(component)
    return group.place if group is not None else graph.addresses()[graph.members()[component][0]].place


def _only(inputs: Mapping[str, InputConfig]) -> InputConfig:
    """Return the first input: that of a task which has one."""
    return next(iter(inputs.values()))


def _difference(first: str, labels: Sequence[str], second: str, others: Sequence[str]) -> str:
    """Return how the labels of two tasks differ, which may be in their order alone; nothing where they do not."""
    alone = [
        f"{_some(set(mine) - set(theirs))} in '{task}' alone"
        for task, mine, theirs in ((first, labels, others), (second, others, labels))
        if set(mine) - set(theirs)
    ]
    if alone or list(labels) == list(others):
        return " and ".join(alone)
    return f"those of '{first}' and '{second}' in different orders"


def _some(labels: Collection[str]) -> str:
    """Return the first labels, quoted, and how many more there are."""
    shown = ", ".join(f"'{label}'" for label in sorted(labels)[:MOST])
    return shown if len(labels) <= MOST else f"{shown} and {len(labels) - MOST} more"


def _front_end(front_end: FrontEnd) -> str:
    return f"{front_end.tokenizer}{' in lower case' if front_end.lowercase else ''}"
