"""What adapters adapt: an encoder of layers that take them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...base import registry
from ...base.errors import Fault, listing

if TYPE_CHECKING:
    from ..sharing_graph import SharingGraph


def adapted_encoders_take_adapters(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: the encoder of an adapter is one whose layers take a part of it."""
    told: set[str] = set()
    for address, config in graph.addresses().items():
        part = config.parts.get(config.adapts)
        if part is None or part.cls.adaptable or graph.component_of(f"{address}.{config.adapts}") in told:
            continue
        told.add(graph.component_of(f"{address}.{config.adapts}"))
        classes: dict[str, Any] = {name: registry.lookup(part.kind, name) for name in registry.names(part.kind)}
        fitting = listing(name for name, cls in classes.items() if cls.adaptable)
        yield part.place.fault(
            f"should be an encoder whose layers '{config.type}' can adapt: {fitting}. Found '{part.type}'."
        )
