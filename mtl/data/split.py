"""One split of a source, featurized and memory-mapped: texts, and the units that are made of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..base.errors import Fault, UsageError
from ..text.featurizer import tokenize
from ..text.quoting import quote
from .batch import Batch
from .batching import batches, part
from .cut_pairs import CutPairs, cut_pairs
from .cut_texts import CutTexts
from .judged_units import JudgedUnits
from .kept_files import found_file
from .masks import Masks
from .negatives import Negatives
from .raw_texts import RawTexts, Rows
from .reading import row_spans
from .remarks import remark_faults
from .row_places import KeptPlaces
from .running import Segments
from .soft_labels import SoftLabels
from .split_file import SplitFile
from .targets import Grades
from .unit_batches import Change, UnitBatches
from .unit_sizes import UnitSizes

if TYPE_CHECKING:
    from ..graph.calls import InputKey
    from .fitted import Fitted
    from .judgements import Judgements, Pairs
    from .plan import SourcePlan

ANSWERS = 1024  # units whose answers are read together


class Split:
    """N units of a source as ids in a memory-mapped file, numbered from 0 in the order of the source.

    A unit has one text of each column; a list of them, where the column holds lists; or is a judged pair of texts that
    are kept once each (a triple is two pairs). `lengths` [N] int32 are the tokens of each unit's longest input.
    `labelled` and `unseen` count, by task, units with an answer and labels that training never had; `unread` counts, by
    task, tags of tokens after `max_tokens`, or answers in them; `grammar` counts, by task, rows with spans and those
    that break the grammar of their tags; `cut` are the ways in which texts of a column were cut to `max_pieces`;
    `pretokenized` are the columns that held lists of tokens, `parted` those of them in which white space parts some.
    `soft` are what teachers say of the units, by task. `notes` are warnings. `root` is where the source's split lies,
    for messages. A split is `running` where its rows are one text, which is read on.
    """

    def __init__(self, path: Path, plan: SourcePlan, fitted: Fitted, root: str) -> None:
        self.source = plan.source
        self.root = root
        self.running = any(task.task.bptt is not None for task in plan.tasks)
        self._plan, self._fitted = plan, fitted
        self.judgements: Judgements | None = plan.judgements
        self._file = SplitFile(path)
        self._judged = None if plan.judgements is None else JudgedUnits(self._file, plan.judgements, plan.readers)
        self.facts = self._file.facts
        self.tokens: int = self.facts["tokens"]
        self.labelled: dict[str, int] = self.facts["labelled"]
        self.unseen: dict[str, dict[str, int]] = self.facts["unseen"]
        self.pretokenized: frozenset[str] = frozenset(self.facts["pretokenized"])
        self.parted: frozenset[str] = frozenset(self.facts["parted"])
        self.unread: dict[str, int] = self.facts["unread"]
        self.cut = [CutTexts(*found) for found in self.facts["cut"]]
        self.grammar: dict[str, Any] = self.facts["grammar"]
        self.skipped: list[Any] = self.facts["skipped"]
        self.targets = {task.name: fitted.targets[task.name] for task in plan.tasks}
        self.soft: dict[str, SoftLabels] = {}
        self._labelled = plan.labelled
        self.masks = Masks.of(self.items, plan, fitted)
        self._values = {task: self._file.target(task, target) for task, target in self.targets.items()}
        self._texts = {key: self._file.input(key, plan, fitted) for key in plan.inputs}
        self.text_lengths = {column: self._file.numbers(f"length:{column}", np.int32) for column in plan.columns}
        self.hashes = {column: self._file.numbers(f"hash:{column}", np.int64) for column in plan.columns}
        self._items = {column: self._file.numbers(f"items:{column}", np.int64) for column in plan.listed}
        numbers: Mapping[str, NDArray[np.int32]] = self._judged.numbers if self._judged else {}
        self._raw = RawTexts(self._file, self._items, numbers)
        self._sizes = UnitSizes(self._texts, fitted.features, self.text_lengths, numbers, self._items)
        self.lengths = self._sizes.lengths
        self._batches = UnitBatches(
            source=plan.source,
            texts=self._texts,
            targets=self.targets,
            values=self._values,
            soft=self.soft,
            items=self._items,
            lengths=self.lengths,
            text_lengths=self.text_lengths,
            judged=self._judged,
        )

    # -- facts

    def __len__(self) -> int:
        """Return the number of units, N."""
        found: int = self.facts["rows"]
        return found

    @cached_property
    def cut_pairs(self) -> dict[str, CutPairs]:
        """By task, the pairs that an encoder reads in one row and that have too many pieces for it; none, no entry."""
        found = {task.name: cut_pairs(task, self._sizes.pieces) for task in self._plan.tasks}
        return {name: cut for name, cut in found.items() if cut is not None and cut.cut}

    @cached_property
    def text_hashes(self) -> NDArray[np.int64]:
        """[N]: 64 bits that say which texts a unit has."""
        return self.hashes_of(self.hashes)

    def hashes_of(self, columns: Iterable[str]) -> NDArray[np.int64]:
        """Return [N]: 64 bits that say which texts a unit has in some columns, in their order."""
        found = np.zeros(len(self), np.uint64)
        for column in columns:
            of_column = self._sizes.of_units(column, self.hashes[column].view(np.uint64))
            found = found * np.uint64(0x9E3779B97F4A7C15) ^ of_column
        return found.view(np.int64)

    def place(self, unit: int) -> tuple[str, int] | None:
        """Return the file and line of a unit's row; None for judged pairs, which rows share."""
        return None if self._judged is not None else self._places.of(unit)

    @cached_property
    def _places(self) -> KeptPlaces:
        file, line = self._file.numbers("row_file", np.int32), self._file.numbers("row_line", np.int64)
        return KeptPlaces(file, line, self.facts["row_files"], self.root)

    @cached_property
    def notes(self) -> list[Fault]:
        """Warnings about the rows."""
        kept = (self.facts["judged"] or {}).get("notes", ())
        notes = [Fault(**{**note, "file": found_file(note["file"], self.root)}) for note in kept]
        return notes + remark_faults(self.facts["remarks"], self.root)

    def bounds(self, task: str) -> str:
        """Return the keys that say how many tokens are read of the texts that a task's target belongs to."""
        return ", ".join(self._labelled[task].front_end.bounds)

    def unseen_labels(self) -> dict[str, dict[str, int]]:
        """Return, by task, how often each label occurs that training never had: no answer can be one of them."""
        return {task: unseen for task, unseen in self.unseen.items() if unseen}

    def described(self) -> dict[str, Any]:
        """Return, as JSON-able values, what a report says of a split beside what it says of every one."""
        return {} if self._judged is None else self._judged.described()

    def shared_texts(self, other: Split, name: str) -> Iterator[Fault]:
        """Yield a warning for each column of judged pairs that shares texts with another split, called `name`."""
        if self._judged is not None and other._judged is not None:
            yield from self._judged.shared_texts(other.hashes, name, self.root)

    # -- batches

    @cached_property
    def negatives(self) -> Negatives | None:
        """What draws pairs beside the judged ones; None where units are not judged pairs."""
        return None if self._judged is None else self._judged.negatives

    def batches(
        self,
        *,
        size: int | None = None,
        tokens: int | None = None,
        seed: int,
        epoch: int,
        shuffle: bool = True,
        drawn: NDArray[np.int64] | None = None,
    ) -> list[NDArray[np.int64]]:
        """Return the numbers of each batch's units in an epoch (see `mtl.data.batching`).

        The pairs of a query (and the queries of a pool) stay together. Units may be `drawn`, by their numbers, in the
        place of all, where they are no pairs.
        """
        lengths = self._sizes.planned
        if drawn is not None:
            found = batches(lengths[drawn], size=size, tokens=tokens, seed=seed, epoch=epoch, shuffle=shuffle)
            return [drawn[places] for places in found]
        together = None if self.negatives is None else self.negatives.units
        return batches(lengths, size=size, tokens=tokens, seed=seed, epoch=epoch, shuffle=shuffle, units=together)

    def part(self, rows: NDArray[np.int64], number: int, count: int) -> NDArray[np.int64]:
        """Return part `number` of `count` of a batch's units: every so many of them, the pairs of a query together."""
        return part(rows, number, count, None if self.negatives is None else self.negatives.units)

    def batch(self, rows: NDArray[np.integer], *, draw: int | None = None, change: Change | None = None) -> Batch:
        """Return some units as padded tensors, for every task on the source (see `UnitBatches.batch`)."""
        return self._batches.batch(rows, draw=draw, change=change)

    def text_batch(self, key: InputKey, numbers: Sequence[int] | NDArray[np.integer]) -> Batch:
        """Return some texts of one input alone, by their numbers."""
        return self._batches.text_batch(key, numbers)

    def segments(self, bounds: NDArray[np.int64]) -> Segments:
        """Return the tokens of all units as one text, cut at `bounds`, which count them from 0."""
        texts = {key: self._file.input(key, self._plan, self._fitted, bounds) for key in self._texts}
        values = {task: columns._replace(bounds=bounds) for task, columns in self._values.items()}
        rows = next(iter(self._texts.values())).offsets
        return Segments(self.source, bounds, rows, texts, values, self.targets)

    def answers(self, task: str) -> Iterator[tuple[Any, torch.Tensor]]:
        """Yield what a loss gets of all units' values, and which have an answer, in batches; nothing is drawn."""
        for first in range(0, len(self), ANSWERS):
            rows = np.arange(first, min(first + ANSWERS, len(self)))
            found, labelled = self._batches.tensors(task, rows)
            if self.negatives is not None:
                found = Grades(found, torch.from_numpy(self.negatives.group[rows]))
            yield found, labelled

    def words(self, key: InputKey, component: str) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Yield the ids that an embedding has for the words of all texts of an input, and 0 for the end of each text.

        They come as what a loss gets of units does, [1, …], with which of these have an answer.
        """
        for ids in self._texts[key].words((component, 0, key)):
            yield torch.from_numpy(ids)[None], torch.ones(1, dtype=torch.bool)

    def text_count(self, key: InputKey) -> int:
        """Return how many texts of an input are kept."""
        return self._texts[key].texts

    def token_counts(self, key: InputKey) -> NDArray[np.int64]:
        """Return the tokens of each text of an input."""
        return np.diff(self._texts[key].offsets)

    # -- gold answers

    def target_names(self, task: str) -> tuple[str, ...]:
        """Return a task's labels in the order of the ids in `targets`: those that answers know, then the unseen."""
        known = self.targets[task].answer_names()
        return (*known, *sorted(set(self.unseen[task]) - set(known)))

    def gold(self, task: str, rows: Rows = None) -> list[Any]:
        """Return the gold answers of some units (or all), as the task's target gives them; None where one has none."""
        wanted = range(len(self)) if rows is None else np.asarray(rows, np.int64).tolist()
        target, found, names = self.targets[task], self._values[task], self.target_names(task)
        golds = [target.gold(found.of(unit), names) for unit in wanted]
        if not target.quotes:
            return golds
        texts = self.texts(self._labelled[task], rows)
        return [None if g is None else target.gold_quoted(g, text) for g, text in zip(golds, texts, strict=True)]

    def quoted(self, task: str, answers: Sequence[tuple[int, int]]) -> list[str]:
        """Return the parts of all units' texts that begin and end with these tokens of a task's input."""
        key = self._labelled[task]
        texts = self.texts(key)
        spans = row_spans(tokenize(texts, key.front_end))
        return [quote(text, of, *answer) for text, of, answer in zip(texts, spans, answers, strict=True)]

    def ids(self, task: str, rows: NDArray[np.int64]) -> list[NDArray[Any]]:
        """Return the values of some units, as a task's target has encoded them."""
        return [self._values[task].of(unit) for unit in rows.tolist()]

    def texts(self, key: InputKey | str, rows: Rows = None) -> list[Any]:
        """Return the raw texts of an input (or of a column) for some units, or for all: a text each, or a list."""
        return self._raw.of_units(key if isinstance(key, str) else key.column, len(self), rows)

    def items(self, key: InputKey, numbers: NDArray[np.integer]) -> list[str]:
        """Return the raw texts of an input by their numbers, in whatever unit they are."""
        return self._raw.items(key.column, numbers)

    # -- judged pairs

    def pairs(self, task: str) -> Pairs:
        """Return all judged pairs in the order of the rows, and after them the drawn `candidates` of each query.

        Raises `UsageError` for a task whose units are not judged pairs.
        """
        if self.judgements is None or task != self.judgements.task:
            raise UsageError(f"task '{task}' should have judged pairs for units. Found others.")
        return self._pairs

    @cached_property
    def _pairs(self) -> Pairs:
        if self._judged is None:
            raise UsageError(f"'{self.source}' should hold judged pairs. Found other units.")
        return self._judged.pairs(self._values[self._judged.judgements.task].values)

    def document_ids(self, rows: Rows = None) -> list[str]:
        """Return the names of the documents of some pairs: their ids, or the row's number where they have none."""
        numbers = list(range(len(self))) if rows is None else np.asarray(rows, np.int64).tolist()
        return [str(number) for number in numbers] if self._judged is None else self._judged.document_ids(numbers)
