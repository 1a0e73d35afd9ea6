"""Warning about a balance of sources' gradients where none of them meet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...base.errors import Fault

if TYPE_CHECKING:
    from ..sharing_graph import SharingGraph


def scaled_streams_that_never_meet(graph: SharingGraph) -> Iterator[Fault]:
    """Warning: a balance that scales gradients where sources meet, and no trained component in which they do."""
    balance = graph.recipe.train.balance
    trained = (name for name in graph.components if not graph.training(name).freeze)
    if getattr(balance.cls, "scaled", False) and not any(len(graph.streams_meeting_at(name)) > 1 for name in trained):
        yield balance.place.fault(
            f"'{balance.type}' changes nothing: it scales gradients where tasks on different sources share a module, "
            "and no module that is trained is shared by such tasks."
        )
