"""Runs that modules come from: where they are, what is kept of them, and which of their components is meant."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ..base.errors import UsageError
from ..base.files import read_json
from ..graph.sharing_graph import SharingGraph

INDEX = "index.json"  # in the folder of what is kept of runs: {run: folder}


class Origin(NamedTuple):
    """What `from:` names: a run's folder and, where it says so, one of its components."""

    run: Path
    component: str | None

    @classmethod
    def of(cls, written: str, base: Path = Path()) -> Origin:
        """Return what is written, a relative path from `base`.

        >>> Origin.of("/runs/lm#encoder").component, Origin.of("/runs/lm").component
        ('encoder', None)
        """
        run, mark, component = written.rpartition("#") if "#" in written else (written, "", "")
        return cls((base / run).resolve(), component if mark else None)

    def __str__(self) -> str:
        return str(self.run) if self.component is None else f"{self.run}#{self.component}"


class Taken(NamedTuple):
    """A component of a run that a module comes from: the run's folder and graph, and the component's name there."""

    run: Path
    graph: SharingGraph
    component: str


def kept_run(kept: Path | None, run: Path) -> Path:
    """Return the folder that has what a run is described by: one in `kept` where it is kept there, else the run's."""
    if kept is None or not (kept / INDEX).is_file():
        return run
    folder = read_json(kept / INDEX).get(str(run))
    return run if folder is None else kept / folder


def like(graph: SharingGraph, names: Iterable[str]) -> str | None:
    """Return the component of a run's graph that goes by the first of these names or addresses that it has."""
    for name in names:
        try:
            return graph.component_of(name)
        except UsageError:
            continue
    return None
