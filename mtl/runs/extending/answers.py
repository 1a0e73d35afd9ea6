"""Answers of two runs to the rows of a split, compared bit by bit: by torch, and by their exported graphs."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from ...base.device import CPU
from ...data.batching import batches
from ...data.split import Split
from ...evaluate.answerers import BATCH_TOKENS, ModelAnswerer
from ...export.compare import BATCH_SIZE
from ...export.head import Head
from ...graph.sharing_graph import SharingGraph
from ...model.multi_task import MultiTaskModel


class Side(NamedTuple):
    """One of two runs: its graph, its model, its export."""

    graph: SharingGraph
    model: MultiTaskModel
    export: Path


class Compared(NamedTuple):
    """How many rows of a split a task was asked, and how many were answered otherwise by torch and by its graph.

    `exported` is None for a task that is not exported.
    """

    task: str
    split: str
    rows: int
    eager: int
    exported: int | None

    @property
    def equal(self) -> bool:
        """Whether every answer is the same, bit by bit."""
        return not self.eager and not self.exported


def compared(
    before: Side, after: Side, task: str, name: str, splits: tuple[Split, Split], *, exported: bool = True
) -> Compared:
    """Compare the answers of two runs to a split, which both have read, and those of their exports."""
    eager = _eager(before.model.to(CPU).eval(), after.model.to(CPU).eval(), task, splits)
    by_graphs = int(_exported(before, after, task, splits[0]).sum()) if exported else None
    return Compared(task, name, len(splits[0]), int(eager.sum()), by_graphs)


def _eager(before: MultiTaskModel, after: MultiTaskModel, task: str, splits: tuple[Split, Split]) -> NDArray[np.bool_]:
    """Return which rows (or pairs) two models answer otherwise, in batches alike."""
    mine, theirs = splits
    if mine.judgements is not None:
        return _differing(
            ModelAnswerer(before).scores(mine, task, mine.pairs(task)),
            ModelAnswerer(after).scores(theirs, task, theirs.pairs(task)),
        )
    found = np.zeros(len(mine), np.bool_)
    with torch.inference_mode():
        for rows in batches(mine.lengths, tokens=BATCH_TOKENS, seed=0, epoch=0, shuffle=False):
            one, other = before.answers(mine.batch(rows), [task])[task], after.answers(theirs.batch(rows), [task])[task]
            for name, value in one.items():
                found[rows] |= _differing(value.numpy(), other[name].numpy())
    return found


def _exported(before: Side, after: Side, task: str, split: Split) -> NDArray[np.bool_]:
    """Return which rows the graphs of two exports answer otherwise."""
    heads = [Head.load(side.export / f"{task}.onnx", task) for side in (before, after)]
    found = np.zeros(len(split), np.bool_)
    keys = before.graph.inputs(task)
    for start in range(0, len(split), BATCH_SIZE):
        rows = np.arange(start, min(start + BATCH_SIZE, len(split)))
        texts = {name: split.texts(key, rows) for name, key in keys.items()}
        one, other = (head.run(side.graph, texts) for head, side in zip(heads, (before, after), strict=True))
        for name, value in one.items():
            if value.shape[:1] == rows.shape:
                found[rows] |= _differing(value, other[name])
    return found


def _differing(one: NDArray[np.generic], other: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Return in which rows two arrays differ, [B]; in all of them where their shapes do. NaN is NaN."""
    if one.shape != other.shape or one.dtype != other.dtype:
        return np.ones(len(one), np.bool_)
    same = one == other
    if one.dtype.kind == "f":
        same |= np.isnan(one) & np.isnan(other)
    found: NDArray[np.bool_] = ~same.reshape(len(one), -1).all(1)
    return found
