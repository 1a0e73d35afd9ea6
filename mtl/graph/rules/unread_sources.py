"""Warning about sources that no task names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...base.errors import Fault

if TYPE_CHECKING:
    from ..sharing_graph import SharingGraph


def sources_without_tasks(graph: SharingGraph) -> Iterator[Fault]:
    """Warning: a source that no task names."""
    for name, source in graph.recipe.sources.items():
        if name not in graph.streams():
            yield source.place.fault("belongs to no task: it will not be read.")
