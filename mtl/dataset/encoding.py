"""One split, featurized once: from a stream of rows to one memory-mapped Arrow file.

The file is an Arrow IPC file of one record batch, so that each column is one flat array however many rows there are:
`length` (tokens a row, of its longest input), `hash` (of its texts), `text:COLUMN`, `label:TASK` (an id a row), and for
each input a list column of structs, one struct a token, whose fields are the values of the features (`COMPONENT/INDEX`)
and the label ids of token-level tasks (`label:TASK`). Values go to scratch files as they come, which are mapped, not
read, when the file is put together: memory does not grow with the data.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..errors import UsageError
from ..labels import MISSING, Labels
from ..registry import name_of
from .store import Column, Scratch

if TYPE_CHECKING:
    from ..features import Feature
    from ..sharing_graph import InputKey
    from .fitted import Fitted
    from .reading import Chunk, Plan, Target

VERSION = 1  # of the layout
METADATA = b"mtl"


def input_name(key: InputKey) -> str:
    """Return the name of an input's column."""
    return f"tokens:{key.column}|{key.tokenizer}|{'lower' if key.lowercase else 'as it is'}"


class _Bounds:
    """Offsets of rows (or tokens) of growing number."""

    def __init__(self, column: Column) -> None:
        self.column = column
        self.total = 0
        column.write(np.zeros(1, np.int64))

    def extend(self, offsets: NDArray[np.int64]) -> None:
        self.column.write(np.ascontiguousarray(offsets[1:] + (self.total - offsets[0]), np.int64))
        self.total += int(offsets[-1] - offsets[0])


class _LabelColumn:
    """Label ids of one task; labels that training never had are numbered as they come, behind the known ones."""

    def __init__(self, column: Column, labels: Labels) -> None:
        self.column = column
        self.known = len(labels)
        self.ids = labels.ids()
        self.rows = 0
        self.unseen: Counter[str] = Counter()

    def row_level(self, targets: Iterable[Target]) -> None:
        found = [MISSING if target is None else self._id(str(target)) for target in targets]
        self.rows += sum(i != MISSING for i in found)
        self.column.write(np.array(found, np.int32))

    def token_level(self, targets: Iterable[Target], offsets: NDArray[np.int64]) -> None:
        found: list[int] = []
        for target, length in zip(targets, np.diff(offsets).tolist(), strict=True):
            found += [MISSING] * length if target is None else [self._id(label) for label in target]
            self.rows += target is not None
        self.column.write(np.array(found, np.int32))

    def _id(self, label: str) -> int:
        i = self.ids.setdefault(label, len(self.ids))
        if i >= self.known:
            self.unseen[label] += 1
        return i

    def order(self) -> NDArray[np.int32] | None:
        """Return the final id of each id (unseen labels in the order of their names), None where none moves."""
        names = list(self.ids)[self.known :]
        final = {name: self.known + i for i, name in enumerate(sorted(names))}
        if names == list(final):
            return None
        return np.array([*range(self.known), *(final[name] for name in names)], np.int32)


class Encoder:
    """Takes the chunks of a split one after another and makes the file at the end."""

    def __init__(self, plan: Plan, fitted: Fitted, scratch: Scratch) -> None:
        self.plan = plan
        self.fitted = fitted
        self.scratch = scratch
        self.rows = 0
        self.tokens = 0
        self.pretokenized: frozenset[str] = frozenset()
        self._length = scratch.column()
        self._hash = scratch.column()
        self._texts = {column: (_Bounds(scratch.column()), scratch.column()) for column in plan.columns}
        self._labels = {task.name: _LabelColumn(scratch.column(), fitted.labels[task.name]) for task in plan.tasks}
        self._bounds = {key: _Bounds(scratch.column()) for key in plan.inputs}
        self._values: dict[tuple[InputKey, str, int], Column] = {}
        self._inner: dict[tuple[InputKey, str, int], _Bounds] = {}
        for key, components in plan.inputs.items():
            for component in components:
                for index, feature in enumerate(fitted.features[component]):
                    self._values[key, component, index] = scratch.column()
                    if len(feature.dims) == 2:
                        self._inner[key, component, index] = _Bounds(scratch.column())

    def add(self, chunk: Chunk) -> None:
        """Encode some rows."""
        lengths = np.zeros(len(chunk), np.int64)
        for key, components in self.plan.inputs.items():
            tokens = chunk.tokens[key.column, key.tokenizer]
            self._bounds[key].extend(tokens.row_offsets)
            lengths = np.maximum(lengths, tokens.lengths)
            for component in components:
                for index, feature in enumerate(self.fitted.features[component]):
                    self._add_feature((key, component, index), feature, tokens)
        for task in self.plan.tasks:
            column, targets = self._labels[task.name], chunk.targets[task.name]
            if task.task.level == "row":
                column.row_level(targets)
            else:
                key = self.plan.first[task.name]
                column.token_level(targets, chunk.tokens[key.column, key.tokenizer].row_offsets)
        for name, (bounds, data) in self._texts.items():
            encoded = [text.encode("utf-8") for text in chunk.texts[name]]
            bounds.extend(np.cumsum([0, *map(len, encoded)]))
            data.write(b"".join(encoded))
        self._hash.write(np.array([text_hash(texts) for texts in zip(*chunk.texts.values(), strict=True)], np.int64))
        self._length.write(lengths.astype(np.int32))
        self.rows += len(chunk)
        self.tokens += int(lengths.sum())
        self.pretokenized |= chunk.pretokenized

    def _add_feature(self, place: tuple[InputKey, str, int], feature: Feature, tokens: Any) -> None:
        key = place[0]
        ragged = feature.compute(tokens, key.lowercase)
        if len(ragged.offsets) != len(feature.dims) or not np.array_equal(ragged.offsets[0], tokens.row_offsets):
            raise UsageError(
                f"the feature '{name_of(type(feature))}' should return its values with the tokens' own offsets"
                f"{' and those of the values in each token' if len(feature.dims) == 2 else ''}. Found other ones."
            )
        count = len(ragged.values) if len(feature.dims) == 1 else len(ragged.offsets[1]) - 1
        if count != tokens.row_offsets[-1]:
            raise UsageError(
                f"the feature '{name_of(type(feature))}' should return values for {tokens.row_offsets[-1]} tokens. "
                f"Found {count}."
            )
        self._values[place].write(np.ascontiguousarray(ragged.values, feature.dtype))
        if place in self._inner:
            self._inner[place].extend(ragged.offsets[1])

    def finish(self, skipped: list[Any]) -> Path:
        """Put the file together in the scratch folder and return it."""
        self.scratch.close()
        arrays: dict[str, pa.Array] = {
            "length": _flat(self._length, np.int32, self.rows),
            "hash": _flat(self._hash, np.int64, self.rows),
        }
        for name, (bounds, data) in self._texts.items():
            arrays[f"text:{name}"] = pa.LargeStringArray.from_buffers(self.rows, bounds.column.buffer(), data.buffer())
        labels = {name: self._label_array(name, column) for name, column in self._labels.items()}
        levels = {task.name: task.task.level for task in self.plan.tasks}
        arrays |= {f"label:{name}": array for name, array in labels.items() if levels[name] == "row"}
        for key, bounds in self._bounds.items():
            fields = {f"{c}/{i}": self._feature_array(k, c, i) for (k, c, i) in self._values if k == key}
            for name, first in self.plan.first.items():
                if first == key and levels[name] == "token":
                    fields[f"label:{name}"] = labels[name]
            if not fields:
                fields["none"] = pa.nulls(bounds.total)
            tokens = pa.StructArray.from_arrays(list(fields.values()), list(fields))
            offsets = _flat(bounds.column, np.int64, self.rows + 1)
            arrays[input_name(key)] = pa.LargeListArray.from_arrays(offsets, tokens)
        return self._write(arrays, skipped)

    def _feature_array(self, key: InputKey, component: str, index: int) -> pa.Array:
        place = (key, component, index)
        dtype = self.fitted.features[component][index].dtype
        if place not in self._inner:
            return _flat(self._values[place], dtype, self._bounds[key].total)
        inner = self._inner[place]
        values = _flat(self._values[place], dtype, inner.total)
        return pa.LargeListArray.from_arrays(_flat(inner.column, np.int64, self._bounds[key].total + 1), values)

    def _label_array(self, task: str, labels: _LabelColumn) -> pa.Array:
        column = labels.column
        order = labels.order()
        if order is not None:
            final = self.scratch.column()
            ids = np.frombuffer(column.buffer(), np.int32)
            for start in range(0, len(ids), 1 << 20):
                part = ids[start : start + (1 << 20)]
                final.write(np.where(part < 0, part, order[np.maximum(part, 0)]))
            final.close()
            column = final
        key = self.plan.first[task]
        level = next(t.task.level for t in self.plan.tasks if t.name == task)
        return _flat(column, np.int32, self.rows if level == "row" else self._bounds[key].total)

    def _write(self, arrays: dict[str, pa.Array], skipped: list[Any]) -> Path:
        facts = {
            "tokens": self.tokens,
            "labelled": {name: column.rows for name, column in self._labels.items()},
            "unseen": {name: dict(sorted(column.unseen.items())) for name, column in self._labels.items()},
            "pretokenized": sorted(self.pretokenized),
            "skipped": skipped,
        }
        batch = pa.RecordBatch.from_arrays(list(arrays.values()), list(arrays))
        schema = batch.schema.with_metadata({METADATA: json.dumps(facts)})
        path = self.scratch.folder / "split.arrow"
        with self.scratch.store.writing(), pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
            writer.write_batch(batch.replace_schema_metadata(schema.metadata))
        return path


def text_hash(texts: tuple[str, ...]) -> int:
    """Return 64 bits that stand for a row's texts, runs of white space taken as one space."""
    joined = "\x1f".join(" ".join(text.split()) for text in texts)
    return int.from_bytes(hashlib.blake2b(joined.encode(), digest_size=8).digest(), "little", signed=True)


def _flat(column: Column, dtype: Any, count: int) -> pa.Array:
    kind = pa.from_numpy_dtype(np.dtype(dtype))
    return pa.Array.from_buffers(kind, count, [None, column.buffer()])
