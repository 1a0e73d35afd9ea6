"""Rows that judge pairs and cannot be read, or are odd: one whole message each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtl.base.errors import DataError
from mtl.data.prepare import prepare
from mtl.sources.opening import open_sources

from .conftest import graph_of
from .ranked import DOCUMENT, IDS, QUERY, ROWS, judged, prepared, recipe, split_of

GOOD = judged("who", "Ann", 1, qid="q1", did="d1", page="p")
TRIPLE = {"query": "who", "document": "Ann", "bad": "a tree"}
Case = tuple[dict[str, Any], dict[str, Any], dict[str, Any], str]

BAD: dict[str, Case] = {  # keys of the task, a row, another row, the message of the other
    "grades that disagree": (
        {},
        GOOD,
        {**GOOD, "label": 0},
        "column 'label': should be the grade of the same document for the same query at FILE:2, which is 1. "
        "Found 0. Keep one of the two rows.",
    ),
    "grades that disagree, queries named": (
        {"group": "qid"},
        GOOD,
        {**GOOD, "label": "0.5"},
        "column 'label': should be the grade of the same document for query 'q1' at FILE:2, which is 1. "
        "Found 0.5. Keep one of the two rows.",
    ),
    "grades that disagree, both named": (
        IDS,
        GOOD,
        {**GOOD, "label": 0},
        "column 'label': should be the grade of document 'd1' for query 'q1' at FILE:2, which is 1. "
        "Found 0. Keep one of the two rows.",
    ),
    "triples that disagree": (
        {"negative": "bad", "target": None},
        TRIPLE,
        {"query": "who", "document": "Bob", "bad": "Ann"},
        "column 'bad': should be the grade of the same document for the same query at FILE:2, which is 1. "
        "Found 0. Keep one of the two rows.",
    ),
    "a triple of one document": (
        {"negative": "bad", "target": None},
        TRIPLE,
        {**TRIPLE, "bad": "Ann"},
        "column 'bad': should be another text than that of column 'document'. Found an equal one.",
    ),
    "a name for two documents": (
        IDS,
        GOOD,
        {**GOOD, "document": "Bob"},
        "column 'document': should be the text of document 'd1' for query 'q1' at FILE:2. Found another one.",
    ),
    "a name for two queries": (
        {"group": "qid"},
        GOOD,
        {**GOOD, "query": "what", "did": "d2"},
        "column 'query': should be the text that query 'q1' has at FILE:2. Found another one.",
    ),
    "a grade that is none": (
        {},
        GOOD,
        {**GOOD, "label": "good"},
        "column 'label': should be a grade, a number. Found 'good'.",
    ),
    "no grade": (
        {},
        GOOD,
        {**GOOD, "label": ""},
        "column 'label': should be a grade, a number. Found nothing. "
        "Where every row is a positive, leave 'target' out.",
    ),
    "no query": (
        {},
        GOOD,
        {**GOOD, "query": None},
        "column 'query': should be a text or a list of tokens. Found nothing.",
    ),
    "no document": (
        {},
        GOOD,
        {**GOOD, "document": None},
        "column 'document': should be a text or a list of tokens. Found nothing.",
    ),
    "a negative of another kind": (
        {"negative": "bad", "target": None},
        TRIPLE,
        {**TRIPLE, "bad": {"a": 1}},
        "column 'bad': should be a text or a list of tokens. Found dict: {\"a\": 1}.",
    ),
    "no name of a query": (
        {"group": "qid"},
        GOOD,
        {**GOOD, "qid": " "},
        "column 'qid': should be a name or a number. Found nothing.",
    ),
    "no name of a document": (
        IDS,
        GOOD,
        {**GOOD, "did": None},
        "column 'did': should be a name or a number. Found nothing.",
    ),
    "a pool of another kind": (
        {"pool": "page"},
        GOOD,
        {**GOOD, "page": ["a"]},
        "column 'page': should be a name or a number. Found list: [\"a\"].",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_row_that_does_not_fit(case: str, tmp_path: Path) -> None:
    keys, first, second, message = BAD[case]
    start = {"query": "other", "document": "x", "label": 0, "qid": "q0", "did": "d0"}
    with pytest.raises(DataError) as caught:
        prepared(tmp_path, {"train": [start, first, second]}, **keys)
    assert str(caught.value) == f"given train rows:3: {message}".replace("FILE", "given train rows")


def test_rows_that_do_not_fit_are_left_out_and_listed_on_request(tmp_path: Path) -> None:
    rows = [*ROWS, {**ROWS[0], "label": 0}, {**ROWS[0], "query": None}, judged("new", "one", 1, qid="q9", did="d9")]
    (tmp_path / "train").write_text("".join(json.dumps(row) + "\n" for row in rows))
    graph = graph_of(tmp_path, recipe(**IDS), ["sources.qa.on_bad_row=skip"])
    found = prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
    assert len(split_of(found)) == 7
    assert split_of(found).texts("query", [6]) == ["new"]
    assert [str(fault) for fault in found.skipped] == [
        f"{tmp_path}/train:7: column 'label': should be the grade of document 'd1' for query 'q1' at "
        f"{tmp_path}/train:1, which is 1. Found 0. Keep one of the two rows.",
        f"{tmp_path}/train:8: column 'query': should be a text or a list of tokens. Found nothing.",
    ]


def test_columns_that_the_task_names_and_nobody_has(tmp_path: Path) -> None:
    keys = {"group": "query_id", "document_id": "did", "negative": "documents", "pool": "pages", "target": None}
    with pytest.raises(DataError) as caught:
        prepared(tmp_path, **keys)
    there = "Found the columns did, document, label, page, qid, query."
    assert str(caught.value).splitlines() == [
        f"given train rows: should have a column 'query_id': the group of task 'relevance'. {there} "
        "Did you mean 'query'?",
        f"given train rows: should have a column 'documents': the negative of task 'relevance'. {there} "
        "Did you mean 'document'?",
        f"given train rows: should have a column 'pages': the pool of task 'relevance'. {there} Did you mean 'page'?",
    ]


def test_nothing_to_compare(tmp_path: Path) -> None:
    rows = [judged(f"q{i}", f"d{i}", 1) for i in range(3)]
    with pytest.raises(DataError) as caught:
        prepared(tmp_path, {"train": rows})
    assert str(caught.value) == (
        "given train rows: column 'label': should have documents of different grades, which training compares. "
        "Found only the grade 1. Add rows of other grades, or let the task 'relevance' take documents that no row "
        "judges as of grade 0: 'negatives: batch' or 'negatives: pool'."
    )
    prepared(tmp_path, {"train": rows}, negatives="batch")


def test_queries_without_a_positive(tmp_path: Path) -> None:
    test = [judged("a", "x", 1), judged("b", "x", 0), judged("c", "y", -1), judged("b", "y", 0)]
    found = prepared(tmp_path, {"train": ROWS, "test": test})
    assert [str(note) for note in found.notes] == [
        "given test rows:2: qa/test: 2 of 3 queries without a document of a grade above 0, "
        "the first here: they count in no metric."
    ]
    assert found.report()["splits"]["qa/test"]["pairs"]["without_positive"] == 2
    assert len(split_of(found, "test").pairs("relevance").grades) == 4


def test_empty_texts(tmp_path: Path) -> None:
    rows = [*ROWS, judged("who", "", 1), judged("who", " \t", 0), judged("when", "", 0), judged("", "x", 1)]
    split = split_of(prepared(tmp_path, {"train": rows}))
    assert [str(note) for note in split.notes] == [
        "given train rows:10: column 'query': 1 empty text, the first here.",
        "given train rows:7: column 'document': 2 empty texts, the first here.",
    ]
    batch = split.batch(np.array([6, 9]))
    assert batch.lengths[DOCUMENT].tolist() == [1, 1]
    assert batch.lengths[QUERY].tolist() == [1, 1]


def test_a_document_of_a_hundred_thousand_words(tmp_path: Path) -> None:
    rows = [*ROWS, judged("who", "word " * 100_000, 1), judged("who", "many " * 10_001, 0)]
    split = split_of(prepared(tmp_path, {"train": rows}))
    assert [str(note) for note in split.notes] == [
        "given train rows:7: column 'document': 2 texts of more than 10,000 tokens, the longest "
        "here with 100,000. An input's key 'max_tokens' says how many of them are read."
    ]
    assert split.batch(np.array([6])).lengths[DOCUMENT].tolist() == [100_000]
    inputs = {"query": {"column": "query"}, "document": {"column": "document", "max_tokens": 200}}
    cut = split_of(prepared(tmp_path, {"train": rows}, inputs=inputs))
    assert cut.notes == []
    assert cut.lengths.max() == 200


def test_splits_that_share_texts(tmp_path: Path) -> None:
    dev = [judged("new", "nobody", 1), judged("who  sings", "fresh", 0)]
    test = [judged("newer", "fresh", 1), judged("newer", "fresher", 0), judged("when", "at 7", 0)]
    found = prepared(tmp_path, {"train": ROWS, "dev": dev, "test": test})
    assert [str(note) for note in found.notes if " also in " in str(note)] == [
        "given dev rows:2: qa/dev: relevance.query: 1 of 2 texts also in train, the first here.",
        "given dev rows:1: qa/dev: relevance.document: 1 of 2 texts also in train, the first here.",
        "given test rows:3: qa/test: relevance.query: 1 of 2 texts also in train, the first here.",
        "given test rows:3: qa/test: relevance.document: 1 of 3 texts also in train, the first here.",
        "given test rows:1: qa/test: relevance.document: 1 of 3 texts also in dev, the first here.",
    ]
    assert found.overlaps == {("qa", "train", "dev"): 0, ("qa", "train", "test"): 0, ("qa", "dev", "test"): 0}


def test_splits_that_share_pairs(tmp_path: Path) -> None:
    swapped = judged(ROWS[1]["document"], ROWS[1]["query"], 1)  # no pair of train
    test = [{**ROWS[0], "label": 0}, judged("who sings", "on the moon", 0), swapped]
    assert prepared(tmp_path, {"train": ROWS, "test": test}).overlaps == {("qa", "train", "test"): 1}
