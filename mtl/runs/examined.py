"""What a check finds out about a recipe, whatever is wrong with parts of it.

Each stage goes on with the tasks about which the stages before it have said nothing: those that could be read, those
that break no rule of the graph, those whose modules can be built.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from ..base.errors import Fault, RecipeError
from ..compile.readable import ReadRecipe
from ..data.origins import Origins
from ..graph import rules as graph_rules
from ..graph.sharing_graph import SharingGraph
from ..graph.sound import sound_graph, tasks_of
from ..model.frozen import frontiers
from ..model.multi_task import MultiTaskModel
from ..model.programs import program
from ..train.decisions import selected_undecided, undecided
from ..train.layer_rates import without_effect
from .lone_gradients import compared_in_vain
from .meta_model import build_on_meta, failing
from .origin_faults import misfits, other_shapes
from .recipe_faults import (
    contradicting,
    not_drawn,
    slow,
    unexportable,
    unmoved,
    unread_files,
    unreadable,
    without_device,
    without_figures,
)
from .teachers import teacher_faults
from .what_learns import adapted_in_vain, idle_tasks, nothing_to_train


@dataclass
class Examined:
    """What was found out about a recipe: its faults, and warnings, which do not stop a run.

    `graph` has the tasks that break no rule; it is that of the whole recipe where there is no fault. `origins` say what
    its components take from runs, None where that is not asked for or does not fit. `untaught` are the tasks with
    whose teachers something is wrong. `parameters` are those of every component that could be built.
    """

    read: ReadRecipe
    graph: SharingGraph
    faults: list[Fault]
    warnings: list[Fault] = field(default_factory=list)
    origins: Origins | None = None
    untaught: set[str] = field(default_factory=set)
    parameters: dict[str, int] = field(default_factory=dict)


def examine(read: ReadRecipe, *, initial: bool = True) -> Examined:
    """Find everything that can be known of a recipe without its data.

    With `initial=False` files of first weights, runs that modules come from, and files that features read are not asked
    for: a run that goes on from a checkpoint needs the former no more, and reads the latter with its data.
    """
    recipe = read.recipe
    graph = SharingGraph(recipe)
    broken = graph_rules.broken_but_for_names(graph) if read.faults else graph_rules.broken_rules(graph)
    found = Examined(read, sound_graph(graph, broken, read.unsettled), [*read.faults, *broken])
    found.faults += [*without_figures(read.readers.values()), *without_device(recipe)]
    found.faults += not_drawn(recipe, read.readers.values())
    whole = not read.faults and not broken
    found.warnings += [*_warnings(found, whole=whole), *slow(recipe)]
    if found.graph.recipe.tasks:
        _modules(found, initial=initial, whole=whole)
    return found


def _warnings(found: Examined, *, whole: bool) -> Iterable[Fault]:
    """Return the warnings about the graph, and about what is known of groups and sources beyond it."""
    graph, read = found.graph, found.read
    graph.warnings = tuple(graph_rules.warnings_of(graph, partial=not whole))
    beyond = list(graph_rules.lone_groups(read.share.values()))
    if read.sourced:
        beyond += graph_rules.idle_sources(read.recipe.sources, read.named)
    return graph.warnings if whole else dict.fromkeys([*beyond, *graph.warnings])


def _modules(found: Examined, *, initial: bool, whole: bool) -> None:
    """Look for the files that modules start from and the runs that they come from, and build them."""
    graph = found.graph
    unread = list(unreadable(graph)) if initial else []
    origins = Origins(graph) if initial else None
    misfit = [] if origins is None else list(misfits(origins))
    found.faults += [*unread, *(contradicting(graph) if initial else ()), *misfit]
    if origins is not None:
        found.faults += unread_files(graph, _taken(origins) if misfit else origins.settled)
        taught = list(teacher_faults(graph))
        found.faults += taught
        found.untaught = tasks_of(graph, taught)
    found.faults += unexportable(graph)
    found.faults += unmoved(graph) if whole else ()
    found.origins = None if misfit else origins
    model, fitting = _built(found, graph, found.origins, initial=initial and not unread)
    if model is None:
        return
    found.faults += [*failing(model), *selected_undecided(model)]
    found.warnings += [*undecided(model), *idle_tasks(model)]
    if whole and model.sharing_graph is graph:
        found.warnings += adapted_in_vain(model)  # of tasks that are missing here, one may use the encoder too
        found.faults += nothing_to_train(model)
        found.faults += compared_in_vain(model)
        found.faults += nothing_to_keep(model)
        found.faults += without_effect(graph, model.components)
    if fitting is not None:
        found.faults += other_shapes(fitting, model)
    elif misfit:
        found.faults += _other_shapes_of_the_rest(model.sharing_graph, misfit)
    found.parameters = {n: sum(p.numel() for p in module.parameters()) for n, module in model.components.items()}


def _built(
    found: Examined, graph: SharingGraph, origins: Origins | None, *, initial: bool
) -> tuple[MultiTaskModel | None, Origins | None]:
    """Return the model on the meta device, and what comes from runs.

    Where modules cannot be built, it is that of the tasks that are left, if any.
    """
    while graph.recipe.tasks:
        try:
            return build_on_meta(graph, initial=initial, origins=origins), origins
        except RecipeError as error:
            found.faults += error.faults
            graph = sound_graph(graph, error.faults)
            origins = None if origins is None else Origins(graph)
    return None, None


def _other_shapes_of_the_rest(graph: SharingGraph, misfit: Iterable[Fault]) -> Iterator[Fault]:
    """Yield faults of shapes where some modules do not fit their runs, and others do."""
    rest = sound_graph(graph, misfit)
    if rest.recipe.tasks:
        origins = Origins(rest)
        try:
            model = build_on_meta(rest, origins=origins)
        except RecipeError:
            return  # as it could not be built with all other tasks
        yield from other_shapes(origins, model)


def _taken(origins: Origins) -> Callable[[str, int], bool]:
    """Return whether a component's features come from a run, where what that run has may not be readable."""
    return lambda component, number: component in origins.sources


def nothing_to_keep(model: MultiTaskModel) -> Iterator[Fault]:
    """Yield a fault for `cache_frozen` where frozen modules compute nothing that could be kept, or vectors move."""
    graph, config = model.sharing_graph, model.sharing_graph.recipe.train
    if config.cache_frozen is None:
        return
    place = config.place_of("cache_frozen")
    steps = (program(model.entering(task)) for task in graph.recipe.tasks)
    if not any(list(frontiers(each, model.built)) for each in steps):
        yield place.fault(
            "should be there only where an encoder, or its lowest layers, and all below are frozen, with no adapter "
            "inside. Found no such. Leave it out, or freeze them."
        )
    if config.adversarial is not None:
        yield place.fault(
            "should not come with 'adversarial', which moves vectors that are computed anew. Found both. Leave one out."
        )
