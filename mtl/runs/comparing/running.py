"""The runs that are not done yet, carried out: one after another, or several at a time in processes of their own.

A run that fails by itself, as its training diverges or its process dies, leaves the others going; any other error would
meet them too and ends all of them. Runs whose minutes are matched come after their joint run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ...base.device import no_device_memory
from ...base.errors import TrainingError, no_memory
from ...base.progress import Note, Report
from ...base.registry import load_plugins
from ...base.several_errors import Together
from ...compile.loading import register_built_in
from ...recipe.config import Recipe
from ...recipe.filling import digest
from ..check import check_recipe
from ..workers import Ask, Died, JobQuestion, Workers
from .trial import ComparedRun, carry_out

Show = Callable[[Iterator[Report]], object]


@dataclass(frozen=True)
class RunBegun:
    """A run that begins, or goes on where it was cut off."""

    trial: ComparedRun
    again: bool


@dataclass(frozen=True)
class RunEnded:
    """A run that has ended: tested, or failed by `why`."""

    trial: ComparedRun
    why: str | None = None


@dataclass(frozen=True)
class Warned:
    """What a run that is carried out beside others warns of."""

    trial: ComparedRun
    note: Note


@dataclass(frozen=True)
class ComparisonJob:
    """A run as another process gets it: it pickles."""

    recipe: Recipe
    folder: Path


def run_all(trials: Sequence[ComparedRun], jobs: int, show: Show) -> Iterator[RunBegun | RunEnded | Warned]:
    """Carry out runs that are not done, `jobs` of them at a time, and yield what happens.

    Where it is one at a time, `show` takes what training reports. Raises what is wrong with more than one run: recipes
    that are impossible, all at once and before any training; data, a full disk.
    """
    for joint in (True, False):  # what is wrong with a recipe is told of it, not of its tasks alone
        _check([trial for trial in trials if (trial.joint is None) is joint])
    yield from _in_turn(trials, show) if jobs == 1 else _at_a_time(trials, jobs)


def _check(trials: Sequence[ComparedRun]) -> None:
    """Raise `RecipeError` or `SeveralErrors` with all that is wrong with recipes, whatever their seeds."""
    together, checked = Together(), set()
    for trial in trials:
        recipe = replace(trial.given, seed=0)
        if (said := digest(recipe)) not in checked:
            checked.add(said)
            with together.part():
                check_recipe(recipe, initial=not trial.begun)
    together.fault_if_any()


def _in_turn(trials: Sequence[ComparedRun], show: Show) -> Iterator[RunBegun | RunEnded]:
    for trial in trials:
        if not trial.ready:
            yield _without_joint(trial)
            continue
        yield RunBegun(trial, trial.begun)
        try:
            show(trial.run())
        except Exception as error:
            why = own_failure(error)
            if why is None:
                raise
            yield RunEnded(trial, why)
        else:
            yield RunEnded(trial)


def _at_a_time(trials: Sequence[ComparedRun], jobs: int) -> Iterator[RunBegun | RunEnded | Warned]:
    known = {trial.number: trial for trial in trials}
    waiting = dict(known)
    plugins = tuple(dict.fromkeys(plugin for trial in trials for plugin in trial.given.plugins))
    with Workers(jobs, train_asking, partial(register, plugins)) as workers:
        while True:
            while workers.free and (trial := next((t for t in waiting.values() if t.ready), None)) is not None:
                del waiting[trial.number]
                yield RunBegun(trial, trial.begun)
                workers.start(trial.number, ComparisonJob(trial.recipe, trial.folder))
            if not workers.busy:
                break
            for number, found in workers.events(None):
                if isinstance(found, JobQuestion):
                    yield Warned(known[number], found.question)
                    workers.answer(number, None)
                else:
                    yield RunEnded(known[number], found.how if isinstance(found, Died) else found.found)
    for trial in waiting.values():
        yield _without_joint(trial)


def _without_joint(trial: ComparedRun) -> RunEnded:
    run = "" if trial.joint is None else f"'{trial.joint.run(trial.given.seed)}'"
    return RunEnded(trial, f"it should get a part of the minutes of its joint run, {run}. Found that one failed.")


def register(plugins: tuple[str, ...]) -> None:
    """Register in a new process what recipes name, before one arrives."""
    register_built_in()
    load_plugins(plugins)


def train_asking(job: ComparisonJob, ask: Ask) -> str | None:
    """Carry out a run in a process of its own, warnings sent to the first one; return why it failed, if it did."""
    try:
        for report in carry_out(job.recipe, job.folder):
            if isinstance(report, Note) and report.warning:
                ask(report)
    except Exception as error:
        why = own_failure(error)
        if why is None:
            raise
        return why
    return None


def own_failure(error: Exception) -> str | None:
    """Return what an error says of one run that failed, None for an error that others would meet, too."""
    if isinstance(error, TrainingError) and not isinstance(error.__cause__, OSError):
        return str(error)
    return no_device_memory(error) or no_memory(error)
