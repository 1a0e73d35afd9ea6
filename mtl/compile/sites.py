"""The module addresses of a recipe, and the classes of those that are one module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..recipe.document import Steps


@dataclass
class Site:
    """An address: the kind of module it holds, where it would be written (`home`) and where it is (`written`).

    `left_out` is True where the recipe says null: only an explicit address in a group fills such a slot.
    """

    address: str
    kind: str
    home: Steps
    written: list[Steps] = field(default_factory=list)
    default: Mapping[str, Any] | None = None
    left_out: bool = False


class Sites:
    """Sites by address, in the order of the recipe, joined into classes (a union-find)."""

    def __init__(self) -> None:
        self.sites: dict[str, Site] = {}
        self._parents: dict[str, str] = {}

    def root(self, address: str) -> str:
        """Return the address that represents the class of an address."""
        while self._parents[address] != address:
            address = self._parents[address]
        return address

    def members(self, address: str) -> list[Site]:
        """Return the sites of the class of an address, in the order of the recipe."""
        root = self.root(address)
        return [site for other, site in self.sites.items() if self.root(other) == root]

    def classes(self) -> Iterator[list[Site]]:
        """Yield the sites of each class, in the order of the recipe."""
        found: dict[str, list[Site]] = {}
        for address, site in self.sites.items():
            found.setdefault(self.root(address), []).append(site)
        yield from found.values()

    def add(self, site: Site) -> None:
        """Add a site, as a class of its own."""
        self.sites[site.address] = site
        self._parents[site.address] = site.address

    def join(self, one: str, other: str) -> None:
        """Make the classes of two addresses one."""
        mine, theirs = self.root(one), self.root(other)
        if mine != theirs:
            self._parents[theirs] = mine
