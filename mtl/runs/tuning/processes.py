"""Trials in processes of their own, several at a time.

A process trains one trial after another. At each evaluation it asks the process that started it whether to go on, which
alone writes the study; when that one has ended, killed or not, so does it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple

from ...base.errors import CheckpointError, Fault, MtlError
from .trial import Ended, Job, train_trial


class Score(NamedTuple):
    """What a trial reports at an evaluation; it waits for whether to go on."""

    step: int
    score: float


class Crash(NamedTuple):
    """An error that is no fault of a trial's values: what it said, and its traceback as text."""

    faults: tuple[Fault, ...]  # of a checkpoint that cannot be written or read
    system: tuple[Any, ...]  # what the operating system said
    text: str
    trace: str

    @classmethod
    def of(cls, error: Exception) -> Crash:
        """Return what an error says, without the error: many do not pickle."""
        faults = error.faults if isinstance(error, MtlError) else ()
        system = (error.errno, error.strerror, error.filename) if isinstance(error, OSError) else ()
        return cls(faults, system, f"{type(error).__name__}: {error}", traceback.format_exc())

    def error(self) -> Exception:
        """Return the error that is raised in its place."""
        if self.faults:
            return CheckpointError(*self.faults)
        return OSError(*self.system) if self.system else RuntimeError(self.text)


@dataclass
class Worker:
    """A process, the connection to it, and the number of the trial that it trains."""

    process: BaseProcess
    connection: Connection
    trial: int | None = None


class Processes:
    """As many processes as there are `jobs`, each started when it is first needed; a context manager that ends them."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self._context = multiprocessing.get_context("spawn")  # torch's threads do not survive a fork
        self._workers: list[Worker] = []

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            self._end(worker)

    @property
    def free(self) -> bool:
        """Whether another trial can be started."""
        return self.busy < self.jobs

    @property
    def busy(self) -> int:
        """How many trials are being trained."""
        return sum(worker.trial is not None for worker in self._workers)

    def start(self, job: Job) -> None:
        """Start a trial; there should be a process that is free."""
        worker = next((worker for worker in self._workers if worker.trial is None), None) or self._worker()
        worker.trial = job.number
        worker.connection.send(job)

    def events(self, timeout: float | None) -> Iterator[tuple[int, Score | Ended]]:
        """Wait for what trials report, at most `timeout` seconds, and yield it with their numbers.

        Raises the error of a trial that ended by one which is no fault of its values.
        """
        waiting = {worker.connection: worker for worker in self._workers if worker.trial is not None}
        for connection in wait(list(waiting), timeout):
            worker = waiting[connection]  # type: ignore[index]  # what is waited for are these connections
            number = worker.trial
            if number is None:
                continue
            try:
                found = worker.connection.recv()
            except (EOFError, ConnectionResetError):
                found = self._died(worker)
            if isinstance(found, Crash):
                raise found.error() from RuntimeError(found.trace)
            if isinstance(found, Ended):
                worker.trial = None
            yield number, found

    def answer(self, number: int, *, goes_on: bool) -> None:
        """Say whether a trial that has reported a score is worth going on with."""
        worker = next(worker for worker in self._workers if worker.trial == number)
        worker.connection.send(goes_on)

    def _worker(self) -> Worker:
        mine, theirs = self._context.Pipe()
        process = self._context.Process(target=work, args=(theirs,), daemon=True)
        process.start()
        theirs.close()  # so that its end is noticed
        worker = Worker(process, mine)
        self._workers.append(worker)
        return worker

    def _died(self, worker: Worker) -> Ended:
        worker.process.join()
        self._workers.remove(worker)
        code = worker.process.exitcode or 0
        how = f"by signal {-code} ({signal.Signals(-code).name})" if code < 0 else f"with exit code {code}"
        advice = ". There may be too little memory for so many at a time (--jobs)" if code == -signal.SIGKILL else ""
        return Ended("failed", f"its process should train it to the end. Found it ended {how}{advice}.")

    def _end(self, worker: Worker) -> None:
        worker.connection.close()
        worker.process.terminate()
        worker.process.join()


def work(connection: Connection) -> None:
    """Train the trials that come over a connection, until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is for the process that started this one
    threading.Thread(target=_end_with_parent, daemon=True).start()

    def judge(step: int, score: float) -> bool:
        connection.send(Score(step, score))
        return bool(connection.recv())

    while True:
        try:
            job: Job = connection.recv()
        except EOFError:
            return
        try:
            found: Any = train_trial(job, judge)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is raised where the trial was started
            found = Crash.of(error)
        connection.send(found)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)  # between two evaluations nothing else would end it: as a kill does, which checkpoints survive
