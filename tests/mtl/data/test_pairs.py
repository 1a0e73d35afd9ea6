"""What comes out of a source with a ranking task: distinct texts, judged pairs, batches of pairs."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtl.base.errors import DataError, UsageError
from mtl.data import pair_reading
from mtl.data.batch import Batch
from mtl.data.feed import Feed
from mtl.data.prepare import prepare
from mtl.data.prepared import Prepared
from mtl.recipe.training import BatchConfig
from mtl.sources.opening import open_sources
from mtl.sources.python import PythonSource
from mtl_tasks import TextPairRanking

from .conftest import Made, graph_of
from .ranked import DOCUMENT, IDS, QUERY, ROWS, judged, prepared, recipe, split_of

TRIPLES = [
    {"query": "who", "document": "Ann", "bad": "a tree"},
    {"query": "who", "document": "Ann", "bad": "a stone"},
    {"query": "what", "document": "a stone", "bad": "Ann"},
    {"query": "why", "document": "because", "bad": None},
]


def pairs_of(found: Prepared, batch: Batch) -> list[tuple[str, str, float]]:
    """Return a batch's pairs as texts with their grades, read back from its features."""
    told = []
    for key, component in ((QUERY, "relevance.query.embedding"), (DOCUMENT, "relevance.document.embedding")):
        feature: Any = found.fitted.features[component][0]
        words = feature.vocabulary.tokens
        rows = batch.features[component, 0, key][batch.index[key].rows]
        lengths = batch.lengths[key][batch.index[key].rows]
        told.append(
            [" ".join(words[i] for i in row[:n]) for row, n in zip(rows.tolist(), lengths.tolist(), strict=True)]
        )
    return list(zip(*told, batch.targets["relevance"].grades.tolist(), strict=True))


def texts(rows: list[dict[str, Any]]) -> list[tuple[str, str, float]]:
    return [(row["query"], row["document"], float(row["label"])) for row in rows]


def test_every_text_is_kept_once(tmp_path: Path) -> None:
    found = prepared(tmp_path)
    split = split_of(found)
    assert len(split) == 6
    assert (split.text_count(QUERY), split.text_count(DOCUMENT)) == (3, 4)
    assert split.text_lengths["query"].tolist() == [2, 1, 2]
    assert split.text_lengths["document"].tolist() == [4, 1, 2, 3]
    assert split.lengths.tolist() == [4, 2, 1, 2, 4, 3]
    assert split.tokens == 5 + 10
    assert split.texts(QUERY) == [row["query"] for row in ROWS]
    assert split.texts(DOCUMENT, [4, 0]) == ["Ann sings a song"] * 2
    assert split.gold("relevance") == [1, 0, 2.5, 0, 0, 1]
    assert split.pairs("relevance").grades.tolist() == [1, 0, 2.5, 0, 0, 1]
    feature: Any = found.fitted.features["relevance.document.embedding"][0]
    assert feature.vocabulary.entries[:2] == ("7", "Ann")  # equal counts: a document counts once, not once a row


def test_a_batch_holds_each_of_its_texts_once(tmp_path: Path) -> None:
    found = prepared(tmp_path, **IDS)
    batch = split_of(found).batch(np.array([0, 1, 3, 2, 4]))
    assert batch.rows.tolist() == [0, 1, 3, 2, 4]
    assert batch.lengths[QUERY].tolist() == [2, 1]
    assert batch.lengths[DOCUMENT].tolist() == [4, 1, 2]
    assert batch.index[QUERY].rows.tolist() == [0, 0, 0, 1, 1]
    assert batch.index[DOCUMENT].rows.tolist() == [0, 1, 2, 1, 0]
    assert batch.targets["relevance"].groups.tolist() == [0, 0, 0, 1, 1]
    assert batch.targets["relevance"].grades.tolist() == [1, 0, 0, 2.5, 0]
    assert str(batch.targets["relevance"].grades.dtype) == "torch.float32"
    assert batch.labelled["relevance"].all()
    assert batch.tokens == 3 + 7


@pytest.mark.parametrize("lowercase", [True, False])
def test_a_batch_makes_the_pairs_of_its_rows(lowercase: bool, tmp_path: Path) -> None:
    inputs = {"query": {"column": "query", "lowercase": True}, "document": {"column": "document"}}
    rows = [judged("a b", "C", 1), judged("A b", "C", 0), judged("x", "c", 1)]  # texts, not tokens, are told apart
    found = prepared(tmp_path, {"train": rows}, inputs=inputs)
    assert split_of(found).text_count(QUERY) == 3
    batch = split_of(found).batch(np.arange(3))
    assert pairs_of(found, batch) == [("a b", "C", 1), ("a b", "C", 0), ("x", "c", 1)]


def test_several_chunks_number_texts_on(tmp_path: Path) -> None:
    rows = [judged(f"q{i // 3}", f"d{(i * 7) % 1100}", i % 3) for i in range(3000)]
    found = prepared(tmp_path, {"train": rows})
    split = split_of(found)
    assert (split.text_count(QUERY), split.text_count(DOCUMENT)) == (1000, 1100)
    chosen = np.array([2999, 0, 1023, 1024, 2050])
    assert pairs_of(found, split.batch(chosen)) == texts([rows[i] for i in chosen])
    assert split.texts(DOCUMENT) == [row["document"] for row in rows]


def test_batches_of_texts_alone(tmp_path: Path) -> None:
    split = split_of(prepared(tmp_path))
    batch = split.text_batch(DOCUMENT, [2, 0])
    assert list(batch.lengths) == [DOCUMENT]
    assert batch.lengths[DOCUMENT].tolist() == [2, 4]
    assert {place[2] for place in batch.features} == {DOCUMENT}
    assert batch.tokens == 6
    assert batch.index == {}
    assert batch.targets == {}


def test_queries_are_told_apart_by_their_texts_or_by_a_column(tmp_path: Path) -> None:
    by_text = split_of(prepared(tmp_path)).pairs("relevance")
    assert by_text.groups.tolist() == [0, 0, 1, 0, 1, 2]
    assert by_text.document_ids == ["0", "1", "2", "3", "4", "5"]
    rows = [judged("same", "a", 1, qid=7), judged("same", "a", 0, qid=8), judged("same", "b", 0, qid=7)]
    by_column = split_of(prepared(tmp_path, {"train": rows}, group="qid")).pairs("relevance")
    assert by_column.groups.tolist() == [0, 1, 0]
    assert by_column.query.tolist() == [0, 0, 0]
    named = split_of(prepared(tmp_path, **IDS)).pairs("relevance")
    assert named.document_ids == ["d1", "d2", "d2", "d3", "d1", "d4"]
    assert named.document.tolist() == [0, 1, 1, 2, 0, 3]
    assert named.grades.tolist() == [1, 0, 2.5, 0, 0, 1]


def test_triples_are_two_rows(tmp_path: Path) -> None:
    split = split_of(prepared(tmp_path, {"train": TRIPLES}, negative="bad", target=None))
    told = list(zip(split.texts("query"), split.texts("document"), split.gold("relevance"), strict=True))
    assert told == [
        ("who", "Ann", 1),
        ("who", "a tree", 0),
        ("who", "a stone", 0),
        ("what", "a stone", 1),
        ("what", "Ann", 0),
        ("why", "because", 1),
    ]
    assert split.notes == []  # that a positive stands in several triples is what they are for


def test_positives_only(tmp_path: Path) -> None:
    rows = [{"query": f"q{i}", "document": f"d{i}"} for i in range(3)]
    split = split_of(prepared(tmp_path, {"train": rows}, target=None, negatives="batch"))
    assert split.gold("relevance") == [1, 1, 1]
    assert split.batch(np.arange(3)).targets["relevance"].grades.tolist() == [1, 1, 1]
    batch = split.batch(np.arange(3), draw=0)
    assert batch.targets["relevance"].grades.tolist() == [1, 1, 1] + [0] * 6
    assert batch.targets["relevance"].groups.tolist() == [0, 1, 2, 0, 0, 1, 1, 2, 2]
    assert batch.index[DOCUMENT].rows.tolist() == [0, 1, 2, 1, 2, 0, 2, 0, 1]
    assert batch.rows.tolist() == [0, 1, 2]


def test_repeated_judgements_count_once(tmp_path: Path) -> None:
    rows = [ROWS[0], {**ROWS[0], "label": "1.0"}, ROWS[1], ROWS[0]]
    for keys in ({}, IDS):
        split = split_of(prepared(tmp_path, {"train": rows}, **keys))
        assert split.gold("relevance") == [1, 0]
        assert [str(note) for note in split.notes] == [
            "given train rows:2: 2 repetitions of earlier rows, the first here: a pair counts once."
        ]


def test_a_grade_that_training_never_had_is_a_number(tmp_path: Path) -> None:
    test = [judged("a", "b", 7), judged("a", "c", -1), judged("a", "d", 1)]
    found = prepared(tmp_path, {"train": ROWS, "test": test})
    split = split_of(found, "test")
    assert split.gold("relevance") == [7, -1, 1]
    assert split.pairs("relevance").grades.tolist() == [7, -1, 1]
    assert split.batch(np.arange(3)).targets["relevance"].grades.tolist() == [7, -1, 1]
    assert found.report()["splits"]["qa/test"]["unseen"] == {}


def test_a_task_may_translate_grades(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TextPairRanking, "cell", lambda _, value: {"good": 2, "bad": 0}.get(value, value))
    rows = [judged("who", "Ann", "good"), judged("who", "a tree", "bad"), judged("who", "Ann", 2)]
    split = split_of(prepared(tmp_path, {"train": rows}))
    assert split.gold("relevance") == [2, 0]
    with pytest.raises(DataError) as caught:
        prepared(tmp_path, {"train": [*rows, judged("who", "Bob", "fair")]})
    assert str(caught.value) == "given train rows:4: column 'label': should be a grade, a number. Found 'fair'."


def test_lists_of_tokens(tmp_path: Path) -> None:
    rows = [{"query": ["who", "else"], "document": "Ann", "bad": ["a", "tree"]}]
    split = split_of(prepared(tmp_path, {"train": rows}, negative="bad", target=None))
    assert split.pretokenized == {"query", "document"}
    assert split.texts("document") == ["Ann", "a tree"]
    assert split.texts("query") == ["who else"] * 2


def test_words_that_white_space_parts(tmp_path: Path) -> None:
    """Only where an input splits at white space: any other tokenizer makes tokens of its own anyway."""
    rows = [{"query": ["who", "10 000"], "document": ["10 000"], "bad": ["a", "big tree"]}]
    found = prepared(
        tmp_path,
        {"train": rows},
        negative="bad",
        target=None,
        inputs={"query": {"column": "query"}, "document": {"column": "document", "tokenizer": "whitespace"}},
    )
    assert split_of(found).parted == {"document"}
    assert [str(note) for note in found.notes if "white space" in note.message] == [
        "given train rows:1: qa/train: column 'document': 1 row has a word with white space inside, which is read as "
        "several tokens: an export has no graph from tokens, here '10 000'."
    ]


def test_the_report(tmp_path: Path) -> None:
    report = prepared(tmp_path, **IDS).report()["splits"]["qa/train"]
    assert report == {
        "rows": 6,
        "tokens": 15,
        "skipped": 0,
        "labelled": {"relevance": 6},
        "unseen": {},
        "overlap": {},
        "pairs": {"queries": 3, "without_positive": 0, "comparable": 2, "repeated": 0, "documents": 4},
    }


def test_sources_of_rows_have_no_pairs_and_a_text_a_row(made: Made, tmp_path: Path) -> None:
    split = made().splits["talk", "train"]
    key = next(key for key in graph_of(tmp_path).inputs("intent").values())
    assert split.text_count(key) == len(split)
    assert split.text_lengths["text"].tolist() == split.token_counts(key).tolist() == split.lengths.tolist()
    batch = split.text_batch(key, [1, 0])
    assert batch.lengths[key].tolist() == [6, 3]
    with pytest.raises(UsageError) as caught:
        split.pairs("intent")
    message = "task 'intent' should have judged pairs for units. Found others."
    assert str(caught.value) == message


# -- batches


def feed_of(split: Any, **budget: int) -> Feed:
    return Feed("qa", ["relevance"], split, BatchConfig(size=budget.get("size"), tokens=budget.get("tokens")), seed=5)


@pytest.mark.parametrize("budget", [{"size": 7}, {"tokens": 40}], ids=str)
def test_a_query_is_in_one_batch(budget: dict[str, int], tmp_path: Path) -> None:
    rows = [judged(f"q{i % 40}", f"d{i} " + "w " * (i % 9), i % 2) for i in range(200)]
    split = split_of(prepared(tmp_path, {"train": rows}))
    feed = feed_of(split, **budget)
    seen: list[int] = []
    for _ in range(len(feed)):
        batch = feed.next()
        seen += batch.rows.tolist()
        for group in set(batch.targets["relevance"].groups.tolist()):
            assert (batch.targets["relevance"].groups == group).sum() == 5
    assert sorted(seen) == list(range(200))


def test_a_pool_is_in_one_batch(tmp_path: Path) -> None:
    rows = [judged(f"q{i}", f"d{i}", 1, page=f"p{i % 6}" if i < 18 else None) for i in range(24)]
    split = split_of(prepared(tmp_path, {"train": rows}, pool="page", negatives="pool"))
    for found in split.batches(size=5, seed=1, epoch=0):
        for row in found.tolist():
            mates = range(row % 6, 18, 6) if row < 18 else [row]
            assert set(mates) <= set(found.tolist())


def facts(batch: Batch) -> Any:
    named = {str(key): index.rows.tolist() for key, index in batch.index.items()}
    grades, groups = batch.targets["relevance"]
    return batch.rows.tolist(), named, grades.tolist(), groups.tolist()


def test_draws_are_those_of_seed_pass_and_batch(tmp_path: Path) -> None:
    rows = [judged(f"q{i}", f"d{i}", 1) for i in range(60)]
    split = split_of(prepared(tmp_path, {"train": rows}, negatives="batch", negative_count=2))
    feed = feed_of(split, size=20)
    found, states = [], []
    for _ in range(7):
        states.append(feed.state())
        found.append(facts(feed.next()))
    assert all(list(state) == ["pass", "index"] for state in states)
    for state, expected in zip(states[::-1], found[::-1], strict=True):  # resumed anywhere, in any order
        other = feed_of(split, size=20)
        other.seek(state)
        assert facts(other.next()) == expected
    rows_of = feed.batches[0]
    draws = [facts(split.batch(rows_of, draw=draw)) for draw in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]


def test_real_pairs(data_sets: Callable[[str], Path], tmp_path: Path) -> None:
    folder = data_sets("wikiqa")
    tree = recipe(group="id", target="grade")
    columns = {"query": "a.toks", "document": "b.toks", "grade": "sim.txt", "id": "id.txt"}
    tree["sources"]["qa"] = {"format": "lines", "columns": columns, "train": "dev", "test": "test"}
    graph = graph_of(folder, tree)
    found = prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
    report = found.report()["splits"]
    assert [report[f"qa/{split}"]["pairs"]["queries"] for split in ("train", "test")] == [126, 243]
    assert report["qa/test"]["rows"] == 2350  # a pair stands there twice, with one grade
    assert [str(note).removeprefix(str(folder)) for note in found.notes] == [
        "/test/b.toks:684: qa/test: 1 repetition of earlier rows, the first here: a pair counts once.",
        "/test/b.toks:685: qa/test: relevance.document: 23 of 2,309 texts also in train, the first here.",
    ]


# -- the cache


def test_what_is_drawn_is_no_part_of_the_cache(tmp_path: Path) -> None:
    prepared(tmp_path, **IDS)
    before = sorted(path.name for path in (tmp_path / "cache").iterdir())
    prepared(tmp_path, **IDS, negatives="batch", negative_count=3, candidates=2)
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == before
    prepared(tmp_path, group="qid")
    assert len(list((tmp_path / "cache").iterdir())) > len(before)


def test_files_of_rows_need_not_lie_where_the_split_does(tmp_path: Path) -> None:
    class Scattered(PythonSource):
        """Every row stands in a file of its own."""

        def rows(self, split: str, base: Path) -> Iterator[Any]:
            for row in super().rows(split, base):
                yield row._replace(file=f"/far/{split}{row.line}", line=9)

    graph = graph_of(tmp_path, recipe())
    source = Scattered()
    given = PythonSource.given({"train": [*ROWS, ROWS[3]], "test": [judged("new", "x", 1), judged("new", "at 7", 0)]})
    source.paths, source._given = given.paths, given._given
    notes = [str(note).split(": ")[:2] for note in prepare(graph, {"qa": source}, tmp_path / "cache").notes]
    assert [place for place, _ in notes] == ["/far/train7:9", "/far/test2:9"]


def test_places_follow_data_that_moved(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "train").write_text("".join(json.dumps(row) + "\n" for row in [*ROWS, ROWS[0]]))
    for name in ("data", "moved"):
        if name == "moved":
            (tmp_path / "data").rename(tmp_path / "moved")
        graph = graph_of(tmp_path / name, recipe())
        found = prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
        assert [note.file for note in found.notes] == [str(tmp_path / name / "train")]
    assert len(list((tmp_path / "cache").glob("split-*.arrow"))) == 1


def peak(folder: Path, rows: int, words: int) -> int:
    """Return the bytes that are in Python's memory at most while pairs are read and encoded."""
    folder.mkdir()
    with (folder / "train").open("w") as file:
        for i in range(rows):
            file.write(json.dumps(judged(f"q{i // 4}", f"d{i} " + "word " * words, i % 2)) + "\n")
    graph = graph_of(folder, recipe())
    tracemalloc.start()
    prepare(graph, open_sources(graph.recipe), folder / "cache")
    _, found = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return found


@pytest.mark.slow
def test_memory_does_not_grow_with_the_texts(tmp_path: Path) -> None:
    few, many = (peak(tmp_path / str(rows), rows, words=200) for rows in (1500, 4500))
    assert (many - few) / 3000 < 700  # bytes a row while it is read; its text alone has 1,000


def test_long_documents_are_few_in_memory_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pair_reading, "CHARACTERS", 1 << 17)
    few, many = (peak(tmp_path / str(rows), rows, words=10_000) for rows in (20, 100))
    assert many - few < 1_000_000  # of 4,000,000 bytes of text


def test_judgements_that_name_their_texts(tmp_path: Path) -> None:
    (tmp_path / "queries").write_text("q1\twho sings\nq2\twhen\nq3\tnobody asks\n")
    (tmp_path / "documents").write_text("d1\tAnn sings a song\nd2\tnobody\nd3\tat 7\n")
    (tmp_path / "train.txt").write_text("q1 0 d1 1\nq1 0 d2 0\nq2 0 d3 2.5\nq2 0 d2 0\n")
    tree = recipe(group="query_id", document_id="document_id")
    files = {"queries": "queries", "documents": "documents", "train": "train.txt"}
    tree["sources"]["qa"] = {"format": "qrels", **files}
    graph = graph_of(tmp_path, tree)
    found = prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
    split = split_of(found)
    assert (split.text_count(QUERY), split.text_count(DOCUMENT)) == (2, 3)
    batch = split.batch(np.arange(4))
    assert pairs_of(found, batch) == [
        ("who sings", "Ann sings a song", 1),
        ("who sings", "nobody", 0),
        ("when", "at 7", 2.5),
        ("when", "nobody", 0),
    ]
    assert split.pairs("relevance").document_ids == ["d1", "d2", "d3", "d2"]
    (tmp_path / "documents").write_text("d1\tAnn sings a song\nd2\tnobody\nd3\tat 8\n")
    again = prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
    assert split_of(again).texts("document", [2]) == ["at 8"]
