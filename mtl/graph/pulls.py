"""Which components are pulled together: modules of soft groups, part by part."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..recipe.place import Place

if TYPE_CHECKING:
    from .sharing_graph import SharingGraph


@dataclass(frozen=True)
class Pull:
    """Components alike whose parameters are pulled together; a single one where all are tied, or the others are gone.

    `name` is the group's, with the place of the part where these are parts of the group's members: `encoders.lower`.
    """

    name: str
    strength: float
    components: tuple[str, ...]
    addresses: tuple[str, ...]
    place: Place


def pulls(graph: SharingGraph) -> tuple[Pull, ...]:
    """Return all pulls of a graph, those of parts before those of their composites."""
    found: list[Pull] = []
    for group in graph.recipe.share.values():
        if group.soft:
            found += _aligned(graph, group.name, group.strength or 0.0, group.members, group.place)
    return tuple(found)


def partners(graph: SharingGraph) -> dict[str, tuple[str, ...]]:
    """Return, for each component that is pulled to others, all of these and itself."""
    found = (pull.components for pull in pulls(graph) if len(pull.components) > 1)
    return {component: components for components in found for component in components}


def seed_names(found: Iterable[Pull], groups: Collection[str]) -> dict[str, str]:
    """Return the names under which the first weights of pulled components are drawn: those of their pulls.

    A component alone in its pull keeps that name, whatever became of the others, unless it has one of its own in
    `groups`: then it is tied, and has nothing in common with what else the group pulls.
    """
    return {
        component: pull.name
        for pull in found
        for component in pull.components
        if len(pull.components) > 1 or component not in groups
    }


def _aligned(graph: SharingGraph, name: str, strength: float, addresses: Sequence[str], place: Place) -> Iterator[Pull]:
    for part in graph.addresses()[addresses[0]].parts:
        inner = [f"{address}.{part}" for address in addresses]
        yield from _aligned(graph, f"{name}.{part}", strength, inner, place)
    components = tuple(dict.fromkeys(map(graph.component_of, addresses)))
    yield Pull(name, strength, components, tuple(addresses), place)
