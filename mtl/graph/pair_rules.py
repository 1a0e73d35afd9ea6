"""The rules for tasks on two texts, one named function each; `graph_rules` applies them with all others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from ..base.errors import Fault
from ..recipe.config import ModuleConfig, TaskConfig
from ..recipe.flow import flows

if TYPE_CHECKING:
    from .sharing_graph import SharingGraph

MEET = ("matching", "scorer")  # kinds of modules in which two texts meet


class Meeting(NamedTuple):
    """Where the texts of a task meet: the module, what flows into it of the texts and of their side branches.

    `unpooled` are the empty slots of poolings on the way.
    """

    task: TaskConfig
    config: ModuleConfig
    texts: tuple[str, ...]
    sides: tuple[str, ...]
    unpooled: tuple[str, ...]


def texts_of_a_pair_differ(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: the two texts of a pair are in two columns."""
    for task in dict.fromkeys(meeting.task.name for meeting in _meetings(graph)):
        readers: dict[str, str] = {}
        for name, config in graph.recipe.tasks[task].inputs.items():
            first = readers.setdefault(config.column, name)
            if first != name:
                yield config.place.fault(
                    f"should read another column than the input '{first}'. Found '{config.column}' at both."
                )


def texts_meet_in_the_form_that_is_taken(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: a module in which texts meet gets vectors or tokens, whichever it takes."""
    for task, config, texts, _, unpooled in _meetings(graph):
        pooled = getattr(config.cls, "pooled", None)
        wrong = [text for text in texts if (_kind(task, text) == "pooling") != pooled]
        if pooled is None or not wrong:
            continue
        if pooled:
            should, found = "one vector per text", f"tokens of {_quoted(wrong)}: write {_quoted(unpooled)}"
        else:
            should, found = "the tokens of each text", f"pooled ones: write null for {_quoted(wrong)}"
        yield config.place.fault(f"the {config.kind} '{config.type}' should get {should}. Found {found}.")


def side_branches_stand_at_every_text(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: all texts of a task have a side branch of one name, or none has."""
    for task in graph.recipe.tasks.values():
        branches: dict[str, list[str]] = {}
        for slot in task.slots:
            if slot.side:
                branches.setdefault(slot.name.rpartition(".")[2], []).append(slot.name)
        for step, slots in branches.items():
            filled = [name for name in slots if task.model[name] is not None]
            empty = [name for name in slots if name not in filled]
            if filled and empty:
                yield _config(task, filled[0]).place.fault(
                    f"every text should have a module '{step}', or none. "
                    f"Found {_quoted(filled)} and no {_quoted(empty)}."
                )


def side_branches_are_taken(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: what side branches flow into takes them."""
    for _, config, _, sides, _ in _meetings(graph):
        if sides and not getattr(config.cls, "sides", True):
            yield config.place.fault(
                f"the {config.kind} '{config.type}' should get the two texts alone. "
                f"Found {_quoted(sides)} beside them: leave {'it' if len(sides) == 1 else 'them'} out."
            )


def rankings_have_a_source_of_their_own(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: a ranking task is the only one of its source, whose batches are made of whole queries."""
    for task in _rankings(graph):
        others = [o.name for o in graph.recipe.tasks.values() if o.source == task.source and o.name != task.name]
        if others:
            yield task.place.fault(
                "should be the only task of its source, whose batches are made of whole queries. "
                f"Found {_quoted(others)} on '{task.source}' too: name the source again under another name."
            )


def rankings_have_negatives(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: where every row is a positive, what ranks below it is drawn, or is in a column of its own."""
    for task in _rankings(graph):
        if task.target is None and not task.task.draws_negatives and "negative" not in task.task.columns():
            yield task.place.fault(
                "should have documents that rank below others: without a 'target' every row is a positive. Found none: "
                "write 'negatives: batch', 'negatives: pool', or 'negative', the column of a negative document."
            )


def drawn_negatives_are_there_where_they_are_needed(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: an output layer that compares with drawn negatives gets some."""
    for task in _rankings(graph):
        config = _config(task, task.slots[-1].name)
        if getattr(config.cls, "needs_drawn_negatives", False) and not task.task.draws_negatives:
            yield config.place.fault(
                f"the output '{config.type}' should be of a task with 'negatives: batch' or 'negatives: pool'. "
                f"Found '{task.name}', whose negatives are those that rows judge."
            )


def rankings_take_and_give_no_conditions(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: conditions lead neither from nor to a task that scores pairs: they belong to rows and tokens."""
    rankings = {task.name for task in _rankings(graph)}
    outputs = {task.output: task.name for task in graph.recipe.tasks.values()}
    for address, config in graph.addresses().items():
        consumer = address.split(".")[0]
        for key, condition in config.condition_keys:
            if condition not in outputs:
                continue
            if outputs[condition] in rankings:
                predicted = graph.recipe.tasks[outputs[condition]].task.target_class().shape()
                yield config.place_of(key).fault(
                    "should come from a task on single texts or on lists of them. "
                    f"Found '{outputs[condition]}', which predicts {predicted} of judged pairs."
                )
            elif consumer in rankings:
                yield config.place_of(key).fault(
                    f"a task on judged pairs should take no conditions. Found '{condition}' at '{address}'."
                )


RULES: tuple[Callable[[SharingGraph], Iterator[Fault]], ...] = (
    texts_of_a_pair_differ,
    texts_meet_in_the_form_that_is_taken,
    side_branches_stand_at_every_text,
    side_branches_are_taken,
    rankings_have_a_source_of_their_own,
    rankings_have_negatives,
    drawn_negatives_are_there_where_they_are_needed,
    rankings_take_and_give_no_conditions,
)


def side_branches_read_alike(graph: SharingGraph) -> Iterator[Fault]:
    """Warning: side branches that meet read different tokens."""
    for task, config, _, sides, _ in _meetings(graph):
        fronts = {side: graph.inputs_at(f"{task.name}.{side}")[0].front_end.whole for side in sides}
        if len(set(fronts.values())) > 1:
            yield config.place.fault(
                f"compares {_quoted(sides)}, which read their texts differently: equal words will not be found equal."
            )


def _rankings(graph: SharingGraph) -> Iterator[TaskConfig]:
    return (task for task in graph.recipe.tasks.values() if task.task.units == "pairs")


def _meetings(graph: SharingGraph) -> Iterator[Meeting]:
    """Yield each module in which texts of a task meet, with what flows in."""
    for task in graph.recipe.tasks.values():
        sides = {slot.name for slot in task.slots if slot.side}
        for slot, sources in flows(task).items():
            if _kind(task, slot) in MEET:
                texts = tuple(source for source in sources if source not in sides)
                taken = next(other.takes for other in task.slots if other.name == slot)
                unpooled = tuple(n for n in taken if _kind(task, n) == "pooling" and task.model[n] is None)
                beside = tuple(source for source in sources if source in sides)
                yield Meeting(task, _config(task, slot), texts, beside, unpooled)


def _quoted(names: Iterable[str]) -> str:
    return " and ".join(f"'{name}'" for name in names)


def _kind(task: TaskConfig, name: str) -> str:
    """Return the kind of module that a slot holds; an input is none."""
    return next((slot.kind for slot in task.slots if slot.name == name), "input")


def _config(task: TaskConfig, slot: str) -> ModuleConfig:
    config = task.model[slot]
    if config is None:
        raise ValueError(f"the slot '{slot}' of '{task.name}' should be filled. Found none.")
    return config
