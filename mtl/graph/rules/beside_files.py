"""Keys that say how a file of initial weights is used come with one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...base import registry
from ...base.errors import Fault

if TYPE_CHECKING:
    from ..sharing_graph import SharingGraph


def keys_of_files_come_with_one(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: a module that starts from no file has no key that says how one is used.

    What comes from a run, or starts from saved weights, keeps the keys of its configuration, and has no file; so do its
    parts.
    """
    configs = graph.addresses()
    started = tuple(f"{a}." for a, config in configs.items() if config.origin or config.weights)
    for addresses in graph.members().values():
        config = configs[addresses[0]]
        if any(f"{address}.".startswith(started) for address in addresses):
            continue
        known = registry.recipe_keys(config.cls)
        for key, file in getattr(config.cls, "file_only", {}).items():
            if config.values[file] is None and config.values[key] != known[key].default:
                yield config.place_of(key).fault(
                    f"should come with '{file}', as it says what starts otherwise than that file's words. "
                    f"Found '{key}: {config.values[key]}' alone. Write '{file}', or leave '{key}' out."
                )
