"""Reading the configuration of modules: each class of tied sites once, from all the places where it is written."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ..base import registry
from ..base.declared import keys
from ..base.errors import MtlError, WrongKeyError
from ..recipe.document import Steps, dotted, show
from ..recipe.modules import ModuleConfig
from ..recipe.names import malformed
from ..recipe.schema import check_at
from .components import find_class, known_name, normalised
from .draft import Reading, TaskDraft, told
from .from_runs import of_another_kind
from .groups import GROUP_KEYS, Group
from .ties import Ties, nested_keys
from .unknown_slots import unknown_slots

GENERAL_KEYS = tuple(keys(ModuleConfig))  # those that a module of any type may have
Written = dict[str, tuple[Any, Steps]]  # key -> its value and where that is


class ModuleReader:
    """Reads modules; whatever cannot be read joins `ties.broken` and is None."""

    def __init__(self, reading: Reading, ties: Ties, groups: Mapping[str, Group]) -> None:
        self.reading, self.ties, self.groups = reading, ties, groups
        self._read: dict[str, ModuleConfig | None] = {}
        self._misspelled: set[str] = set()  # addresses that an unknown name was probably meant to be

    def model(self, draft: TaskDraft) -> dict[str, ModuleConfig | None]:
        """Return the configuration of each slot of a task, None for an empty one."""
        self._misspelled |= unknown_slots(self.reading, draft)
        found: dict[str, ModuleConfig | None] = {}
        for slot, _ in draft.homes():
            address = f"{draft.name}.{slot.name}"
            found[slot.name] = self.config(address) if address in self.ties.sites else None
            if address in self.ties.sites and found[slot.name] is None:
                draft.complete = False
                self.ties.broken.add(address)
        return found

    def config(self, address: str) -> ModuleConfig | None:
        """Return the configuration of the module that an address is, or None after noting its faults."""
        root = self.ties.configured(address)
        if root not in self._read:
            self._read[root] = None  # a module that is part of itself ends here; the fault is already noted
            self._read[root] = self._config(address)
        return self._read[root]

    def _config(self, address: str) -> ModuleConfig | None:
        site = self.ties.members(address)[0]
        steps_written = self.ties.written(address, self.groups)
        default = self.ties.default_of(address, self.groups)
        faults = len(self.reading.faults)
        if {site.address for site in self.ties.members(address)} & self.ties.unending:
            return None
        if self.reading.unread & set(steps_written) or self._of_another_kind(site.kind, steps_written):
            return None
        written = self._merge(steps_written, self._part_keys(address, site.kind), self._who(address))
        agreed = len(self.reading.faults) == faults
        home = next((steps for steps in steps_written if self.reading.value(steps)), site.home)
        if not written and not default:
            if agreed:
                self._unwritten(site.address, home, len(self.ties.members(address)))
            return None
        values: Written = {key: (value, home) for key, value in default.items() if key not in written}
        values.update(written)
        name, at = values.pop("type", (None, home))
        if name is None and not agreed:
            return None  # what cannot be read may say it
        places = {key: steps for key, (_, steps) in written.items()}
        cls = find_class(self.reading, site.kind, name, at, places, _general(places), ("type", "from"))
        known = known_name(self.reading, site.kind, name)
        if known is None:
            return None
        found = self._checked(address, site.kind, known, registry.lookup(site.kind, known), values, home)
        return found if agreed and cls is not None else None

    def _of_another_kind(self, kind: str, places: list[Steps]) -> bool:
        """Return whether a module comes from a component of a run that is of another kind, after noting where."""
        faults = len(self.reading.faults)
        for steps in places:
            taken = self.reading.taken.get(steps)
            message = None if taken is None else of_another_kind(taken, kind)
            if message is not None:
                self.reading.fault((*steps, "from"), message)
        return len(self.reading.faults) > faults

    def _unwritten(self, address: str, home: Steps, members: int) -> None:
        name = address.partition(".")[2]
        group = next((g for g in self.groups.values() if address in g.named), None)
        if address in self._misspelled or (group is not None and self.ties.hidden_members(group)):
            return  # the member that is configured may be one of those
        if members > 1:
            steps: Steps = group.steps if group is not None else home
            self.reading.key_fault(steps, "should be configured in one member or here. Found no configuration.")
            return
        written = home in self.reading.document.keys
        steps = home if written else home[:-1]
        should, lacking = ("be configured", "It is not") if written else (f"have a module '{name}'", "There is none")
        kind = self.ties.sites[address].kind
        only = registry.names(kind) if not written else []
        change = ""
        if len(only) == 1:
            beside = f", or 'type: {only[0]}' beside the members of {dotted(group.steps)}" if group is not None else ""
            change = f" Write '{name}: {only[0]}' in {dotted(steps)}{beside}."
        self.reading.key_fault(steps, f"should {should}, here or where '{address}' is tied. {lacking}.{change}")

    def _part_keys(self, address: str, kind: str) -> dict[str, bool]:
        """Return the keys that hold parts, and whether the parts are named."""
        name = known_name(self.reading, kind, self.ties.type_of(address, self.groups))
        if name is None:
            return {}
        return {key: named for key, _, named in nested_keys(registry.lookup(kind, name))}

    def _who(self, address: str) -> str:
        """Return which modules have the configuration of an address, as messages say it."""
        tied = len({self.ties.root(site.address) for site in self.ties.members(address)}) == 1
        return "tied modules" if tied else "modules that are pulled together"

    def _merge(self, places: list[Steps], parts: Mapping[str, bool], who: str) -> Written:
        """Rule: configurations agree. Return each key's first value; other values are faults.

        Of keys that hold parts only the parts' names are compared: each part is a module with a configuration of
        its own. Where types differ, nothing else is compared.
        """
        found: Written = {}
        for steps in places:
            raw = self.reading.value(steps)
            mapping = normalised(raw)
            if mapping is None:
                message = f"should be a module's name, or a mapping with its 'type'. Found {show(raw)}."
                self.reading.fault(steps, message)
                continue
            if steps[0] == "share" and len(steps) == 2:
                mapping = {key: value for key, value in mapping.items() if key not in GROUP_KEYS}
            for key, value in sorted(mapping.items(), key=lambda item: item[0] != "type"):
                here = (*steps, key) if isinstance(raw, Mapping) else steps
                before, at = found.setdefault(key, (value, here))
                if key in parts:
                    same = not parts[key] or _part_names(before) == _part_names(value)
                else:
                    same = _agree(before, value)
                if at != here and not same:
                    self._disagree(here, value, at, before, who)
                    if key == "type":
                        return found
        return found

    def _disagree(self, here: Steps, value: Any, there: Steps, before: Any, who: str) -> None:
        document = self.reading.document
        found, should = show(value), show(before)
        if isinstance(value, (list, dict)) or isinstance(before, (list, dict)):
            found, should = "another value", "the same value"
        other = document.place(there)
        line = f"line {other.line}" if other.line is not None else other.file
        message = f"should be {should} as in {other.path} ({line}): {who} have one configuration. Found {found}."
        self.reading.fault(here, message)

    def _checked(
        self, address: str, kind: str, name: str, cls: type, values: Written, home: Steps
    ) -> ModuleConfig | None:
        faults = len(self.reading.faults)
        weights, at = values.pop("weights", (None, home))
        if weights is not None and not isinstance(weights, str):
            self.reading.fault(at, f"should be a file or folder with weights. Found {show(weights)}.")
        written_start = {key: values[key][1] for key in ("from", "extend", "freeze") if key in values}
        origin, extend, freeze = self._start(values, weights, home)
        nested: dict[str, Any] = {}
        for key, part_kind, named in nested_keys(cls):
            optional = registry.recipe_keys(cls)[key].default is not registry.recipe_keys(cls)[key].empty
            nested[key] = self._parts(address, key, part_kind, named, optional, values, home)
        plain = {key: value for key, (value, _) in values.items()} | dict.fromkeys(nested)
        written = {key: steps for key, (_, steps) in values.items()}
        what = f"the {kind} '{name}'"
        schema = registry.schema(cls)
        checked, wrong = check_at(
            *(schema, plain, self.reading.document, written, home, what),
            general=_general(written),
            elsewhere=partial(registry.with_key, kind),
        )
        self.reading.faults += wrong
        if checked is None or len(self.reading.faults) > faults or not all(map(_complete, nested.values())):
            return None
        try:
            checked = {**cls.completed(checked, self.reading.data)}  # type: ignore[attr-defined]  # see `Module`
        except (MtlError, ValueError) as error:
            keys = (error.key,) if isinstance(error, WrongKeyError) else registry.file_keys(cls)
            at = next((written[key] for key in keys if key in written), home)
            for message in told(error):
                self.reading.fault(at, message)
            return None
        # A configuration begins where its key is: that is the line which a reader looks for.
        document = self.reading.document
        where = {key: document.place(steps) for key, steps in written.items()}
        if weights is not None:
            where["weights"] = document.place(at)
        where |= {key: document.place(steps) for key, steps in written_start.items()}
        return ModuleConfig(
            kind, name, checked | nested, weights, origin, extend, freeze, document.key_place(home), where
        )

    def _start(self, values: Written, weights: Any, home: Steps) -> tuple[str | None, bool, bool]:
        """Take out of a module's values what says that it comes from a run, is extended, is frozen."""
        origin, at = values.pop("from", (None, home))
        if origin is not None and (not isinstance(origin, str) or not origin):
            self.reading.fault(at, f"should be the folder of a finished run, or RUN#COMPONENT. Found {show(origin)}.")
        elif origin is not None and weights is not None:
            self.reading.fault(at, f"should not come with 'weights': write one of the two. Found '{origin}'.")
        found = {}
        for key in ("extend", "freeze"):
            value, place = values.pop(key, (False, home))
            if not isinstance(value, bool):
                self.reading.fault(place, f"should be true or false. Found {show(value)}.")
            elif key == "extend" and value and origin is None:
                self.reading.fault(place, "should come with 'from', a run whose vocabulary it extends. There is none.")
            found[key] = value is True
        return origin, found["extend"], found["freeze"]

    def _parts(
        self, address: str, key: str, kind: str, named: bool, optional: bool, values: Written, home: Steps
    ) -> ModuleConfig | dict[str, ModuleConfig | None] | None:
        """Return the module or named modules that a key holds."""
        value, at = values.get(key, (None, home))
        if value is None:
            if not optional:
                should = f"a mapping of names to {kind}s" if named else f"one {kind}"
                self.reading.key_fault(at, f"should have a key '{key}', {should}. There is none.")
            return {} if named else None
        if not named:
            inner = self.config(f"{address}.{key}")
            return {key: None} if inner is None else inner
        if not isinstance(value, dict) or not value:
            found = "an empty one" if value == {} else show(value)
            self.reading.fault(at, f"should be a mapping of names to {kind}s. Found {found}.")
            return {}
        for part in value:
            message = malformed(part)
            if message is not None:
                self.reading.key_fault((*at, part), message)
        return {part: self.config(f"{address}.{part}") for part in value}


def _general(written: Mapping[str, Steps]) -> tuple[str, ...]:
    """Return the keys that a module of any type may have, with those of a group where its module is written there."""
    grouped = any(steps[0] == "share" and len(steps) == 3 for steps in written.values())
    return (*GENERAL_KEYS, *GROUP_KEYS) if grouped else GENERAL_KEYS


def _complete(nested: Any) -> bool:
    return None not in nested.values() if isinstance(nested, dict) else True


def _part_names(value: Any) -> set[str]:
    return set(value) if isinstance(value, dict) else set()


def _agree(one: Any, other: Any) -> bool:
    """Return whether two YAML values are equal: 1 and 1.0 are, 1 and true are not."""
    if isinstance(one, dict) and isinstance(other, dict):
        return set(one) == set(other) and all(_agree(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_agree, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)
