"""The sharing graph of an ensemble: those of its members side by side, joined at new output layers.

What two members read alike is one input, so an exported graph has their front end once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache

from ...graph.calls import Argument, Call, InputKey, Regroup, steps_below
from ...graph.sharing_graph import By, Component, SharingGraph
from ...recipe.config import ShareGroup

PROBABILITIES, DECIDED = "probabilities", "decided"  # methods of a member's output layer
ENTERING = ""  # no method: what flows into it


def member_name(number: int, component: str) -> str:
    """Return what a member's component is called in an ensemble; members count from 1."""
    return f"{number}/{component}"


class EnsembleGraph(SharingGraph):
    """Components of several runs' graphs, and for every task an output layer that what its members say flows into.

    `asked` says by task what is asked of a member's output layer, in order. Texts are those of the first member's
    sources; what another one calls them does not matter.
    """

    def __init__(self, members: Sequence[SharingGraph], asked: Mapping[str, Sequence[str]]) -> None:
        first = members[0]
        super().__init__(first.recipe)
        self.members_ = tuple(members)
        self.asked = asked
        tasks = {name: task for name, task in first.recipe.tasks.items() if name in asked}
        self.recipe = replace(first.recipe, tasks=tasks, share=_groups_of(first.recipe.share, asked))
        self.components = {component.name: component for component in self._components()}

    def _components(self) -> list[Component]:
        found = []
        for number, member in enumerate(self.members_, 1):
            used = set().union(*(member.path(task) for task in self.asked))
            for name, component in member.components.items():
                if name in used:
                    found.append(replace(component, name=member_name(number, name)))
        for task in self.asked:
            of_first = self.members_[0].components[self.members_[0].output(task).component]
            found.append(replace(of_first, name=self.recipe.tasks[task].output, members=(), tasks=(task,)))
        return found

    def output(self, task: str, by: By = "source") -> Call:
        """Return the call of a task's joining output layer: it takes what all members' output layers say."""
        if (task, by) not in self._outputs:
            calls = [self._member_output(number, task, by) for number in range(1, len(self.members_) + 1)]
            values = [
                value
                for method in self.asked[task]
                for call in calls
                for value in ([replace(call, method=method)] if method else steps_below(call))
            ]
            self._outputs[task, by] = Call(self.recipe.tasks[task].output, tuple(values))
        return self._outputs[task, by]

    def _member_output(self, number: int, task: str, by: By) -> Call:
        """Return a member's last call of a task, over the ensemble's names and texts."""
        member = self.members_[number - 1]
        own, theirs = self.inputs(task, by), member.inputs(task, by)
        places = {(theirs[name].source, theirs[name].column): (own[name].source, own[name].column) for name in own}

        def key(of: InputKey) -> InputKey:
            source, column = places[of.source, of.column]
            return replace(of, source=source, column=column)

        def argument(of: Argument) -> Argument:
            if isinstance(of, Regroup):
                return Regroup(call(of.value), key(of.input))
            return call(of) if isinstance(of, Call) else key(of) if isinstance(of, InputKey) else of

        @cache
        def call(of: Call) -> Call:
            return Call(member_name(number, of.component), tuple(map(argument, of.arguments)), of.method)

        return call(member.output(task, by))


def _groups_of(share: Mapping[str, ShareGroup], tasks: Collection[str]) -> dict[str, ShareGroup]:
    """Return the groups of a recipe that some of its tasks are in, with their members alone."""
    found = {}
    for name, group in share.items():
        members = tuple(member for member in group.members if member.split(".")[0] in tasks)
        if members:
            found[name] = replace(group, members=members)
    return found
