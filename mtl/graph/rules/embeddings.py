"""What embeddings read: one input, and what is tied reads the same tokens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...base.errors import Fault
from ...recipe.config import InputConfig
from ...text.front_end import FrontEnd
from .places import place_of

if TYPE_CHECKING:
    from ..sharing_graph import SharingGraph


def tied_embeddings_read_the_same_tokens(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: tied embeddings consume the same features, from the same tokenizer and normalization."""
    for component, addresses in graph.members().items():
        if graph.addresses()[addresses[0]].kind != "embedding" or component not in graph.recipe.share:
            continue
        readers: dict[FrontEnd, tuple[str, InputConfig]] = {}
        for address in addresses:
            for config in graph.inputs_at(address):
                readers.setdefault(config.front_end.whole, (address, config))
        if len(readers) > 1:
            (first, (one, mine)), (second, (other, theirs)) = list(readers.items())[:2]
            yield place_of(graph, component).fault(
                f"tied embeddings should read the same tokens. Found {first} at '{one}'; {second} at '{other}'. "
                f"{equal_keys(mine, theirs)}"
            )


def embeddings_read_one_input(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: an embedding reads one text; a task that has several gives each an embedding."""
    for address, config in graph.addresses().items():
        if config.kind == "embedding" and not config.parts and len(graph.inputs_at(address)) != 1:
            count = len(graph.inputs_at(address))
            yield config.place.fault(f"an embedding should read one input. Found {count} that flow into '{address}'.")


def equal_keys(one: InputConfig, other: InputConfig) -> str:
    """Return the sentence that says which keys of two inputs should have one value, that they read equal tokens."""
    first, second = one.front_end.whole.state(), other.front_end.whole.state()
    *most, last = (f"'{key}'" for key in first if first[key] != second[key])
    keys = f"{', '.join(most)} and {last}" if most else last
    return f"Write one value of {keys} in both {one.place.path} and {other.place.path}."
