"""The components that the library itself registers; a test before may have registered others in the same process."""

from __future__ import annotations

from mtl.base import registry

PACKAGES = ("mtl", "mtl_modules", "mtl_tasks")


def names(kind: str) -> list[str]:
    """Return the names of a kind's components that are the library's own, sorted."""
    return [name for name in registry.names(kind) if registry.lookup(kind, name).__module__.split(".")[0] in PACKAGES]
