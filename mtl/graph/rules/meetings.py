"""Where the texts of a task meet: two columns, in the form that is taken there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from ...base.errors import Fault
from ...recipe.config import TaskConfig
from ...recipe.flow import flows
from ...recipe.modules import ModuleConfig
from .places import config_at, quoted

if TYPE_CHECKING:
    from ..sharing_graph import SharingGraph

MEET = ("matching", "scorer")  # kinds of modules in which two texts meet


class TextMeeting(NamedTuple):
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
    in_one_row = (task.name for task in graph.recipe.tasks.values() if _in_one_row(task))
    for task in dict.fromkeys((*(meeting.task.name for meeting in meetings(graph)), *in_one_row)):
        readers: dict[str, str] = {}
        for name, config in graph.recipe.tasks[task].inputs.items():
            first = readers.setdefault(config.column, name)
            if first != name:
                yield config.place.fault(
                    f"should read another column than the input '{first}'. Found '{config.column}' at both."
                )


def texts_meet_in_the_form_that_is_taken(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: a module in which texts meet gets vectors or tokens, whichever it takes."""
    for task, config, texts, _, unpooled in meetings(graph):
        pooled = getattr(config.cls, "pooled", None)
        wrong = [text for text in texts if (_kind(task, text) == "pooling") != pooled]
        if pooled is None or not wrong:
            continue
        if pooled:
            should, found = "one vector per text", f"tokens of {quoted(wrong)}: write {quoted(unpooled)}"
        else:
            should, found = "the tokens of each text", f"pooled ones: write null for {quoted(wrong)}"
        yield config.place.fault(f"the {config.kind} '{config.type}' should get {should}. Found {found}.")


def scorers_take_what_there_is_of_texts(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: a scorer gets a value of each text, or one of both where they are read in one row."""
    for task, config, *_ in meetings(graph):
        of_one = getattr(config.cls, "of_one", False)
        if config.kind == "scorer" and of_one != _in_one_row(task):
            if of_one:
                should = "a scorer of two texts, unless the task's 'one_pass' says that both are read in one row"
            else:
                should = "'one_pass', a scorer of the one vector of both texts, as the task's 'one_pass' says"
            yield config.place.fault(f"should be {should}. Found '{config.type}'.")


def _in_one_row(task: TaskConfig) -> bool:
    """Say whether an embedding of a task reads both texts in one row."""
    return any(slot.together for slot in task.slots)


def texts_flow_into_decoders_as_they_are_taken(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: a decoder of the tokens of one text gets other texts as one vector each."""
    for task in graph.recipe.tasks.values():
        for slot, sources in flows(task).items():
            config = config_at(task, slot)
            wrong = [source for source in sources[1:] if _kind(task, source) in ("embedding", "representation")]
            if config.kind == "decoder" and wrong and getattr(config.cls, "pooled", False):
                yield config.place.fault(
                    f"the decoder '{config.type}' should get one vector of a text beside another. Found the tokens of "
                    f"{quoted(wrong)}: write {quoted(_unpooled(task, slot))}, or a decoder that takes the tokens of "
                    "two texts, such as 'attention_flow'."
                )


def _unpooled(task: TaskConfig, slot: str) -> tuple[str, ...]:
    """Return the empty slots of poolings that a slot would take."""
    taken = next(other.takes for other in task.slots if other.name == slot)
    return tuple(name for name in taken if _kind(task, name) == "pooling" and task.model[name] is None)


def meetings(graph: SharingGraph) -> Iterator[TextMeeting]:
    """Yield each module in which texts of a task meet, with what flows in."""
    for task in graph.recipe.tasks.values():
        sides = {slot.name for slot in task.slots if slot.side}
        for slot, sources in flows(task).items():
            if _kind(task, slot) in MEET:
                texts = tuple(source for source in sources if source not in sides)
                beside = tuple(source for source in sources if source in sides)
                yield TextMeeting(task, config_at(task, slot), texts, beside, _unpooled(task, slot))


def _kind(task: TaskConfig, name: str) -> str:
    """Return the kind of module that a slot holds; an input is none."""
    return next((slot.kind for slot in task.slots if slot.name == name), "input")
