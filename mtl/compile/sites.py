"""The module addresses of a recipe, the classes of those that are one module and of those with one configuration."""

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
    """Sites by address, in the order of the recipe, joined into classes (two union-finds).

    Sites of one module have one configuration; so have modules of their own that are alike (see `liken`).
    """

    def __init__(self) -> None:
        self.sites: dict[str, Site] = {}
        self._parents: dict[str, str] = {}
        self._alike: dict[str, str] = {}

    def root(self, address: str) -> str:
        """Return the address that represents the module of an address."""
        return _root(self._parents, address)

    def configured(self, address: str) -> str:
        """Return the address that represents all that have the configuration of an address."""
        return _root(self._alike, address)

    def members(self, address: str) -> list[Site]:
        """Return the sites that have the configuration of an address, in the order of the recipe."""
        root = self.configured(address)
        return [site for other, site in self.sites.items() if self.configured(other) == root]

    def classes(self) -> Iterator[list[Site]]:
        """Yield the sites of each configuration, in the order of the recipe."""
        found: dict[str, list[Site]] = {}
        for address, site in self.sites.items():
            found.setdefault(self.configured(address), []).append(site)
        yield from found.values()

    def add(self, site: Site) -> None:
        """Add a site, as a class of its own."""
        self.sites[site.address] = site
        self._parents[site.address] = self._alike[site.address] = site.address

    def join(self, one: str, other: str) -> None:
        """Make the modules of two addresses one."""
        _join(self._parents, one, other)
        self.liken(one, other)

    def liken(self, one: str, other: str) -> None:
        """Give the modules of two addresses one configuration."""
        _join(self._alike, one, other)


def _root(parents: Mapping[str, str], address: str) -> str:
    while parents[address] != address:
        address = parents[address]
    return address


def _join(parents: dict[str, str], one: str, other: str) -> None:
    mine, theirs = _root(parents, one), _root(parents, other)
    if mine != theirs:
        parents[theirs] = mine
