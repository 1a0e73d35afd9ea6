"""Conditions between tasks on single texts or on lists of them: `rankings` sees to those on judged pairs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ...base.errors import Fault, listing, near_miss
from ...recipe.config import InputConfig, TaskConfig
from ...recipe.flow import read_alike
from ...recipe.place import Place

if TYPE_CHECKING:
    from ..sharing_graph import SharingGraph


def conditions_name_outputs(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: a condition names the output of a task."""
    outputs = [task.output for task in graph.recipe.tasks.values()]
    for _, key, place, address in _conditions(graph):
        message = misnamed_condition(key, address, outputs, graph.addresses())
        if message is not None:
            yield place.fault(message)


def misnamed_condition(
    key: str, address: str, outputs: Sequence[str], modules: Collection[str], broken: Collection[str] = ()
) -> str | None:
    """Return what is wrong with a condition that names none of `outputs`; nothing is known of `broken` tasks."""
    if address in outputs or address.split(".")[0] in broken:
        return None
    hint = near_miss(address, outputs) or f" There are: {listing(outputs)}."
    what = "is not an output" if address in modules else "is not a module"
    return f"'{key}' should be the address of a task's output. '{address}' {what}.{hint}"


def conditions_read_the_same_text(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: a task's condition can be computed from the task's own texts."""
    for task, _, place, address in _known_conditions(graph):
        other = graph.recipe.tasks[address.split(".")[0]]
        alike = read_alike(task, other)
        if len(alike) < len(other.inputs):
            values = [name for name, x in other.inputs.items() if name not in alike and x.front_end.of_value]
            change = f" Let '{task.name}' read {' and '.join(values)}, too." if values else ""
            yield place.fault(
                f"should come from a task that reads inputs of '{task.name}' ({listing(task.inputs)}). "
                f"Found '{other.name}', which reads {listing(other.inputs)}.{change}"
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
        (here, *bounds), (there, *others) = mine.cutting.values(), theirs.cutting.values()
        if here != there:
            yield place.fault(
                f"should come from a task with the tokens of '{task.name}' ({here}). "
                f"Found '{other.name}', whose tokenizer is {there}."
            )
            continue
        for noun, most, least in zip(("tokens", "pieces"), bounds, others, strict=True):
            if most != least:
                yield place.fault(
                    f"should come from a task that reads as many {noun} as '{task.name}' ({most or 'all'}). "
                    f"Found '{other.name}', whose 'max_{noun}' is {least or 'null'}."
                )


def _conditions(graph: SharingGraph) -> Iterator[tuple[TaskConfig, str, Place, str]]:
    """Yield (task, recipe key, its place, address) of each condition."""
    for address, config in graph.addresses().items():
        task = graph.recipe.tasks[address.split(".")[0]]
        for key, condition in config.condition_keys:
            yield task, key, config.place_of(key), condition


def _known_conditions(graph: SharingGraph) -> Iterator[tuple[TaskConfig, str, Place, str]]:
    """Yield those between tasks on single texts or on lists (`rankings` sees to those on judged pairs)."""
    outputs = {task.output for task in graph.recipe.tasks.values() if task.task.units != "pairs"}
    return (row for row in _conditions(graph) if row[0].task.units != "pairs" and row[3] in outputs)


def _only(inputs: Mapping[str, InputConfig]) -> InputConfig:
    """Return the first input: that of a task which has one."""
    return next(iter(inputs.values()))
