"""The parts of a composite, and theirs."""

from __future__ import annotations

from .sharing_graph import SharingGraph


def parts_of(graph: SharingGraph, component: str) -> dict[str, str]:
    """Return a component and all its parts by name, each with its place in the component: `chars` -> `words.char`."""
    found = {component: component}
    for name in (names := [component]):
        whole = graph.components[name]
        for part in whole.config.parts:
            of_part = graph.component_of(f"{whole.members[0]}.{part}")
            if of_part not in found:
                found[of_part] = f"{found[name]}.{part}"
                names.append(of_part)
    return found
