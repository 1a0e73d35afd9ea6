"""Checkpoints: one safetensors file per component, published by one atomic pointer. Nothing is ever unpickled.

    checkpoints/pointer.json                       {"last": "step-00000200", "best": "step-00000150"}
    checkpoints/step-00000200/state.json           step, mixture, positions, best so far, what a resume must find again
    checkpoints/step-00000200/optimizer.safetensors
    checkpoints/step-00000200/components/NAME.safetensors

A checkpoint is written under another name, flushed to the disk, renamed, and only then does the pointer name it. So
a process that is killed at any moment, or a disk that is full, leaves the pointer on checkpoints that are whole.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import safetensors
import safetensors.torch
from torch import Tensor

from .errors import CheckpointError

Which = Literal["last", "best"]
_UNFINISHED = ".writing"


@dataclass(frozen=True)
class Snapshot:
    """All that a checkpoint holds: tensors by component, their descriptions, the optimizer's, and plain values."""

    step: int
    components: Mapping[str, Mapping[str, Tensor]]
    descriptions: Mapping[str, Mapping[str, str]]
    optimizer: Mapping[str, Tensor]
    state: Mapping[str, Any]


class Checkpoints:
    """The checkpoints in a run's folder: at most two, the last one and the best one."""

    def __init__(self, run: Path) -> None:
        self.folder = run / "checkpoints"

    def pointer(self) -> dict[Which, str]:
        """Return the folder names of `last` and `best`; empty before the first checkpoint."""
        path = self.folder / "pointer.json"
        if not path.exists():
            return {}
        found = read_json(path)
        named = {"last": found.get("last"), "best": found.get("best")} if isinstance(found, dict) else {}
        if not named or not isinstance(named["last"], str) or not isinstance(named["best"], str | None):
            raise CheckpointError(f"{path}: should name the checkpoints 'last' and 'best'. Found something else.")
        return {which: name for which in ("last", "best") if (name := named[which]) is not None}  # type: ignore[misc]

    def path(self, which: Which) -> Path:
        """Return the folder of a checkpoint; raises `CheckpointError` where there is none yet."""
        pointer = self.pointer()
        if which not in pointer:
            raise CheckpointError(f"{self.folder}: should hold a {which} checkpoint. Found none.")
        return self.folder / pointer[which]

    def write(self, snapshot: Snapshot, *, best: bool) -> None:
        """Write a checkpoint, point `last` (and `best`, where asked) at it, and remove those no longer pointed at.

        Raises `CheckpointError` where it cannot be written; the checkpoints before it are then as they were.
        """
        name = f"step-{snapshot.step:08d}"
        pointer = self.pointer()
        unfinished = self.folder / f"{name}{_UNFINISHED}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.clean(pointer)
            _write_files(unfinished, snapshot)
            unfinished.rename(self.folder / name)
            sync(self.folder)
            pointer["last"] = name
            if best:
                pointer["best"] = name
            replace(self.folder / "pointer.json", json.dumps(pointer).encode())
        except OSError as error:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise CheckpointError(
                f"{self.folder}: the checkpoint of step {snapshot.step} could not be written: "
                f"{error.strerror or error}. Checkpoints before it are unharmed; make room and resume."
            ) from error
        self.clean(pointer)

    def clean(self, pointer: Mapping[Which, str] | None = None) -> None:
        """Remove whatever the pointer does not name: older checkpoints and what a killed process left behind."""
        kept = {"pointer.json", *(self.pointer() if pointer is None else pointer).values()}
        for path in sorted(self.folder.iterdir()) if self.folder.is_dir() else []:
            if path.name not in kept:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _write_files(folder: Path, snapshot: Snapshot) -> None:
    (folder / "components").mkdir(parents=True)
    for name, tensors in snapshot.components.items():
        write_tensors(folder / "components" / f"{name}.safetensors", tensors, snapshot.descriptions.get(name, {}))
    write_tensors(folder / "optimizer.safetensors", snapshot.optimizer, {})
    write(folder / "state.json", json.dumps(snapshot.state, indent=1).encode())
    sync(folder / "components")
    sync(folder)


def write_tensors(path: Path, tensors: Mapping[str, Tensor], description: Mapping[str, str]) -> None:
    """Write a safetensors file, through to the disk; raises `OSError`."""
    whole = {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
    write(path, safetensors.torch.save(whole, dict(description) or None))


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors of a safetensors file and its description; raises `CheckpointError` naming the file."""
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, dict(file.metadata() or {})  # noqa: SIM118
    except (OSError, safetensors.SafetensorError) as error:
        raise CheckpointError(f"{path}: should be a readable safetensors file. Found: {error}.") from error


def read_json(path: Path) -> Any:
    """Return what a JSON file holds; raises `CheckpointError` naming the file."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path}: should be a readable JSON file. Found: {error}.") from error


def write(path: Path, content: bytes) -> None:
    """Write a file through to the disk; raises `OSError`."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace(path: Path, content: bytes) -> None:
    """Write a file in one step: at any moment it holds either what it held or all of `content`."""
    unfinished = path.with_name(path.name + _UNFINISHED)
    write(unfinished, content)
    unfinished.replace(path)
    sync(path.parent)


def sync(folder: Path) -> None:
    """Flush a folder's entries to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
