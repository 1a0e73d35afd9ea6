"""`mtl check` and `mtl graph`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import Fault, UsageError, counted, near_miss
from ..base.visible import visible

if TYPE_CHECKING:
    from ..base.progress import Note
    from ..recipe.config import Recipe
    from ..runs.check import CheckReport

FORMATS = ("text", "mermaid")


def check_command(
    recipe: Path,
    *,
    data: Path | None,
    sources: bool,
    seed: int | None,
    overrides: tuple[str, ...],
    run: Path | None = None,
) -> None:
    """Check a recipe, and its sources where asked; print what it is, and what it could take from a run."""
    from ..compile.loading import read_recipe
    from ..runs import check
    from ..runs.examined import examine
    from ..sources.opening import open_sources

    found = examine(read_recipe(recipe, overrides=overrides, data=data, seed=seed))
    tell_settings(found.read.recipe)
    warn(found.warnings)
    if sources and found.faults:
        raise check.error_with_data(found, open_sources(found.read.reading()))
    report = check.report(found)
    if not sources:
        check.fault_if_without_dev(report.graph.recipe)
        print(visible(summary(report)))
    else:
        from ..runs.read_data import cache_folder
        from .tables import reading

        prepared = check.read_data(report.graph, open_sources(report.graph.recipe), cache_folder())
        notes = check.file_notes(report.graph, prepared)
        warn([*prepared.skipped, *prepared.notes, *(note for note in notes if note.warning)])
        print(visible(summary(report)))  # not before its data was found to be as good
        for line in [*reading(prepared.report()), *(str(note) for note in notes if not note.warning)]:
            print(visible(line))
    if run is not None:
        from ..runs.carried import carried_over, sentences_of

        for line in sentences_of(carried_over(report.graph, run), run):
            print(visible(line))


def graph_command(recipe: Path, *, format: str, overrides: tuple[str, ...]) -> None:
    """Draw a recipe's sharing graph."""
    if format not in FORMATS:
        raise UsageError(f"--format should be {' or '.join(FORMATS)}. Found '{format}'.{near_miss(format, FORMATS)}")
    from ..compile.loading import load_recipe
    from ..graph import drawing
    from ..graph.build import build_graph

    graph = build_graph(load_recipe(recipe, overrides=overrides))
    tell_settings(graph.recipe)
    drawn = drawing.text(graph) if format == "text" else drawing.mermaid(graph)
    print(visible(drawn.rstrip("\n"), lines=True))


def warn(faults: Iterable[Fault | Note]) -> None:
    """Print warnings, which do not stop a run, on standard error."""
    for fault in faults:
        print(f"warning: {fault}", file=sys.stderr)


def tell_settings(*recipes: Recipe) -> None:
    """Print on standard error which keys options with patterns have set (`--set '**.path=DIR'`)."""
    for row in dict.fromkeys(row for recipe in recipes for row in recipe.settings):
        print(row, file=sys.stderr)


def summary(report: CheckReport) -> str:
    """Return one line about a valid recipe."""
    graph = report.graph
    shared = sum(len(component.tasks) > 1 for component in graph.components.values())
    return (
        f"{graph.recipe.title}: no faults. {counted(len(graph.recipe.tasks), 'task')}, "
        f"{counted(len(graph.components), 'component')}, {shared} of which "
        f"{'serves' if shared == 1 else 'serve'} more than one task."
    )
