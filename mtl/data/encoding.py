"""One split, featurized once: from a stream of rows to one memory-mapped Arrow file.

The file is an Arrow IPC file of one record batch of one row, whose every value is a list: a flat array however long it
is, and each as long as it needs to be. Of N rows: `length` (tokens of a row's longest input), `hash` (of its texts),
`label:TASK` (an id a row). Of texts: `text:COLUMN`, and for each input a list of structs, one struct a token, whose
fields are the values of the features (`COMPONENT/INDEX`) and the label ids of token-level tasks (`label:TASK`). A row
has one text in every column, in the order of the rows; where a ranking task is on the source, see `pair_encoding`.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .batch import front_end
from .labels import MISSING, Labels
from .store import Column, Scratch
from .text_encoding import TextEncoder, flat

if TYPE_CHECKING:
    from ..graph.sharing_graph import InputKey
    from .fitted import Fitted
    from .reading import Chunk, Plan, Target

VERSION = 3  # of the layout
METADATA = b"mtl"


class LabelColumn:
    """Label ids of one task; labels that training never had are numbered as they come, behind the known ones."""

    def __init__(self, column: Column, labels: Labels) -> None:
        self.column = column
        self.known = len(labels)
        self.ids = labels.ids()
        self.rows = 0
        self.count = 0  # of ids
        self.unseen: Counter[str] = Counter()

    def row_level(self, targets: Iterable[Target]) -> None:
        """Append one label a row."""
        found = [MISSING if target is None else self._id(str(target)) for target in targets]
        self.rows += sum(i != MISSING for i in found)
        self._write(found)

    def token_level(self, targets: Iterable[Target], offsets: NDArray[np.int64]) -> None:
        """Append one label a token."""
        found: list[int] = []
        for target, length in zip(targets, np.diff(offsets).tolist(), strict=True):
            found += [MISSING] * length if target is None else [self._id(label) for label in target]
            self.rows += target is not None
        self._write(found)

    def _write(self, ids: Sequence[int]) -> None:
        self.count += len(ids)
        self.column.write(np.array(ids, np.int32))

    def _id(self, label: str) -> int:
        i = self.ids.setdefault(label, len(self.ids))
        if i >= self.known:
            self.unseen[label] += 1
        return i

    def array(self, scratch: Scratch) -> pa.Array:
        """Return the ids, unseen labels in the order of their names."""
        names = list(self.ids)[self.known :]
        final = {name: self.known + i for i, name in enumerate(sorted(names))}
        if names == list(final):
            return flat(self.column, np.int32, self.count)
        order = np.array([*range(self.known), *(final[name] for name in names)], np.int32)
        moved = scratch.column()
        ids = np.frombuffer(self.column.buffer(), np.int32)
        for start in range(0, len(ids), 1 << 20):
            part = ids[start : start + (1 << 20)]
            moved.write(np.where(part < 0, part, order[np.maximum(part, 0)]))
        moved.close()
        return flat(moved, np.int32, self.count)


class Encoder:
    """Takes the chunks of a split one after another and makes the file at the end."""

    def __init__(self, plan: Plan, fitted: Fitted, scratch: Scratch) -> None:
        self.plan = plan
        self.scratch = scratch
        self.rows = 0
        self.tokens = 0
        self.pretokenized: frozenset[str] = frozenset()
        self.unread: Counter[str] = Counter()
        self._texts = TextEncoder(plan, fitted, scratch)
        self._length = scratch.column()
        self._hash = scratch.column()
        self._labels = {task.name: LabelColumn(scratch.column(), fitted.labels[task.name]) for task in plan.tasks}

    def add(self, chunk: Chunk) -> None:
        """Encode some rows."""
        lengths = np.max(list(self._texts.add(chunk.texts, chunk.tokens).values()), axis=0)
        for task in self.plan.tasks:
            column, targets = self._labels[task.name], chunk.targets[task.name]
            if task.task.level == "row":
                column.row_level(targets)
            else:
                column.token_level(targets, chunk.tokens[front_end(self.plan.first[task.name])].row_offsets)
        self._hash.write(np.array([text_hash(texts) for texts in zip(*chunk.texts.values(), strict=True)], np.int64))
        self._length.write(lengths.astype(np.int32))
        self.rows += len(chunk)
        self.tokens += int(lengths.sum())
        self.pretokenized |= chunk.pretokenized
        self.unread.update(chunk.unread)

    def finish(self, skipped: list[Any]) -> Path:
        """Put the file together in the scratch folder and return it."""
        self.scratch.close()
        labels = {name: column.array(self.scratch) for name, column in self._labels.items()}
        by_row = {task.name for task in self.plan.tasks if task.task.level == "row"}
        by_token: dict[InputKey, dict[str, pa.Array]] = {}
        for name, key in self.plan.first.items():
            if name not in by_row:
                by_token.setdefault(key, {})[name] = labels[name]
        arrays = {
            "length": flat(self._length, np.int32, self.rows),
            "hash": flat(self._hash, np.int64, self.rows),
            **{f"label:{name}": labels[name] for name in by_row},
            **self._texts.arrays(by_token),
        }
        facts = {
            "tokens": self.tokens,
            **label_facts(self._labels),
            "pretokenized": sorted(self.pretokenized),
            "skipped": skipped,
            "unread": {task: count for task, count in self.unread.items() if count},
        }
        return write(arrays, facts, self.scratch)


def label_facts(labels: Mapping[str, LabelColumn]) -> dict[str, Any]:
    """Return what a file says about its labels: rows that have one, and those that training never had."""
    return {
        "labelled": {name: column.rows for name, column in labels.items()},
        "unseen": {name: dict(sorted(column.unseen.items())) for name, column in labels.items()},
    }


def write(arrays: Mapping[str, pa.Array], facts: Mapping[str, Any], scratch: Scratch) -> Path:
    """Write a file of arrays and facts into the scratch folder and return it."""
    lists = [pa.LargeListArray.from_arrays([0, len(array)], array) for array in arrays.values()]
    batch = pa.RecordBatch.from_arrays(lists, list(arrays))
    schema = batch.schema.with_metadata({METADATA: json.dumps(facts)})
    path = scratch.folder / "split.arrow"
    with scratch.store.writing(), pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        writer.write_batch(batch.replace_schema_metadata(schema.metadata))
    return path


def text_hash(texts: Sequence[str]) -> int:
    """Return 64 bits that stand for a row's texts, runs of white space taken as one space."""
    joined = "\x1f".join(" ".join(text.split()) for text in texts)
    return int.from_bytes(hashlib.blake2b(joined.encode(), digest_size=8).digest(), "little", signed=True)
