"""A study: the trials of a search, in a file that survives any kill, and how the next one is proposed.

journal.log   all trials, as Optuna's journal storage writes them: a line is appended and flushed for each thing learned
lock          held by the process that goes on with the study; a killed one holds it no more

One process writes the journal, whatever the number of trials at a time, so that a trial found running when a study is
opened was cut off. A trial is proposed from those before it, the seed and its number: a study that is killed and
goes on proposes what it would have proposed.
"""

from __future__ import annotations

import fcntl
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ...base.errors import UsageError
from ...base.interrupts import interrupts_held_back
from ...recipe.tuning import TuneConfig
from .proposals import distribution, load_optuna, pruner, sampler, value_of

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

State = Literal["complete", "pruned", "failed", "running"]
JOURNAL, LOCK = "journal.log", "lock"
STEPS, ERROR, SAME_AS = "steps", "error", "same_as"  # what the journal keeps of a trial beside Optuna's own


@dataclass(frozen=True)
class Trial:
    """One trial, numbered from 1: its values by key, and its `scores` on dev after so many `steps`, one by evaluation.

    `error` says why it failed; `same_as` is the number of the earlier trial with these values, which it was not
    trained again for.
    """

    number: int
    state: State
    values: Mapping[str, Any]
    steps: tuple[int, ...] = ()
    scores: tuple[float, ...] = ()
    error: str = ""
    same_as: int | None = None

    @property
    def score(self) -> float | None:
        """The best of its scores, which is that of its best checkpoint; None before the first."""
        return max(self.scores, default=None)


class Study:
    """The study in a folder that exists, opened for this process alone: `close` it, or use it as a context manager.

    Interrupts wait while it writes: Optuna's lock of the journal fails where one comes in the middle. Raises
    `UsageError` where another process has it open, and where Optuna is not installed.
    """

    def __init__(self, folder: Path, name: str, config: TuneConfig, seed: int) -> None:
        optuna = load_optuna()
        self.space = config.space
        self.distributions = {key: distribution(dimension) for key, dimension in config.space.items()}
        self._sampler, self._seed = config.sampler, seed
        self._lock = _locked(folder / LOCK)
        _repair(folder / JOURNAL)
        self._states = optuna.trial.TrialState
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)  # JournalStorage, before 4.2
            self._storage = optuna.storages.JournalStorage(
                optuna.storages.journal.JournalFileBackend(str(folder / JOURNAL))
            )
        self._pruner = pruner(config.pruner)
        with interrupts_held_back():
            self._study = optuna.create_study(
                storage=self._storage, study_name=name, direction="maximize", load_if_exists=True, pruner=self._pruner
            )
        self._id = self._storage.get_study_id_from_name(name)

    def __enter__(self) -> Study:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let other processes open the study."""
        os.close(self._lock)

    @property
    def trials(self) -> list[Trial]:
        """All trials in their order."""
        return [self._seen(frozen) for frozen in self._frozen()]

    @property
    def best(self) -> Trial | None:
        """The trial of the highest score among those trained to their end, of equal ones the first."""
        found = [(trial.score, trial) for trial in self.trials if trial.state == "complete" and trial.score is not None]
        return max(found, key=lambda pair: pair[0], default=(0.0, None))[1]

    @interrupts_held_back()
    def propose(self) -> Trial:
        """Return a new trial; one with the values of an earlier trial that has ended ends here as that one did."""
        optuna = load_optuna()
        before = self._frozen()
        drawing = optuna.create_study(direction="maximize", sampler=sampler(self._sampler, self._seed, len(before) + 1))
        drawing.add_trials(before)
        params = drawing.ask(self.distributions).params
        made = optuna.trial.create_trial(
            state=self._states.RUNNING, params=params, distributions=self.distributions
        )  # written at once: a kill leaves no trial without values
        made.datetime_start = datetime.now()
        self._storage.create_new_trial(self._id, made)
        trial = self.trials[-1]
        ended = [other for other in self.trials[:-1] if other.values == trial.values and other.state != "running"]
        if ended:
            self._attribute(trial.number, SAME_AS, ended[0].number)
            for step, score in zip(ended[0].steps, ended[0].scores, strict=True):
                self._keep(trial.number, step, score)
            self.end(trial.number, ended[0].state, ended[0].error)
        return self.trials[-1]

    @interrupts_held_back()
    def report(self, number: int, step: int, score: float) -> bool:
        """Keep a trial's score on dev after so many steps; return whether it is worth going on with.

        What a trial that was cut off reports again is known already.
        """
        self._keep(number, step, score)
        return not self._pruner.prune(self._study, self._frozen()[number - 1])

    @interrupts_held_back()
    def end(self, number: int, state: State, error: str = "") -> Trial:
        """Keep how a trial ended, and return it."""
        if error:
            self._attribute(number, ERROR, error)
        states = {"complete": self._states.COMPLETE, "pruned": self._states.PRUNED, "failed": self._states.FAIL}
        score = self.trials[number - 1].score
        values = None if score is None or state == "failed" else [score]
        self._storage.set_trial_state_values(self._id_of(number), states[state], values)
        return self.trials[number - 1]

    def _frozen(self) -> list[FrozenTrial]:
        found: list[FrozenTrial] = self._storage.get_all_trials(self._id, deepcopy=False)
        return found

    def _id_of(self, number: int) -> int:
        found: int = self._storage.get_trial_id_from_study_id_trial_number(self._id, number - 1)
        return found

    def _attribute(self, number: int, name: str, value: Any) -> None:
        self._storage.set_trial_user_attr(self._id_of(number), name, value)

    def _keep(self, number: int, step: int, score: float) -> None:
        known = self.trials[number - 1].steps
        if step not in known:
            self._attribute(number, STEPS, [*known, step])
        # After its step: a kill between the two leaves a step more than scores, and the evaluation is repeated.
        evaluation = [*known, step].index(step) + 1
        self._storage.set_trial_intermediate_value(self._id_of(number), evaluation, score)

    def _seen(self, frozen: FrozenTrial) -> Trial:
        names: dict[Any, State] = {
            self._states.COMPLETE: "complete",
            self._states.PRUNED: "pruned",
            self._states.FAIL: "failed",
        }
        scores = tuple(score for _, score in sorted(frozen.intermediate_values.items()))
        attributes = frozen.user_attrs
        return Trial(
            number=frozen.number + 1,
            state=names.get(frozen.state, "running"),
            values={key: value_of(dimension, frozen.params[key]) for key, dimension in self.space.items()},
            steps=tuple(attributes.get(STEPS, ()))[: len(scores)],
            scores=scores,
            error=attributes.get(ERROR, ""),
            same_as=attributes.get(SAME_AS),
        )


def _locked(path: Path) -> int:
    """Return the open lock of a study; raises `UsageError` where another process holds it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise UsageError(
            f"'{path.parent}' should be a study that nothing else works on. Found that another process does: wait for "
            "its end, or name another folder (--out DIR)."
        ) from error
    return handle


def _repair(journal: Path) -> None:
    """Remove what a killed process left: a line that is not whole, and Optuna's own lock, which this study's is in."""
    for left in journal.parent.glob(f"{journal.name}.lock*"):
        left.unlink()
    if not journal.exists():
        return
    content = journal.read_bytes()
    os.truncate(journal, content.rfind(b"\n") + 1)
