"""One split of a source with a ranking task: batches of pairs over distinct texts, and the pairs to measure it on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..base.errors import Fault, counted
from .batch import Batch
from .batching import batches
from .encoded_split import EncodedSplit, Rows, values
from .judged import Judged
from .pair_encoding import found_file
from .ranking import Pairs, Ranking

if TYPE_CHECKING:
    from .fitted import Fitted
    from .reading import Plan


class PairSplit(EncodedSplit):
    """N judged pairs of a source, in its order (a triple is two); every text is kept once.

    `lengths` [N] int32 are the tokens of a pair's longer text. `hashes` stand for the distinct texts by column.
    """

    def __init__(self, path: Path, plan: Plan, fitted: Fitted, ranking: Ranking, root: str) -> None:
        self.ranking = ranking
        super().__init__(path, plan, fitted)
        self.root = root
        self.notes = [Fault(**{**note, "file": found_file(note["file"], root)}) for note in self.facts["notes"]]

    def _read_rows(self) -> None:
        columns = self.ranking.query, self.ranking.document
        self._numbers = {column: values(self._column(f"number:{column}"), np.int32) for column in columns}
        self._lengths = {column: values(self._column(f"length:{column}"), np.int32) for column in columns}
        self.hashes = {column: values(self._column(f"hash:{column}"), np.int64) for column in columns}
        query, document = self._numbers.values()
        lengths = [self._lengths[column][self._numbers[column]] for column in columns]
        self.lengths = np.maximum(*lengths)
        hashes = [self.hashes[column].view(np.uint64)[self._numbers[column]] for column in columns]
        self.text_hashes = (hashes[0] * np.uint64(0x9E3779B97F4A7C15) ^ hashes[1]).view(np.int64)
        self._lines = values(self._column("line"), np.int64)
        self._files = {column: values(self._column(f"file:{column}"), np.int32) for column in columns}
        group, pool = (values(self._column(name), np.int32).astype(np.int64) for name in ("group", "pool"))
        documents = len(self.hashes[self.ranking.document])
        self.judged = Judged(query.astype(np.int64), document.astype(np.int64), group, pool, documents)

    @cached_property
    def grades(self) -> NDArray[np.float32]:
        """[N]: the grade of each judged pair."""
        names = np.array(self.target_names(self.ranking.task), np.float32)
        found: NDArray[np.float32] = names[self._row_labels[self.ranking.task]]
        return found

    def batches(
        self, *, size: int | None = None, tokens: int | None = None, seed: int, epoch: int, shuffle: bool = True
    ) -> list[NDArray[np.int64]]:
        """Return the row numbers of each batch of an epoch; a query's rows (and a pool's queries) stay together."""
        units = self.judged.units
        return batches(self.lengths, size=size, tokens=tokens, seed=seed, epoch=epoch, shuffle=shuffle, units=units)

    def batch(self, rows: NDArray[np.integer], *, draw: int | None = None) -> Batch:
        """Return some judged pairs, each text once, and the pairs that are drawn beside them.

        `draw` seeds the drawing; without it nothing is drawn. Targets are grades; a drawn pair's is 0.
        """
        wanted = np.asarray(rows, np.int64)
        judged = self.judged
        groups, documents = judged.group[wanted], judged.document[wanted]
        grades, texts = self.grades[wanted], judged.query[wanted]
        if draw is not None:
            drawn = judged.negatives(wanted, self.ranking, np.random.default_rng(draw))
            groups = np.concatenate([groups, drawn.groups])
            documents = np.concatenate([documents, drawn.documents])
            texts = np.concatenate([texts, judged.texts[drawn.groups]])
            grades = np.concatenate([grades, np.zeros(len(drawn.groups), np.float32)])
        chosen = {
            self.ranking.query: np.unique(texts, return_inverse=True),
            self.ranking.document: np.unique(documents, return_inverse=True),
        }
        batch = Batch(self.source, wanted, {}, {})
        batch.tokens = sum(int(self._lengths[column][numbers].sum()) for column, (numbers, _) in chosen.items())
        task = self.ranking.task
        batch.targets[task] = torch.from_numpy(grades)
        batch.labelled[task] = torch.ones(len(grades), dtype=torch.bool)
        batch.groups[task] = torch.from_numpy(groups)
        self._fill(batch, {key: chosen[key.column][0] for key in self._inputs})
        batch.index = {key: torch.from_numpy(chosen[key.column][1].reshape(-1)) for key in self._inputs}
        return batch

    def pairs(self, task: str) -> Pairs:
        """Return all judged pairs in the order of the rows, and behind them the drawn `candidates` of each query."""
        return self._pairs if task == self.ranking.task else super().pairs(task)

    @cached_property
    def _pairs(self) -> Pairs:
        judged, grades, names = self.judged, self.grades, self.document_ids()
        query, document, groups = judged.query, judged.document, judged.group
        if self.ranking.candidates:
            drawn = judged.candidates(self.ranking.candidates)
            first = np.zeros(judged.documents, np.int64)
            first[document[::-1]] = np.arange(len(document))[::-1]  # of several rows, the first names the document
            names += self.document_ids(first[drawn.documents])
            query = np.concatenate([query, judged.texts[drawn.groups]])
            document = np.concatenate([document, drawn.documents])
            groups = np.concatenate([groups, drawn.groups])
            grades = np.concatenate([grades, np.zeros(len(drawn.groups), np.float32)])
        return Pairs(query, document, grades, groups, names)

    def document_ids(self, rows: Rows = None) -> list[str]:
        """Return the names of the documents of some rows: their ids, or the row's number where they have none."""
        numbers: Iterable[int] = range(len(self)) if rows is None else np.asarray(rows, np.int64).tolist()
        if self.ranking.document_id is None:
            return [str(number) for number in numbers]
        column = self._column("document_id").to_pylist()
        return [column[number] or str(number) for number in numbers]

    def _text_numbers(self, column: str, rows: Rows) -> NDArray[np.int64] | None:
        numbers = self._numbers[column].astype(np.int64)
        return numbers if rows is None else numbers[np.asarray(rows, np.int64)]

    def unseen_labels(self) -> dict[str, dict[str, int]]:
        """Return none: a grade is a number, whatever training had."""
        return {}

    def described(self) -> dict[str, Any]:
        """Return how many queries and documents there are, and what is odd about them."""
        documents = len(self.hashes[self.ranking.document])
        kept = ("queries", "without_positive", "comparable", "repeated")
        return {"pairs": {**{name: self.facts[name] for name in kept}, "documents": documents}}

    def shared_texts(self, other: PairSplit, name: str) -> Iterator[Fault]:
        """Yield a fault for each column whose texts stand in another split, called `name`, too."""
        for column, hashes in self.hashes.items():
            shared = np.isin(hashes, other.hashes[column])
            if shared.any():
                rows = shared[self._numbers[column]]
                message = (
                    f"should have no text that is in {name} too. Found {int(shared.sum()):,} of "
                    f"{counted(len(shared), 'text')}, the first here."
                )
                first = int(rows.argmax())
                file = found_file(self.facts["files"][self._files[column][first]], self.root)
                yield Fault(message, file, int(self._lines[first]), f"column '{column}'")
