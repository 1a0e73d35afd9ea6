"""Jobs in processes of their own, several at a time.

A process does one job after another. In the middle of a job it may ask the process that started it, which alone writes
what all jobs have in common; when that one has ended, killed or not, so does it.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple

from ..base.errors import MtlError

Ask = Callable[[Any], Any]  # sends a question, waits for the answer to it
Work = Callable[[Any, Ask], Any]  # does a job; a function of a module, as processes import it


class JobQuestion(NamedTuple):
    """What a job asks; it waits for the answer."""

    question: Any


class Done(NamedTuple):
    """A job that was done, and what its work returned."""

    found: Any


class Died(NamedTuple):
    """A job whose process ended in the middle of it, and how."""

    how: str


class Crash(NamedTuple):
    """An error that the work raised: itself, or what it said where it does not pickle, and its traceback as text."""

    error: Exception
    trace: str

    @classmethod
    def of(cls, error: Exception) -> Crash:
        """Return what is sent of an error: those of the library and of the operating system pickle, not all others."""
        sent: Exception = RuntimeError(f"{type(error).__name__}: {error}")
        if isinstance(error, MtlError):
            sent = error
        elif isinstance(error, OSError) and error.errno is not None:
            sent = OSError(error.errno, error.strerror, error.filename)
        return cls(sent, traceback.format_exc())


@dataclass
class Worker:
    """A process, the connection to it, and the number of the job that it does."""

    process: BaseProcess
    connection: Connection
    job: int | None = None


class Workers:
    """As many processes as there are `jobs`, each started when it is first needed; a context manager that ends them.

    `begin` is called first in each of them.
    """

    def __init__(self, jobs: int, work: Work, begin: Callable[[], object] = bool) -> None:
        self.jobs = jobs
        self._work = work
        self._begin = begin
        self._context = multiprocessing.get_context("spawn")  # torch's threads do not survive a fork
        self._workers: list[Worker] = []

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join()
            worker.connection.close()

    @property
    def free(self) -> bool:
        """Whether another job can be started."""
        return self.busy < self.jobs

    @property
    def busy(self) -> int:
        """How many jobs are being done."""
        return sum(worker.job is not None for worker in self._workers)

    def start(self, number: int, job: object) -> None:
        """Start a job, which should pickle; there should be a process that is free."""
        idle = (worker for worker in self._workers if worker.job is None and worker.process.is_alive())
        worker = next(idle, None) or self._worker()
        worker.job = number
        worker.connection.send(job)

    def events(self, timeout: float | None) -> Iterator[tuple[int, JobQuestion | Done | Died]]:
        """Wait for what becomes of the jobs, at most `timeout` seconds, and yield it with their numbers.

        Raises the error that the work on a job raised.
        """
        waiting = {worker.connection: worker for worker in self._workers if worker.job is not None}
        for connection in wait(list(waiting), timeout):
            worker = waiting[connection]  # type: ignore[index]  # what is waited for are these connections
            number = worker.job
            if number is None:
                continue
            try:
                found = worker.connection.recv()
            except (EOFError, ConnectionResetError):
                found = self._died(worker)
            if isinstance(found, Crash):
                raise found.error from RuntimeError(found.trace)
            if isinstance(found, Done):
                worker.job = None
            yield number, found

    def answer(self, number: int, answer: object) -> None:
        """Answer what a job has asked; where its process has ended since, `events` says so."""
        worker = next(worker for worker in self._workers if worker.job == number)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            worker.connection.send(answer)

    def _worker(self) -> Worker:
        mine, theirs = self._context.Pipe()
        process = self._context.Process(target=serve, args=(theirs, self._work, self._begin), daemon=True)
        # An interrupt is for this process, which ends the other one: that begins with the signal blocked, until it
        # ignores it. The tracker comes first, as starting it would unblock the signal.
        resource_tracker.ensure_running()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()  # so that its end is noticed
        worker = Worker(process, mine)
        self._workers.append(worker)
        return worker

    def _died(self, worker: Worker) -> Died:
        worker.process.join()
        self._workers.remove(worker)
        code = worker.process.exitcode or 0
        how = f"by signal {-code} ({signal.Signals(-code).name})" if code < 0 else f"with exit code {code}"
        advice = ". There may be too little memory for so many at a time (--jobs)" if code == -signal.SIGKILL else ""
        return Died(f"its process should train it to the end. Found it ended {how}{advice}.")


def serve(connection: Connection, work: Work, begin: Callable[[], object]) -> None:
    """Do the jobs that come over a connection, until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()

    def ask(question: Any) -> Any:
        connection.send(JobQuestion(question))
        return connection.recv()

    try:
        begin()
        while True:
            try:
                job = connection.recv()
            except EOFError:
                return
            connection.send(Done(work(job, ask)))
    except Exception as error:  # noqa: BLE001  # whatever it is, it is raised where the job was started
        connection.send(Crash.of(error))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)  # between two questions nothing else would end it: as a kill does, which checkpoints survive
