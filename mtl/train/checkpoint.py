"""Checkpoints: one safetensors file per component, published by one atomic pointer. Nothing is ever unpickled.

    checkpoints/pointer.json                       {"last": "step-00000200", "best": "step-00000150"}
    checkpoints/step-00000200/state.json           step, mixture, positions, best so far, what a resume must find again
    checkpoints/step-00000200/optimizer.safetensors
    checkpoints/step-00000200/components/NAME.safetensors
    checkpoints/step-00000200/raw.safetensors   where components are averages: weights that training goes on with
    checkpoints/step-00000200/carried.safetensors   in the middle of a running text: states that it is read on from

A checkpoint is written under another name, flushed to the disk, renamed, and only then does the pointer name it. So
a process that is killed at any moment, or a disk that is full, leaves the pointer on checkpoints that are whole.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from ..base.device import present
from ..base.errors import CheckpointError, Fault
from ..base.files import UNFINISHED, read_json, replace, sync, sync_tree
from ..base.folders import FITTED, fault_if_other, kind_of
from ..base.tensors import read_tensors, renumbered, serialized
from ..base.unfinished import command, unfinished
from ..compile.loading import load_recipe
from ..data.fitted import Fitted
from ..graph.build import build_graph
from ..graph.sharing_graph import SharingGraph
from ..model.multi_task import MultiTaskModel
from ..recipe.names import HEADS

_STEP = "step-"  # a folder's name, before the number of the step

Which = Literal["last", "best"]


@dataclass(frozen=True)
class Snapshot:
    """All that a checkpoint holds: tensors by component, their descriptions, the optimizer's, and plain values.

    `raw` are parameters by name whose averages are in the components, and how often single rows were updated; `carried`
    are the states at which running texts are read on.
    """

    step: int
    components: Mapping[str, Mapping[str, Tensor]]
    descriptions: Mapping[str, Mapping[str, str]]
    optimizer: Mapping[str, Tensor]
    state: Mapping[str, Any]
    raw: Mapping[str, Tensor] = field(default_factory=dict)
    carried: Mapping[str, Tensor] = field(default_factory=dict)


class Checkpoints:
    """The checkpoints in a run's folder: at most two, the last one and the best one."""

    def __init__(self, run: Path) -> None:
        self.run = run
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
        order: tuple[Which, Which] = ("last", "best")
        return {which: name for which in order if (name := named[which]) is not None}

    def path(self, which: Which) -> Path:
        """Return the folder of a checkpoint; raises `CheckpointError` where there is none yet."""
        pointer = self.pointer()
        if which not in pointer:
            found = unfinished(self.run)
            again = command(self.run) if found is None else found.again
            hint = f" `{again}` goes on with the training." if kind_of(self.run) == "run" else ""
            raise CheckpointError(f"{self.folder}: should hold a {which} checkpoint. There is none.{hint}")
        return self.folder / pointer[which]

    def step(self, which: Which) -> int:
        """Return the step that a checkpoint was made at; raises as `path` does."""
        return int(self.path(which).name.removeprefix(_STEP))

    def write(self, snapshot: Snapshot, *, best: bool) -> None:
        """Write a checkpoint, point `last` (and `best`, where asked) at it, and remove those no longer pointed at.

        Raises `CheckpointError` where it cannot be written; the checkpoints before it are then as they were.
        """
        name = f"{_STEP}{snapshot.step:08d}"
        pointer = self.pointer()
        unfinished = self.folder / f"{name}{UNFINISHED}"
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

    def rewrite(
        self, which: Which, component: str, tensors: Mapping[str, Tensor], description: Mapping[str, str]
    ) -> None:
        """Replace one component's tensors in a checkpoint, in one step; raises `CheckpointError` as `write` does."""
        file = self.path(which) / "components" / f"{component}.safetensors"
        try:
            replace(file, serialized(tensors, description))
        except OSError as error:
            raise CheckpointError(
                f"{file}: could not be written: {error.strerror or error}. The checkpoint is unharmed; make room and "
                "resume."
            ) from error

    def clean(self, pointer: Mapping[Which, str] | None = None) -> None:
        """Remove whatever the pointer does not name: older checkpoints and leftovers of a killed process."""
        kept = {"pointer.json", *(self.pointer() if pointer is None else pointer).values()}
        for path in sorted(self.folder.iterdir()) if self.folder.is_dir() else []:
            if path.name not in kept:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _write_files(folder: Path, snapshot: Snapshot) -> None:
    (folder / "components").mkdir(parents=True)
    for name, tensors in snapshot.components.items():
        content = serialized(tensors, snapshot.descriptions.get(name, {}))
        (folder / "components" / f"{name}.safetensors").write_bytes(content)
    (folder / "optimizer.safetensors").write_bytes(serialized(snapshot.optimizer, {}))
    for name, tensors in (("raw", snapshot.raw), ("carried", snapshot.carried)):
        if tensors:
            (folder / f"{name}.safetensors").write_bytes(serialized(tensors, {}))
    (folder / "state.json").write_text(json.dumps(snapshot.state, indent=1), "utf-8")
    sync_tree(folder)


def own_tensors(components: Mapping[str, nn.Module]) -> dict[str, dict[str, Tensor]]:
    """Return every component's parameters and kept buffers by name, each tensor once: with its first component."""
    taken: set[int] = set()
    found: dict[str, dict[str, Tensor]] = {}
    for name, module in components.items():
        state = module.state_dict(keep_vars=True)
        found[name] = {key: tensor for key, tensor in state.items() if id(tensor) not in taken}
        taken.update(id(tensor) for tensor in state.values())
    return found


def describe(graph: SharingGraph, fitted: Fitted) -> dict[str, dict[str, str]]:
    """Return what a component's tensors mean beside their shapes: its type, its vocabulary, its labels."""
    found = {}
    for name, component in graph.components.items():
        found[name] = {"kind": component.kind, "type": component.config.type}
        if name in fitted.features:
            found[name]["vocabulary"] = fingerprint([feature.state() for feature in fitted.features[name]])
        if component.kind in HEADS:
            task = component.members[0].split(".")[0]
            labels = fitted.targets[task].labels
            found[name]["labels"] = fingerprint(() if labels is None else labels.names)
    return found


def fingerprint(value: Any) -> str:
    """Return the SHA-256 of a plain value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def tensors_of_component(
    name: str, own: Mapping[str, Tensor], meaning: Mapping[str, str], file: Path
) -> dict[str, Tensor]:
    """Return the tensors of a component's file; raises `CheckpointError` where they are not those of `own`."""
    tensors, found = read_tensors(file)
    tensors = renumbered(tensors, own)
    wrong = []
    for key, value in meaning.items():
        if found.get(key, value) != value:
            digest = key in ("vocabulary", "labels")
            wrong.append(
                f"{key} should be the one that '{name}' has here. Found another."
                if digest
                else f"{key} should be '{value}'. Found '{found[key]}'."
            )
    for key in sorted(own.keys() | tensors.keys()):
        here, there = (tuple(t[key].shape) if key in t else "none" for t in (own, tensors))
        if here != there:
            wrong.append(f"tensor '{key}' should have shape {here}. Found {there}.")
    if wrong:
        raise CheckpointError(*(Fault(message, str(file), path=name) for message in wrong))
    return tensors


def load_files(model: MultiTaskModel, files: Mapping[str, Path]) -> None:
    """Copy files into components: all of them or, where one does not fit, none."""
    own = own_tensors(model.components)
    meanings = describe(model.sharing_graph, model.fitted)
    copy_tensors(
        own, {name: tensors_of_component(name, own[name], meanings[name], file) for name, file in files.items()}
    )


@torch.no_grad()
def copy_tensors(own: Mapping[str, Mapping[str, Tensor]], found: Mapping[str, Mapping[str, Tensor]]) -> None:
    """Copy tensors into those of components; of one that is smaller along some axes, into their beginnings."""
    for name, tensors in found.items():
        for key, tensor in tensors.items():
            there = own[name][key]
            there[tuple(map(slice, tensor.shape))].copy_(tensor)


def load_weights(model: MultiTaskModel, checkpoint: Path) -> None:
    """Load every component from a checkpoint's folder."""
    load_files(model, {name: checkpoint / "components" / f"{name}.safetensors" for name in model.components})


def load_model(run: str | Path, which: Which = "best", graph: SharingGraph | None = None) -> MultiTaskModel:
    """Build the model of a run folder with the weights of its best or last checkpoint, in evaluation mode.

    Reads `recipe.yaml`, `fitted.json` and the checkpoint, no data. The model is on the recipe's device where that is
    there, else on the CPU. `graph` is that of `recipe.yaml`, where this was read before. Raises `UsageError` for a
    folder that is no run, `CheckpointError` for what a run lacks.
    """
    run = Path(run)
    fault_if_other([run], "run")
    checkpoint = Checkpoints(run).path(which)
    graph = graph or build_graph(load_recipe(run / "recipe.yaml"))
    model = MultiTaskModel(graph, Fitted.load(graph, run / FITTED), initial=False)
    load_weights(model, checkpoint)
    return model.eval().to(present(graph.recipe.train.device))
