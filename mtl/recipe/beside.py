"""Values of other columns beside a task's texts: each is embedded by itself and joins the texts at the decoder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Protocol

from ..text.front_end import FrontEnd
from .task import Slot, Task

DEFAULTS: Mapping[str, Mapping[str, str]] = {  # the embedding, by the input's tokenizer
    "number": {"type": "dense"},
    "value": {"type": "categorical"},
    "categories": {"type": "categorical", "lists": "mean"},
}


class Input(Protocol):
    """An input, as far as it matters here."""

    @property
    def front_end(self) -> FrontEnd:
        """How its texts are read."""


def beside(task: Task, inputs: Mapping[str, Input]) -> list[str]:
    """Return the inputs that are no text of the task type: those of values, in the order of the recipe."""
    own = task.inputs()
    return [name for name, given in inputs.items() if given.front_end.of_value and (own is None or name not in own)]


def all_slots(task: Task, inputs: Mapping[str, Input]) -> tuple[Slot, ...]:
    """Return the slots of the task type, and before its decoder those of the values, which flow into it.

    A value has `NAME.embedding` and `NAME.pooling`, which makes one vector a row. In a task type without a decoder they
    flow nowhere: see `takes_values`.
    """
    values = beside(task, inputs)
    slots = task.slots([name for name in inputs if name not in values])
    if not values or not takes_values(task, slots):
        return tuple(slots)
    place = _decoder(slots)
    joined = tuple(f"{name}.pooling" for name in values)
    decoder = replace(slots[place], takes=(*slots[place].takes, *joined))
    return (*slots[:place], *_slots_of(values, inputs), decoder, *slots[place + 1 :])


def takes_values(task: Task, slots: tuple[Slot, ...]) -> bool:
    """Say whether a task of these slots may have values beside its texts: a row is an example, and is decoded."""
    return task.units == "rows" and any(slot.kind == "decoder" for slot in slots)


def _decoder(slots: tuple[Slot, ...]) -> int:
    return max(place for place, slot in enumerate(slots) if slot.kind == "decoder")


def _slots_of(values: list[str], inputs: Mapping[str, Input]) -> Iterator[Slot]:
    for name in values:
        default = DEFAULTS[inputs[name].front_end.tokenizer]
        yield Slot(f"{name}.embedding", "embedding", (name,), default=default)
        yield Slot(f"{name}.pooling", "pooling", (f"{name}.embedding",), default={"type": "mean"})
