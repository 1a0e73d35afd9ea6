"""The logs of a training: JSON lines, and TensorBoard's files where that package is installed.

A resumed run goes on from its checkpoint, so what was logged after it is cut off: no step is logged twice. Notes of
the end come again, from the checkpoint.
"""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Protocol

from ..base.errors import TrainingError
from ..base.progress import EarlyStopReport, GradientReport, Note, Report, StepReport, StopReport, StreamReport


class Log(Protocol):
    """Something that keeps reports."""

    def write(self, report: Report) -> None:
        """Keep a report."""
        ...

    def close(self) -> None:
        """Keep nothing more."""
        ...


class JsonLog:
    """A file of one JSON object a line; keeps what earlier runs wrote up to `step` and nothing after."""

    def __init__(self, path: Path, step: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        cut_back(path, step)
        self.path = path
        self.file = path.open("ab", buffering=0)

    def write(self, report: Report) -> None:
        """Append a report; the operating system has it when this returns, whatever happens to the process.

        Raises `TrainingError` where the disk is full; the line that was begun is cut off when the run is resumed.
        """
        line = (json.dumps(report.record(), ensure_ascii=False) + "\n").encode()
        try:
            while line:
                line = line[self.file.write(line) :]
        except OSError as error:
            raise TrainingError(
                f"{self.path}: step {report.step} could not be logged: {error.strerror}. The last checkpoint is "
                "unharmed; make room and resume."
            ) from error

    def close(self) -> None:
        """Close the file."""
        self.file.close()


class TensorBoard:
    """TensorBoard's event files; steps after `step` that earlier runs wrote are marked to be left out."""

    def __init__(self, folder: Path, step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.writer = SummaryWriter(str(folder), purge_step=step + 1)

    @staticmethod
    def installed() -> bool:
        """Return whether the optional package is there."""
        return find_spec("tensorboard") is not None

    def write(self, report: Report) -> None:
        """Add a report's figures as scalars."""
        for name, value in scalars(report).items():
            self.writer.add_scalar(name, value, report.step)

    def close(self) -> None:
        """Write what is still held and close the file."""
        self.writer.close()


def scalars(report: Report) -> dict[str, float]:
    """Return a report's figures under the names that TensorBoard shows."""
    if isinstance(report, Note):
        return {}
    if isinstance(report, StepReport):
        found = {f"loss/{task}": loss for task, loss in report.losses.items()}
        found["train/rate_factor"] = report.factor
        if report.norm is not None:
            found["train/gradient_norm"] = report.norm
        return found
    if isinstance(report, (StopReport, EarlyStopReport, StreamReport)):
        return {}
    if isinstance(report, GradientReport):
        return {
            f"gradients/{name}/{figure}": value
            for name, meeting in report.components.items()
            for figure, value in (
                *((f"norm/{task}", norm) for task, norm in meeting.norms.items()),
                *((f"cosine/{a}/{b}", cosine) for a, of in meeting.cosines.items() for b, cosine in of.items()),
            )
        }
    split = report.split
    figures = {f"{split}/{task}.{name}": value for task, of in report.metrics.items() for name, value in of.items()}
    return {**figures, f"{split}/score": report.score}


class Logs:
    """All logs of a run folder: `log.jsonl`, and `tensorboard/` where the package is installed. A context manager."""

    def __init__(self, run: Path, step: int) -> None:
        self.logs: list[Log] = [JsonLog(run / "log.jsonl", step)]
        if TensorBoard.installed():
            self.logs.append(TensorBoard(run / "tensorboard", step))

    def write(self, report: Report) -> None:
        """Keep a report in every log."""
        for log in self.logs:
            log.write(report)

    def __enter__(self) -> Logs:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for log in self.logs:
            log.close()


def cut_back(path: Path, step: int) -> None:
    """Cut a JSON-lines log off before its first line of a later step, note of the end, or line that is not whole.

    Before the first step nothing is kept: the notes of the start are written again.
    """
    if not path.exists():
        return
    kept = 0
    with path.open("rb") as file:
        for line in file:
            if step == 0 or not line.endswith(b"\n") or _step(line) > step:
                break
            kept += len(line)
    os.truncate(path, kept)


def _step(line: bytes) -> float:
    try:
        found = json.loads(line)
    except ValueError:
        return float("inf")
    if not isinstance(found, dict) or (found.get("event") == "note" and found.get("step")):
        return float("inf")
    return float(found.get("step", 0))
