"""What an export folder says about itself: `manifest.json`, and the metadata inside each graph."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnx_ir as ir

from ..bundle import FORMAT, sha256
from ..files import write
from .tracing import OPSET

if TYPE_CHECKING:
    from ..dataset import Fitted
    from ..sharing_graph import SharingGraph
    from .verify import Verification

LIBRARIES = ("mtl-nlp", "torch", "onnx", "onnx-ir", "onnxscript", "onnxruntime")


def metadata(graph: SharingGraph, fitted: Fitted, tasks: Sequence[str], name: str) -> dict[str, str]:
    """Return a graph's own metadata: `type`, `labels` (JSON), `tokenizer` …; behind `task.` in a joint graph."""
    found = {"recipe": graph.recipe.hash(), "tasks": json.dumps(list(tasks))}
    for task in tasks:
        config = graph.recipe.tasks[task]
        first = next(iter(config.inputs.values()))
        facts = {
            "task": task,
            "type": config.type,
            "labels": json.dumps(list(fitted.labels[task].names), ensure_ascii=False),
            "tokenizer": first.tokenizer,
            "lowercase": json.dumps(first.lowercase),
        }
        found.update({key if name != "joint" else f"{task}.{key}": value for key, value in facts.items()})
    return found


def describe_head(model: ir.Model, graph: SharingGraph, fitted: Fitted, task: str, file: str) -> dict[str, Any]:
    """Return a head's entry in the manifest."""
    config = graph.recipe.tasks[task]
    return {
        "type": config.type,
        "level": config.task.level,
        "file": file,
        "inputs": [value.name for value in model.graph.inputs],
        "outputs": {str(value.name): _described(value) for value in model.graph.outputs},
        "labels": list(fitted.labels[task].names),
        "front_ends": {
            str(name): {"tokenizer": given.tokenizer, "lowercase": given.lowercase}
            for name, given in config.inputs.items()
        },
    }


def _described(value: ir.Value) -> dict[str, Any]:
    shape = [] if value.shape is None else [d if isinstance(d, int) else d.value for d in value.shape]
    return {"type": value.dtype.name.lower() if value.dtype is not None else None, "shape": shape}


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
        "recipe": graph.recipe.hash(),
        "opset": OPSET,
        "versions": {library: _version(library) for library in LIBRARIES},
        **entries,
        "metrics": dict(metrics),
        "verified": verification.facts(),
        "files": {
            file.name: {"bytes": file.stat().st_size, "sha256": sha256(file)} for file in sorted(folder.iterdir())
        },
    }
    write(folder / "manifest.json", (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode())


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None
