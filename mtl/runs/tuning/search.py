"""The search for a recipe's best values: trials that are ordinary trainings, one after another or several at a time.

OUT/study.json  journal.log  lock    the study (see `study` and `folder`)
OUT/trials/N/                        the run folder of each trial
OUT/trials.csv                       all trials with their scores and values
OUT/tune.svg                         the same, drawn
OUT/best.yaml                        the whole recipe of the best trial
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ...base.errors import Fault, RecipeError, UsageError, counted
from ...base.files import replace
from ...compile.candidates import Candidates, load_candidates, named_by_file
from ...compile.space import fault_of
from ...data.prepare import prepare
from ...evaluate.evaluation import dev_figures
from ...evaluate.selection import selection
from ...recipe.config import Recipe
from ...recipe.filling import filled
from ...recipe.tuning import TuneConfig
from ...sources.opening import open_sources
from ..check import CheckReport, check_recipe
from ..read_data import cache_folder
from ..workers import Ask, Died, JobQuestion, Workers
from .folder import begun, claim, default_folder
from .plot import svg
from .proposals import load_optuna
from .results import csv_of, short_names
from .study import Study, Trial
from .trial import SPLITS, TrialEnded, TrialJob, train_trial


@dataclass(frozen=True)
class TrialBegun:
    """A trial that begins, or goes on where it was cut off."""

    trial: Trial
    again: bool


@dataclass(frozen=True)
class Finished:
    """A trial that has ended; `best` says whether it is the best one so far."""

    trial: Trial
    best: bool


class Tuning:
    """A recipe, what is searched, and the folder of the study, new or begun; a context manager that closes it.

    Raises `RecipeError` for all that is wrong with recipe and space, `DataError` for data that cannot be read, and
    `UsageError` where there is no dev split to compare trials by, or the folder is not of this study.
    """

    def __init__(
        self,
        recipe: str | Path,
        out: str | Path | None = None,
        *,
        space: str | Path | None = None,
        data: str | Path | None = None,
        seed: int | None = None,
        overrides: Sequence[str] = (),
    ) -> None:
        load_optuna()  # before all that takes time
        base, space = (Path(path) if path is not None else None for path in (data, space))
        self.recipe, self.candidates, self.config = load_candidates(
            recipe, overrides=overrides, data=base, seed=seed, space=space
        )
        self.out = Path(out) if out is not None else default_folder(self.recipe)
        begins = not begun(self.out)
        with named_by_file(space):
            self.checked = (
                check_space(self.recipe, self.candidates, self.config) if begins else check_recipe(self.recipe)
            )
        prepared = prepare(self.checked.graph, open_sources(self.recipe), cache_folder(), splits=SPLITS)
        train = self.recipe.train
        figures, first = dev_figures(self.checked.graph, prepared)
        if selection(train.select, train.patience, figures, first, place_of=train.place_of) is None:
            raise UsageError(
                f"{self.recipe.title}: should have a source with a dev split and labels in it, by which trials are "
                "compared. There is none."
            )
        self.warnings = (*self.checked.warnings, *prepared.skipped, *prepared.notes)
        claim(self.out, self.recipe, self.config, prepared.hashes)
        self.study = Study(self.out, self.recipe.name, self.config, self.recipe.seed)

    def __enter__(self) -> Tuning:
        return self

    def __exit__(self, *_: object) -> None:
        self.study.close()

    def run(self, trials: int, *, jobs: int = 1, minutes: float | None = None) -> Iterator[TrialBegun | Finished]:
        """Train until the study has so many trials, or so many minutes have passed, and yield what happens.

        Trials that were cut off go on first. One that is not over when time is goes on with the next call.
        """
        end = None if minutes is None else time.monotonic() + 60 * minutes
        yield from self._in_turn(trials, end) if jobs == 1 else self._at_a_time(trials, jobs, end)

    def _in_turn(self, trials: int, end: float | None) -> Iterator[TrialBegun | Finished]:
        for event in self._next(trials, end):
            yield event
            if isinstance(event, TrialBegun):
                number = event.trial.number
                ended = train_trial(self._job(event.trial), partial(self.study.report, number), partial(_over, end))
                if ended is None:
                    return
                yield self._finished(number, ended)

    def _at_a_time(self, trials: int, jobs: int, end: float | None) -> Iterator[TrialBegun | Finished]:
        coming = self._next(trials, end)
        with Workers(jobs, train_asking) as workers:
            while not _over(end):
                while workers.free and (event := next(coming, None)) is not None:
                    yield event
                    if isinstance(event, TrialBegun):
                        workers.start(event.trial.number, self._job(event.trial))
                if not workers.busy:
                    return
                left = None if end is None else max(0.0, end - time.monotonic())
                for number, found in workers.events(left):
                    if isinstance(found, JobQuestion):
                        workers.answer(number, self.study.report(number, *found.question))
                    else:
                        ended = TrialEnded("failed", found.how) if isinstance(found, Died) else found.found
                        yield self._finished(number, ended)

    def _next(self, trials: int, end: float | None) -> Iterator[TrialBegun | Finished]:
        """Yield trials as they begin, and those that need no training."""
        for trial in [trial for trial in self.study.trials if trial.state == "running"]:
            if not _over(end):
                yield TrialBegun(trial, again=True)
        while len(self.study.trials) < trials and not _over(end):
            trial = self.study.propose()
            yield TrialBegun(trial, again=False) if trial.state == "running" else Finished(trial, best=False)

    def _job(self, trial: Trial) -> TrialJob:
        folder = self.out / "trials" / str(trial.number)
        return TrialJob(self.candidates, trial.values, self.config.places, folder)

    def _finished(self, number: int, ended: TrialEnded) -> Finished:
        trial = self.study.end(number, ended.state, ended.error)
        best = self.study.best
        return Finished(trial, best is not None and best.number == number)

    def write(self) -> tuple[Path, ...]:
        """Write `trials.csv`, `tune.svg` and `best.yaml` about the trials that have ended; return the files.

        The last one is missing where no trial was trained to its end.
        """
        trials = [trial for trial in self.study.trials if trial.state != "running"]
        title = f"{self.recipe.name}: {counted(len(trials), 'trial')}, score on dev"
        texts = {
            "trials.csv": csv_of(trials, list(self.config.space)),
            "tune.svg": svg(title, trials, self.config.space, short_names(list(self.config.space))),
        }
        best = self.study.best
        if best is not None:
            texts["best.yaml"] = filled(self.candidates.with_values(best.values, self.config.places))
        for name, text in texts.items():
            replace(self.out / name, text.encode())
        return tuple(self.out / name for name in texts)


def train_asking(job: TrialJob, ask: Ask) -> TrialEnded | None:
    """Train a trial in a process of its own: whether it is worth going on with, the process with the study says."""
    return train_trial(job, lambda step, score: bool(ask((step, score))))


def check_space(recipe: Recipe, candidates: Candidates, config: TuneConfig) -> CheckReport:
    """Check a recipe, and build it with each value of its space; raises `RecipeError` for all that cannot be built."""
    report = check_recipe(recipe)
    faults: list[Fault] = []
    for key, value, place in candidates.alternatives(config):
        initial = key.partition(".")[0] != "train"  # files of first weights do not depend on how it is trained
        try:
            check_recipe(candidates.with_values({key: value}, {key: place}), initial=initial)
        except RecipeError as error:
            faults += [fault_of(key, value, place, fault) for fault in error.faults]
    if faults:
        raise RecipeError(faults, recipe.title)
    return report


def _over(end: float | None) -> bool:
    return end is not None and time.monotonic() >= end
