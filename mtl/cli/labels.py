"""`mtl labels`: the labels of a trained run, and another name for one of them."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from ..base.errors import UsageError, listing, near_miss
from ..base.folders import FITTED, kind_of
from .progress import line
from .tables import print_table, table


def labels_command(folder: Path, *, action: str | None, names: tuple[str, ...], task: str | None) -> None:
    """List labels, as they are called and as training had them, or rename one."""
    if action not in (None, "rename"):
        raise UsageError(
            f"what is done with labels should be 'rename'. Found '{action}'.{near_miss(action, ['rename'])}"
        )
    if action == "rename" and len(names) != 2:
        raise UsageError(f"rename should come with two labels, OLD and NEW. Found {listing(names)}.")
    from ..runs.runner import Run

    run, console = Run.open(folder), Console()
    if action is None:
        print_labels(run.out, task, console)
        return
    old, new = names
    tasks = run.rename(old, new, task)
    line(console, f"{', '.join(tasks)}: '{old}' is called '{new}'; rows may have either name")
    line(console, f"`mtl export {folder}` writes graphs that answer '{new}', `mtl test {folder}` figures with it")
    export = folder / "export"
    if kind_of(export) == "export":
        line(console, f"until then {export}, like any export made before, has the names that it was exported with")


def print_labels(folder: Path, task: str | None, console: Console) -> None:
    """Print the labels of a run's tasks, those that were renamed with the name that training had."""
    from ..compile.loading import load_recipe
    from ..data.fitted import Fitted
    from ..graph.build import build_graph
    from ..recipe.names import chosen_task

    graph = build_graph(load_recipe(folder / "recipe.yaml"))
    fitted = Fitted.load(graph, folder / FITTED)
    if task is not None:
        chosen_task(task, fitted.labels, folder, called="--task")
    made = table("task", "label", "in training", "times there")
    for name, labels in fitted.labels.items():
        if task in (None, name):
            for now, trained, count in zip(fitted.targets[name].names(), labels.names, labels.counts, strict=True):
                made.add_row(name, now, trained, f"{count:,}")
    print_table(console, made)
