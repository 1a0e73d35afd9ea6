"""The queries of a ranking that a model answers worst: those whose first relevant document is ranked lowest."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..base.errors import UsageError
from ..base.files import replace
from ..sources.base import SPLITS
from .table_cells import one_field

if TYPE_CHECKING:
    from ..data.split import Split
    from .finished import Measurable


class WorstQuery(NamedTuple):
    """A query whose first document is not relevant: the rank of the first one that is, among so many `documents`.

    `first` is the document that is ranked first, `relevant` the relevant one that is ranked first; both with their ids.
    """

    rank: int
    documents: int
    query: str
    first_id: str
    first: str
    relevant_id: str
    relevant: str


@dataclass(frozen=True)
class WorstQueries:
    """What is wrong with a ranking on a split: `rows`, the lowest rank first, of `queries` with a relevant document."""

    task: str
    split: str
    queries: int
    rows: tuple[WorstQuery, ...]

    def write_table(self, path: Path) -> None:
        """Write the rows as a table, texts escaped as in other tables of wrong answers; raises `OSError`."""
        content = io.StringIO()
        table = csv.writer(content, delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None, lineterminator="\n")
        table.writerow(WorstQuery._fields)
        for row in self.rows:
            table.writerow([row.rank, row.documents, *map(one_field, row[2:])])
        replace(path, content.getvalue().encode("utf-8", "surrogatepass"))


def worst_queries(run: Measurable, task: str, split: str | None = None) -> WorstQueries:
    """Return the queries of a ranking whose first document is not relevant; on test by default, without it on dev.

    Of queries with one rank those with more documents come first. A query without a relevant document is left out.
    Raises `UsageError` for a task that does not rank, and for a split that its source does not have.
    """
    encoded, split = measured_split(run, task, split)
    pairs = encoded.pairs(task)
    ranked = run.evaluate(split, tasks=[task]).rankings[task]
    query_key, document_key = run.graph.inputs(task).values()
    first_relevant = np.flatnonzero(ranked.relevant & (ranked.hits == 1))  # one of each group that has any
    rows = []
    for at in first_relevant[ranked.ranks[first_relevant] > 1].tolist():
        rank, size = int(ranked.ranks[at]), int(ranked.sizes[ranked.groups[at]])
        top, right = (int(ranked.order[place]) for place in (at - rank + 1, at))
        (query,) = encoded.items(query_key, pairs.query[[right]])
        documents = encoded.items(document_key, pairs.document[[top, right]])
        names = (pairs.document_ids[top], pairs.document_ids[right])
        rows.append(WorstQuery(rank, size, query, names[0], documents[0], names[1], documents[1]))
    rows.sort(key=lambda row: (-row.rank, -row.documents))
    return WorstQueries(task, split, int(ranked.counted(both_kinds=False).sum()), tuple(rows))


def measured_split(run: Measurable, task: str, split: str | None) -> tuple[Split, str]:
    """Return a split of a task's source and its name: test by default, without it dev.

    Raises `UsageError` where the source has no such split.
    """
    source = run.graph.recipe.tasks[task].source
    there = [name for name in SPLITS if run.prepared.split(source, name) is not None]
    split = split or next((name for name in ("test", "dev") if name in there), "test")
    encoded = run.prepared.split(source, split)
    if encoded is None:
        raise UsageError(f"the source '{source}' should have a {split} split. Found {', '.join(there)}.")
    return encoded, split
