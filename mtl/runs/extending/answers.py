"""Answers of two runs to the rows of a split, compared bit by bit: by torch, and by their exported graphs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from ...base.device import CPU
from ...data.batching import batches
from ...data.split import Split
from ...evaluate.answerers import BATCH_TOKENS, ModelAnswerer
from ...export.compare import BATCH_SIZE
from ...export.head import Head
from ...graph.sharing_graph import SharingGraph
from ...model.multi_task import MultiTaskModel
from .differences import Difference, Differences


class Side(NamedTuple):
    """One of two runs: its graph, its model, its export."""

    graph: SharingGraph
    model: MultiTaskModel
    export: Path


class Compared(NamedTuple):
    """How otherwise than before a task answers the `rows` of a split, by torch and by its graph."""

    task: str
    split: str
    rows: int
    eager: Difference
    exported: Difference

    @property
    def equal(self) -> bool:
        """Whether every answer is the same, bit by bit."""
        return not self.eager.rows and not self.exported.rows

    def facts(self) -> dict[str, Any]:
        """Return it as JSON-able values."""
        return {**self._asdict(), "eager": self.eager.facts(), "exported": self.exported.facts()}


def compared(before: Side, after: Side, task: str, name: str, splits: tuple[Split, Split]) -> Compared:
    """Compare the answers of two runs to a split, which both have read, and those of their exports."""
    eager = _eager(before.model.to(CPU).eval(), after.model.to(CPU).eval(), task, splits)
    return Compared(task, name, len(splits[0]), eager, _exported(before, after, task, splits[0]))


def _eager(before: MultiTaskModel, after: MultiTaskModel, task: str, splits: tuple[Split, Split]) -> Difference:
    """Return how otherwise two models answer rows (or pairs), in batches alike."""
    mine, theirs = splits
    if mine.judgements is not None:
        found = Differences(len(mine.pairs(task).grades))
        scores = [
            ModelAnswerer(model).scores(split, task, split.pairs(task))
            for model, split in ((before, mine), (after, theirs))
        ]
        found.add(slice(None), *scores)
        return found.summed()
    found = Differences(len(mine))
    with torch.inference_mode():
        for rows in batches(mine.lengths, tokens=BATCH_TOKENS, seed=0, epoch=0, shuffle=False):
            one, other = before.answers(mine.batch(rows), [task])[task], after.answers(theirs.batch(rows), [task])[task]
            for name, value in one.items():
                found.add(rows, value.numpy(), other[name].numpy())
    return found.summed()


def _exported(before: Side, after: Side, task: str, split: Split) -> Difference:
    """Return how otherwise the graphs of two exports answer rows."""
    heads = [Head.load(side.export / f"{task}.onnx", task) for side in (before, after)]
    found = Differences(len(split))
    keys = before.graph.inputs(task)
    for start in range(0, len(split), BATCH_SIZE):
        rows = np.arange(start, min(start + BATCH_SIZE, len(split)))
        texts = {name: split.texts(key, rows) for name, key in keys.items()}
        one, other = (head.run(side.graph, texts) for head, side in zip(heads, (before, after), strict=True))
        for name, value in one.items():
            if value.shape[:1] == rows.shape:
                found.add(rows, value, other[name])
    return found.summed()
