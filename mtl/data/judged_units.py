"""The units of a split that are judged pairs: numbers of their texts, of which equal ones are kept once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..base.errors import Fault, counted
from .judgements import Pairs
from .kept_files import found_file
from .negatives import Negatives

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .judgements import Judgements
    from .split_file import SplitFile


class SampledPairs(NamedTuple):
    """Some judged pairs and those drawn beside them: numbers of queries, of their texts and of documents."""

    groups: NDArray[np.int64]
    texts: NDArray[np.int64]
    documents: NDArray[np.int64]
    drawn: int  # how many of them, at the end


class JudgedUnits:
    """N judged pairs; `numbers` [N] int32 say, by column, which text each has. `inputs` are tasks' inputs by column."""

    def __init__(self, file: SplitFile, judgements: Judgements, inputs: Mapping[str, Sequence[str]]) -> None:
        self.judgements = judgements
        self.inputs = inputs
        self.numbers = {column: file.numbers(f"index:{column}", np.int32) for column in inputs}
        self.hashes = {column: file.numbers(f"hash:{column}", np.int64) for column in inputs}
        self._file = file

    @cached_property
    def negatives(self) -> Negatives:
        """What draws pairs beside the judged ones."""
        query, document = (
            self.numbers[column].astype(np.int64) for column in (self.judgements.query, self.judgements.document)
        )
        group, pool = (self._file.numbers(name, np.int32).astype(np.int64) for name in ("group", "pool"))
        return Negatives(query, document, group, pool, len(self.hashes[self.judgements.document]))

    def chosen(self, wanted: NDArray[np.int64], draw: int | None) -> SampledPairs:
        """Return some pairs, and after them those that are drawn with a seed; none without it."""
        negatives = self.negatives
        groups, texts, documents = negatives.group[wanted], negatives.query[wanted], negatives.document[wanted]
        if draw is None:
            return SampledPairs(groups, texts, documents, 0)
        drawn = negatives.draw(wanted, self.judgements, np.random.default_rng(draw))
        return SampledPairs(
            np.concatenate([groups, drawn.groups]),
            np.concatenate([texts, negatives.texts[drawn.groups]]),
            np.concatenate([documents, drawn.documents]),
            len(drawn.groups),
        )

    def pairs(self, grades: NDArray[np.float32]) -> Pairs:
        """Return all judged pairs in the order of the rows, and after them the drawn `candidates` of each query."""
        judged, names = self.negatives, self.document_ids(range(len(grades)))
        query, document, groups = judged.query, judged.document, judged.group
        if self.judgements.candidates:
            drawn = judged.candidates(self.judgements.candidates)
            first = np.zeros(judged.documents, np.int64)
            first[document[::-1]] = np.arange(len(document))[::-1]  # of several rows, the first names the document
            names += self.document_ids(first[drawn.documents].tolist())
            query = np.concatenate([query, judged.texts[drawn.groups]])
            document = np.concatenate([document, drawn.documents])
            groups = np.concatenate([groups, drawn.groups])
            grades = np.concatenate([grades, np.zeros(len(drawn.groups), np.float32)])
        return Pairs(query, document, grades, groups, names)

    def document_ids(self, rows: Sequence[int]) -> list[str]:
        """Return the names of the documents of some pairs: their ids, or the row's number where they have none."""
        if self.judgements.document_id is None:
            return [str(number) for number in rows]
        column = self._file.column("document_id").to_pylist()
        return [column[number] or str(number) for number in rows]

    def described(self) -> dict[str, Any]:
        """Return, as JSON-able values, what a report says of judged pairs."""
        kept = ("queries", "without_positive", "comparable", "repeated")
        found = {name: self._file.facts["judged"][name] for name in kept}
        return {"pairs": {**found, "documents": len(self.hashes[self.judgements.document])}}

    def shared_texts(self, others: Mapping[str, NDArray[np.int64]], name: str, root: str) -> Iterator[Fault]:
        """Yield a warning for each column that shares texts with another split, called `name`, by their hashes.

        `root` is where this split lies.
        """
        for column, hashes in self.hashes.items():
            shared = np.isin(hashes, others[column])
            if shared.any():
                first = int(shared[self.numbers[column]].argmax())
                message = f"{int(shared.sum()):,} of {counted(len(shared), 'text')} also in {name}, the first here."
                number = self._file.numbers(f"file:{column}", np.int32)[first]
                file = found_file(self._file.facts["judged"]["files"][number], root)
                line = int(self._file.numbers("line", np.int64)[first])
                yield Fault(message, file, line, ", ".join(self.inputs[column]))
