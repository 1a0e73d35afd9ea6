"""The runs of an ensemble as its folder names them, with a hash of the weights of each."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...base.errors import CheckpointError, Fault, MtlError, UsageError
from ...base.files import read_json, replace, sha256
from ...base.folders import FITTED
from ...train.checkpoint import Checkpoints, fingerprint
from .answering import By

FILE = "ensemble.json"
FORMAT = 1


def weights_of(run: Path) -> str:
    """Return one SHA-256 for what a run answers with: its recipe, what was fitted, the weights of its best checkpoint.

    Raises `CheckpointError` where it has no such checkpoint.
    """
    components = Checkpoints(run).path("best") / "components"
    files = [run / "recipe.yaml", run / FITTED, *sorted(components.iterdir())]
    return fingerprint({file.name: sha256(file) for file in files})


@dataclass(frozen=True)
class Members:
    """What `ensemble.json` holds: how members are combined, for which tasks, where they are, and their hashes."""

    by: By
    tasks: tuple[str, ...]
    runs: tuple[Path, ...]
    weights: tuple[str, ...]

    @classmethod
    def load(cls, folder: Path) -> Members:
        """Return the members of an ensemble.

        Raises `CheckpointError` where its file is damaged, and where a member is gone or has other weights by now.
        """
        members = cls.read(folder)
        pairs = zip(members.runs, members.weights, strict=True)
        faults = [fault for pair in pairs for fault in _changed(*pair, folder / FILE)]
        if faults:
            raise CheckpointError(*faults)
        return members

    @classmethod
    def read(cls, folder: Path) -> Members:
        """Return what the file of an ensemble says; raises `CheckpointError` where it is damaged."""
        file = folder / FILE
        found = read_json(file)
        try:
            if found["format"] != FORMAT:
                raise CheckpointError(f"{file}: should be of format {FORMAT}. Found {found['format']}.")
            runs = tuple(Path(os.path.normpath(folder / one["run"])) for one in found["members"])
            weights = tuple(str(one["weights"]) for one in found["members"])
            return cls(found["by"], tuple(found["tasks"]), runs, weights)
        except (KeyError, TypeError) as error:
            raise CheckpointError(f"{file}: should hold 'by', 'tasks' and 'members'. Found something else.") from error

    def write(self, folder: Path) -> None:
        """Write `ensemble.json`; members inside the folder are named from there, so that it can be moved."""
        members = [
            {"run": _named(run, folder), "weights": digest} for run, digest in zip(self.runs, self.weights, strict=True)
        ]
        content = {"format": FORMAT, "by": self.by, "tasks": list(self.tasks), "members": members}
        replace(folder / FILE, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())

    def described(self) -> dict[str, Any]:
        """Return, as JSON-able values, what a manifest says of where an export comes from."""
        runs = [{"run": str(run), "weights": digest} for run, digest in zip(self.runs, self.weights, strict=True)]
        return {"by": self.by, "runs": runs}


def is_ensemble(folder: Path) -> bool:
    """Say whether a folder is that of an ensemble."""
    return (folder / FILE).is_file()


def check_folder(out: Path, runs: Sequence[Path], by: By) -> None:
    """Raise `UsageError` where a folder holds something other than this ensemble, or the runs of one."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"the folder '{out}' of an ensemble should be a folder. Found a file.")
    held = sorted(entry.name for entry in out.iterdir()) if out.is_dir() else []
    if FILE in held:
        found = Members.read(out)
        if (found.by, {run.resolve() for run in found.runs}) == (by, {run.resolve() for run in runs}):
            return
        raise UsageError(
            f"the folder '{out}' should be new, or hold an ensemble of these runs by {by}. Found one of other runs, "
            "or combined otherwise. Name another folder (--out DIR, out=DIR)."
        )
    others = [name for name in held if not (name == "runs" and any(out / "runs" in run.parents for run in runs))]
    if others:
        raise UsageError(
            f"the folder '{out}' of an ensemble should be new or empty. Found other things in it: {others[0]}. "
            "Name another folder (--out DIR, out=DIR)."
        )


def _named(run: Path, folder: Path) -> str:
    found, place = run.resolve(), folder.resolve()
    return found.relative_to(place).as_posix() if place in found.parents else str(found)


def _changed(run: Path, digest: str, file: Path) -> list[Fault]:
    """Return a fault where a member is not what it was."""
    try:
        if weights_of(run) == digest:
            return []
        found = "other weights: it was trained again"
    except (OSError, MtlError):
        found = "no such run"
    return [
        Fault(
            f"the member '{run}' should be the run that the ensemble was made of. Found {found}. Make the ensemble "
            "anew, or use its export, which has all weights.",
            str(file),
        )
    ]
