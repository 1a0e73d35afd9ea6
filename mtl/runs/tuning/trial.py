"""A trial: an ordinary training with values of its own, in its own run folder, watched at each evaluation."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ...base.device import no_device_memory
from ...base.errors import CheckpointError, MtlError, no_memory
from ...base.progress import EvalReport, Report
from ...compile.candidates import Candidates
from ...recipe.config import Recipe
from ...recipe.place import Place
from ..run_folder import MARK
from ..runner import Run

SPLITS = ("train", "dev")  # that are read: what is chosen by test could not be measured on it

Judge = Callable[[int, float], bool]


@dataclass(frozen=True)
class TrialJob:
    """A trial to train: what its recipe is made of, its run folder. It pickles."""

    candidates: Candidates
    values: Mapping[str, Any]
    places: Mapping[str, Place]
    folder: Path


@dataclass(frozen=True)
class TrialEnded:
    """How the training of a trial ended."""

    state: Literal["complete", "pruned", "failed"]
    error: str = ""


def train_trial(job: TrialJob, judge: Judge, stop: Callable[[], bool] = lambda: False) -> TrialEnded | None:
    """Train a trial, from its last checkpoint on where it has one; a fault of its values is how it ended.

    `judge` gets the step and the score of each evaluation and says whether the trial is worth going on with. `stop`
    is asked after each report; where it says so the trial has not ended, and None is returned. Raises
    `CheckpointError` where the folder cannot be written, and `OSError`.
    """
    try:
        recipe = job.candidates.with_values(job.values, job.places)
        with closing(reports(recipe, job.folder)) as found:
            for report in found:
                if isinstance(report, EvalReport):
                    last = report.step >= report.steps or (report.left is not None and report.left <= 0)
                    if not judge(report.step, report.score) and not last:
                        return TrialEnded("pruned")
                if stop():
                    return None
    except CheckpointError:
        raise
    except MtlError as error:
        return TrialEnded("failed", str(error.faults[0]))
    except (MemoryError, RuntimeError) as error:
        lacking = no_device_memory(error) or no_memory(error)
        if lacking is None:
            raise
        return TrialEnded("failed", lacking)
    return TrialEnded("complete")


def reports(recipe: Recipe, folder: Path) -> Generator[Report, None, None]:
    """Yield what a training reports; one that cannot go on from its checkpoint, as versions differ, begins anew."""
    begun = (folder / MARK).exists()
    try:
        found = _train(recipe, folder)
        first = next(found, None)
    except CheckpointError:
        if not begun:
            raise
        shutil.rmtree(folder)
        found = _train(recipe, folder)
        first = next(found, None)
    with closing(found):
        if first is not None:
            yield first
            yield from found


def _train(recipe: Recipe, folder: Path) -> Generator[Report, None, None]:
    yield from Run.start(recipe, folder, resume=folder.is_dir(), splits=SPLITS).train()
