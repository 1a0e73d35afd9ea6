"""Jobs for processes of their own, which import nothing that takes time."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from mtl.base.errors import CheckpointError, Fault, RecipeError
from mtl.runs.workers import Ask

BEGUN: list[int] = []


def begin() -> None:
    """Keep that this process has begun."""
    BEGUN.append(os.getpid())


def begin_badly() -> None:
    """Fail before any job."""
    raise CheckpointError("nothing can begin here")


def doubled(job: int, ask: Ask) -> int:
    """Return twice what an answer to the job's number is, and keep asking while the answer is negative."""
    while (answer := ask(job)) < 0:
        time.sleep(0.01)
    return 2 * int(answer)


def seen(_: object, __: Ask) -> tuple[int, list[int]]:
    """Return this process, and what it began with."""
    return os.getpid(), BEGUN


def endless(folder: Path, _: Ask) -> None:
    """Say in a file which process this is, then go on for ever."""
    (folder / "writing").write_text(str(os.getpid()), "utf-8")
    (folder / "writing").rename(folder / "pid")
    while True:
        time.sleep(0.01)


def interrupted(_: object, __: Ask) -> str:
    """Return after an interrupt, as one from a terminal, which reaches all processes."""
    os.kill(os.getpid(), signal.SIGINT)
    return "done"


def ended(code: int, _: Ask) -> None:
    """End the process with an exit code or, where it is negative, by a signal."""
    if code < 0:
        os.kill(os.getpid(), -code)
    os._exit(code)


def failing(name: str, _: Ask) -> None:
    """Fail by an error that a name says."""
    if name == "system":
        Path("there/is/none").write_text("", "utf-8")
    if name == "recipe":
        raise RecipeError([Fault("should be one.", "r.yaml", 3, "tasks"), Fault("should be two.", "r.yaml", 1)], "r")
    raise KeyError("a bug")
