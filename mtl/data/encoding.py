"""One split, featurized once: from a stream of rows to one memory-mapped Arrow file.

The file is an Arrow IPC file of one record batch of one row, whose every value is a list: a flat array however long it
is, and each as long as it needs to be. Of every column that holds texts: `text:COLUMN`, `hash:COLUMN` and
`length:COLUMN` (tokens of a text where it is read at its longest), and for each input a list of structs, one struct a
token, whose fields are the values of the features (`COMPONENT/INDEX`). Of N units: `target:TASK`, with `bounds:TASK`
where a unit has several values, and where its row was read (see `row_places`). A unit has one text of every column, in
their order, but where a column holds lists (`items:COLUMN` are their bounds) and where units are judged pairs (see
`pair_encoding`).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ..base.errors import UsageError, counted
from ..base.registry import name_of
from .cut_texts import CutTextCounts
from .grammar_check import GrammarCounts
from .kept_files import kept_file
from .pair_encoding import JudgementEncoder
from .remarks import RemarkCounts
from .row_places import RowPlaces
from .store import Scratch
from .targets import Names
from .text_encoding import OffsetsWriter, TextEncoder, flat

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .fitted import Fitted
    from .plan import SourcePlan
    from .reading import Chunk
    from .targets import Target

VERSION = 8  # of the layout
METADATA = b"mtl"


class TargetColumn:
    """The values of one task's target; labels that training never had are numbered as they come, after the known."""

    def __init__(self, target: Target, scratch: Scratch) -> None:
        self.target = target
        self.names = Names.of(target.answer_names(), target.earlier_names())
        self.rows = 0  # with an answer
        self.units = 0
        self.count = 0  # of values
        self._values = scratch.column()
        self._bounds = OffsetsWriter(scratch.column()) if target.axes else None

    def add(self, golds: Iterable[Any], counts: Sequence[int]) -> None:
        """Append the answers of some units; `counts` say how many values each has along the target's axis."""
        found: list[float] = []
        offsets = [0]
        for gold, count in zip(golds, counts, strict=True):
            encoded = self.target.encode(gold, count, self.names)
            self._fault_if_other_count(len(encoded), count)
            found += encoded
            offsets.append(len(found))
            self.rows += gold is not None
        self.units += len(offsets) - 1
        self.count += len(found)
        self._values.write(np.array(found, self.target.dtype))
        if self._bounds is not None:
            self._bounds.extend(np.array(offsets, np.int64))

    def _fault_if_other_count(self, found: int, count: int) -> None:
        """Raise `UsageError` where a unit has other than one value per token, or a text, or `width` of them."""
        axes = self.target.axes
        wanted = count if axes[:1] in (("T",), ("U",)) else found if axes else self.target.width
        if found != wanted:
            name = name_of(type(self.target))
            raise UsageError(f"the target '{name}' should encode {counted(wanted, 'value')} of a unit. Found {found}.")

    def arrays(self, task: str, scratch: Scratch) -> dict[str, pa.Array]:
        """Return the values, unseen labels in the order of their names, and their bounds."""
        found = {f"target:{task}": self._ordered(scratch)}
        if self._bounds is not None:
            found[f"bounds:{task}"] = flat(self._bounds.column, np.int64, self.units + 1)
        return found

    def _ordered(self, scratch: Scratch) -> pa.Array:
        names = list(self.names.ids)[self.names.known :]
        final = {name: self.names.known + i for i, name in enumerate(sorted(names))}
        if names == list(final):
            return flat(self._values, self.target.dtype, self.count)
        order = np.array([*range(self.names.known), *(final[name] for name in names)], np.int32)
        moved = scratch.column()
        ids = np.frombuffer(self._values.buffer(), np.int32)
        for start in range(0, len(ids), 1 << 20):
            part = ids[start : start + (1 << 20)]
            moved.write(np.where(part < 0, part, order[np.maximum(part, 0)]))
        moved.close()
        return flat(moved, np.int32, self.count)


class Encoder:
    """Takes the chunks of a split one after another and makes the file at the end; `root` is where the split lies."""

    def __init__(self, plan: SourcePlan, fitted: Fitted, scratch: Scratch, root: str) -> None:
        self.plan = plan
        self.scratch = scratch
        self.root = root
        self.rows = 0
        self.tokens = 0
        self.pretokenized: frozenset[str] = frozenset()
        self.parted: frozenset[str] = frozenset()
        self.unread: Counter[str] = Counter()
        self.cut = CutTextCounts(plan.splittings)
        self.remarks = RemarkCounts()
        self.grammar = GrammarCounts()
        self._texts = TextEncoder(plan, fitted, scratch)
        self._lengths = {column: scratch.column() for column in plan.columns}
        self._hashes = {column: scratch.column() for column in plan.columns}
        self._items = {column: OffsetsWriter(scratch.column()) for column in plan.listed}
        self._targets = {task.name: TargetColumn(fitted.targets[task.name], scratch) for task in plan.tasks}
        self._rows = None if plan.judgements is not None else RowPlaces(scratch, root)
        self._judged = None if plan.judgements is None else JudgementEncoder(plan.judgements, scratch, root)

    def add(self, chunk: Chunk) -> None:
        """Encode some units."""
        lengths = self._texts.add(chunk.texts, chunk.tokens)
        for column, texts in chunk.texts.items():
            self._lengths[column].write(lengths[column].astype(np.int32))
            self._hashes[column].write(np.array([text_hash(text) for text in texts], np.int64))
        for column, bounds in self._items.items():
            bounds.extend(np.cumsum([0, *chunk.counts[column]]))
        for task in self.plan.tasks:
            self._targets[task.name].add(chunk.targets[task.name], self._counts(chunk, task.name))
        if self._rows is not None:
            self._rows.add(chunk.rows)
        if self._judged is not None:
            self._judged.add(chunk, lengths)
            self.tokens += sum(int(found.sum()) for found in lengths.values())
        elif self._items:
            self.tokens += max(int(found.sum()) for found in lengths.values())
        else:
            self.tokens += int(np.max(list(lengths.values()), axis=0).sum())
        self.rows += len(chunk)
        self.pretokenized |= chunk.pretokenized
        self.parted |= chunk.parted
        self.unread.update(chunk.unread)
        self.cut.add(chunk.tokens)
        self.remarks.add(chunk.remarks)
        self.grammar.add(chunk.grammar)

    def _counts(self, chunk: Chunk, task: str) -> Sequence[int]:
        """Return how many values each unit has along the axis of a task's target."""
        key = self.plan.labelled[task]
        axes = self._targets[task].target.axes
        if axes[:1] == ("T",):
            found: list[int] = chunk.tokens[key.splitting].lengths.tolist()
            return found
        return chunk.counts[key.column] if axes[:1] == ("U",) else [1] * len(chunk)

    def finish(self, skipped: Sequence[Mapping[str, Any]]) -> Path:
        """Put the file together in the scratch folder and return it."""
        self.scratch.close()
        counts = self._texts.counts
        arrays: dict[str, pa.Array] = {}
        for column, lengths in self._lengths.items():
            arrays[f"length:{column}"] = flat(lengths, np.int32, counts[column])
            arrays[f"hash:{column}"] = flat(self._hashes[column], np.int64, counts[column])
        for column, bounds in self._items.items():
            arrays[f"items:{column}"] = flat(bounds.column, np.int64, self.rows + 1)
        for task, target in self._targets.items():
            arrays |= target.arrays(task, self.scratch)
        if self._rows is not None:
            arrays |= self._rows.arrays(self.rows)
        if self._judged is not None:
            arrays |= self._judged.arrays(self.rows)
        facts = {
            "rows": self.rows,
            "tokens": self.tokens,
            "labelled": {task: column.rows for task, column in self._targets.items()},
            "unseen": {task: dict(sorted(column.names.unseen.items())) for task, column in self._targets.items()},
            "pretokenized": sorted(self.pretokenized),
            "parted": sorted(self.parted),
            "skipped": [{**fault, "file": kept_file(fault["file"] or "", self.root)} for fault in skipped],
            "remarks": self.remarks.kept(self.root),
            "grammar": self.grammar.kept(self.root),
            "unread": {task: count for task, count in self.unread.items() if count},
            "cut": self.cut.kept(),
            "row_files": [] if self._rows is None else self._rows.files(),
            "judged": None if self._judged is None else self._judged.facts(),
        }
        return write_split({**arrays, **self._texts.arrays()}, facts, self.scratch)


def write_split(arrays: Mapping[str, pa.Array], facts: Mapping[str, Any], scratch: Scratch) -> Path:
    """Write a file of arrays and facts into the scratch folder and return it."""
    lists = [pa.LargeListArray.from_arrays([0, len(array)], array) for array in arrays.values()]
    batch = pa.RecordBatch.from_arrays(lists, list(arrays))
    schema = batch.schema.with_metadata({METADATA: json.dumps(facts)})
    path = scratch.folder / "split.arrow"
    with scratch.store.writing(), pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        writer.write_batch(batch.replace_schema_metadata(schema.metadata))
    return path


def text_hash(text: str) -> int:
    """Return 64 bits that say which text it is, runs of white space taken as one space."""
    joined = " ".join(text.split())
    return int.from_bytes(hashlib.blake2b(joined.encode(), digest_size=8).digest(), "little", signed=True)
