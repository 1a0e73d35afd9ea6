"""From a trained model to a verified folder of graphs over one weights file.

intent.onnx  slots.onnx     a head each: text in, answer out
slots.tokens.onnx           that head from tokens, where the source gives words and white space parts none of them
relevance.query.onnx        text in, vector out: one side of a separable scorer; the inner product of both is the score
joint.onnx                  all heads that read their inputs alike in one graph (joint.2.onnx … for others)
weights.safetensors         every weight once; the graphs reference it
manifest.json               what is in the folder: inputs, outputs, labels, metrics, versions

The folder is written under another name, verified there, and only then replaces an earlier export.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnx_ir as ir

from ..base.collector import collector_paused
from ..base.device import CPU, device_of
from ..base.errors import ExportError, UsageError, near_miss
from ..base.files import sync_tree
from ..base.progress import StageReport
from ..graph.calls import Call
from .cut import cut
from .graphs import Graphs, build, from_tokens, groups
from .joint import JointGraph
from .manifest import (
    describe_head,
    describe_tower,
    exported,
    files_in,
    metadata,
    tower_metadata,
    write_manifest,
)
from .network import entering
from .pairs import check_how
from .scratch import clear, copy_into, scratch_folder
from .swap import publish
from .towers import Tower
from .verify import Verification
from .verify import verify as verification_of
from .weights import WEIGHTS, save, sizes_by_component, write_weights

if TYPE_CHECKING:
    from ..data.prepared import Prepared
    from ..graph.sharing_graph import SharingGraph
    from ..model.multi_task import MultiTaskModel


@dataclass(frozen=True)
class ExportReport:
    """What an export wrote, `files` in bytes by name, and what its verification found.

    `manifest` are its entries about the graphs: `joint` graphs, bytes of `weights_of` components, `adapters`.
    """

    folder: Path
    files: Mapping[str, int]
    verification: Verification
    manifest: Mapping[str, Any]

    @property
    def summary(self) -> str:
        """What was verified, in a few words."""
        return self.verification.summary


def export(
    model: MultiTaskModel,
    graph: SharingGraph,
    prepared: Prepared,
    out: str | Path,
    *,
    tasks: Sequence[str] | None = None,
    metrics: Mapping[str, Any] | None = None,
    facts: Mapping[str, Any] | None = None,
    beside: Sequence[Path] = (),
    report: Callable[[StageReport], None] = lambda _: None,
    verify: str = "full",
) -> ExportReport:
    """Write the graphs of these tasks (by default all) to `out`, verified on the whole test split.

    `verify` is `full`, `sample` (a few rows at batch 1, all in batches) or `none`. `metrics` (by split and task) and
    further `facts` go into the manifest, copies of what is in `beside` beside the graphs. `out` should be new, empty or
    an earlier export, which is replaced at the end. `report` is called as each stage begins. Meanwhile the model is on
    the CPU. Raises `ExportError` that says how far it got; what was in `out` is then as it was.
    """
    out = Path(out)
    names = _tasks(graph, tasks)
    check_how(verify)
    check_place(out)
    place = out.resolve()  # of a link, the folder that it names is replaced, and '.' has a name
    was_training, device = model.training, device_of(model)
    model.eval().to(CPU)  # answers are compared with those of onnxruntime there
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        clear(place)
        with scratch_folder(place) as unfinished:
            report(StageReport("tracing", tuple(names)))
            with collector_paused():
                graphs = build(model, graph, prepared, names)
                report(StageReport("writing", tuple(names)))
                heads = write_graphs(graphs, graph, prepared, names, unfinished)
            for path in beside:
                copy_into(path, unfinished)
            verification = verification_of(model, graph, prepared, graphs, names, unfinished, report, verify)
            write_manifest(unfinished, graph, {**(facts or {}), **heads}, verification, metrics or {})
            sync_tree(unfinished)
            publish(unfinished, place)
    except OSError as error:
        raise ExportError(
            f"{out}: the export could not be written: {error.strerror or error}. An earlier export is unharmed."
        ) from error
    finally:
        model.train(was_training).to(device)
    sizes = {name: (place / name).stat().st_size for name in files_in(place)}
    return ExportReport(out, sizes, verification, heads)


def write_graphs(
    graphs: Graphs, graph: SharingGraph, prepared: Prepared, tasks: Sequence[str], folder: Path
) -> dict[str, Any]:
    """Write weights, heads and joint graphs; return the manifest's entries about them."""
    weights = write_weights(folder, graphs.numeric.parameters)
    entries: dict[str, Any] = {"tasks": {}, "joint": []}
    for task in tasks:
        head = head_of(graphs.text, graph, prepared, [task], task)
        save(head, folder / f"{task}.onnx", weights)
        separable = _separable(graphs, graph, task)
        entries["tasks"][task] = describe_head(head, graph, prepared.fitted, task, f"{task}.onnx", separable)
        if from_tokens(graph, prepared, task):
            tokens = head_of(graphs.form("tokens"), graph, prepared, [task], task)
            save(tokens, folder / f"{task}.tokens.onnx", weights)
            entries["tasks"][task]["tokens_file"] = f"{task}.tokens.onnx"
    for tower in graphs.towers:
        side = tower_of(graphs.text, graph, tower)
        save(side, folder / tower.file, weights)
        entries["tasks"][tower.task]["towers"][tower.input] = describe_tower(side, tower)
    for file, group in groups(graph, tasks).items():
        joint = head_of(graphs.text, graph, prepared, group, "joint")
        save(joint, folder / file, weights)
        inputs = [value.name for value in joint.graph.inputs]
        reads = list(map(str, graph.inputs(group[0], by="front_end").values()))
        entries["joint"].append({"file": file, "tasks": list(group), "inputs": inputs, "reads": reads})
    entries["weights"] = WEIGHTS
    entries["weights_of"] = sizes_by_component(folder, graph.components)
    entries["adapters"] = {
        adapter: {"encoder": place.encoder, "weights": "merged" if place.merged else "apart"}
        for adapter, place in graphs.numeric.adapters.items()
    }
    return entries


def head_of(joint: JointGraph, graph: SharingGraph, prepared: Prepared, tasks: Sequence[str], name: str) -> ir.Model:
    """Cut some tasks out of the joint graph; outputs go by their own names in a head, as `task.answer` in a joint."""
    outputs = {
        value: answer if name != "joint" else f"{task}.{answer}"
        for (task, answer), value in joint.answers.items()
        if task in tasks
    }
    return cut(joint.model, outputs, metadata(graph, prepared.fitted, tasks, name), name)


def _separable(graphs: Graphs, graph: SharingGraph, task: str) -> bool | None:
    """Say whether a task's scorer makes a vector of each text; None where a task has no scorer."""
    kinds = {graph.components[step.component].kind for step in entering(graph, task) if isinstance(step, Call)}
    if "scorer" not in kinds:
        return None
    return any(tower.task == task for tower in graphs.towers)


def tower_of(joint: JointGraph, graph: SharingGraph, tower: Tower) -> ir.Model:
    """Cut one side of a separable scorer out of the joint graph: `text` in, `vector` out."""
    value = joint.vectors[tower.task, tower.input]
    name = f"{tower.task}.{tower.input}"
    found = cut(joint.model, {value: "vector"}, tower_metadata(graph, tower), name)
    if len(found.graph.inputs) != 1:
        inputs = ", ".join(str(value.name) for value in found.graph.inputs)
        raise ExportError(
            f"{tower.task}: cut: the vectors of '{tower.input}' should follow from one text. Found {inputs}."
        )
    found.graph.inputs[0].name = "text"
    return found


def _tasks(graph: SharingGraph, tasks: Sequence[str] | None) -> list[str]:
    known = list(graph.recipe.tasks)
    for task in tasks or ():
        if task not in known:
            raise UsageError(f"no task named '{task}' to export.{near_miss(task, known)} Tasks: {', '.join(known)}.")
    return [task for task in known if tasks is None or task in tasks]


def check_place(out: Path) -> None:
    """Raise `UsageError` where an export cannot take a folder's place: it has other things in it, or is no folder."""
    if out.is_dir():
        others = {entry.name for entry in out.iterdir()} - exported(out)
        if others:
            first = f"{', '.join(sorted(others)[:3])}{', …' if len(others) > 3 else ''}"
            raise UsageError(f"'{out}' should be new, empty or an earlier export. Found other things in it: {first}.")
        if os.path.ismount(out):
            raise UsageError(
                f"'{out}' should be a folder that another can take the place of. Found a mount point. "
                "Name a folder inside it."
            )
    elif out.exists():
        raise UsageError(f"'{out}' should be a folder. Found a file.")
