"""The facts of training and of an export, as they come. Printing and saving them is the consumer's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NamedTuple

from ..base.errors import counted


@dataclass(frozen=True, slots=True)
class Note:
    """What a component reports once it is built, such as how many of its words a file of vectors holds.

    With `warning`, it is probably not intended. `step` is 0: a run that goes on from a checkpoint has no such
    notes, as nothing starts anew. What an output layer finds on dev once training has ended is a note of the last step.
    """

    message: str
    warning: bool = False
    component: str = ""
    step: int = 0

    def record(self) -> dict[str, Any]:
        """Return the note as plain values, with `event: note`."""
        return {"event": "note", **asdict(self)}

    def __str__(self) -> str:
        return f"{self.component}: {self.message}" if self.component else self.message


@dataclass(frozen=True, slots=True)
class StepReport:
    """One update: `step` of `steps` (from 1), `epoch` (from 1), the source of its batches, each task's loss.

    Several sources are named with commas between them.
    `losses` are unweighted means over labelled rows; a task without any is absent. `norm` is the gradient's before
    clipping, None where nothing is clipped; `factor` what the schedule multiplied the learning rates with; `rows_of`
    are the rows by source. `seconds_left` is what a time budget had left before it, None without one.
    """

    step: int
    steps: int
    epoch: int
    source: str
    losses: Mapping[str, float]
    rows: int
    tokens: int
    norm: float | None
    factor: float
    seconds: float
    rows_of: Mapping[str, int] = field(default_factory=dict)
    seconds_left: float | None = None

    def record(self) -> dict[str, Any]:
        """Return the report as plain values, with `event: step`."""
        return {"event": "step", **asdict(self)}


@dataclass(frozen=True, slots=True)
class EvalReport:
    """One evaluation after `step` steps: metrics of every task, the score that selects, whether it is the best yet.

    `left` says how many evaluations without improvement are left before training stops, None without `patience`.
    `constant` are sentences, by task, about those that answered alike everywhere, as a majority baseline does.
    """

    step: int
    steps: int
    epoch: int
    split: str
    metrics: Mapping[str, Mapping[str, float]]
    score: float
    best: bool
    left: int | None
    seconds: float
    constant: Mapping[str, str] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """Return the report as plain values, with `event: evaluation`."""
        return {"event": "evaluation", **asdict(self)}


@dataclass(frozen=True, slots=True)
class StopReport:
    """The end of a training whose budget of time is spent: `minutes` are what it took, in all processes of the run."""

    step: int
    steps: int
    epoch: int
    minutes: float

    @property
    def reason(self) -> str:
        """Why training ended."""
        return f"stopped after {self.minutes:.2f} minutes"

    def record(self) -> dict[str, Any]:
        """Return the report as plain values, with `event: stop`."""
        return {"event": "stop", "reason": self.reason, **asdict(self)}


@dataclass(frozen=True, slots=True)
class EarlyStopReport:
    """The end of a training that `patience` ends: so many `evaluations` in a row were no better than after `best`."""

    step: int
    steps: int
    epoch: int
    evaluations: int
    best: int

    @property
    def reason(self) -> str:
        """Why training ended.

        >>> EarlyStopReport(980, 2000, 7, 5, 780).reason
        'stopped early: no better for 5 evaluations; best at step 780'
        """
        count = counted(self.evaluations, "evaluation")
        return f"stopped early: no better for {count}; best at step {self.best}"

    def record(self) -> dict[str, Any]:
        """Return the report as plain values, with `event: stop`."""
        return {"event": "stop", "reason": self.reason, **asdict(self)}


@dataclass(frozen=True, slots=True)
class StreamReport:
    """A source that is drawn no more, for a while (`rests`) or for good (`spent`), or that is `woken` from its rest."""

    step: int
    steps: int
    epoch: int
    source: str
    change: Literal["rests", "woken", "spent"]
    why: str

    @property
    def reason(self) -> str:
        """What happened, and why."""
        verb = {"rests": "rests", "woken": "is woken", "spent": "is drawn no more"}[self.change]
        return f"{self.source} {verb}: {self.why}"

    def record(self) -> dict[str, Any]:
        """Return the report as plain values, with `event: stream`."""
        return {"event": "stream", **asdict(self)}


class MeetingGradients(NamedTuple):
    """The gradients that meet in a component, by task: norms, how far the update went by each, cosines of pairs.

    `updates` are lengths of the way since the last look, which is shared out by how far each gradient points along
    their sum.
    """

    norms: Mapping[str, float]
    updates: Mapping[str, float]
    cosines: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class GradientReport:
    """A look at the gradients of the update that made `step`: what met, by component; `source` as in `StepReport`."""

    step: int
    source: str
    components: Mapping[str, MeetingGradients]

    def record(self) -> dict[str, Any]:
        """Return the report as plain values, with `event: gradients`."""
        found = {name: meeting._asdict() for name, meeting in self.components.items()}
        return {"event": "gradients", "step": self.step, "source": self.source, "components": found}


Report = Note | StepReport | EvalReport | StopReport | EarlyStopReport | StreamReport | GradientReport


@dataclass(frozen=True, slots=True)
class StageReport:
    """A stage of an export that begins: tracing the tasks, writing their graphs, verifying or measuring some of them.

    `number` of `count` (from 1) counts the groups of tasks that are verified together, on so many `rows` of a `split`;
    other stages are of all tasks, and of no rows.
    """

    stage: Literal["tracing", "writing", "verifying", "measuring"]
    tasks: tuple[str, ...]
    number: int = 1
    count: int = 1
    rows: int = 0
    split: str = ""
