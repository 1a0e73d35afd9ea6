"""One split of a source, featurized and memory-mapped: batches of any of its rows, its gold labels and texts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from ..base.errors import Fault, UsageError
from ..text.features import Ragged
from .batch import Batch
from .batching import batches
from .collate import grid, pad_at, values_at
from .encoding import METADATA
from .labels import MISSING, Labels
from .text_encoding import input_name

if TYPE_CHECKING:
    from ..graph.sharing_graph import InputKey
    from .batch import FeatureKey
    from .fitted import Fitted
    from .ranking import Pairs
    from .reading import Plan

Rows = Sequence[int] | NDArray[np.integer] | None


class _Input(NamedTuple):
    """The tokens of an input: bounds of texts, and the flat values of features and of token-level tasks' labels."""

    key: InputKey
    offsets: NDArray[np.int64]
    features: tuple[tuple[FeatureKey, Ragged], ...]
    labels: tuple[tuple[str, NDArray[np.int32]], ...]


class EncodedSplit:
    """N rows of a source as ids in a memory-mapped file; rows are numbered from 0 in the order of the source.

    `lengths` [N] int32 are the tokens of each row's longest input. `labelled` and `unseen` count, by task, rows with
    a label and labels that training never had; `unread` counts, by task, tags of tokens behind `max_tokens`;
    `pretokenized` are the columns that held lists of tokens. `notes` are faults that stop nobody.
    """

    def __init__(self, path: Path, plan: Plan, fitted: Fitted) -> None:
        self.source = plan.source
        self._batch = pa.ipc.open_file(pa.memory_map(str(path))).get_batch(0)
        self.facts: dict[str, Any] = json.loads(self._batch.schema.metadata[METADATA])
        self.tokens: int = self.facts["tokens"]
        self.labelled: dict[str, int] = self.facts["labelled"]
        self.unseen: dict[str, dict[str, int]] = self.facts["unseen"]
        self.pretokenized: frozenset[str] = frozenset(self.facts["pretokenized"])
        self.unread: dict[str, int] = self.facts.get("unread", {})
        self.skipped: list[Any] = self.facts["skipped"]
        self.notes: list[Fault] = []
        self._labels: dict[str, Labels] = {task.name: fitted.labels[task.name] for task in plan.tasks}
        self._first = plan.first
        self._row_labels = {
            task.name: values(self._column(f"label:{task.name}"), np.int32)
            for task in plan.tasks
            if task.task.level != "token"
        }
        self._inputs = {key: self._input(key, plan, fitted) for key in plan.inputs}
        self.lengths: NDArray[np.int32]
        self.text_hashes: NDArray[np.int64]
        self._read_rows()

    def _read_rows(self) -> None:
        """Read what the file has a value of for every row."""
        self.lengths = values(self._column("length"), np.int32)
        self.text_hashes = values(self._column("hash"), np.int64)

    def _column(self, name: str) -> pa.Array:
        return self._batch.column(name).values

    def _input(self, key: InputKey, plan: Plan, fitted: Fitted) -> _Input:
        column = self._column(input_name(key))
        features: list[tuple[FeatureKey, Ragged]] = []
        for component in plan.inputs[key]:
            for index, feature in enumerate(fitted.features[component]):
                found = column.values.field(f"{component}/{index}")
                offsets: tuple[NDArray[np.int64], ...] = (_offsets(column),)
                if len(feature.dims) == 2:
                    offsets += (_offsets(found),)
                    found = found.values
                features.append(((component, index, key), Ragged(values(found, feature.dtype), offsets)))
        labels = [
            (task.name, values(column.values.field(f"label:{task.name}"), np.int32))
            for task in plan.tasks
            if task.task.level == "token" and plan.first[task.name] == key
        ]
        return _Input(key, _offsets(column), tuple(features), tuple(labels))

    def __len__(self) -> int:
        """Return the number of rows, N."""
        return len(self.lengths)

    def batches(
        self, *, size: int | None = None, tokens: int | None = None, seed: int, epoch: int, shuffle: bool = True
    ) -> list[NDArray[np.int64]]:
        """Return the row numbers of each batch of an epoch (see `mtl.data.batching`)."""
        return batches(self.lengths, size=size, tokens=tokens, seed=seed, epoch=epoch, shuffle=shuffle)

    def batch(self, rows: NDArray[np.integer], *, draw: int | None = None) -> Batch:
        """Return some rows as padded tensors, for every task on the source.

        `draw` seeds what is drawn beside the rows where a ranking task asks for it; nothing is without it.
        """
        wanted = np.asarray(rows, np.int64)
        batch = Batch(self.source, wanted, {}, {}, tokens=int(self.lengths[wanted].sum()))
        for task, labels in self._row_labels.items():
            ids = labels[wanted].astype(np.int64)
            batch.targets[task] = torch.from_numpy(ids)
            batch.labelled[task] = torch.from_numpy((ids >= 0) & (ids < len(self._labels[task])))
        self._fill(batch, dict.fromkeys(self._inputs, wanted))
        return batch

    def _fill(self, batch: Batch, texts: Mapping[InputKey, NDArray[np.int64]]) -> None:
        """Give a batch some texts of each input, by their numbers."""
        for key, numbers in texts.items():
            source = self._inputs[key]
            at = grid(source.offsets, numbers)
            batch.lengths[key] = torch.from_numpy(at.lengths)
            for place, ragged in source.features:
                batch.features[place] = torch.from_numpy(pad_at(ragged, at))
            for task, labels in source.labels:
                ids = values_at(labels, at, MISSING)
                batch.targets[task] = torch.from_numpy(ids)
                known = (ids >= 0) & (ids < len(self._labels[task]))
                batch.labelled[task] = torch.from_numpy(known.any(axis=1))

    def text_batch(self, key: InputKey, numbers: Sequence[int] | NDArray[np.integer]) -> Batch:
        """Return some texts of one input alone, by their numbers."""
        wanted = np.asarray(numbers, np.int64)
        batch = Batch(self.source, wanted, {}, {}, tokens=int(self.text_lengths(key)[wanted].sum()))
        self._fill(batch, {key: wanted})
        return batch

    def text_count(self, key: InputKey) -> int:
        """Return how many texts of an input are kept: one a row, or where a ranking task is on the source distinct."""
        return len(self._inputs[key].offsets) - 1

    def text_lengths(self, key: InputKey) -> NDArray[np.int64]:
        """Return the tokens of each text of an input."""
        return np.diff(self._inputs[key].offsets)

    def target_names(self, task: str) -> tuple[str, ...]:
        """Return a task's labels in the order of the ids in `targets`: those of training, then the unseen."""
        return self._labels[task].extended(self.unseen[task])

    def gold(self, task: str, rows: Rows = None) -> list[Any]:
        """Return the right answers of some rows (or all): a label each, or a list of labels, one a token.

        None where a row has no label, and for token-level tasks where it has no token.
        """
        wanted = np.arange(len(self)) if rows is None else np.asarray(rows, np.int64)
        names = np.array([*self.target_names(task), None], object)
        if task in self._row_labels:
            return list(names[np.maximum(self._row_labels[task][wanted], -1)].tolist())
        source = self._inputs[self._first[task]]
        ids = dict(source.labels)[task]
        found: list[Any] = []
        for start, end in zip(source.offsets[wanted].tolist(), source.offsets[wanted + 1].tolist(), strict=True):
            found.append(None if ids[start] == MISSING else names[ids[start:end]].tolist())
        return found

    def texts(self, key: InputKey | str, rows: Rows = None) -> list[str]:
        """Return the raw texts of an input (or of a column) for some rows, or for all."""
        column = key if isinstance(key, str) else key.column
        numbers = self._text_numbers(column, rows)
        texts = self._column(f"text:{column}")
        return list((texts if numbers is None else texts.take(pa.array(numbers))).to_pylist())

    def _text_numbers(self, column: str, rows: Rows) -> NDArray[np.int64] | None:
        """Return which texts of a column some rows hold; None for all of them in their order."""
        return None if rows is None else np.asarray(rows, np.int64)

    def pairs(self, task: str) -> Pairs:
        """Return what a ranking task is measured on; raises `UsageError` for other tasks."""
        raise UsageError(f"task '{task}' should be a ranking task, to have pairs. Found one of another level.")

    def unseen_labels(self) -> dict[str, dict[str, int]]:
        """Return, by task, how often each label occurs that training never had: no answer can be one of them."""
        return {task: unseen for task, unseen in self.unseen.items() if unseen}

    def described(self) -> dict[str, Any]:
        """Return, as JSON-able values, what a report says of a split beside what it says of every one."""
        return {}


def values(array: pa.Array, dtype: Any) -> NDArray[Any]:
    """Return an Arrow array of numbers as one of NumPy's, over the same memory."""
    found: NDArray[Any] = np.frombuffer(array.buffers()[1] or b"", dtype)[array.offset : array.offset + len(array)]
    return found


def _offsets(array: pa.Array) -> NDArray[np.int64]:
    return np.frombuffer(array.buffers()[1], np.int64)[: len(array) + 1]
