"""Soft groups: modules of their own, each pulled in one group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...base.errors import Fault
from ..pulls import Pull, pulls
from .places import quoted

if TYPE_CHECKING:
    from ..sharing_graph import SharingGraph


def soft_members_are_modules_of_their_own(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: what is pulled together is not one module already."""
    groups = {pull.name: pull for pull in pulls(graph)}
    for group in graph.recipe.share.values():
        if group.soft and len(group.members) > 1 and len(groups[group.name].components) == 1:
            yield group.place.fault(
                "members of a soft group should be modules of their own. "
                f"Found one that is tied: {' = '.join(group.members)}."
            )


def components_are_pulled_once(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: a component is pulled in one group only; it may have come in as a part."""
    owners: dict[str, Pull] = {}
    for pull in pulls(graph):
        for component in pull.components if len(pull.components) > 1 else ():
            first = owners.setdefault(component, pull)
            if first is not pull:
                yield pull.place.fault(
                    f"'{component}' should be pulled in one group only. Found it in {quoted((first.name, pull.name))}."
                )
