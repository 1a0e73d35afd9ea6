"""Values beside texts: decoders of the texts alone have no place for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...base.errors import Fault
from ...recipe.beside import beside
from .places import config_at, quoted

if TYPE_CHECKING:
    from ..sharing_graph import SharingGraph


def values_beside_texts_are_taken(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: what values beside the texts flow into takes them."""
    for task in graph.recipe.tasks.values():
        values = beside(task.task, task.inputs)
        taking = {f"{name}.pooling" for name in values}
        for slot in task.slots:
            if slot.kind != "decoder" or not taking & set(slot.takes) or task.model[slot.name] is None:
                continue
            config = config_at(task, slot.name)
            if not getattr(config.cls, "beside", True):
                yield config.place.fault(
                    f"the decoder '{config.type}' should get texts alone. Found the values of {quoted(values)} beside "
                    f"them: leave {'it' if len(values) == 1 else 'them'} out, or write a decoder that takes values, "
                    "such as 'mlp', which takes other texts pooled."
                )
