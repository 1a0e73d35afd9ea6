"""Files that are whole or not there: written through to the disk, replaced in one step; read without unpickling."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
from torch import Tensor

from .errors import CheckpointError

UNFINISHED = ".writing"
DESCRIPTION = "mtl"


def serialized(tensors: Mapping[str, Tensor], description: Mapping[str, str]) -> bytes:
    """Return the content of a safetensors file.

    The description is one entry of the file's metadata, as JSON: of several entries the order would be left to chance.
    """
    whole = {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
    metadata = {DESCRIPTION: json.dumps(dict(description), sort_keys=True)}
    content: bytes = safetensors.torch.save(whole, metadata if description else None)
    return content


def write_tensors(path: Path, tensors: Mapping[str, Tensor], description: Mapping[str, str]) -> None:
    """Write a safetensors file, through to the disk; raises `OSError`."""
    write(path, serialized(tensors, description))


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors of a safetensors file and its description; raises `CheckpointError` naming the file."""
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # not a dict
            return tensors, json.loads((file.metadata() or {}).get(DESCRIPTION, "{}"))
    except (OSError, ValueError, safetensors.SafetensorError) as error:
        raise CheckpointError(f"{path}: should be a readable safetensors file. Found: {error}.") from error


def read_json(path: Path) -> Any:
    """Return what a JSON file holds; raises `CheckpointError` naming the file."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise CheckpointError(f"{path}: should be a readable JSON file. Found: {reason}.") from error


def why_unreadable(path: Path) -> str | None:
    """Return why a file cannot be read, None where it can."""
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        return error.strerror or type(error).__name__
    except ValueError as error:  # a path that no file can have
        return str(error)
    return None


def write(path: Path, content: bytes) -> None:
    """Write a file through to the disk; raises `OSError`."""
    path.write_bytes(content)
    sync(path)


def replace(path: Path, content: bytes) -> None:
    """Write a file in one step: at any moment it holds either what it held or all of `content`; raises `OSError`."""
    unfinished = path.with_name(path.name + UNFINISHED)
    write(unfinished, content)
    unfinished.replace(path)
    sync(path.parent)


def sync_tree(folder: Path) -> None:
    """Flush a folder with everything below it to the disk; raises `OSError`.

    All at once: a file system writes many waiting flushes in the time of one.
    """
    with ThreadPoolExecutor(16) as pool:
        for _ in pool.map(sync, [folder, *folder.rglob("*")]):
            pass


def sync(path: Path) -> None:
    """Flush a file, or a folder's entries, to the disk; raises `OSError`."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
