"""Sources whose dev or test is a share of train, prepared: the report, rankings, columns that are not there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mtl.base.errors import DataError
from mtl.cli.tables import reading
from mtl.compile.loading import recipe_from_dict
from mtl.data.data_faults import Readers, data_faults
from mtl.data.prepare import prepare
from mtl.data.prepared import Prepared
from mtl.graph.build import build_graph
from mtl.sources.base import SPLITS
from mtl.sources.opening import open_sources

from .conftest import graph_of
from .ranked import IDS, judged, recipe

ROWS = [
    judged(f"question {i // 3}", f"answer {i}", i % 2, qid=f"q{i // 3}", did=f"d{i}", page=f"p{i // 12}")
    for i in range(60)
]


def ranked(folder: Path, **source: Any) -> Prepared:
    (folder / "train").write_text("".join(json.dumps(row) + "\n" for row in ROWS), "utf-8")
    tree = recipe(**IDS)
    tree["sources"]["qa"] |= {"dev": "20%", **source}
    graph = graph_of(folder, tree)
    return prepare(graph, open_sources(graph.recipe), folder / "cache")


def test_a_query_is_in_one_split_and_a_run_says_how_many_rows_went_where(tmp_path: Path) -> None:
    found = ranked(tmp_path)
    counts = {split: len(found.splits["qa", split]) for split in ("train", "dev")}
    assert counts == {"train": 48, "dev": 12}
    assert set(found.splits["qa", "train"].texts("query")).isdisjoint(found.splits["qa", "dev"].texts("query"))
    said = list(reading(found.report()))
    assert said[:2] == ["read qa/train: 48 rows, 128 tokens", "  16 queries and 48 documents"]
    at = said.index("read qa/dev: 12 rows, 32 tokens")
    assert said[at + 1] == "  20% of the train file, rows with one 'query' together"
    again = ranked(tmp_path)  # from the cache
    assert again.hashes == found.hashes
    assert again.splits["qa", "dev"].texts("query") == found.splits["qa", "dev"].texts("query")


def test_pages_stay_together_too(tmp_path: Path) -> None:
    found = ranked(tmp_path, group_by="page")
    assert {split: len(found.splits["qa", split]) for split in ("train", "dev")} == {"train": 48, "dev": 12}
    rows = [int(text.split()[1]) // 12 for text in found.splits["qa", "dev"].texts("document")]
    assert len(set(rows)) == 1


def test_a_share_that_is_not_as_the_recipe_says_is_reported_also_from_the_cache(tmp_path: Path) -> None:
    for _ in range(2):
        found = ranked(tmp_path, dev="2%", group_by="page", stratify_by="document")
        assert found.held_out["qa/dev"] == (
            "2% of the train file, not stratified by 'document', rows with one 'page' or one 'query' together"
        )
        assert [str(note) for note in found.notes if note.file == "qa/dev"][:2] == [
            "qa/dev: not stratified by 'document': too few of its values have groups of rows for train, too.",
            "qa/dev: 12 rows, where 2% of the train file is 1: rows with one 'page' or one 'query' stay together.",
        ]


def test_a_column_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        ranked(tmp_path, group_by="pages", stratify_by="kind")
    columns = "Found the columns did, document, label, page, qid, query."
    assert str(error.value).splitlines() == [
        f"{tmp_path}/train: should have a column 'pages': 'group_by' of source 'qa'. {columns} Did you mean 'page'?",
        f"{tmp_path}/train: should have a column 'kind': 'stratify_by' of source 'qa'. {columns}",
    ]


def test_malformed_rows_are_told_once(tmp_path: Path) -> None:
    tree = recipe()
    tree["sources"]["qa"] |= {"dev": "20%"}
    rows = "".join(json.dumps(row) + "\n" for row in [*ROWS, {"query": "why", "label": 1}])
    (tmp_path / "train").write_text(f"{rows}[\n", "utf-8")
    graph = graph_of(tmp_path, tree)
    with pytest.raises(DataError) as error:
        prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
    assert str(error.value).splitlines() == [
        f"{tmp_path}/train:61: column 'document': should be a text or a list of tokens. Found nothing.",
        f"{tmp_path}/train:62: column 2: should be a JSON object. Found what is not JSON: Expecting value.",
    ]


def test_a_fault_of_several_splits_of_one_file_is_counted_once_over_its_rows(tmp_path: Path) -> None:
    source = {"format": "jsonl", "train": "train", "dev": "20%", "test": "20%"}
    rows = [{"text": "play it", "label": ["a"] if i % 2 else "b"} for i in range(40)]
    (tmp_path / "train").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    task = {"type": "text_classification", "source": "songs", "inputs": "text", "target": "label"}
    recipe = recipe_from_dict(
        {"name": "a", "sources": {"songs": source}, "tasks": {"kind": {**task, "model": {"embedding": "word"}}}},
        data=tmp_path,
    )
    graph = build_graph(recipe)
    found = data_faults(Readers.of(graph), open_sources(recipe), SPLITS)
    assert list(map(str, found.of_data)) == [
        f"{tmp_path / 'train'}:2: column 'label': should be one label. Found list: [\"a\"]. "
        "19 other rows have such a fault."
    ]
