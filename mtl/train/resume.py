"""What must be unchanged for a resumed run to end with the same parameters, bit for bit.

The recipe counts as a whole, `train.max_steps` and `train.epochs` included: schedules and annealing are laid over the
number of steps, so equal steps with another end would be a different run.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..base.errors import CheckpointError, Fault, RecipeError, UsageError, counted, listing
from ..base.files import read_json
from ..base.version import VERSION
from ..compile.loading import load_recipe
from ..recipe.config import Recipe
from ..recipe.document import show
from ..recipe.filling import digest, digest_of, filled, movable
from ..recipe.yaml_core import parse, read
from .checkpoint import Checkpoints

FORMAT = 3  # of state.json; a checkpoint of another format is refused
SHOWN = 3  # differences that a message names
OTHER_DATA = (
    "Put that data back, or name the folder that it is in now (--data DIR, data=DIR). Other data needs a new run in "
    "another folder (--out DIR, out=DIR)."
)


def identity(
    recipe: str,
    data: Mapping[str, str],
    fitted: str,
    threads: int | None,
    device: str = "cpu",
    processes: int = 1,
    weights: Mapping[str, str] | None = None,
    soft: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the hashes of recipe, data and vocabularies, versions, device, processes, and threads: None is this one's.

    Threads are those of one process. `weights` are hashes of those that are taken from runs, by component, `soft` those
    of what teachers say, by task.
    """
    versions = {"mtl": VERSION, "torch": str(torch.__version__), "numpy": np.__version__}
    return {
        "recipe": recipe,
        "data": dict(data),
        "fitted": fitted,
        "versions": versions,
        "threads": torch.get_num_threads() if threads is None else threads,
        "device": device,
        "processes": processes,
        **({"weights": dict(weights)} if weights else {}),
        **({"soft": dict(soft)} if soft else {}),
    }


def recorded_state(
    checkpoints: Checkpoints, current: dict[str, Any], out: Path, resume: bool
) -> Mapping[str, Any] | None:
    """Return the state of the last checkpoint if there is one that this run may go on from.

    The recipe's digest in `current`, the run's identity, becomes that of the folder's recipe.yaml, and the weights that
    were taken from runs those that the checkpoint records: the runs may be gone.
    """
    if not checkpoints.pointer():
        return None
    folder = checkpoints.path("last")
    if not resume:
        raise UsageError(
            f"{out}: should hold no checkpoints of another run. Found {folder.name}. Resume that run (--resume, "
            "resume=True), or name another folder (--out DIR, out=DIR)."
        )
    state = read_json(folder / "state.json")
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        found = state.get("format", "none") if isinstance(state, dict) else "none"
        raise CheckpointError(f"{folder}: should be a checkpoint of format {FORMAT}. Found {found}.")
    recorded = state["identity"]
    if recorded["recipe"] != current["recipe"]:
        recorded = as_filled_now(recorded, out)
    refuse_changes(recorded, current, str(out))
    current["recipe"] = state["identity"]["recipe"]
    if "weights" in state["identity"]:
        current["weights"] = state["identity"]["weights"]
    return state


def with_other_weights(recorded: Mapping[str, Any], current: Mapping[str, str]) -> list[str]:
    """Return the components whose weights in the runs they come from are not those that an identity records."""
    return [name for name, there in recorded.get("weights", {}).items() if current.get(name, there) != there]


def refuse_changes(recorded: Mapping[str, Any], current: Mapping[str, Any], run: str) -> None:
    """Raise `CheckpointError` with a row for everything that has changed since the run was started."""
    faults = [Fault(message, file=run) for message in _differences(recorded, current)]
    if faults:
        raise CheckpointError(*faults)


def check_same_recipe(recipe: Recipe, run: Path) -> None:
    """Raise `CheckpointError` where a run was started with another recipe, naming what differs.

    What counts is the recipe of its last checkpoint; before the first one, that in its folder, if there is one.
    """
    kept, checkpoints = run / "recipe.yaml", Checkpoints(run)
    begun = checkpoints.pointer()
    state = read_json(checkpoints.path("last") / "state.json") if begun else {}
    recorded = state.get("identity", {}) if isinstance(state, dict) else {}
    if (begun and recorded.get("recipe") in (None, digest(recipe))) or not kept.is_file():
        return  # other differences are reported once the data is read
    found = changes(*(movable(tree) for tree in (_refilled(kept), parse(filled(recipe), recipe.title).tree)))
    if not found:
        return
    another = (
        f"the recipe should be the one that the run was started with. Found another: {'; '.join(found)}. "
        "The run's own is its recipe.yaml; a changed recipe needs a new run"
    )
    if state.get("finished"):
        command = shlex.join(["mtl", "check", recipe.title, "--from", str(run)])
        another += f", which may start with weights of this one: `{command}` shows what to write"
    another += "."
    versions = {"mtl": recorded.get("versions", {}).get("mtl", VERSION)}
    raise CheckpointError(
        *(Fault(message, file=str(run)) for message in (another, *_other_versions(versions, {"mtl": VERSION})))
    )


def changes(there: Mapping[str, Any], here: Mapping[str, Any]) -> list[str]:
    """Return what differs between two trees, by dotted keys; of many differences the first, and how many more."""
    before, now = dict(_leaves(there)), dict(_leaves(here))
    keys = [key for key in dict.fromkeys([*before, *now]) if before.get(key) != now.get(key)]
    found = [f"{key}: {_said_of(before, key)} there, {_said_of(now, key)} here" for key in keys[:SHOWN]]
    return found + ([f"and {len(keys) - SHOWN} more"] if len(keys) > SHOWN else [])


def as_filled_now(recorded: Mapping[str, Any], run: Path) -> Mapping[str, Any]:
    """Return what a run's checkpoint records, with the digest of its recipe as this version fills it.

    A key that is new since has its default in both, so it changes nothing. The digest stays what it is where the
    folder's recipe is not the one that it was started with.
    """
    kept = run / "recipe.yaml"
    if not kept.is_file() or digest_of(read(kept).tree) != recorded["recipe"]:
        return recorded
    return {**recorded, "recipe": digest_of(_refilled(kept))}


def _refilled(kept: Path) -> dict[str, Any]:
    """Return a run's recipe as this version fills it; as it was filled, where this one cannot read it."""
    tree: dict[str, Any]
    try:
        tree = parse(filled(load_recipe(kept)), str(kept)).tree
    except RecipeError:  # a plugin that has moved, a key that is gone
        tree = read(kept).tree
    return tree


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values of a tree by dotted keys; an empty mapping or list is a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [leaf for key, part in inner for leaf in _leaves(part, f"{path}.{key}" if path else str(key))]
    yield from found or [(path, value)]


def _said_of(leaves: Mapping[str, Any], key: str) -> str:
    return show(leaves[key]) if key in leaves else "none"


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
                f" {OTHER_DATA}"
            )
    if not found and recorded["fitted"] != current["fitted"]:
        found.append(
            "vocabularies and labels should be those that the run was started with. Found others, of equal data: other "
            "code made them. Put the plugins of that time back, or begin a new run in another folder (--out DIR, "
            "out=DIR)."
        )
    others = with_other_weights(recorded, current.get("weights", {}))
    if others:
        found.append(
            f"the weights of {listing(others)} should be those that the run was started with. Found others: the run "
            "that they come from was trained again, or 'from' names another. Other weights need a new run."
        )
    taught = [task for task, digest in current.get("soft", {}).items() if recorded.get("soft", {}).get(task) != digest]
    if taught:
        found.append(
            f"what the teacher of {listing(taught)} says should be what the run was started with. Found other "
            "probabilities: the teacher was trained again, or gives others here. Another teacher needs a new run."
        )
    found += _other_versions(recorded["versions"], current["versions"])
    there, here = (one.get("device", "cpu") for one in (recorded, current))
    if there != here:
        found.append(
            f"the device should be {there}, on which the run was started: another computes other last bits. "
            f"Found {here}. Resume the run where there is such a device."
        )
    there, here = (one.get("processes", 1) for one in (recorded, current))
    if there != here:
        before = "1 process" if there == 1 else f"{there} processes"
        launch = "without torchrun" if there == 1 else f"with torchrun --nproc-per-node {there} -m mtl"
        found.append(
            f"training should be done by {before}, as when the run was started: sums of gradients come out otherwise "
            f"by the last bit, and each process drops out other numbers. Found {here}. Start it {launch}."
        )
    if recorded["threads"] != current["threads"]:
        before, now = recorded["threads"], current["threads"]
        found.append(
            f"torch should use {counted(before, 'thread')}, as when the run was started: sums come "
            f"out otherwise by the last bit. Found {now}. Set OMP_NUM_THREADS={before}."
        )
    return found


def _other_versions(recorded: Mapping[str, str], current: Mapping[str, str]) -> list[str]:
    return [
        f"{name} should be {before}, with which the run was started. Found {current.get(name)}. Install that version; "
        "another one needs a new run."
        for name, before in recorded.items()
        if before != current.get(name)
    ]


def _short(digest: str | None) -> str:
    return "none" if digest is None else f"SHA-256 {digest[:12]}…"
