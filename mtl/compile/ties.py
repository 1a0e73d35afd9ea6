"""Which module addresses are one module.

A *site* is an address with the places where its configuration is written. Groups join sites into classes; the parts
of joined composites are joined too. A soft group leaves its members modules of their own, with one configuration. Parts
are known once the type of their composite is, and groups may name parts, so both are done in turn until nothing new
appears.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any

from ..base import registry
from ..base.errors import near_miss
from ..recipe.document import Steps
from ..recipe.names import matching
from .components import known_name, normalised
from .draft import Reading, TaskDraft
from .groups import Group, member_fault, read_group
from .sites import Site, Sites

_HEAD = frozenset(("decoder", "output"))  # slots of which a recipe may say something and leave the encoder to the task


class Ties(Sites):
    """Sites and the classes that share groups join them into; faults go to `reading`.

    `broken` are addresses (or tasks) of which nothing further is known, because something about them is wrong.
    """

    def __init__(self, reading: Reading, drafts: Iterable[TaskDraft], broken: set[str]) -> None:
        super().__init__()
        self.reading, self.broken = reading, broken
        self.unending: set[str] = set()  # composites tied to a part of theirs
        self.empty: dict[str, Site] = {}  # optional slots that are left empty, unless a group names them
        self.bare: dict[
            str, tuple[str, Mapping[str, Any]]
        ] = {}  # task and configuration if nothing is said of an encoder, and no group has one of its modules
        for draft in drafts:
            for slot, home in draft.homes():
                raw = _at(draft.model, home[3:])
                left_out = raw is None and _has(draft.model, home[3:])
                site = Site(f"{draft.name}.{slot.name}", slot.kind, home, default=slot.default, left_out=left_out)
                if slot.bare is not None and _HEAD.issuperset(draft.model or ()):
                    self.bare[site.address] = draft.name, slot.bare
                if raw is not None:
                    site.written.append(home)
                if slot.optional and raw is None and (left_out or slot.default is None):
                    self.empty[site.address] = site
                else:
                    self.add(site)

    def read(self, raw: Any) -> dict[str, Group]:
        """Return the groups of the `share:` section after joining their members."""
        groups = {}
        tasks = {*self.broken, *(address.split(".")[0] for address in self.sites)}
        for name, value in self.reading.mapping(raw, ("share",), "groups by name").items():
            group = read_group(self.reading, name, value, tasks)
            if group is not None:
                groups[name] = group
        known = -1
        while known < len(self.sites):
            known = len(self.sites)
            for group in groups.values():
                self._name_members(group)
            self._join_parts({group.name: group for group in groups.values()})
        self._fill_bare({address.split(".")[0] for group in groups.values() for address in group.named})
        for group in groups.values():
            self._check_found(group)
        self._check_one_group(groups.values())
        return groups

    # -- groups

    def _name_members(self, group: Group) -> None:
        """Join what the group's patterns match by now, optional slots included that are not left out by name."""
        for pattern, steps in group.patterns:
            for address in matching(pattern, self.empty):
                if address == pattern or not self.empty[address].left_out:
                    self.add(self.empty.pop(address))
            for address in matching(pattern, self.sites):
                if address not in group.named and address not in group.refused:
                    self._join_member(group, address, steps)

    def _fill_bare(self, grouped: Container[str]) -> None:
        """Fill what a task has where the recipe says nothing of its encoder: it is not among those `grouped`."""
        for address, (task, config) in self.bare.items():
            if task not in grouped:
                if address in self.empty:
                    self.add(self.empty.pop(address))
                self.sites[address].default = config

    def _join_member(self, group: Group, address: str, steps: Steps) -> None:
        """Rule: members are of one kind."""
        first = next(iter(group.named), address)
        mine, theirs = self.sites[address].kind, self.sites[first].kind
        if mine != theirs:
            message = f"members should be of one kind. Found '{first}' ({theirs}) and '{address}' ({mine})."
            member_fault(self.reading, group, steps, message)
            group.refused.add(address)
            return
        group.named[address] = steps
        (self.liken if group.soft else self.join)(first, address)

    def _check_found(self, group: Group) -> None:
        """Rule: every address exists, and every pattern matches something."""
        for pattern, steps in group.patterns:
            if matching(pattern, self.sites) or self._beyond(pattern):
                continue
            hint = near_miss(pattern, [*self.sites, *self.empty])
            what = "matches no module" if "*" in pattern else "is not a module"
            member_fault(self.reading, group, steps, f"'{pattern}' {what}.{hint}")

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
                member_fault(self.reading, group, steps, message)

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
            written = self.type_of(first.address, groups)
            name = known_name(self.reading, first.kind, written)
            if name is None or name != written:
                unread = self.reading.unread & set(self.written(first.address, groups))
                self.broken.update(site.address for site in sites if written is not None or unread)
            if name is None:
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
        """Add the part of every site of a class: one module where their composites are one, else modules alike."""
        owner = next((site for site in sites if composite in site.written), sites[0])
        firsts: dict[str, str] = {}
        for site in (owner, *sites):
            address = f"{site.address}.{part}"
            if address not in self.sites:
                self.add(Site(address, kind, place))
            self.join(firsts.setdefault(self.root(site.address), address), address)
            self.liken(f"{owner.address}.{part}", address)
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
                        member_fault(self.reading, group, group.named.get(part.address, group.steps), message)
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
