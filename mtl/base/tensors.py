"""Tensors in safetensors files: read without unpickling, written through to the disk."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TypeVar

import safetensors
import safetensors.torch
from torch import Tensor

from .errors import CheckpointError
from .files import write

DESCRIPTION = "mtl"

T = TypeVar("T")


def serialized(tensors: Mapping[str, Tensor], description: Mapping[str, str]) -> bytes:
    """Return the content of a safetensors file.

    The description is one entry of the file's metadata, as JSON: of several entries the order would be left to chance.
    """
    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    metadata = {DESCRIPTION: json.dumps(dict(description), sort_keys=True)}
    content: bytes = safetensors.torch.save(whole, metadata if description else None)
    return content


def write_tensors(path: Path, tensors: Mapping[str, Tensor], description: Mapping[str, str]) -> None:
    """Write a safetensors file, through to the disk; raises `OSError`."""
    write(path, serialized(tensors, description))


def shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Return the shapes of a file's tensors, which are not read; raises `CheckpointError` naming the file."""
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118  # not a dict
    except (OSError, ValueError, safetensors.SafetensorError) as error:
        raise CheckpointError(f"{path}: should be a readable safetensors file. Found: {error}.") from error


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors of a safetensors file and its description; raises `CheckpointError` naming the file."""
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # not a dict
            return tensors, json.loads((file.metadata() or {}).get(DESCRIPTION, "{}"))
    except (OSError, ValueError, safetensors.SafetensorError) as error:
        raise CheckpointError(f"{path}: should be a readable safetensors file. Found: {error}.") from error


def renumbered(found: Mapping[str, T], names: Collection[str]) -> dict[str, T]:
    """Return what is found under `names` where it differs in the numbers of modules in a row alone, else as it is.

    The order of the numbers is kept: of a row that now has more or fewer places for modules without tensors, such as
    dropout, files from before can still be read. Numbers of which none is 0 are names, and stay.
    """
    rows = _rows(names)
    if found.keys() == set(names) or any("0" not in numbers for numbers in rows.values()):
        return dict(found)
    theirs, wanted = _by_order(found, _rows(found)), {order: name for name, order in _by_order(names, rows).items()}
    if set(theirs.values()) != wanted.keys():
        return dict(found)
    return {wanted[theirs[name]]: value for name, value in found.items()}


def _rows(names: Collection[str]) -> dict[str, list[str]]:
    """Return the numbers under each prefix, in their order."""
    numbers: dict[str, set[str]] = {}
    for name in names:
        steps = name.split(".")
        for place, step in enumerate(steps):
            if step.isdecimal():
                numbers.setdefault(".".join(steps[:place]), set()).add(step)
    return {prefix: sorted(own, key=int) for prefix, own in numbers.items()}


def _by_order(names: Collection[str], rows: Mapping[str, list[str]]) -> dict[str, str]:
    """Return names whose numbers are 0, 1, 2, … under each prefix, in the order of those that they replace."""
    found = {}
    for name in names:
        steps = name.split(".")
        places = [
            str(rows[".".join(steps[:place])].index(step)) if step.isdecimal() else step
            for place, step in enumerate(steps)
        ]
        found[name] = ".".join(places)
    return found
