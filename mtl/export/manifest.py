"""What an export folder says about itself: `manifest.json`, and the metadata inside each graph."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnx_ir as ir

from ..base.files import sha256, write
from ..recipe.filling import digest
from ..serve.bundle import FORMAT
from ..text.featurizer import RULES
from .tracing import OPSET
from .weights import sizes_by_component

if TYPE_CHECKING:
    from ..data.fitted import Fitted
    from ..graph.sharing_graph import SharingGraph
    from ..recipe.config import InputConfig, TaskConfig
    from .towers import Tower
    from .verify import Verification

MANIFEST = "manifest.json"
RUNNING = "all rows of a split as one running text; an export begins anew with each row, and is measured so"
LIBRARIES = ("mtl-nlp", "torch", "onnx", "onnx-ir", "onnxscript", "onnxruntime")


def metadata(graph: SharingGraph, fitted: Fitted, tasks: Sequence[str], name: str) -> dict[str, str]:
    """Return a graph's own metadata: `type`, `labels` (JSON), `tokenizer` …; after `task.` in a joint graph."""
    found = {"recipe": digest(graph.recipe), "tasks": json.dumps(list(tasks))}
    for task in tasks:
        config = graph.recipe.tasks[task]
        facts = {
            "task": task,
            "type": config.type,
            "labels": json.dumps(labels_of(graph, fitted, task), ensure_ascii=False),
        }
        for input, given in config.inputs.items():
            prefix = "" if len(config.inputs) == 1 else f"{input}."
            facts.update({f"{prefix}{key}": value for key, value in _reading(given).items()})
        found.update({key if name != "joint" else f"{task}.{key}": value for key, value in facts.items()})
    return found


def tower_metadata(graph: SharingGraph, tower: Tower) -> dict[str, str]:
    """Return the metadata of a graph that encodes one text of a task."""
    config = graph.recipe.tasks[tower.task]
    own = {"recipe": digest(graph.recipe), "task": tower.task, "type": config.type, "input": tower.input}
    return {**own, **_reading(config.inputs[tower.input])}


def _reading(given: InputConfig) -> dict[str, str]:
    """Return how an input is read, as strings."""
    kept = {key: value for key, value in given.front_end.state().items() if value is not None}
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in kept.items()}


def labels_of(graph: SharingGraph, fitted: Fitted, task: str) -> list[str]:
    """Return the labels that a task answers with: none for scores of pairs, whose labels are grades."""
    return list(fitted.targets[task].names())


def describe_head(
    model: ir.Model, graph: SharingGraph, fitted: Fitted, task: str, file: str, separable: bool | None = None
) -> dict[str, Any]:
    """Return a head's entry in the manifest; that of a task with a scorer says whether it is separable."""
    config = graph.recipe.tasks[task]
    inputs = [str(value.name) for value in model.graph.inputs]  # in the joint graph's order
    described: dict[str, Any] = {
        "type": config.type,
        "predicts": config.task.predicts,
        "units": config.task.units,
        "file": file,
        "inputs": _inputs(config, inputs),
        "outputs": {str(value.name): _described(value) for value in model.graph.outputs},
        "labels": labels_of(graph, fitted, task),
        "front_ends": {str(name): given.front_end.state() for name, given in config.inputs.items()},
    }
    if fitted.targets[task].out_of_scope is not None:
        described["out_of_scope"] = fitted.targets[task].out_of_scope
    if config.task.bptt is not None:
        described["metrics_of"] = RUNNING
    if fitted.targets[task].quotes:
        described["quotes"] = config.task.target_input(tuple(config.inputs))
    if separable is not None:
        described |= {"separable": separable, "towers": {}}
    return described


def _inputs(config: TaskConfig, graph_inputs: Sequence[str]) -> list[str]:
    """Return what a caller gives: the inputs of the graph, or the names of lists, which a graph takes in two parts."""
    if config.task.units == "lists":
        return list(config.inputs) if len(config.inputs) > 1 else ["text"]
    return [name for name in dict.fromkeys([*config.inputs, *graph_inputs]) if name in graph_inputs]


def describe_tower(model: ir.Model, tower: Tower) -> dict[str, Any]:
    """Return a tower's entry in the manifest: its file, and the size of its vectors."""
    (vector,) = model.graph.outputs
    return {"file": tower.file, "dim": _described(vector)["shape"][1]}


def _described(value: ir.Value) -> dict[str, Any]:
    shape = [] if value.shape is None else [d if isinstance(d, int) else d.value for d in value.shape]
    return {"type": value.dtype.name.lower() if value.dtype is not None else None, "shape": shape}


def exported(folder: Path) -> set[str]:
    """Return the names of what an export wrote into a folder, the manifest's among them; none if it holds no export.

    Of files in folders it is the folder's name.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        ours = manifest["format"] == FORMAT and "tasks" in manifest
        return {MANIFEST, *(name.split("/")[0] for name in manifest["files"])} if ours else set()
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def files_in(folder: Path) -> list[str]:
    """Return the names of all files in a folder and in those below it, in order."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def write_manifest(
    folder: Path,
    graph: SharingGraph,
    entries: Mapping[str, Any],
    verification: Verification,
    metrics: Mapping[str, Any],
) -> None:
    """Write `manifest.json`, with the size and hash of every file in the folder; raises `OSError`."""
    manifest = {
        "format": FORMAT,
        "name": graph.recipe.name,
        "recipe": digest(graph.recipe),
        "opset": OPSET,
        "versions": {**{library: _version(library) for library in LIBRARIES}, **RULES},
        **entries,
        "metrics": dict(metrics),
        "verified": verification.facts(),
    }
    _write(folder, manifest)


def write_variant_manifest(
    folder: Path, export: Path, name: str, facts: Mapping[str, Any], metrics: Mapping[str, Any]
) -> None:
    """Write the manifest of an export's variant: the export's, with what this one has; raises `OSError`.

    `facts` about it are under its `name`. It was not compared with torch, and its `metrics` are its own.
    """
    manifest = json.loads((export / MANIFEST).read_text("utf-8"))
    own: dict[str, Any] = {"metrics": dict(metrics), "verified": {"how": "figures"}, name: dict(facts)}
    if "weights_of" in manifest:
        own["weights_of"] = sizes_by_component(folder, manifest["weights_of"])
    _write(folder, {**manifest, **own})


def _write(folder: Path, manifest: Mapping[str, Any]) -> None:
    files = {
        name: {"bytes": (folder / name).stat().st_size, "sha256": sha256(folder / name)}
        for name in files_in(folder)
        if name != MANIFEST
    }
    write(folder / MANIFEST, (json.dumps({**manifest, "files": files}, indent=2, ensure_ascii=False) + "\n").encode())


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None
