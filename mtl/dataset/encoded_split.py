"""One split of a source, featurized and memory-mapped: batches of any of its rows, its gold labels and texts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..collate import grid, pad_at, values_at
from ..features import Ragged
from ..labels import MISSING, Labels
from .batch import Batch
from .encoding import METADATA, input_name

if TYPE_CHECKING:
    from ..sharing_graph import InputKey
    from .batch import FeatureKey
    from .fitted import Fitted
    from .reading import Plan


class _Input(NamedTuple):
    """The tokens of an input: bounds of rows, and the flat values of features and of token-level tasks' labels."""

    key: InputKey
    offsets: NDArray[np.int64]
    features: tuple[tuple[FeatureKey, Ragged], ...]
    labels: tuple[tuple[str, NDArray[np.int32]], ...]


class EncodedSplit:
    """N rows of a source as ids in a memory-mapped file; rows are numbered from 0 in the order of the source.

    `lengths` [N] int32 are the tokens of each row's longest input. `labelled` and `unseen` count, by task, rows with
    a label and labels that training never had; `pretokenized` are the columns that held lists of tokens.
    """

    def __init__(self, path: Path, plan: Plan, fitted: Fitted) -> None:
        self.source = plan.source
        self._batch = pa.ipc.open_file(pa.memory_map(str(path))).get_batch(0)
        facts: dict[str, Any] = json.loads(self._batch.schema.metadata[METADATA])
        self.tokens: int = facts["tokens"]
        self.labelled: dict[str, int] = facts["labelled"]
        self.unseen: dict[str, dict[str, int]] = facts["unseen"]
        self.pretokenized: frozenset[str] = frozenset(facts["pretokenized"])
        self.skipped: list[Any] = facts["skipped"]
        self.lengths: NDArray[np.int32] = _values(self._batch.column("length"), np.int32)
        self.text_hashes: NDArray[np.int64] = _values(self._batch.column("hash"), np.int64)
        self._labels: dict[str, Labels] = {task.name: fitted.labels[task.name] for task in plan.tasks}
        self._first = plan.first
        self._row_labels = {
            task.name: _values(self._batch.column(f"label:{task.name}"), np.int32)
            for task in plan.tasks
            if task.task.level == "row"
        }
        self._inputs = tuple(self._input(key, plan, fitted) for key in plan.inputs)

    def _input(self, key: InputKey, plan: Plan, fitted: Fitted) -> _Input:
        column = self._batch.column(input_name(key))
        features: list[tuple[FeatureKey, Ragged]] = []
        for component in plan.inputs[key]:
            for index, feature in enumerate(fitted.features[component]):
                values = column.values.field(f"{component}/{index}")
                offsets: tuple[NDArray[np.int64], ...] = (_offsets(column),)
                if len(feature.dims) == 2:
                    offsets += (_offsets(values),)
                    values = values.values
                features.append(((component, index, key), Ragged(_values(values, feature.dtype), offsets)))
        labels = [
            (task.name, _values(column.values.field(f"label:{task.name}"), np.int32))
            for task in plan.tasks
            if task.task.level == "token" and plan.first[task.name] == key
        ]
        return _Input(key, _offsets(column), tuple(features), tuple(labels))

    def __len__(self) -> int:
        """Return the number of rows, N."""
        return len(self.lengths)

    def batch(self, rows: NDArray[np.integer]) -> Batch:
        """Return some rows as padded tensors, for every task on the source."""
        wanted = np.asarray(rows, np.int64)
        lengths: dict[InputKey, Tensor] = {}
        features: dict[FeatureKey, Tensor] = {}
        targets: dict[str, Tensor] = {}
        labelled: dict[str, Tensor] = {}
        for task, labels in self._row_labels.items():
            ids = labels[wanted].astype(np.int64)
            targets[task] = torch.from_numpy(ids)
            labelled[task] = torch.from_numpy((ids >= 0) & (ids < len(self._labels[task])))
        for key, offsets, inputs, tagged in self._inputs:
            at = grid(offsets, wanted)
            lengths[key] = torch.from_numpy(at.lengths)
            for place, ragged in inputs:
                features[place] = torch.from_numpy(pad_at(ragged, at))
            for task, labels in tagged:
                ids = values_at(labels, at, MISSING)
                targets[task] = torch.from_numpy(ids)
                known = (ids >= 0) & (ids < len(self._labels[task]))
                labelled[task] = torch.from_numpy(known.any(axis=1))
        tokens = int(self.lengths[wanted].sum())
        return Batch(self.source, wanted, lengths, features, targets, labelled, tokens)

    def target_names(self, task: str) -> tuple[str, ...]:
        """Return a task's labels in the order of the ids in `targets`: those of training, then the unseen."""
        return self._labels[task].extended(self.unseen[task])

    def gold(self, task: str, rows: Sequence[int] | NDArray[np.integer] | None = None) -> list[Any]:
        """Return the right answers of some rows (or all): a label each, or a list of labels, one a token.

        None where a row has no label, and for token-level tasks where it has no token.
        """
        wanted = np.arange(len(self)) if rows is None else np.asarray(rows, np.int64)
        names = np.array([*self.target_names(task), None], object)
        if task in self._row_labels:
            return list(names[np.maximum(self._row_labels[task][wanted], -1)].tolist())
        source = next(i for i in self._inputs if i.key == self._first[task])
        ids = dict(source.labels)[task]
        found: list[Any] = []
        for start, end in zip(source.offsets[wanted].tolist(), source.offsets[wanted + 1].tolist(), strict=True):
            found.append(None if ids[start] == MISSING else names[ids[start:end]].tolist())
        return found

    def texts(self, key: InputKey | str, rows: Sequence[int] | NDArray[np.integer] | None = None) -> list[str]:
        """Return the raw texts of an input (or of a column) for some rows, or for all."""
        column = self._batch.column(f"text:{key if isinstance(key, str) else key.column}")
        chosen = column if rows is None else column.take(pa.array(np.asarray(rows, np.int64)))
        return list(chosen.to_pylist())


def _values(array: pa.Array, dtype: Any) -> NDArray[Any]:
    found: NDArray[Any] = np.frombuffer(array.buffers()[1] or b"", dtype)[array.offset : array.offset + len(array)]
    return found


def _offsets(array: pa.Array) -> NDArray[np.int64]:
    return np.frombuffer(array.buffers()[1], np.int64)[: len(array) + 1]
