"""The groups of the recipe of new tasks: components of a run with new modules, and groups of new modules alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..base.errors import Fault, listing, near_miss
from ..graph.sharing_graph import SharingGraph
from ..recipe.document import Document, show
from .groups import GROUP_KEYS


class Groups:
    """What the recipe of new tasks has under `share:`, beside the groups that the run's recipe has (`share`)."""

    def __init__(self, document: Document, written: Any, share: dict[str, Any], graph: SharingGraph) -> None:
        self.document, self.share, self.graph = document, share, graph
        self.written: Mapping[str, Any] = written if isinstance(written, dict) else {}
        self.new = [name for name in self.written if name not in share and name not in graph.components]
        self.apart = [name for name in self.new if not self._reaches_the_run(name)]

    def faults(self) -> list[Fault]:
        """Return what is wrong with groups, whatever their modules are."""
        found = [fault for fault in self.misspelled() if self._alone((fault.path or "").partition(".")[2])]
        return [*found, *(self._fault(name, told) for name in self.written if (told := self._misfit(name)))]

    def misspelled(self) -> list[Fault]:
        """Return a fault for each group of new modules alone whose name is like that of a component of the run."""
        components = self.graph.components
        hints = {name: near_miss(name, components) for name in self.apart if "." not in name}
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
        return self.misspelled() or [fault]

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
        """Return whether no group is of a component of the run."""
        return len(self.apart) == len(self.written)

    def _reaches_the_run(self, name: str) -> bool:
        """Return whether a group has a member that may be a module of the run."""
        listed = _listed(self.written[name])
        first = {str(member).split(".")[0] for member in listed} if isinstance(listed, list) else set()
        return not first.isdisjoint(self.graph.recipe.tasks) or any("*" in step for step in first)

    def _fault(self, name: str, message: str) -> Fault:
        return self.document.key_place(("share", name)).fault(message)

    def _alone(self, name: str) -> bool:
        """Return whether a group is one module, configured elsewhere: as a group of its own it is for nothing."""
        value, listed = self.written[name], _listed(self.written[name])
        configured = isinstance(value, dict) and not value.keys() <= set(GROUP_KEYS)
        return not configured and isinstance(listed, list) and len(listed) == 1 and "*" not in str(listed[0])

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
