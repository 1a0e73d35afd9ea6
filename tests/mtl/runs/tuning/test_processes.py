from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mtl.base.errors import CheckpointError, Fault
from mtl.runs.tuning.processes import Crash, Processes, Score
from mtl.runs.tuning.trial import Ended
from tests.mtl.runs.tuning.test_trial import SHORT, job

LONG = SHORT.replace("epochs: 4", "epochs: 100000")


def until(found: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not found():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.slow
def test_trials_side_by_side_report_end_and_end_by_a_kill(tmp_path: Path) -> None:
    scores: dict[int, list[int]] = {1: [], 2: [], 3: []}
    ended: dict[int, Ended] = {}
    short = [replace(job(tmp_path, name=str(number)), number=number) for number in (1, 3)]
    (tmp_path / "small.yaml").unlink()
    endless = replace(job(tmp_path, LONG, name="2"), number=2)
    with Processes(2) as processes:
        processes.start(short[0])
        processes.start(endless)
        assert not processes.free
        while len(ended) < 3:
            for number, found in processes.events(None):
                if isinstance(found, Ended):
                    ended[number] = found
                    if number == 1:
                        processes.start(short[1])  # in the process that is free now
                    continue
                scores[number].append(found.step)
                if number == 2 and 3 in ended:
                    (process,) = (w.process for w in processes._workers if w.trial == 2)
                    assert process.pid is not None
                    os.kill(process.pid, signal.SIGKILL)
                processes.answer(number, goes_on=number != 3 or len(scores[3]) < 2)
        assert processes.busy == 0
    killed = (
        "its process should train it to the end. Found it ended by signal 9 (SIGKILL). There may be too little memory "
        "for so many at a time (--jobs)."
    )
    assert ended == {1: Ended("complete"), 2: Ended("failed", killed), 3: Ended("pruned")}
    assert (scores[1], scores[3], scores[2][:2]) == ([3, 6, 9, 12], [3, 6], [3, 6])


def test_nothing_is_waited_for_longer_than_asked(tmp_path: Path) -> None:
    with Processes(1) as processes:
        processes.start(job(tmp_path, LONG))
        begun = time.monotonic()
        assert list(processes.events(0.01)) == []
        assert time.monotonic() - begun < 2
        (worker,) = processes._workers
    assert not worker.process.is_alive()


@pytest.mark.slow
def test_an_error_that_is_no_fault_of_the_values_is_raised_where_the_trial_was_started(tmp_path: Path) -> None:
    asked = job(tmp_path)
    asked.folder.write_text("a file where the run folder should be made", "utf-8")
    broken = replace(asked, folder=asked.folder / "inside")
    with Processes(1) as processes, pytest.raises(NotADirectoryError) as error:
        processes.start(broken)
        list(processes.events(None))
    assert error.value.filename == str(broken.folder)
    assert "in train_trial" in str(error.value.__cause__)


def test_what_a_crash_raises() -> None:
    fault = Fault("the checkpoint could not be written", "a")
    assert Crash.of(CheckpointError(fault)).error().faults == (fault,)  # type: ignore[attr-defined]
    found = Crash.of(OSError(28, "No space left on device", "a")).error()
    assert (type(found), str(found)) == (OSError, "[Errno 28] No space left on device: 'a'")
    assert str(Crash.of(ValueError("a bug")).error()) == "ValueError: a bug"


@pytest.mark.slow
def test_processes_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    job(tmp_path, LONG)
    code = f"""
import sys
from pathlib import Path
if __name__ == "__main__":
    from mtl.runs.tuning.processes import Processes
    from tests.mtl.runs.tuning.test_trial import job
    with Processes(1) as processes:
        processes.start(job(Path({str(tmp_path)!r})))
        for number, found in processes.events(None):
            print(processes._workers[0].process.pid, flush=True)
        sys.stdin.read()
"""
    script = tmp_path / "script.py"
    script.write_text(code, "utf-8")
    path = os.pathsep.join(sys.path)
    parent = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert parent.stdout is not None
    assert parent.stdin is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    parent.stdin.close()

    def gone() -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return Path(f"/proc/{pid}/stat").exists() and ") Z " in Path(f"/proc/{pid}/stat").read_text("utf-8")

    until(gone)


def test_a_score_says_its_step() -> None:
    assert Score(step=3, score=0.5) == (3, 0.5)
