"""Tasks that learn from a finished run: what is wrong with their teachers, and what these say of the training rows.

A teacher answers all training rows once, before training. It does so on the device and the threads of the run
that learns, whatever its own were. Its probabilities are kept in the cache, by its identity and that of the rows; the
run's folder notes which file they are in, so that it is resumed without the teacher.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from ..base.device import described, device_of
from ..base.errors import CheckpointError, Fault, MtlError, RecipeError, listing, near_miss, those
from ..base.files import read_json, replace
from ..base.folders import FITTED
from ..base.launched import here
from ..base.threads import torch_threads
from ..compile.loading import run_graph
from ..data.batch import raw_batch
from ..data.cache_keys import code_of, code_of_network
from ..data.fitted import Fitted
from ..data.soft_labels import SoftLabels
from ..data.store import Store, digest_of
from ..model.module import PaddedSequence
from ..train.checkpoint import Checkpoints, fingerprint, load_model
from .ensembling.members import Members, is_ensemble, weights_of
from .ensembling.network import load_ensemble

if TYPE_CHECKING:
    from ..data.prepared import Prepared
    from ..data.split import Split
    from ..data.targets import Target
    from ..graph.sharing_graph import SharingGraph
    from ..model.multi_task import MultiTaskModel
    from ..recipe.config import TaskConfig, TeacherConfig

FILE = "teachers.json"  # in a run's folder: of each task the cached file, and the identity of what wrote it
VERSION = 2  # of what is cached
BATCH = 64  # units that a teacher answers together


def taught(graph: SharingGraph) -> dict[str, TeacherConfig]:
    """Return the teachers of the tasks that have one."""
    return {name: task.teacher for name, task in graph.recipe.tasks.items() if task.teacher is not None}


def teacher_faults(graph: SharingGraph) -> Iterator[Fault]:
    """Yield what is wrong with teachers, as far as it is known without data."""
    for name, teacher in taught(graph).items():
        task = graph.recipe.tasks[name]
        output = graph.components[graph.output(name).component].config
        if not output.cls.learns_soft:
            yield teacher.place.fault(
                f"should come with an output layer that learns from probabilities. Found '{output.type}'."
            )
        try:
            there = _tasks_of(Path(teacher.run))
        except MtlError as error:
            yield from (teacher.place.fault(fault.message) for fault in error.faults)
            continue
        message = _unfit(task, there, teacher)
        if message is not None:
            yield teacher.place.fault(message)


def _tasks_of(run: Path) -> Mapping[str, TaskConfig]:
    """Return the tasks of a teacher; raises `CheckpointError` where it is no finished run, nor an ensemble of such."""
    if is_ensemble(run):
        members = Members.load(run)
        known = run_graph(members.runs[0]).recipe.tasks
        return {task: known[task] for task in members.tasks}
    tasks = run_graph(run).recipe.tasks
    Checkpoints(run).path("best")
    return tasks


def _unfit(task: TaskConfig, there: Mapping[str, TaskConfig], teacher: TeacherConfig) -> str | None:
    """Return why a run's task cannot teach another; None where it can."""
    name = teacher.task or task.name
    if name not in there:
        hint = near_miss(name, there)
        return f"should have a task '{name}' that teaches. Found {those('task', there)} in '{teacher.run}'.{hint}"
    theirs = there[name]
    if theirs.task.predicts != task.task.predicts:
        return (
            f"should be a task of one kind with its teacher, which predicts '{theirs.task.predicts}'. Found "
            f"'{task.task.predicts}'."
        )
    if list(theirs.inputs) != list(task.inputs):
        found = ", ".join(task.inputs)
        return f"should have the inputs of its teacher, {', '.join(theirs.inputs)}. Found {found}."
    for key, given in task.inputs.items():
        if given.reads != theirs.inputs[key].reads:
            return f"should read '{key}' as its teacher does, as {theirs.inputs[key].reads}. Found {given.reads}."
    if task.task.target_class().axes == ("T",):
        text = task.task.target_input(tuple(task.inputs))
        own_cutting, cutting = (of.inputs[text].front_end.cutting for of in (task, theirs))
        for key, own in own_cutting.items():
            other = cutting[key]
            if own != other:
                return f"should cut texts into tokens as its teacher does, '{key}: {other}'. Found '{key}: {own}'."
    return None


def label_faults(graph: SharingGraph, targets: Mapping[str, Target]) -> Iterator[Fault]:
    """Yield a fault for every task whose labels are not those of its teacher; of tasks that are fitted, `targets`."""
    for name, teacher in taught(graph).items():
        if name not in targets:
            continue
        own, theirs = targets[name], _fitted(Path(teacher.run)).targets[teacher.task or name]
        if _ids(own, theirs) is None:
            yield _other_labels(own, theirs, teacher)


def _other_labels(own: Target, theirs: Target, teacher: TeacherConfig) -> Fault:
    return teacher.place.fault(
        f"should have the labels of its task, {listing(own.names())}. Found {listing(theirs.names())} in "
        f"'{teacher.run}'."
    )


def _fitted(run: Path) -> Fitted:
    """Return what a teacher was fitted to; of an ensemble, what its first member was: all have one set of labels."""
    folder = Members.load(run).runs[0] if is_ensemble(run) else run
    return Fitted.load(run_graph(folder), folder / FITTED)


def _ids(own: Target, theirs: Target) -> list[int] | None:
    """Return a teacher's ids of a task's labels, in the order that these have; None where the two differ in labels.

    A label is known by the name that training has; of the teacher, by what it is called since, too.
    """
    trained, there = (() if target.labels is None else target.labels.names for target in (own, theirs))
    known = {name: number for names in (theirs.names(), there) for number, name in enumerate(names)}
    found = [known[name] for name in trained if name in known]
    return found if len(found) == len(trained) and sorted(found) == list(range(len(there))) else None


def _code(run: Path) -> list[str]:
    """Return torch's version and hashes of the packages that a teacher reads texts and answers by."""
    folders, joining = (Members.load(run).runs, (load_ensemble.__module__,)) if is_ensemble(run) else ([run], ())
    graphs = [run_graph(folder) for folder in folders]
    found = {digest for graph in graphs for digest in [*code_of(graph, {}, {}), *code_of_network(graph, *joining)]}
    return [torch.__version__, *sorted(found)]


def load_teacher(run: Path) -> MultiTaskModel:
    """Return the model of a finished run, or of an ensemble."""
    return load_ensemble(Members.load(run)) if is_ensemble(run) else load_model(run)


def identity_of(run: Path) -> str:
    """Return a SHA-256 of what a teacher answers with."""
    if not is_ensemble(run):
        return weights_of(run)
    members = Members.load(run)
    return fingerprint([members.by, *members.weights])


def add_soft_labels(graph: SharingGraph, prepared: Prepared, cache: Path, run: Path) -> None:
    """Give the train splits what teachers say of their units, from the cache where it holds that already.

    `run` is the folder of the run, where it is noted. Raises `RecipeError` where a teacher has other labels.
    """
    with torch_threads(graph.recipe.train.threads):  # another number of them gives other last bits
        _add(graph, prepared, cache, run)


def _add(graph: SharingGraph, prepared: Prepared, cache: Path, run: Path) -> None:
    begun = bool(Checkpoints(run).pointer())  # before, teachers may still be changed
    noted = _noted(run) if begun else {}
    store = Store(cache)
    notes: dict[str, dict[str, str]] = {}
    for name, teacher in taught(graph).items():
        split = prepared.splits.get((graph.recipe.tasks[name].source, "train"))
        if split is None:
            continue  # the trainer says that there should be one
        bounds = _bounds(graph, split, name)
        count = len(split) if bounds is None else int(bounds[-1])
        soft = _cached(store, noted[name]["file"], bounds, count) if name in noted else None
        if soft is not None:
            notes[name] = noted[name]
        else:
            soft = _computed(graph, prepared, name, teacher, split, store, bounds, count)
            learned = noted[name]["teacher"] if name in noted else identity_of(Path(teacher.run))
            notes[name] = {"file": soft.file.name, "teacher": learned}
        split.soft[name] = soft
    if notes and notes != noted and here().first:
        replace(run / FILE, (json.dumps(notes, indent=2) + "\n").encode())


def _noted(run: Path) -> dict[str, dict[str, str]]:
    """Return what a run's folder notes of its teachers, by task; nothing where it names files alone, as it once did."""
    found = read_json(run / FILE) if (run / FILE).is_file() else {}
    return {task: note for task, note in found.items() if isinstance(note, dict)}


def other_teachers(graph: SharingGraph, run: Path) -> list[str]:
    """Return the tasks of a run whose teachers are there and are not those that it has learned from."""
    noted = _noted(run)
    found: list[str] = []
    for name, teacher in taught(graph).items():
        with suppress(CheckpointError):  # it may be gone
            if name in noted and identity_of(Path(teacher.run)) != noted[name]["teacher"]:
                found.append(name)
    return found


def _bounds(graph: SharingGraph, split: Split, name: str) -> NDArray[np.int64] | None:
    """Return the bounds of the tokens of a split's units; None for a task on units."""
    if graph.recipe.tasks[name].task.target_class().axes != ("T",):
        return None
    return np.concatenate([[0], np.cumsum(split.token_counts(graph.target_input(name)))]).astype(np.int64)


def _cached(store: Store, key: str, bounds: NDArray[np.int64] | None, count: int) -> SoftLabels | None:
    """Return what the cache holds under a key; None where that is nothing, or not of so many units or tokens."""
    file = store.find(key)
    found = None if file is None else SoftLabels(file, bounds)
    return found if found is not None and len(found.values) == count else None


def _computed(
    graph: SharingGraph,
    prepared: Prepared,
    name: str,
    teacher: TeacherConfig,
    split: Split,
    store: Store,
    bounds: NDArray[np.int64] | None,
    count: int,
) -> SoftLabels:
    """Return what a teacher says, from the cache where it is there."""
    source, theirs = graph.recipe.tasks[name].source, teacher.task or name
    keys = {input: str(key) for input, key in graph.inputs(name).items()}
    labels = prepared.fitted.targets[name], _fitted(Path(teacher.run)).targets[theirs]
    ids = _ids(*labels)
    if ids is None:
        raise RecipeError([_other_labels(*labels, teacher)], graph.recipe.title)
    device = here().device(graph.recipe.train.device)
    where = [identity_of(Path(teacher.run)), theirs, prepared.hashes[f"{source}/train"], keys, ids, count]
    where += [described(device), torch.get_num_threads(), prepared.code, _code(Path(teacher.run))]
    key = f"soft-{digest_of(VERSION, *where)}.npy"
    found = _cached(store, key, bounds, count)
    if found is not None:
        return found
    model = load_teacher(Path(teacher.run)).eval().to(device)
    with store.scratch() as scratch, store.writing():
        written = scratch.folder / key
        values = np.lib.format.open_memmap(written, mode="w+", dtype=np.float32, shape=(count, len(ids)))
        _answer(model, theirs, graph, name, split, ids, bounds, values)
        values.flush()
        return SoftLabels(store.publish(written, key), bounds)


@torch.inference_mode()
def _answer(
    model: MultiTaskModel,
    theirs: str,
    graph: SharingGraph,
    name: str,
    split: Split,
    ids: list[int],
    bounds: NDArray[np.int64] | None,
    values: NDArray[np.float32],
) -> None:
    """Write what a teacher says of all units, those of similar length together."""
    inputs = graph.inputs(name)
    for chosen in split.batches(size=BATCH, seed=0, epoch=0, shuffle=False):
        texts = {input: split.texts(key, chosen) for input, key in inputs.items()}
        batch = raw_batch(model.sharing_graph, model.fitted, [theirs], texts).to(device_of(model))
        found = model.output(theirs).probabilities(*model.scores(batch, [theirs])[theirs])
        numbers = (found.values if isinstance(found, PaddedSequence) else found).cpu().numpy()[..., ids]
        if bounds is None:
            values[chosen] = numbers
            continue
        for row, unit in enumerate(chosen.tolist()):
            values[bounds[unit] : bounds[unit + 1]] = numbers[row, : bounds[unit + 1] - bounds[unit]]
