"""A made-up batch of one source, whose tensors have shapes and no memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from ..base.errors import counted
from ..data.batch import Batch, Index
from ..graph.calls import InputKey
from ..graph.sharing_graph import SharingGraph
from ..model.multi_task import MultiTaskModel
from ..recipe.config import TaskConfig
from ..text.features import Feature

ROWS, TOKENS, CHARACTERS = 2, 3, 4  # sizes of the fake batch: all different, so that mixed-up axes do not fit
PAIRS, LISTS, OTHER_TOKENS = 5, 1, 6  # units of judged pairs, and of lists; tokens of a text that is no first input


def should_take(task: TaskConfig) -> str:
    """Return the message for a module that a task's fake batch does not pass."""
    units = {"pairs": f"{PAIRS} pairs of {ROWS} texts", "lists": f"{counted(LISTS, 'list')} of {ROWS} texts"}
    rows = units.get(task.task.units, f"{ROWS} rows")
    tokens = f"{TOKENS} and {OTHER_TOKENS}" if len(task.inputs) > 1 else f"{TOKENS}"
    return f"should take a batch of {rows}, {tokens} tokens and {CHARACTERS} characters"


def fake_batch(model: MultiTaskModel, source: str) -> Batch:
    """Return a batch of one source in which every feature is a tensor without memory; of pairs for a ranking task."""
    graph = model.sharing_graph
    keys = {key: None for task in graph.recipe.tasks for key in _keys(graph, task)}
    sizes = {key: fake_tokens(graph, key) for key in keys}
    lengths = {key: torch.full((ROWS,), size, device="meta") for key, size in sizes.items()}
    features = {
        (name, index, key): fake_feature(feature, sizes[key])
        for name in graph.readers()
        for index, feature in enumerate(model.fitted.features[name])
        for key in keys
    }
    index = {}
    for task in graph.recipe.tasks.values():
        for key in graph.inputs(task.name).values() if task.source == source else ():
            if task.task.units == "pairs":
                index[key] = Index(torch.zeros(PAIRS, dtype=torch.int64, device="meta"))
            elif task.task.units == "lists":
                rows = torch.zeros((LISTS, ROWS), dtype=torch.int64, device="meta")
                index[key] = Index(rows, torch.full((LISTS,), ROWS, device="meta"))
    return Batch(source, np.arange(ROWS), lengths, features, tokens=ROWS * max(sizes.values()), index=index)


def fake_tokens(graph: SharingGraph, key: InputKey) -> int:
    """Return the number of tokens of a text: one of two, so that the two texts of a pair differ."""
    firsts = {(task.source, next(iter(task.inputs.values())).column) for task in graph.recipe.tasks.values()}
    return TOKENS if (key.source, key.column) in firsts else OTHER_TOKENS


def _keys(graph: SharingGraph, task: str) -> Iterator[InputKey]:
    for _, key in graph.leaves([task]):
        yield key


def fake_feature(feature: Feature, tokens: int) -> Tensor:
    """Return what a feature's tensor looks like."""
    sizes = {"T": tokens, "C": CHARACTERS, "P": tokens + 1, "G": tokens + 2}
    shape = (ROWS, *(sizes[axis] for axis in feature.dims))
    whole = np.issubdtype(feature.dtype, np.integer)
    return torch.zeros(shape, dtype=torch.int64 if whole else torch.float32, device="meta")
