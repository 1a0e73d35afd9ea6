"""Is this recipe possible? Everything that can be known before training, and all faults at once.

What can be read of the recipe is checked against the rules of the graph, files and runs that it names are looked for,
its modules are built by their real constructors on torch's meta device, where tensors have shapes and no memory, and
one fake batch goes through every task: sizes that do not fit show up as faults of the line that configures the
component. Data is read on request, whatever is wrong with the recipe.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import DataError, Fault, RecipeError, UsageError
from ..compile.readable import ReadRecipe
from ..data.data_faults import Readers, data_faults
from ..data.prepare import prepare
from ..data.prepared import Prepared
from ..evaluate.evaluation import dev_figures
from ..evaluate.gains import gains
from ..evaluate.selection import selection
from ..graph.sharing_graph import SharingGraph
from ..model.building import notes_of_files
from ..model.meta import on_meta
from ..model.multi_task import MultiTaskModel
from ..recipe.config import Recipe
from ..recipe.training import TrainConfig
from ..sources.base import SPLITS
from ..sources.opening import open_sources
from ..train.decisions import undecidable
from .examined import Examined, examine
from .teachers import label_faults

if TYPE_CHECKING:
    from ..base.progress import Note
    from ..sources.base import Source


@dataclass(frozen=True)
class CheckReport:
    """What a check found out: the graph, the parameters of every component, warnings, which do not stop a run."""

    graph: SharingGraph
    parameters: Mapping[str, int]
    warnings: tuple[Fault, ...]


def check_recipe(recipe: Recipe | ReadRecipe, *, initial: bool = True) -> CheckReport:
    """Prove that a recipe can be built and that a batch passes through all its tasks.

    Raises `RecipeError` with everything that is wrong: how it is written, every rule of the graph that is broken, every
    component that cannot be built, applied or exported, or that does not fit the run it comes from. `initial` is that
    of `mtl.runs.examined.examine`.
    """
    return report(examine(ReadRecipe.of(recipe) if isinstance(recipe, Recipe) else recipe, initial=initial))


def report(found: Examined) -> CheckReport:
    """Return what was found out about a recipe; raises `RecipeError` with what is wrong with it."""
    if found.faults:
        raise RecipeError(found.faults, found.read.recipe.title)
    return CheckReport(found.graph, found.parameters, tuple(found.warnings))


def read_data(graph: SharingGraph, sources: Mapping[str, Source], cache: Path) -> Prepared:
    """Read every split as a run would: columns, labels, vocabularies.

    Raises `RecipeError` with all that is wrong with the data, and what data shows to be wrong with the recipe: a dev
    split is selected by and not there, output layers ask for what dev does not show, teachers have other labels.
    """
    title, train = graph.recipe.title, graph.recipe.train
    try:
        prepared = prepare(graph, sources, cache)
    except DataError as error:
        raise RecipeError(_without_dev(train, sources), title, error.faults) from error
    except RecipeError as error:
        raise RecipeError([*error.own, *_without_dev(train, sources)], title, error.data) from error
    faults = list(label_faults(graph, prepared.fitted.targets))
    with on_meta():
        faults += undecidable(MultiTaskModel(graph, prepared.fitted, initial=False), prepared)
    try:
        figures, first = dev_figures(graph, prepared)
        selection(train.select, train.patience, figures, first, gains(graph, prepared), train.place_of)
    except UsageError as error:
        faults += error.faults
    if faults:
        raise RecipeError(faults, title)
    return prepared


def fault_if_without_dev(recipe: Recipe) -> None:
    """Raise `RecipeError` for what a recipe asks of dev splits where it names none; no data is read."""
    faults = list(_without_dev(recipe.train, open_sources(recipe)))
    if faults:
        raise RecipeError(faults, recipe.title)


def file_notes(graph: SharingGraph, prepared: Prepared) -> list[Note]:
    """Return what components report of the files that their first weights come from, now that vocabularies are known.

    Reads these files to their ends.
    """
    with on_meta():
        built = MultiTaskModel(graph, prepared.fitted, initial=False).components
    return list(notes_of_files(graph, prepared.fitted, built))


def error_with_data(found: Examined, sources: Mapping[str, Source]) -> RecipeError:
    """Return the error of a recipe in which something is wrong, with all that is wrong with its data.

    Every split of every source is read to its end, for all tasks of which it is known how they read it.
    """
    read = found.read
    graph = found.graph if found.graph.recipe.tasks else None
    readers = Readers(tuple(read.readers.values()), read.uses, read.recipe.data, graph, found.origins)
    data = data_faults(readers, sources, SPLITS)
    faults = [*found.faults, *data.of_recipe, *(_without_dev(read.recipe.train, sources) if read.sourced else ())]
    if graph is not None:
        targets = {name: target for name, target in data.targets.items() if name not in found.untaught}
        faults += label_faults(graph, targets)
    return RecipeError(faults, read.recipe.title, data.of_data)


def _without_dev(train: TrainConfig, sources: Mapping[str, Source]) -> Iterator[Fault]:
    """Yield what the recipe asks of dev splits, where no source has one."""
    if not any("dev" in source.splits for source in sources.values()):
        try:
            selection(train.select, train.patience, {}, (), place_of=train.place_of)
        except UsageError as error:
            yield from error.faults
