"""Parts of batches: every unit in one of them, and what belongs together in the same one."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mtl.data.feed import Feed, drawn_rows
from tests.mtl.small_run import small_graph, small_prepared


def test_parts_make_up_the_batch(tmp_path: Path) -> None:
    graph = small_graph(tmp_path, {"batch": {"size": 3}})
    split = small_prepared(graph).splits["words", "train"]  # 19 rows: the last batch is of one
    own = ("words", ("pos",), split, graph.recipe.train.batch, 3)
    whole, first, second = Feed(*own), Feed(*own, (0, 2)), Feed(*own, (1, 2))
    sizes = []
    for _ in range(2 * len(whole)):
        rows = whole.next().rows
        batches = first.next(), second.next()
        assert [batch.rows.tolist() for batch in batches] == [rows[::2].tolist(), rows[1::2].tolist()]
        assert [len(batch.labelled["pos"]) for batch in batches] == [len(batch.rows) for batch in batches]
        sizes.append(len(batches[1].rows))
    assert set(sizes) == {0, 1}
    assert whole.state() == first.state() == second.state()


def test_rows_are_drawn_with_replacement_by_seed_and_source() -> None:
    drawn = drawn_rows("words", 1000, 3)
    assert drawn.tolist() == drawn_rows("words", 1000, 3).tolist() == sorted(drawn)
    assert drawn.tolist() != drawn_rows("words", 1000, 4).tolist()
    assert drawn.tolist() != drawn_rows("others", 1000, 3).tolist()
    assert 600 < len(set(drawn.tolist())) < 660  # 1 - 1/e of them


def test_every_pass_reads_the_drawn_rows(tmp_path: Path) -> None:
    graph = small_graph(tmp_path, {"batch": {"size": 3}})
    split = small_prepared(graph).splits["words", "train"]
    feed = Feed("words", ("pos",), split, graph.recipe.train.batch, 3, bootstrap=True)
    for _ in range(2):
        read = np.concatenate([feed.next().rows for _ in range(len(feed))])
        assert sorted(read.tolist()) == drawn_rows("words", len(split), 3).tolist()


def test_queries_stay_whole() -> None:
    from mtl.data.negatives import Negatives
    from mtl.data.split import Split

    group = np.array([0, 0, 1, 1, 1, 2, 3, 3])
    split = Split.__new__(Split)
    split.negatives = Negatives(group, np.arange(8), group, np.full(8, -1), 8)
    rows = np.array([5, 2, 3, 4, 0, 1, 6, 7])
    assert split.part(rows, 0, 2).tolist() == [5, 0, 1]
    assert split.part(rows, 1, 2).tolist() == [2, 3, 4, 6, 7]
    assert split.part(rows, 0, 1) is rows
