"""Processes that do jobs: several at a time, one after another in each, until the first process has enough of them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mtl.base.errors import CheckpointError, Fault, MtlError, RecipeError
from mtl.runs.workers import Crash, Died, Done, JobQuestion, Workers
from tests.mtl.runs import jobs


def until(found: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not found():
        assert time.monotonic() < end
        time.sleep(0.02)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and ") Z " in stat.read_text("utf-8")


def test_jobs_side_by_side_ask_and_are_done_one_after_another() -> None:
    ended: dict[int, object] = {}
    asked: dict[int, int] = dict.fromkeys((1, 2, 3), 0)
    with Workers(2, jobs.doubled) as workers:
        workers.start(1, 10)
        workers.start(2, 20)
        assert (workers.free, workers.busy) == (False, 2)
        while len(ended) < 3:
            for number, event in workers.events(None):
                if isinstance(event, JobQuestion):
                    assert event.question == 10 * number
                    asked[number] += 1
                    waits = number == 2 and 3 not in ended  # the second one goes on beside both others
                    workers.answer(number, -1 if waits else number)
                    continue
                ended[number] = event
                if number == 1:
                    assert workers.free
                    workers.start(3, 30)  # in the process that is free now
        assert workers.busy == 0
        assert len(multiprocessing.active_children()) == 2
    assert ended == {1: Done(2), 2: Done(4), 3: Done(6)}
    assert (asked[1], asked[3]) == (1, 1)
    assert asked[2]


@pytest.mark.parametrize(
    ("code", "how"),
    [
        (3, "its process should train it to the end. Found it ended with exit code 3."),
        (
            -signal.SIGKILL,
            "its process should train it to the end. Found it ended by signal 9 (SIGKILL). There may be too little "
            "memory for so many at a time (--jobs).",
        ),
        (-signal.SIGSEGV, "its process should train it to the end. Found it ended by signal 11 (SIGSEGV)."),
    ],
)
def test_a_process_that_dies_says_how_and_another_takes_its_place(code: int, how: str) -> None:
    with Workers(1, jobs.ended) as workers:
        for number in (1, 2):
            workers.start(number, code)
            assert list(workers.events(None)) == [(number, Died(how))]
            assert workers.free


def test_a_process_that_died_between_two_jobs_gets_none() -> None:
    with Workers(1, jobs.seen, jobs.begin) as workers:
        found = []
        for number in (1, 2, 3):
            workers.start(number, None)
            ((_, event),) = workers.events(None)
            assert isinstance(event, Done)
            pid, begun = event.found
            assert begun == [pid]
            found.append(pid)
            if number == 2:
                os.kill(pid, signal.SIGKILL)
                until(lambda pid=pid: pid not in {child.pid for child in multiprocessing.active_children()})  # type: ignore[misc]
    assert found[0] == found[1] != found[2]


def test_an_answer_to_a_process_that_has_died_is_no_error() -> None:
    with Workers(1, jobs.doubled) as workers:
        workers.start(1, 10)
        assert list(workers.events(None)) == [(1, JobQuestion(10))]
        (child,) = multiprocessing.active_children()
        child.kill()
        child.join()
        workers.answer(1, 1)
        ((_, event),) = workers.events(None)
        assert isinstance(event, Died)


def test_nothing_is_waited_for_longer_than_asked_and_what_is_left_ends(tmp_path: Path) -> None:
    with Workers(1, jobs.endless) as workers:
        workers.start(1, tmp_path)
        assert list(workers.events(0.01)) == []
        until((tmp_path / "pid").exists)
    assert gone(int((tmp_path / "pid").read_text("utf-8")))
    assert multiprocessing.active_children() == []


def test_an_interrupt_is_left_to_the_process_that_started_them() -> None:
    with Workers(1, jobs.interrupted) as workers:
        workers.start(1, None)
        assert list(workers.events(None)) == [(1, Done("done"))]
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


@pytest.mark.parametrize(
    ("name", "error", "text"),
    [
        ("system", FileNotFoundError, "[Errno 2] No such file or directory: 'there/is/none'"),
        ("recipe", RecipeError, "r.yaml:1: should be two.\nr.yaml:3: tasks: should be one.\n2 errors in r"),
        ("bug", RuntimeError, "KeyError: 'a bug'"),
    ],
)
def test_an_error_is_raised_where_the_job_was_started(name: str, error: type[Exception], text: str) -> None:
    with Workers(1, jobs.failing) as workers, pytest.raises(error) as raised:
        workers.start(1, name)
        list(workers.events(None))
    assert (type(raised.value), str(raised.value)) == (error, text)
    assert "in failing" in str(raised.value.__cause__)


def test_an_error_before_the_first_job() -> None:
    with Workers(1, jobs.seen, jobs.begin_badly) as workers, pytest.raises(CheckpointError) as raised:
        workers.start(1, None)
        list(workers.events(None))
    assert str(raised.value) == "nothing can begin here"


def test_what_is_sent_of_an_error() -> None:
    fault = Fault("the checkpoint could not be written", "a", 3, "b.c")
    mine, theirs = multiprocessing.Pipe()
    for error in (CheckpointError(fault, "and more"), RecipeError([fault, Fault("x")], "r.yaml")):
        mine.send(Crash.of(error))
        found = theirs.recv().error
        assert isinstance(found, MtlError)
        assert (type(found), str(found), found.faults) == (type(error), str(error), error.faults)
    assert str(Crash.of(OSError("no number")).error) == "OSError: no number"


def test_processes_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
if __name__ == "__main__":
    from mtl.runs.workers import Workers
    from tests.mtl.runs import jobs
    with Workers(1, jobs.endless) as workers:
        workers.start(1, Path({str(tmp_path)!r}))
        sys.stdin.read()
"""
    script = tmp_path / "script.py"
    script.write_text(code, "utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, str(script)], stdin=subprocess.PIPE, env=environment) as parent:
        until((tmp_path / "pid").exists)
        parent.kill()
    pid = int((tmp_path / "pid").read_text("utf-8"))
    until(lambda: gone(pid))
