"""Some tasks of a recipe, with what these have in common."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from .config import Recipe, ShareGroup
from .flow import addresses


def part_of(recipe: Recipe, tasks: Collection[str]) -> Recipe:
    """Return a recipe without its other tasks, whose training may still speak of them."""
    kept = {name: task for name, task in recipe.tasks.items() if name in tasks}
    known = [address for name, task in kept.items() for address, _ in addresses(name, task.model)]
    return replace(recipe, tasks=kept, share=shared_by(recipe.share, known))


def shared_by(share: Mapping[str, ShareGroup], known: Iterable[str]) -> dict[str, ShareGroup]:
    """Return the groups that some addresses are in, with these alone as their members."""
    there = set(known)
    found = {}
    for name, group in share.items():
        members = tuple(member for member in group.members if member in there)
        if members:
            complete = group.complete and len(members) == len(group.members)
            found[name] = replace(group, members=members, complete=complete)
    return found
