"""Which tasks an export leaves out: those whose answers cannot be exported yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ..base.errors import ExportError, Fault

if TYPE_CHECKING:
    from ..graph.sharing_graph import SharingGraph


def left_out(graph: SharingGraph) -> dict[str, str]:
    """Return the tasks that are not exported, each with what it predicts."""
    targets = {name: config.task.target_class() for name, config in graph.recipe.tasks.items()}
    return {name: target.shape() for name, target in targets.items() if not target.exportable}


def left_out_warnings(graph: SharingGraph) -> Iterator[Fault]:
    """Yield a warning for every task that is not exported."""
    for task, shape in left_out(graph).items():
        yield graph.recipe.tasks[task].place.fault(
            f"predicts {shape}, which cannot be exported yet: it is trained and tested, 'mtl predict' answers with the "
            "run, and the export leaves it out."
        )


def fault_if_left_out(found: Mapping[str, str]) -> None:
    """Raise `ExportError` where there are tasks that should be exported and cannot be."""
    if found:
        raise ExportError(
            *(
                f"{task}: should predict what can be exported. Found {shape}, which cannot yet: "
                "'mtl train', 'mtl test' and 'mtl predict' answer with its run."
                for task, shape in found.items()
            )
        )
