"""`mtl tune`."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from ..base.errors import TrainingError, UsageError, counted
from ..base.visible import visible
from .checking import summary, tell_settings, warn
from .jobs import check_at_least_one, too_many
from .progress import line
from .tables import print_table, table

if TYPE_CHECKING:
    from ..runs.tuning.search import Finished, TrialBegun, Tuning
    from ..runs.tuning.study import Trial

SHOWN = 5  # trials in the table at the end


@dataclass(frozen=True)
class TuningRequest:
    """What the command was asked for."""

    recipe: Path
    space: Path | None
    trials: int
    out: Path | None
    seed: int | None
    minutes: float | None
    jobs: int
    data: Path | None
    overrides: tuple[str, ...]

    def again(self) -> str:
        """Return the command, as a shell reads it."""
        given = {
            "--space": self.space,
            "--trials": self.trials,
            "--out": self.out,
            "--seed": self.seed,
            "--minutes": self.minutes,
            "--jobs": self.jobs if self.jobs > 1 else None,
            "--data": self.data,
        }
        options = [part for option, value in given.items() if value is not None for part in (option, str(value))]
        options += [part for setting in self.overrides for part in ("--set", setting)]
        return shlex.join(["mtl", "tune", str(self.recipe), *options])


def tune_command(asked: TuningRequest) -> None:
    """Search, from where an earlier search stopped; end with the best trials, and with the files that say more."""
    check_at_least_one(trials=asked.trials, jobs=asked.jobs)
    if asked.minutes is not None and not asked.minutes > 0:
        raise UsageError(f"--minutes should be greater than 0. Found {asked.minutes:g}.")
    from ..runs.tuning.search import Tuning

    console = Console()
    options = {"space": asked.space, "data": asked.data, "seed": asked.seed, "overrides": asked.overrides}
    with Tuning(asked.recipe, asked.out, **options) as tuning:  # type: ignore[arg-type]  # each is of its own type
        try:
            search(tuning, asked, console)
        except KeyboardInterrupt:
            print(visible(f"`{asked.again()}` continues this study."), file=sys.stderr)
            raise
        finish(tuning, asked, console)


def search(tuning: Tuning, asked: TuningRequest, console: Console) -> None:
    """Train what is not trained yet, a line for each trial that begins and for each that ends."""
    tell_settings(tuning.recipe)
    warn(tuning.warnings)
    line(console, summary(tuning.checked))
    ended = sum(trial.state != "running" for trial in tuning.study.trials)
    line(console, f"study folder: {tuning.out}" + (f", with {counted(ended, 'trial')} in it" if ended else ""))
    if crowded := too_many(asked.jobs, tuning.recipe.train.threads):
        print(f"warning: {crowded}", file=sys.stderr)
    for event in tuning.run(asked.trials, jobs=asked.jobs, minutes=asked.minutes):
        line(console, said_of(event, asked.trials, tuning))


def said_of(event: TrialBegun | Finished, trials: int, tuning: Tuning) -> str:
    """Return the line about a trial that begins or has ended."""
    from ..runs.tuning.results import settings, short_names
    from ..runs.tuning.search import TrialBegun

    trial = event.trial
    place = f"trial {trial.number}/{max(trials, len(tuning.study.trials))}"
    if isinstance(event, TrialBegun):
        goes_on = "goes on with" if event.again else "begins with"
        return f"{place} {goes_on} {settings(trial.values, short_names(list(tuning.config.space)))}"
    return f"{place} {outcome(trial)}{' (best)' if event.best else ''}"


def outcome(trial: Trial) -> str:
    """Return how a trial ended.

    >>> from mtl.runs.tuning.study import Trial
    >>> outcome(Trial(3, "pruned", {}, (10, 20), (0.5, 0.25)))
    'pruned after 20 steps, score 0.5000'
    """
    steps = counted(trial.steps[-1], "step") if trial.steps else "0 steps"
    copied = f": as trial {trial.same_as}, which had these values" if trial.same_as is not None else ""
    if trial.state == "failed":
        return f"failed: {trial.error}{copied}"
    score = "no score" if trial.score is None else f"score {trial.score:.4f}"
    return (f"pruned after {steps}, {score}" if trial.state == "pruned" else f"{score} after {steps}") + copied


def finish(tuning: Tuning, asked: TuningRequest, console: Console) -> None:
    """Write what came out and print the best trials; raises `TrainingError` where none was trained to its end."""
    files = tuning.write()
    trials = [trial for trial in tuning.study.trials if trial.state != "running"]
    if tuning.study.best is None:
        raise TrainingError(nothing(tuning.out, trials, asked))
    from ..runs.tuning.results import ranked

    print_table(console, trials_table(ranked(trials)[:SHOWN], list(tuning.config.space)))
    counts = {state: sum(trial.state == state for trial in trials) for state in ("complete", "pruned", "failed")}
    told = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    left = asked.trials - len(trials)
    more = f"; {left} left, which the same command trains" if left > 0 else ""
    line(console, f"{counted(len(trials), 'trial')}: {told}{more}")
    line(console, f"{', '.join(map(str, files))}: written")
    line(console, f"`mtl run {shlex.quote(str(files[-1]))}` trains the best recipe")


def nothing(out: Path, trials: Sequence[Trial], asked: TuningRequest) -> str:
    """Return the sentence for a search that found nothing."""
    failed = [trial for trial in trials if trial.state == "failed"]
    should = f"{out}: should hold a trial that was trained to its end."
    if not failed:
        return f"{should} There is none yet: `{asked.again()}` goes on."
    return f"{should} Found {counted(len(failed), 'trial')} that failed, the first by: {failed[0].error}"


def trials_table(trials: Sequence[Trial], keys: Sequence[str]) -> Table:
    """Return the table of the best trials: number, steps, values, score."""
    from ..runs.tuning.results import said, short_names

    names = short_names(keys)
    made = table("trial", "steps", *(names[key] for key in keys), "score")
    for trial in trials:
        values = (said(trial.values[key]) for key in keys)
        made.add_row(str(trial.number), str(trial.steps[-1]), *values, f"{trial.score:.4f}")
    return made
