"""What a run's folder says of its training."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mtl.base.errors import CheckpointError
from mtl.runs.training_counts import TrainingCounts
from mtl.train.checkpoint import Checkpoints
from mtl.train.logs import Logs
from tests.mtl.small_run import small_trainer


def test_steps_rows_minutes_and_versions(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path, {"epochs": 1})
    with Logs(tmp_path / "run", 0) as logs:
        for report in trainer.train():
            logs.write(report)
    found = TrainingCounts.of(tmp_path / "run")
    assert found.steps == {"utterances": 5, "words": 5}
    assert found.rows == {"utterances": 40, "words": 30}  # 19 words: batches of 8, 8 and 3, then 8 and 3 again
    assert found.total == 10
    lines = [json.loads(line) for line in (tmp_path / "run/log.jsonl").read_text("utf-8").splitlines()]
    assert [line["event"] for line in lines] == ["step"] * 10 + ["evaluation"]
    assert found.minutes == pytest.approx(sum(line["seconds"] for line in lines) / 60)
    assert found.versions == trainer.identity["versions"]

    state = Checkpoints(tmp_path / "run").path("last") / "state.json"
    state.write_text(json.dumps({**json.loads(state.read_text("utf-8")), "seconds": 90.0}), "utf-8")
    assert TrainingCounts.of(tmp_path / "run").minutes == 1.5  # what a time budget has counted


def test_a_log_that_is_damaged_or_gone(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    with pytest.raises(CheckpointError) as error:
        TrainingCounts.of(tmp_path)
    assert str(error.value) == f"{log}: should be the log of a training. Found: No such file or directory."
    log.write_text('{"event"\n', "utf-8")
    with pytest.raises(CheckpointError) as error:
        TrainingCounts.of(tmp_path)
    assert str(error.value) == (
        f"{log}: should be the log of a training. Found: Expecting ':' delimiter: line 1 column 9 (char 8)."
    )
