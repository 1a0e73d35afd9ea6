"""Which module addresses are one module.

A *site* is an address with the places where its configuration is written. Groups join sites into classes; the parts
of joined composites are joined too. Parts are known once the type of their composite is, and groups may name parts,
so both are done in turn until nothing new appears.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..base import registry
from ..base.errors import near_miss
from ..recipe.document import Steps, show
from ..recipe.names import JOINT, malformed, matching
from .components import normalised
from .draft import Reading, TaskDraft


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


@dataclass
class Group:
    """A share group: its patterns with their places, its own configuration if it has one, the addresses it names."""

    name: str
    steps: Steps
    patterns: list[tuple[str, Steps]]
    written: Steps | None = None
    named: dict[str, Steps] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)


class Ties:
    """Sites and the classes that share groups join them into; faults go to `reading`.

    `broken` are addresses (or tasks) of which nothing further is known, because something about them is wrong.
    """

    def __init__(self, reading: Reading, drafts: Iterable[TaskDraft], broken: set[str]) -> None:
        self.reading, self.broken = reading, broken
        self.unending: set[str] = set()  # composites tied to a part of theirs
        self.sites: dict[str, Site] = {}
        self.empty: dict[str, Site] = {}  # optional slots that are left empty, unless a group names them
        self._parents: dict[str, str] = {}
        for draft in drafts:
            for slot, home in draft.homes():
                raw = _at(draft.model, home[3:])
                left_out = raw is None and _has(draft.model, home[3:])
                site = Site(f"{draft.name}.{slot.name}", slot.kind, home, default=slot.default, left_out=left_out)
                if raw is not None:
                    site.written.append(home)
                if slot.optional and raw is None and (left_out or slot.default is None):
                    self.empty[site.address] = site
                else:
                    self._add(site)

    def read(self, raw: Any) -> dict[str, Group]:
        """Return the groups of the `share:` section after joining their members."""
        groups = {}
        for name, value in self.reading.mapping(raw, ("share",)).items():
            group = self._read_group(name, value, ("share", name))
            if group is not None:
                groups[name] = group
        known = -1
        while known < len(self.sites):
            known = len(self.sites)
            for group in groups.values():
                self._name_members(group)
            self._join_parts({group.name: group for group in groups.values()})
        for group in groups.values():
            self._check_found(group)
        self._check_one_group(groups.values())
        return groups

    # -- classes

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

    def _add(self, site: Site) -> None:
        self.sites[site.address] = site
        self._parents[site.address] = site.address

    def _join(self, one: str, other: str) -> None:
        mine, theirs = self.root(one), self.root(other)
        if mine != theirs:
            self._parents[theirs] = mine

    # -- groups

    def _read_group(self, name: str, raw: Any, steps: Steps) -> Group | None:
        message = malformed(name)
        if message is None and name == JOINT:
            message = f"'{JOINT}' is reserved for all tasks together. Choose another name."
        if message is None and (name in self.broken or any(a.split(".")[0] == name for a in self.sites)):
            message = f"a share group should not be named like a task. Found '{name}'."
        if message is not None:
            self.reading.key_fault(steps, message)
        here, members = steps, raw
        if isinstance(raw, Mapping):
            here, members = (*steps, "members"), raw.get("members")
            if members is None:
                self.reading.key_fault(steps, "should have a key 'members', a list of addresses. Found none.")
                return None
        patterns = [(members, here)] if isinstance(members, str) else self._patterns(members, here)
        configured = isinstance(raw, Mapping) and len(raw) > 1
        return Group(name, steps, patterns, steps if configured else None)

    def _patterns(self, members: Any, steps: Steps) -> list[tuple[str, Steps]]:
        if not isinstance(members, list) or not members:
            found = "an empty one" if members == [] else show(members)
            self.reading.fault(steps, f"should be a list of addresses. Found {found}.")
            return []
        for i, member in enumerate(members):
            if not isinstance(member, str):
                self.reading.fault((*steps, i), f"should be an address, as 'task.embedding'. Found {show(member)}.")
        return [(member, (*steps, i)) for i, member in enumerate(members) if isinstance(member, str)]

    def _name_members(self, group: Group) -> None:
        """Join what the group's patterns match by now, optional slots included that are not left out by name."""
        for pattern, steps in group.patterns:
            for address in matching(pattern, self.empty):
                if address == pattern or not self.empty[address].left_out:
                    self._add(self.empty.pop(address))
            for address in matching(pattern, self.sites):
                if address not in group.named and address not in group.refused:
                    self._join_member(group, address, steps)

    def _join_member(self, group: Group, address: str, steps: Steps) -> None:
        """Rule: members are of one kind."""
        first = next(iter(group.named), address)
        mine, theirs = self.sites[address].kind, self.sites[first].kind
        if mine != theirs:
            message = f"members should be of one kind. Found '{first}' ({theirs}) and '{address}' ({mine})."
            self._member_fault(group, steps, message)
            group.refused.add(address)
            return
        group.named[address] = steps
        self._join(first, address)

    def _check_found(self, group: Group) -> None:
        """Rule: every address exists, and every pattern matches something."""
        for pattern, steps in group.patterns:
            if matching(pattern, self.sites) or self._beyond(pattern):
                continue
            hint = near_miss(pattern, [*self.sites, *self.empty])
            what = "matches no module" if "*" in pattern else "is not a module"
            self._member_fault(group, steps, f"'{pattern}' {what}.{hint}")

    def hidden_members(self, group: Group) -> bool:
        """Return whether a group has members inside what could not be read, or that are not known."""
        return any(
            not matching(pattern, self.sites) or ("*" in pattern and self._beyond(pattern))
            for pattern, _ in group.patterns
        )

    def _beyond(self, pattern: str) -> bool:
        """Return whether a pattern may mean something inside what could not be read."""
        if "*" in pattern:
            return bool(self.broken)
        steps = pattern.split(".")
        return any(".".join(steps[:n]) in self.broken for n in range(1, len(steps) + 1))

    def _check_one_group(self, groups: Iterable[Group]) -> None:
        """Rule: a module is in one group only; it may have come in with a composite that is tied."""
        owners: dict[str, tuple[Group, str]] = {}
        for group in groups:
            told: set[str] = set()
            for address, steps in group.named.items():
                owner, named = owners.setdefault(self.root(address), (group, address))
                if owner is group or owner.name in told:
                    continue
                told.add(owner.name)
                named = address if address in owner.named else named
                line = self.reading.document.place(owner.named[named]).line
                where = f"'{owner.name}' (line {line})" if line is not None else f"'{owner.name}'"
                also = "" if named == address else f", where '{named}' is the same module"
                message = f"'{address}' should be in one group only. Found it in {where} too{also}."
                self._member_fault(group, steps, message)

    def _member_fault(self, group: Group, steps: Steps, message: str) -> None:
        place = self.reading.document.place(steps).named(f"share.{group.name}")
        self.reading.faults.append(place.fault(message))

    # -- parts

    def written(self, address: str, groups: Mapping[str, Group]) -> list[Steps]:
        """Return where the module of an address is written: at its members, then under its groups."""
        sites = self.members(address)
        addresses = {site.address for site in sites}
        found = [steps for site in sites for steps in site.written]
        found += [g.written for g in groups.values() if g.written is not None and addresses & set(g.named)]
        return list(dict.fromkeys(found))

    def type_of(self, address: str, groups: Mapping[str, Group]) -> Any:
        """Return the type that is written first for the module of an address, or else its slot's default."""
        return self.default_of(address, groups).get("type") or self._written_type(address, groups)

    def default_of(self, address: str, groups: Mapping[str, Group]) -> Mapping[str, Any]:
        """Return the default configuration that what is written builds on: none where another type is written."""
        default = next((site.default for site in self.members(address) if site.default is not None), None) or {}
        written = self._written_type(address, groups)
        return default if written in (None, default.get("type")) else {}

    def _written_type(self, address: str, groups: Mapping[str, Group]) -> Any:
        for steps in self.written(address, groups):
            raw = normalised(self.reading.value(steps)) or {}
            if raw.get("type") is not None:
                return raw["type"]
        return None

    def _join_parts(self, groups: Mapping[str, Group]) -> None:
        for sites in list(self.classes()):
            first = sites[0]
            name = self.type_of(first.address, groups)
            if not isinstance(name, str) or name not in registry.names(first.kind):
                self.broken.update(site.address for site in sites if name is not None)
                continue
            if self._inside_itself(sites, groups):
                continue
            for key, kind, named in nested_keys(registry.lookup(first.kind, name)):
                for steps in self.written(first.address, groups):
                    raw = normalised(self.reading.value(steps)) or {}
                    if raw.get(key) is None:
                        continue
                    at = (*steps, key)
                    found = {part: (*at, part) for part in raw[key]} if named and isinstance(raw[key], dict) else {}
                    for part, place in (found if named else {key: at}).items():
                        self._join_part(sites, part, kind, place, steps)

    def _join_part(self, sites: list[Site], part: str, kind: str, place: Steps, composite: Steps) -> None:
        """Add the part of every site of a class as one class."""
        owner = next((site for site in sites if composite in site.written), sites[0])
        for site in (owner, *sites):
            address = f"{site.address}.{part}"
            if address not in self.sites:
                self._add(Site(address, kind, place))
            self._join(f"{owner.address}.{part}", address)
        mine = self.sites[f"{owner.address}.{part}"]
        if self.reading.value(place) is not None and place not in mine.written:
            mine.written.append(place)

    def _inside_itself(self, sites: list[Site], groups: Mapping[str, Group]) -> bool:
        """Rule: no module is a part of itself."""
        for whole in sites:
            for part in sites:
                if part.address.startswith(f"{whole.address}."):
                    if whole.address not in self.unending:
                        self.unending.add(whole.address)
                        group = next(g for g in groups.values() if {whole.address, part.address} & set(g.named))
                        message = f"'{part.address}' should not be tied to '{whole.address}', which it is a part of."
                        self._member_fault(group, group.named.get(part.address, group.steps), message)
                    return True
        return False


def nested_keys(cls: type) -> list[tuple[str, str, bool]]:
    """Return (key, kind, named) for each recipe key of a class that holds modules."""
    found = ((key, registry.nested_kind(p.annotation)) for key, p in registry.recipe_keys(cls).items())
    return [(key, *nested) for key, nested in found if nested is not None]


def _at(tree: Any, steps: Steps) -> Any:
    for step in steps:
        tree = tree.get(step) if isinstance(tree, Mapping) else None
    return tree


def _has(tree: Any, steps: Steps) -> bool:
    around = _at(tree, steps[:-1])
    return isinstance(around, Mapping) and steps[-1] in around
