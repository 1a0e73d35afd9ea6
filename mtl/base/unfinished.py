"""A run whose training has not ended: how far it got, and the command that goes on with it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import NamedTuple

from .files import read_json


class Unfinished(NamedTuple):
    """How far the training of a run got, as its last checkpoint says; `best` is the step of the best one, if any."""

    run: Path
    step: int
    steps: int
    best: int | None
    processes: int

    @property
    def again(self) -> str:
        """The command that goes on with it, as a shell reads it."""
        return command(self.run, self.processes)

    @property
    def so_far(self) -> str:
        """How far it got, of how much."""
        return f"step {self.step:,} of {self.steps:,}"


def unfinished(run: Path) -> Unfinished | None:
    """Return how far a run got whose training has not ended.

    None where it has ended, and where there is no checkpoint or a damaged one: those who load it say so. Raises
    `CheckpointError` for a file that is no JSON.
    """
    pointer = run / "checkpoints/pointer.json"
    names = read_json(pointer) if pointer.is_file() else {}
    last, best = (names.get(which) if isinstance(names, dict) else None for which in ("last", "best"))
    file = run / "checkpoints" / str(last) / "state.json"
    state = read_json(file) if file.is_file() else {}
    if state.get("finished", True):
        return None
    step = int(best.rpartition("-")[2]) if isinstance(best, str) else None
    return Unfinished(run, state["step"], state["steps"], step, state["identity"].get("processes", 1))


def command(run: Path, processes: int = 1) -> str:
    """Return the command that goes on with a run, by as many processes as it was begun with.

    >>> command(Path("runs/a"))
    'mtl train runs/a/recipe.yaml --out runs/a --resume'
    """
    begin = ["mtl"] if processes == 1 else ["torchrun", "--nproc-per-node", str(processes), "-m", "mtl"]
    return shlex.join([*begin, "train", str(run / "recipe.yaml"), "--out", str(run), "--resume"])
