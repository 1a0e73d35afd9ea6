"""Which graphs an export consists of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..base.errors import ExportError
from ..graph.calls import keys_of
from .joint import Form, JointGraph, join
from .numeric import Numeric, export_numeric
from .towers import Tower, towers

if TYPE_CHECKING:
    from ..data.prepared import Prepared
    from ..data.split import Split
    from ..graph.calls import InputKey
    from ..graph.sharing_graph import SharingGraph
    from ..model.multi_task import MultiTaskModel

SPLITS = ("test", "dev", "train")


@dataclass(frozen=True)
class Graphs:
    """The graphs of an export before they are cut: the numeric one, and what it became from texts and from tokens."""

    numeric: Numeric
    text: JointGraph
    tokens: JointGraph | None
    towers: tuple[Tower, ...] = ()

    def form(self, form: Form) -> JointGraph:
        """Return the joint graph that reads texts, or the one that reads tokens."""
        if form == "text":
            return self.text
        if self.tokens is None:
            raise ExportError("a graph from tokens should have been built. There is none.")
        return self.tokens


def build(model: MultiTaskModel, graph: SharingGraph, prepared: Prepared, tasks: Sequence[str]) -> Graphs:
    """Build the joint graphs in memory."""
    fitted = prepared.fitted
    numeric = export_numeric(model, graph, fitted.features, tasks)
    text = join(numeric, graph, fitted, tasks)
    sides = tuple(towers(model, graph, tasks))
    if not any(from_tokens(graph, prepared, task) for task in tasks):
        return Graphs(numeric, text, None, sides)
    return Graphs(numeric, text, join(numeric, graph, fitted, tasks, "tokens"), sides)


def from_tokens(graph: SharingGraph, prepared: Prepared, task: str) -> bool:
    """Say whether a task also leaves as a graph from tokens: its texts came as tokens and are split into these."""
    keys = list(graph.inputs(task).values())
    columns = {key.column for key in keys}
    splits = [split for (source, _), split in prepared.splits.items() if source == keys[0].source]
    given = bool(splits) and all(columns <= split.pretokenized - split.parted for split in splits)
    return given and all(key.front_end.tokenizer == "whitespace" for key in keys_of(graph.output(task)))


def groups(graph: SharingGraph, tasks: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the joint graphs' files: each holds the tasks that read the same inputs in the same way."""
    found: dict[frozenset[InputKey], list[str]] = {}
    for task in tasks:
        found.setdefault(frozenset(graph.inputs(task, by="front_end").values()), []).append(task)
    return {
        "joint.onnx" if number == 1 else f"joint.{number}.onnx": tuple(group)
        for number, group in enumerate(found.values(), 1)
    }


def split_to_verify(graph: SharingGraph, prepared: Prepared, task: str) -> tuple[str, Split]:
    """Return the split of a task's source that is compared row by row: test, else dev, else train."""
    source = graph.recipe.tasks[task].source
    for name in SPLITS:
        split = prepared.split(source, name)
        if split is not None:
            return name, split
    raise ExportError(f"{task}: verification: the source '{source}' should have a split. There is none.")
