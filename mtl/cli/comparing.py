"""`mtl compare`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from ..base.errors import Fault, TrainingError, UsageError, counted
from ..base.folders import fault_if_other
from .checking import tell_settings
from .jobs import check_at_least_one, too_many
from .progress import line, note, show_progress
from .tables import print_table, width_of

if TYPE_CHECKING:
    from ..runs.comparing.running import RunBegun, RunEnded
    from ..runs.comparing.trial import ComparedRun


RECIPES = (".yaml", ".yml")  # how the names of recipes end


def compare_command(
    recipes: tuple[Path, ...],
    *,
    seeds: int,
    out: Path | None,
    data: Path | None,
    variants: tuple[str, ...],
    single: bool,
    match: str | None,
    overrides: tuple[str, ...],
    reports: tuple[Path, ...],
    jobs: int,
    split: str | None = None,
) -> None:
    """Train what is not trained yet, then print and write what came out.

    Raises `UsageError` where a `split` is named: recipes are compared by their test figures.
    """
    if split is not None:
        raise UsageError(f"--split should come with folders; recipes are compared on test. Found --split {split}.")
    check_at_least_one(jobs=jobs)
    from ..runs.comparing.comparison import RecipeComparison
    from ..runs.comparing.contestants import contestants
    from ..runs.comparing.page import check_report, write_report

    console = Console()
    for report in reports:
        check_report(report)
    found = contestants(recipes, variants=variants, single=single, match=match, data=data, overrides=overrides)
    tell_settings(*(recipe for contestant in found for _, recipe in contestant.recipes))
    out = out or Path("runs") / f"{found[0].recipes[0][1].name}-compare"
    comparison = RecipeComparison(found, seeds, out)
    trials = comparison.trials()
    done = {trial.number: trial.done for trial in trials}  # a folder of another recipe is reported at once
    for trial in trials:
        if done[trial.number]:
            line(console, f"{place(trial)} is done")
    try:
        train([trial for trial in trials if not done[trial.number]], jobs, out, console)
    except KeyboardInterrupt:
        print("the same command continues this comparison", file=sys.stderr)
        raise
    result = comparison.result()
    print_comparison(result, console)
    line(console, f"{out / 'compare.json'}: written")
    for report in reports:
        write_report(result, report)
        line(console, f"{report}: written")


def are_folders(given: Sequence[Path]) -> bool:
    """Return whether folders are compared, not recipes; raises `UsageError` where some are these and some those.

    A path at which there is nothing is meant as a recipe where it ends like one, otherwise as a folder.
    """
    folders = [path for path in given if path.is_dir()]
    fault_if_other(
        [path for path in given if not path.exists() and path.suffix not in RECIPES], "run", "ensemble", "export"
    )
    if folders and len(folders) < len(given):
        recipe = next(path for path in given if path not in folders)
        raise UsageError(
            "what is compared should be recipes alone, or folders of runs, ensembles and exports alone. Found the "
            f"recipe '{recipe}' and the folder '{folders[0]}'. Train the recipe, and name its run's folder."
        )
    return bool(folders)


def print_comparison(result: Mapping[str, Any], console: Console) -> None:
    """Print the tables of a comparison, no wider than the terminal, and what letters in them mean."""
    from .compared_tables import fitted_tables

    tables, legend = fitted_tables(result, width_of(console))
    for made in tables:
        print_table(console, made)
        line(console, "")
    for text in legend:
        line(console, text)
    if legend:
        line(console, "")


def train(trials: Sequence[ComparedRun], jobs: int, out: Path, console: Console) -> None:
    """Carry out runs, a line for each that begins and for each that ends; raises `TrainingError` where some failed."""
    from ..runs.comparing.running import RunEnded, Warned, run_all

    asked = dict.fromkeys(trial.given.train.threads for trial in trials)
    if crowded := next(filter(None, (too_many(jobs, threads, "--set-all") for threads in asked)), None):
        print(f"warning: {crowded}", file=sys.stderr)
    failed: list[Fault] = []
    for event in run_all(trials, jobs, lambda reports: show_progress(reports, console)):
        if isinstance(event, Warned):
            note(console, event.note, place(event.trial))
            continue
        line(console, said_of(event))
        if isinstance(event, RunEnded) and event.why is not None:
            failed.append(Fault(event.why, file=str(event.trial.folder)))
    if failed:
        raise TrainingError(*failed, missing(out, trials[0].total, len(failed)))


def missing(out: Path, runs: int, failed: int) -> str:
    """Return the sentence for a comparison of which some runs failed.

    >>> missing(Path("out"), 12, 1)
    'out: should hold 12 runs that were tested. Found 11: the same command goes on with the one that failed.'
    """
    those = "the one" if failed == 1 else "those"
    found = f"Found {runs - failed}: the same command goes on with {those} that failed."
    return f"{out}: should hold {counted(runs, 'run')} that {'was' if runs == 1 else 'were'} tested. {found}"


def said_of(event: RunBegun | RunEnded) -> str:
    """Return the line about a run that begins or has ended."""
    from ..runs.comparing.running import RunBegun

    if isinstance(event, RunBegun):
        return f"{place(event.trial)} {'goes on' if event.again else 'begins'}"
    return f"{place(event.trial)} {'is tested' if event.why is None else f'failed: {event.why}'}"


def place(trial: ComparedRun) -> str:
    """Return which run of how many it is, and where."""
    return f"run {trial.number}/{trial.total}: {trial.folder}"
