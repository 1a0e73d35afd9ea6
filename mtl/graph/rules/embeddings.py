"""What embeddings read: one input, and what is tied reads the same tokens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...base.errors import Fault
from ...text.front_end import FrontEnd
from .places import place_of

if TYPE_CHECKING:
    from ..sharing_graph import SharingGraph


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
            yield place_of(graph, component).fault(
                f"tied embeddings should read the same tokens. Found {first} at '{one}'; {second} at '{other}'."
            )


def embeddings_read_one_input(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: an embedding reads one text; a task that has several gives each an embedding."""
    for address, config in graph.addresses().items():
        if config.kind == "embedding" and not config.parts and len(graph.inputs_at(address)) != 1:
            count = len(graph.inputs_at(address))
            yield config.place.fault(f"an embedding should read one input. Found {count} that flow into '{address}'.")
