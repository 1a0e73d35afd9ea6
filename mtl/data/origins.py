"""What components come from, where a recipe says `from:`: components of runs, and what these were fitted to."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..base.errors import CheckpointError, Fault
from ..base.files import read_json
from ..base.folders import FITTED
from ..compile.from_runs import no_component
from ..compile.loading import run_graph
from ..compile.origins import Origin, kept_run, like
from ..graph.parts import parts_of
from ..graph.rules import tasks_alike
from ..graph.sharing_graph import SharingGraph
from ..recipe.names import HEADS
from ..recipe.place import Place
from ..text.features import VocabularyFeature, can_grow
from .fitted import Fitted, fault_if_other_rules
from .targets.label_target import OtherLabelsError

if TYPE_CHECKING:
    from ..text.features import Feature
    from .targets import Target


class ComponentOrigin(NamedTuple):
    """Where a component comes from: a run's folder, the component's name there, and whether words or labels are added.

    `place` is that of the key in the recipe.
    """

    run: Path
    component: str
    extend: bool
    place: Place


class Origins:
    """Where the components of a graph come from, by name: those with a `from`, and their parts that have none.

    `faults` say what is wrong with runs that cannot be read, components that they do not have, and parts that two
    composites take from different places.
    """

    def __init__(self, graph: SharingGraph) -> None:
        self.graph = graph
        self.faults: list[Fault] = []
        self.sources: dict[str, ComponentOrigin] = {}
        self._graphs: dict[Path, SharingGraph | None] = {}
        self._reasons: dict[Path, tuple[Fault, ...]] = {}  # why a run has no graph
        self._fitted: dict[Path, Fitted] = {}
        given: dict[str, str] = {}
        for name, component in graph.components.items():
            if component.config.origin is not None:
                for part, source in self._of(name, component.config.origin).items():
                    before = self.sources.setdefault(part, source)
                    if before[:3] != source[:3]:
                        self.faults.append(source.place.fault(_contradiction(part, given[part], before, source)))
                    given.setdefault(part, name)

    def _of(self, name: str, written: str) -> dict[str, ComponentOrigin]:
        """Return the sources of a component and of its parts; a part with a start of its own is left out."""
        component = self.graph.components[name]
        place, origin = component.config.place_of("from"), Origin.of(written)
        graph = self._graph(origin.run, place)
        if graph is None:
            return {}
        wanted = [*component.members, name] if origin.component is None else [origin.component]
        theirs = like(graph, dict.fromkeys(wanted))
        if theirs is None:
            self.faults.append(place.fault(no_component(graph, origin, list(dict.fromkeys(wanted)))))
            return {}
        found = {}
        left: set[str] = set()
        for part, where in parts_of(self.graph, name).items():
            config = self.graph.components[part].config
            if part != name and (config.origin is not None or config.weights is not None):
                left |= parts_of(self.graph, part).keys()
            inner = where[len(name) :]
            of_part = like(graph, [f"{graph.components[theirs].members[0]}{inner}"])
            if part not in left and of_part is not None:
                found[part] = ComponentOrigin(origin.run, of_part, component.config.extend, place)
        return found

    def _graph(self, run: Path, place: Place) -> SharingGraph | None:
        if run not in self._graphs:
            self._graphs[run] = None
            try:
                self._graphs[run] = run_graph(self.folder(run))
            except CheckpointError as error:
                self._reasons[run] = error.faults
        self.faults += [place.fault(fault.message) for fault in self._reasons.get(run, ())]
        return self._graphs[run]

    def suppose(self, run: Path, place: Place) -> None:
        """Let all components that could come from a run do so: those that it has under their address or name.

        Heads only of tasks that predict alike. What is wrong with the run itself is added to `faults`.
        """
        graph = self._graph(run, place)
        for name, component in self.graph.components.items():
            theirs = None if graph is None else like(graph, dict.fromkeys([*component.members, name]))
            if graph is None or theirs is None or name in self.sources:
                continue
            tasks = component.members[0].split(".")[0], graph.components[theirs].members[0].split(".")[0]
            predicts = {
                of.recipe.tasks[task].task.predicts for of, task in zip((self.graph, graph), tasks, strict=True)
            }
            if component.kind not in HEADS or len(predicts) == 1:
                self.sources[name] = ComponentOrigin(run, theirs, False, place)

    def folder(self, run: Path) -> Path:
        """Return the folder that has a run's recipe and what it was fitted to: the run's own, or what is kept of it."""
        return kept_run(self.graph.recipe.kept, run)

    def there(self, component: str) -> tuple[SharingGraph, ComponentOrigin]:
        """Return the graph of the run that a component comes from, and what it is there."""
        source = self.sources[component]
        graph = self._graphs[source.run]
        if graph is None:
            raise KeyError(component)
        return graph, source

    def fitted(self, run: Path) -> Fitted:
        """Return what a run was fitted to; raises `CheckpointError` where this version would read texts otherwise."""
        graph = self._graphs[run]
        if run not in self._fitted and graph is not None:
            file = self.folder(run) / FITTED
            fault_if_other_rules(file, read_json(file))
            self._fitted[run] = Fitted.load(graph, file)
        return self._fitted[run]

    # -- what comes along

    def features(self, component: str) -> tuple[Feature, ...]:
        """Return the features of a leaf embedding as its run fitted them; none for one that comes from no run."""
        if component not in self.sources:
            return ()
        source = self.sources[component]
        return self.fitted(source.run).features.get(source.component, ())

    @cached_property
    def targets(self) -> Mapping[str, Mapping[str, Any]]:
        """What the targets were fitted to of the tasks whose decoder or output layer comes from a run."""
        found: dict[str, Mapping[str, Any]] = {}
        for name in self.sources:
            if self.graph.components[name].kind in HEADS:
                graph, source = self.there(name)
                theirs = graph.components[source.component].members[0].split(".")[0]
                for member in self.graph.components[name].members:
                    found.setdefault(member.split(".")[0], _state(self.fitted(source.run).targets[theirs]))
        return found

    @cached_property
    def growing(self) -> frozenset[str]:
        """The tasks to whose labels, which come from a run, those of their data are added."""
        return frozenset(
            member.split(".")[0]
            for name, source in self.sources.items()
            if source.extend and self.graph.components[name].kind in ("decoder", "output")
            for member in self.graph.components[name].members
            if "names" in self.targets[member.split(".")[0]]
        )

    def known(self) -> dict[str, Any]:
        """Return all that comes along as JSON-able values; nothing where no component comes from a run."""
        features = {
            name: [self.sources[name].extend, [feature.state() for feature in found]]
            for name in self.sources
            if (found := self.features(name))
        }
        grown = {"growing": sorted(self.growing)} if self.growing else {}
        return {"features": features, "targets": dict(self.targets), **grown} if self.sources else {}

    def settled(self, component: str, number: int) -> bool:
        """Return whether a feature of a component, by its number, is what the run has: nothing is left to fit."""
        found = self.features(component)
        return bool(found) and not (self.sources[component].extend and can_grow(found[number]))

    def settle(self, fitted: Fitted) -> None:
        """Give features that are fitted, or need no fitting, what the run has: all of it, or its words first."""
        for component in self.sources:
            for number, (mine, theirs) in enumerate(
                zip(fitted.features.get(component, ()), self.features(component), strict=False)
            ):
                if self.settled(component, number):
                    mine.load_state(theirs.state())
                elif isinstance(mine, VocabularyFeature) and isinstance(theirs, VocabularyFeature):
                    mine.extend(theirs.vocabulary)

    def place_into(self, fitted: Fitted) -> None:
        """Give features and targets what the runs have, whatever the data will be."""
        for name in self.sources:
            for mine, theirs in zip(fitted.features.get(name, ()), self.features(name), strict=False):
                mine.load_state(theirs.state())
        for task, state in self.targets.items():
            fitted.targets[task].load_state(state)

    def adopt(self, targets: Mapping[str, Target], files: Mapping[str, str]) -> list[Fault]:
        """Give the tasks whose heads come from runs the labels (or scales) that these were trained with.

        Returns a fault, in the task's training file, for each whose data has other labels. Tasks that are not among
        the `targets` are left out; of those with one set of labels all are there, or none.
        """
        faults = []
        for task, state in self.targets.items():
            if task not in targets:
                continue
            try:
                targets[task].adopt(state, self._more(task, targets))
            except ValueError as error:
                column = self.graph.recipe.tasks[task].target
                text = error.advised(self._grows(task)) if isinstance(error, OtherLabelsError) else str(error)
                faults.append(Fault(text, files[task], None, f"column '{column}'"))
        return faults

    def _grows(self, task: str) -> bool:
        """Return whether new labels may be added to a task's output layer."""
        components = self.graph.components.values()
        return any(one.kind == "output" and task in one.tasks and one.config.cls.grows for one in components)

    def _more(self, task: str, targets: Mapping[str, Target]) -> list[str]:
        """Return the labels that a task's head is given: those of its data, and of all tasks that share them."""
        if task not in self.growing:
            return []
        alike = tasks_alike(self.graph, task)
        earlier = self.targets[task].get("earlier", {})
        names = {earlier.get(name, name) for other in alike for name in targets[other].names()}
        return sorted(names - set(self.targets[task]["names"]))

    def raise_faults(self) -> None:
        """Raise `CheckpointError` where a run cannot be read or has no such component."""
        if self.faults:
            raise CheckpointError(*self.faults)


def _state(target: Target) -> Mapping[str, Any]:
    """Return what a target was fitted to, its labels as they are called now, with the names that they had."""
    if not target.renamed:
        return target.state()
    earlier = {name: label for name, label in target.earlier_names().items() if name != label}
    return {**target.state(), "names": list(target.names()), "earlier": earlier}


def _contradiction(part: str, first: str, before: ComponentOrigin, found: ComponentOrigin) -> str:
    return (
        f"should take '{part}' from where '{first}' takes it, of which it is a part, too: '{before.run}#"
        f"{before.component}'. Found '{found.run}#{found.component}'. Give '{part}' a 'from' of its own."
    )
