"""Warning about sources that no task names."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from ...base.errors import Fault

if TYPE_CHECKING:
    from ...recipe.config import SourceConfig
    from ..sharing_graph import SharingGraph


def sources_without_tasks(graph: SharingGraph) -> Iterator[Fault]:
    """Warning: a source that no task names."""
    yield from idle_sources(graph.recipe.sources, graph.streams())


def idle_sources(sources: Mapping[str, SourceConfig], named: Collection[str]) -> Iterator[Fault]:
    """Yield the warning for each source that is not among those which tasks have named."""
    for name, source in sources.items():
        if name not in named:
            yield source.place.fault("belongs to no task: it will not be read.")
