"""What is drawn beside judged pairs: never a judged one, as many as asked for, each with the same chance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtl.data.judgements import Judgements
from mtl.data.negatives import Negatives
from mtl.data.split import Split

from .ranked import judged, prepared, split_of


def judgements(negatives: str, count: int | None = None) -> Judgements:
    said: Any = dict.fromkeys(("task", "query", "document", "target", "group", "document_id", "negative", "pool"), "")
    return Judgements(**said, negatives=negatives, negative_count=count, candidates=None)  # type: ignore[arg-type]


def pairs_of(rows: list[tuple[int, int, int]], pools: list[int] | None = None, documents: int = 6) -> Negatives:
    """Rows are (text of the query, document, query)."""
    query, document, group = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    return Negatives(query, document, group, np.array(pools or [-1] * len(rows), np.int64), documents)


def drawn(found: Negatives, rows: list[int], negatives: str, count: int | None = None, seed: int = 0) -> list[Any]:
    generator = np.random.default_rng(seed)
    pairs = found.draw(np.array(rows, np.int64), judgements(negatives, count), generator)
    return list(zip(pairs.groups.tolist(), pairs.documents.tolist(), strict=True))


# Queries 0 and 1 have one text; query 2 has another one. Documents 0 to 5.
PAIRS = pairs_of([(0, 0, 0), (0, 1, 0), (0, 2, 1), (1, 3, 2), (1, 0, 2)])
POOLED = pairs_of(
    [(0, 0, 0), (1, 1, 1), (2, 2, 2), (3, 3, 3), (3, 4, 3), (4, 5, 4)],
    [0, 0, 1, 1, 0, -1],  # query 3 has rows in both pools, query 4 in none
)


def test_negatives_of_the_batch_are_the_documents_that_nobody_judged_for_the_text() -> None:
    assert drawn(PAIRS, [0, 1, 2, 3, 4], "batch") == [(0, 3), (1, 3), (2, 1), (2, 2)]
    assert drawn(PAIRS, [0, 1, 3, 4], "batch") == [(0, 3), (2, 1)]
    assert drawn(PAIRS, [0, 1], "batch") == []
    assert drawn(PAIRS, [0, 1, 2, 3, 4], "judged") == []


def test_negatives_of_the_pool_may_be_of_rows_outside_the_batch() -> None:
    assert drawn(POOLED, [0], "pool") == [(0, 1), (0, 4)]
    assert drawn(POOLED, [2, 5], "pool") == [(2, 3)]
    assert drawn(POOLED, [3, 4], "pool") == [(3, 0), (3, 1), (3, 2)]
    assert drawn(POOLED, [5], "pool") == []
    assert drawn(PAIRS, [0, 3], "pool") == []


@pytest.mark.parametrize("count", [1, 2, 3, 10])
def test_as_many_as_asked_for(count: int) -> None:
    rows = [(text, text * 3 + i, text) for text in range(5) for i in range(3)]
    found = pairs_of(rows, documents=15)
    chosen = drawn(found, list(range(15)), "batch", count)
    assert len(set(chosen)) == len(chosen)
    for group in range(5):
        own = [document for query, document in chosen if query == group]
        assert len(own) == min(count, 12)
        assert not {group * 3, group * 3 + 1, group * 3 + 2} & set(own)


def test_fewer_than_asked_for_are_all_there_are() -> None:
    assert drawn(PAIRS, [0, 1, 2, 3, 4], "batch", 2) == [(0, 3), (1, 3), (2, 1), (2, 2)]


def test_every_document_has_the_same_chance() -> None:
    found = pairs_of([(text, text, text) for text in range(5)], documents=5)
    times = np.zeros((5, 5), int)
    for seed in range(1000):
        for query, document in drawn(found, [0, 1, 2, 3, 4], "batch", 1, seed):
            times[query, document] += 1
    assert not times.diagonal().any()
    others = times[~np.eye(5, dtype=bool)]
    assert others.min() > 200  # 250 expected, of a standard deviation of 14
    assert others.max() < 300


def test_units_are_queries_or_pools_of_queries() -> None:
    assert PAIRS.units.tolist() == [0, 0, 1, 2, 2]
    assert POOLED.units.tolist()[:3] == [0, 0, 1]
    assert POOLED.units[3] == POOLED.units[4] == 1  # a query is in its first row's pool, with all its rows
    assert POOLED.units[5] not in POOLED.units[:5]


def test_candidates_are_of_other_queries_and_pools() -> None:
    pairs = PAIRS.candidates(10)
    told = {group: sorted(pairs.documents[pairs.groups == group].tolist()) for group in range(3)}
    assert told == {0: [3, 4, 5], 1: [3, 4, 5], 2: [1, 2, 4, 5]}
    pairs = POOLED.candidates(10)
    told = {group: sorted(pairs.documents[pairs.groups == group].tolist()) for group in range(5)}
    assert told == {0: [2, 3, 5], 1: [2, 3, 5], 2: [0, 1, 4, 5], 3: [5], 4: [0, 1, 2, 3, 4]}
    few = PAIRS.candidates(2)
    assert few.groups.tolist() == [0, 0, 1, 1, 2, 2]


def split(folder: Path, **keys: Any) -> Split:
    rows = [judged(f"q{i}", f"d{i}", 1, did=f"n{i}", page=f"p{i // 4}") for i in range(40)]
    rows += [judged(f"q{i}", f"d{(i + 1) % 40}", 0, did=f"n{(i + 1) % 40}", page=f"p{i // 4}") for i in range(40)]
    return split_of(prepared(folder, {"train": rows}, **keys))


def test_candidates_stand_behind_the_judged_pairs(tmp_path: Path) -> None:
    pairs = split(tmp_path, document_id="did", pool="page", candidates=7).pairs("relevance")
    assert len(pairs.grades) == len(pairs.document_ids) == 80 + 40 * 7
    assert pairs.grades[:40].tolist() == [1] * 40
    assert not pairs.grades[40:].any()
    for at in range(80, len(pairs.grades)):
        group, document = int(pairs.groups[at]), int(pairs.document[at])
        assert pairs.query[at] == group
        assert document // 4 != group // 4
        assert pairs.document_ids[at] == f"n{document}"
    by_query = [set(pairs.document[80:][pairs.groups[80:] == group].tolist()) for group in range(40)]
    assert {len(found) for found in by_query} == {7}
    assert len({tuple(sorted(found)) for found in by_query}) > 30


def test_candidates_are_always_the_same(tmp_path: Path) -> None:
    first, second = (split(tmp_path / name, candidates=5).pairs("relevance") for name in "ab")
    assert first.document.tolist() == second.document.tolist()
    assert first.document_ids == second.document_ids
    assert first.document_ids[80] == str(first.document[80])  # the number of the first row that holds it
