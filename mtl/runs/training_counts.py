"""What a run's training came to: steps and rows of each source, the time it took, the versions it was done with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..base.errors import CheckpointError
from ..base.files import read_json
from ..train.checkpoint import Checkpoints


@dataclass(frozen=True)
class TrainingCounts:
    """By source the steps and rows that a run was trained on, all steps, the minutes of training, versions by package.

    A step of several streams is one of each source.

    Minutes are what a time budget has counted; without a budget they are those of the steps and evaluations in the
    log, so without the writing of checkpoints.
    """

    steps: Mapping[str, int]
    rows: Mapping[str, int]
    total: int
    minutes: float
    versions: Mapping[str, str]

    @classmethod
    def of(cls, run: Path) -> TrainingCounts:
        """Return what the log and the last checkpoint of a run say; raises `CheckpointError` for a damaged log."""
        steps: dict[str, int] = {}
        rows: dict[str, int] = {}
        total, seconds = 0, 0.0
        for record in _records(run / "log.jsonl"):
            seconds += record.get("seconds", 0.0)
            if record["event"] == "step":
                total += 1
                for source, count in record["rows_of"].items():
                    steps[source] = steps.get(source, 0) + 1
                    rows[source] = rows.get(source, 0) + count
        state = read_json(Checkpoints(run).path("last") / "state.json")
        return cls(steps, rows, total, state.get("seconds", seconds) / 60, state["identity"]["versions"])


def _records(log: Path) -> list[dict[str, Any]]:
    try:
        found = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise CheckpointError(f"{log}: should be the log of a training. Found: {reason}.") from error
    return found
