"""Is this recipe possible? Everything that can be known before training, and all faults at once.

Schema and graph rules are applied when a `SharingGraph` exists. Here the files of first weights are looked for, its
modules are built by their real constructors on torch's meta device, where tensors have shapes and no memory, and one
fake batch goes through every task: sizes that do not fit show up as faults of the line that configures the component.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import Fault, RecipeError
from ..data.origins import Origins
from ..data.prepare import prepare
from ..data.prepared import Prepared
from ..evaluate.evaluation import dev_figures
from ..evaluate.selection import selection
from ..export.left_out import left_out_warnings
from ..graph.build import build_graph
from ..graph.sharing_graph import SharingGraph
from ..model.meta import on_meta
from ..model.multi_task import MultiTaskModel
from ..recipe.config import Recipe
from ..train.checkpoint import own_tensors
from ..train.decisions import fault_if_undecidable, undecided
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
from .teachers import label_faults, teacher_faults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..sources.base import Source


@dataclass(frozen=True)
class CheckReport:
    """What a check found out: the graph, the parameters of every component, warnings, which do not stop a run."""

    graph: SharingGraph
    parameters: Mapping[str, int]
    warnings: tuple[Fault, ...]


def check(recipe: Recipe, *, initial: bool = True) -> CheckReport:
    """Prove that a recipe can be built and that a batch passes through all its tasks.

    Raises `RecipeError` with every rule of the graph that is broken, else with every component that cannot be
    built, applied or exported, or that does not fit the run it comes from. With `initial=False` files of first weights,
    such runs, and files that features read are not asked for: a run that goes on from a checkpoint needs the former no
    more, and reads the latter with its data.
    """
    graph = build_graph(recipe)
    unread = (list(unreadable(graph)) or list(contradicting(graph))) if initial else []
    origins = Origins(graph) if initial else None
    misfit = [] if origins is None else list(misfits(origins))
    taught = list(teacher_faults(graph)) if initial else []
    lists = [] if origins is None else list(unread_files(graph, _taken(origins) if misfit else origins.settled))
    faults = [*unread, *lists, *misfit, *taught, *unexportable(graph), *without_figures(recipe)]
    faults += [*without_device(recipe), *unmoved(graph), *not_drawn(recipe)]
    parameters = {}
    warnings = [*graph.warnings, *slow(recipe), *left_out_warnings(graph)]
    try:
        model = build_on_meta(graph, initial=initial and not unread, origins=None if misfit else origins)
    except RecipeError as error:
        faults += error.faults
    else:
        faults += failing(model)
        faults += other_shapes(origins, model) if origins is not None and not misfit else ()
        faults += nothing_to_train(model)
        warnings += undecided(model)
        parameters = {name: sum(p.numel() for p in module.parameters()) for name, module in model.components.items()}
    if faults:
        raise RecipeError(faults, recipe.title)
    return CheckReport(graph, parameters, tuple(warnings))


def _taken(origins: Origins) -> Callable[[str, int], bool]:
    """Return whether a component's features come from a run, where what that run has may not be readable."""
    return lambda component, number: component in origins.sources


def read_data(graph: SharingGraph, sources: Mapping[str, Source], cache: Path) -> Prepared:
    """Read every split as a run would: columns, labels, vocabularies; raises `DataError` where one is wrong.

    Raises `UsageError` where the recipe selects by a dev split, and there is none, and `RecipeError` where output
    layers ask for what dev does not show.
    """
    prepared = prepare(graph, sources, cache)
    faults = list(label_faults(graph, prepared.fitted))
    if faults:
        raise RecipeError(faults, graph.recipe.title)
    selection(graph.recipe.train.select, graph.recipe.train.patience, *dev_figures(graph, prepared))
    with on_meta():
        fault_if_undecidable(MultiTaskModel(graph, prepared.fitted, initial=False), prepared)
    return prepared


def nothing_to_train(model: MultiTaskModel) -> Iterator[Fault]:
    """Yield a fault where `train.components` freezes every component that has weights."""
    graph = model.sharing_graph
    owned = own_tensors(model.components)
    weighty = [name for name, own in owned.items() if any(tensor.requires_grad for tensor in own.values())]
    if weighty and all(graph.training(name).freeze for name in weighty):
        place = graph.training(weighty[0]).place.named("train.components")
        yield place.fault("should leave something to train. Found every component frozen.")
