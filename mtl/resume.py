"""What has to be as it was for a resumed run to end with the same parameters, bit for bit.

The recipe counts as a whole, `train.max_steps` and `train.epochs` included: schedules and annealing are laid over the
number of steps, so the same steps under another end would not be the same run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from . import __version__
from .errors import CheckpointError, Fault


def identity(recipe: str, data: Mapping[str, str], fitted: str) -> dict[str, Any]:
    """Return the hashes of recipe, data and vocabularies, the versions and the thread count of this process."""
    versions = {"mtl": __version__, "torch": str(torch.__version__), "numpy": np.__version__}
    return {
        "recipe": recipe,
        "data": dict(data),
        "fitted": fitted,
        "versions": versions,
        "threads": torch.get_num_threads(),
    }


def check(recorded: Mapping[str, Any], current: Mapping[str, Any], run: str) -> None:
    """Raise `CheckpointError` with a row for everything that is not as it was when the run was started."""
    faults = [Fault(message, file=run) for message in _differences(recorded, current)]
    if faults:
        raise CheckpointError(*faults)


def _differences(recorded: Mapping[str, Any], current: Mapping[str, Any]) -> list[str]:
    found = []
    if recorded["recipe"] != current["recipe"]:
        found.append(
            f"the recipe should be the one that the run was started with (SHA-256 {recorded['recipe'][:12]}…). Found "
            f"another ({current['recipe'][:12]}…). The run's own is its recipe.yaml; a changed recipe needs a new run."
        )
    for name in sorted(recorded["data"].keys() | current["data"].keys()):
        before, now = recorded["data"].get(name), current["data"].get(name)
        if before != now:
            found.append(
                f"the data of '{name}' should be what the run was started with ({_short(before)}). Found {_short(now)}."
            )
    if not found and recorded["fitted"] != current["fitted"]:
        found.append("vocabularies and labels should be those that the run was started with. Found others.")
    for name, before in recorded["versions"].items():
        now = current["versions"].get(name)
        if before != now:
            found.append(f"{name} should be {before}, with which the run was started. Found {now}.")
    if recorded["threads"] != current["threads"]:
        before, now = recorded["threads"], current["threads"]
        found.append(
            f"torch should use {before} thread{'s' if before != 1 else ''}, as when the run was started: sums come "
            f"out otherwise by the last bit. Found {now}. Set OMP_NUM_THREADS={before}."
        )
    return found


def _short(digest: str | None) -> str:
    return "none" if digest is None else f"SHA-256 {digest[:12]}…"
