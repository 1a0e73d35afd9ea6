"""What a recipe could take from a finished run: a `from` to write for each module, or why there is none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ..base.errors import CheckpointError, Fault
from ..base.folders import fault_if_other
from ..data.origins import Origins
from ..graph.parts import parts_of
from ..graph.sharing_graph import SharingGraph
from ..recipe.place import Place
from ..train.checkpoint import own_tensors
from .meta_model import build_on_meta
from .origin_faults import other_shapes_of, unlike


class CarriedModule(NamedTuple):
    """A module of a recipe: where it is written, and the run's component, or None and why it has none that fits."""

    path: str
    component: str | None
    why: str = ""


def carried_over(graph: SharingGraph, run: Path) -> list[CarriedModule]:
    """Return, for every module that comes from no run yet, what it could take; a composite with all its parts.

    Raises `UsageError` where the folder holds no run, and `CheckpointError` where it has not ended.
    """
    fault_if_other([run], "run")
    origins = Origins(graph)
    already = set(origins.sources)
    origins.suppose(run.resolve(), Place(str(run)))
    if origins.faults:
        raise CheckpointError(*origins.faults)
    there = {name: origins.sources[name].component for name in origins.sources}
    why = {name: "the run has none" for name in graph.components if name not in there}
    for name in [name for name in there if name not in already]:
        differences = [_difference(graph, name, fault) for fault in unlike(origins, name)]
        if differences:
            why[name] = differences[0]
            del origins.sources[name]
    own = own_tensors(build_on_meta(graph, origins=origins).components)
    for name in origins.sources:
        differences = [_difference(graph, name, fault) for fault in other_shapes_of(origins, name, own[name])]
        if differences:
            why.setdefault(name, differences[0])
    inner = {part for name in graph.components for part in parts_of(graph, name) if part != name}
    found = []
    for name in graph.components:
        if name not in inner and name not in already:
            wrong = next((why[part] for part in parts_of(graph, name) if part in why), "")
            path = graph.components[name].config.place.path
            found.append(CarriedModule(path, None, wrong) if wrong else CarriedModule(path, there[name]))
    return found


def _difference(graph: SharingGraph, name: str, fault: Fault) -> str:
    """Return what a fault says, after the key that it is about: its place inside the module, or elsewhere."""
    module = graph.components[name].config.place.path
    key = (fault.path or "").removeprefix(f"{module}.")
    return fault.message if key in ("", module) else f"{key}: {fault.message}"


def sentences_of(found: Sequence[CarriedModule], run: Path) -> Iterator[str]:
    """Yield lines for people: what to write into the recipe, then what begins anew."""
    taken = [one for one in found if one.component is not None]
    if taken:
        yield f"from {run} ('extend: true' beside 'from' adds words and labels that it lacks):"
    for one in taken:
        yield f"  {one.path}: {{from: {run.resolve()}#{one.component}}}"
    left = [one for one in found if one.component is None]
    if left:
        yield f"not from {run}:"
    for one in left:
        yield f"  {one.path}: {one.why}"
