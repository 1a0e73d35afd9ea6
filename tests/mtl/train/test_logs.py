"""Logs: lines, cutting back, TensorBoard's files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from mtl.base.progress import EvalReport, Note, StepReport
from mtl.train.logs import JsonLog, Logs, TensorBoard, cut_back, scalars

STEP = StepReport(
    step=3,
    steps=9,
    epoch=1,
    source="utterances",
    losses={"intent": 0.5},
    rows=2,
    tokens=7,
    norm=1.5,
    factor=1.0,
    seconds=0.1,
)
EVALUATION = EvalReport(
    step=3,
    steps=9,
    epoch=1,
    split="dev",
    metrics={"slots": {"f1": 0.25}},
    score=0.25,
    best=True,
    left=None,
    seconds=0.2,
)


def line(step: int) -> str:
    return json.dumps({"event": "step", "step": step}) + "\n"


def test_reports_become_lines(tmp_path: Path) -> None:
    with Logs(tmp_path, 0) as logs:
        logs.write(STEP)
        logs.write(EVALUATION)
    step, evaluation = (json.loads(row) for row in (tmp_path / "log.jsonl").read_text("utf-8").splitlines())
    assert step["event"] == "step"
    assert step["losses"] == {"intent": 0.5}
    assert evaluation["event"] == "evaluation"
    assert evaluation["metrics"] == {"slots": {"f1": 0.25}}


def test_a_resumed_log_has_every_step_once(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(line(1) + line(2) + line(3) + line(4))
    log = JsonLog(path, 2)
    log.write(STEP)
    log.close()
    assert [json.loads(row)["step"] for row in path.read_text().splitlines()] == [1, 2, 3]


def test_a_line_that_was_cut_by_a_kill_goes(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    for rest in ('{"step": 2, "lo', '{"step": 2}', "\0\0\n", "[]\n"):
        path.write_text(line(1) + rest)
        cut_back(path, 5)
        assert path.read_text() == line(1)


def test_a_run_that_starts_over_has_an_empty_log(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(line(1) + line(2))
    cut_back(path, 0)
    assert path.read_text() == ""
    cut_back(tmp_path / "none.jsonl", 0)


def test_notes_are_kept_once_however_often_a_run_starts_over(tmp_path: Path) -> None:
    for _ in range(2):  # the first was killed before its first checkpoint
        with Logs(tmp_path, 0) as logs:
            logs.write(Note("1 of 2 words.", component="words"))
            logs.write(STEP)
    with Logs(tmp_path, 3):
        pass
    note, step = (json.loads(row) for row in (tmp_path / "log.jsonl").read_text("utf-8").splitlines())
    assert note == {"event": "note", "message": "1 of 2 words.", "warning": False, "component": "words", "step": 0}
    assert step["step"] == 3


FULL_DISK = """
import resource, sys
from pathlib import Path
from mtl.base.errors import TrainingError
from mtl.train.logs import JsonLog
from tests.mtl.train.test_logs import STEP
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
log = JsonLog(Path(sys.argv[1]), 0)
try:
    for _ in range(100):
        log.write(STEP)
except TrainingError as error:
    print(error)
log.close()
"""


def test_a_full_disk_is_told_and_the_begun_line_is_cut_off(tmp_path: Path, checkout: Path) -> None:
    path = tmp_path / "log.jsonl"
    command = [sys.executable, "-c", FULL_DISK, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=checkout, check=True)
    assert done.stdout == (
        f"{path}: step 3 could not be logged: File too large. The last checkpoint is unharmed; make room and resume.\n"
    )
    assert path.stat().st_size == 1000
    cut_back(path, 3)
    assert all(json.loads(row)["step"] == 3 for row in path.read_text().splitlines())


def test_scalars_are_named_by_task() -> None:
    assert scalars(STEP) == {"loss/intent": 0.5, "train/rate_factor": 1.0, "train/gradient_norm": 1.5}
    assert scalars(EVALUATION) == {"dev/slots.f1": 0.25, "dev/score": 0.25}


def test_tensorboard_gets_the_figures_and_forgets_later_steps(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    assert TensorBoard.installed()
    for start in (0, 2):
        log = TensorBoard(tmp_path, start)
        for step in range(start + 1, 6):
            log.write(StepReport(step, 9, 1, "s", {"t": float(10 * start + step)}, 1, 1, None, 1.0, 0.0))
        log.close()
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("loss/t")] == [
        (1, 1.0),
        (2, 2.0),
        (3, 23.0),
        (4, 24.0),
        (5, 25.0),
    ]
