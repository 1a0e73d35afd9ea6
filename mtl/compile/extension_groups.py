"""The groups of the recipe of new tasks: components of a run with new modules, and groups of new modules alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..base.errors import Fault, listing, near_miss
from ..graph.sharing_graph import SharingGraph
from ..recipe.document import Document, show
from .groups import GROUP_KEYS


class Groups:
    """What the recipe of new tasks has under `share:`, beside the groups that the run's recipe has (`share`)."""

    def __init__(self, document: Document, share: dict[str, Any], graph: SharingGraph) -> None:
        self.document, self.share, self.graph = document, share, graph
        written = document.tree.get("share")
        self.written: Mapping[str, Any] = written if isinstance(written, dict) else {}
        self.new = [name for name in self.written if name not in share and name not in graph.components]
        self.apart = [name for name in self.new if not self._reaches_the_run(name)]

    def faults(self) -> list[Fault]:
        """Return what is wrong with groups, whatever their modules are."""
        found = self._misspelled(name for name in self.apart if self._says_nothing(name))
        return [*found, *(self._fault(name, told) for name in self.written if (told := self._misfit(name)))]

    def _misspelled(self, names: Iterable[str]) -> list[Fault]:
        """Return a fault for each of these groups whose name is like that of a component of the run."""
        components = self.graph.components
        hints = {name: near_miss(name, components) for name in names if "." not in name}
        return [
            self._fault(
                name,
                f"should be a component of the run: a group of another name shares nothing with it. Found '{name}'."
                f"{hint} The run has: {', '.join(components)}.",
            )
            for name, hint in hints.items()
            if hint
        ]

    def nothing_shared(self) -> list[Fault]:
        """Return what is wrong where nothing is shared with the run: the names that may be misspelled, or all."""
        found = f"{listing(self.new)}, which the run does not have" if self.new else "nothing"
        fault = self.document.key_place(("share",)).fault(
            "should say what the new tasks have in common with the run: RUN'S COMPONENT: [NEW MODULE, ...]. "
            f"Found {found}. The run has: {', '.join(self.graph.components)}."
        )
        return self._misspelled(self.apart) or [fault]

    def join(self) -> None:
        """Add members to the groups of the run's components, and the groups of new modules alone."""
        for name, value in self.written.items():
            listed = _listed(value)
            if name in self.new or not isinstance(listed, list):
                self.share[name] = value
            elif name in self.share:
                self.share[name]["members"] = [*self.share[name]["members"], *listed]
            else:  # a component of the run that is in no group yet
                members = [self.graph.components[name].members[0], *listed]
                self.share[name.replace(".", "_")] = {"members": members}

    def all_apart(self) -> bool:
        """Return whether there are groups, none of a component of the run, and no new task names a module of it."""
        of_the_run = self.graph.recipe.tasks.keys()
        named = {text.split(".")[0] for text in _texts(self.document.tree.get("tasks")) if "." in text}
        return bool(self.written) and len(self.apart) == len(self.written) and named.isdisjoint(of_the_run)

    def _reaches_the_run(self, name: str) -> bool:
        """Return whether a group has a member that may be a module of the run."""
        listed = _listed(self.written[name])
        first = {str(member).split(".")[0] for member in listed} if isinstance(listed, list) else set()
        return not first.isdisjoint(self.graph.recipe.tasks) or any("*" in step for step in first)

    def _fault(self, name: str, message: str) -> Fault:
        return self.document.key_place(("share", name)).fault(message)

    def _says_nothing(self, name: str) -> bool:
        """Return whether a group is one new module that is configured nowhere: of itself it would say nothing."""
        value, listed = self.written[name], _listed(self.written[name])
        if not isinstance(listed, list) or len(listed) != 1 or "*" in str(listed[0]):
            return False
        configured = isinstance(value, dict) and not value.keys() <= set(GROUP_KEYS)
        task, _, slot = str(listed[0]).partition(".")
        found = _inside(self.document.tree.get("tasks"), (task, "model", *slot.split(".")))
        return not configured and found is None

    def _misfit(self, name: str) -> str | None:
        """Return what is wrong with a group, None for a component of the run with new members, or a new group."""
        value, listed = self.written[name], _listed(self.written[name])
        if name in self.new:
            known = ", ".join(self.graph.components)
            hint = near_miss(name, self.graph.components)
            message = f"should be a component of the run, or a new name without dots. Found '{name}'.{hint}"
            return f"{message} The run has: {known}." if "." in name else None
        kind = self.share.get(name, {}).get("kind", "hard")
        if kind != "hard":
            return f"should be one module in the run, which new ones can be. Found a group of kind '{kind}'."
        if not isinstance(listed, list):
            return f"should be a list of addresses of new modules. Found {show(listed)}."
        others = sorted(value.keys() - {"members"}) if isinstance(value, dict) else []
        return f"should have members alone: the run says what it is. Found '{others[0]}'." if others else None


def _listed(value: Any) -> Any:
    """Return the members of a group as they are written, one alone as a list of one."""
    members = value.get("members") if isinstance(value, dict) else value
    return [members] if isinstance(members, str) else members


def _inside(tree: Any, steps: Iterable[str]) -> Any:
    """Return what is written at the end of these keys, None where there is nothing."""
    for step in steps:
        tree = tree.get(step) if isinstance(tree, dict) else None
    return tree


def _texts(tree: Any) -> Iterator[str]:
    """Yield all texts that are values inside a tree."""
    if isinstance(tree, str):
        yield tree
    for value in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _texts(value)
