"""The worst queries of a ranking, and what `mtl errors` and `mtl compare` say of rankings."""

from __future__ import annotations

import csv
import json
import shutil
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from mtl.base.errors import UsageError
from mtl.runs.comparing.finished_runs import compare_finished
from mtl.runs.runner import Run
from mtl.runs.worst_queries import worst_queries
from tests.commands import within

from .test_ranking_run import rows_of


@pytest.fixture(scope="module")
def turned(ranking_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the run and its data where test's grades are turned: topics that agree are not relevant."""
    folder = tmp_path_factory.mktemp("turned")
    shutil.copytree(ranking_run.parent, folder, dirs_exist_ok=True)
    rows = [{**row, "label": int(not row["label"])} for row in rows_of(folder, "test")]
    (folder / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return folder


def test_the_first_relevant_document_is_ranked_lowest(turned: Path) -> None:
    run = Run.open(turned / "run", data=turned)
    found = worst_queries(run, "relevance")
    scores = dict(zip(map(json.dumps, rows_of(turned, "test")), run.evaluate().predictions["relevance"], strict=True))
    queries: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in sorted(rows_of(turned, "test"), key=lambda row: -scores[json.dumps(row)]):
        queries[row["query"]].append(row)
    wanted = {}
    for query, rows in queries.items():
        rank = next((rank for rank, row in enumerate(rows, 1) if row["label"]), 1)
        if rank > 1:
            names = (rows[0]["document_id"], rows[0]["document"], rows[rank - 1]["document_id"])
            wanted[query] = (rank, len(rows), query, *names, rows[rank - 1]["document"])
    assert len(wanted) > 5
    assert {row.query: tuple(row) for row in found.rows} == wanted
    places = [(-row.rank, -row.documents) for row in found.rows]
    assert places == sorted(places)
    assert found.queries == sum(any(row["label"] for row in rows) for rows in queries.values())


def test_errors_lists_them_and_writes_a_table(turned: Path, tmp_path: Path) -> None:
    done = within("errors", turned / "run", "--data", turned, "--out", tmp_path / "worst.tsv", "--top", "1")
    found = worst_queries(Run.open(turned / "run", data=turned), "relevance")
    assert done.returncode == 0, done.stderr
    first, *_, last = done.stdout.splitlines()
    count, row = len(found.rows), found.rows[0]
    assert first == (
        f"relevance: {count} of {found.queries} queries of test with a document first that is not relevant"
    )
    assert last == f"{tmp_path / 'worst.tsv'}: {count} queries"
    assert f"{row.rank} of {row.documents}" in done.stdout
    assert found.rows[1].query not in done.stdout
    with (tmp_path / "worst.tsv").open(encoding="utf-8", newline="") as stream:
        table = list(csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert table == [list(row._fields), *([str(value) for value in row] for row in found.rows)]
    done = within("errors", turned / "run", "--data", turned)
    assert done.stdout.splitlines()[-1] == f"{count} queries; --out FILE writes them as a table"


def test_a_task_that_does_not_rank_and_a_split_that_is_not_there(small_run: Path, ranking_run: Path) -> None:
    with pytest.raises(UsageError) as error:
        worst_queries(Run.open(small_run), "intent")
    assert str(error.value) == "task 'intent' should have judged pairs for units. Found others."
    with pytest.raises(UsageError) as error:
        worst_queries(Run.open(ranking_run), "relevance", "none")
    assert str(error.value) == "the source 'qa' should have a none split. Found train, dev, test."


def test_rankings_are_compared_by_the_document_that_is_first(ranking_run: Path, tmp_path: Path) -> None:
    other = shutil.copytree(ranking_run.parent, tmp_path / "other") / "run"
    found = compare_finished([ranking_run, other]).apart[0]["relevance"]
    assert (found.rows, found.otherwise, found.right_here, found.right_there, found.units) == (13, 0, 0, 0, "queries")
    for file in (other / "checkpoints").rglob("*.safetensors"):
        noise(file)
    found = compare_finished([ranking_run, other]).apart[0]["relevance"]
    assert found.rows == 13
    assert found.otherwise >= found.right_there > 0
    done = within("compare", ranking_run, other)
    assert done.returncode == 0, done.stderr
    (row,) = (line.split() for line in done.stdout.splitlines() if "queries" in line)
    assert row[:6] == ["relevance", "13", "queries", *map(str, (found.otherwise, found.right_here, found.right_there))]


def test_rankings_of_other_queries_are_not_compared(ranking_run: Path, tmp_path: Path) -> None:
    other = shutil.copytree(ranking_run.parent, tmp_path / "other") / "run"
    recipe = (other / "recipe.yaml").read_text("utf-8")
    assert "group: query_id" in recipe
    (other / "recipe.yaml").write_text(recipe.replace("group: query_id", "group: document_id"), "utf-8")
    found = compare_finished([ranking_run, other])
    assert found.apart == ({},)
    assert str(found.warnings[-1]) == (
        f"{other}: relevance: has other queries or relevant documents than '{ranking_run}' has: they are not compared."
    )


def noise(file: Path) -> None:
    """Turn the weights of a checkpoint around."""
    from safetensors import safe_open
    from safetensors.torch import load_file, save_file

    with safe_open(file, "pt") as opened:
        facts = opened.metadata()
    save_file({name: value.flip(0) for name, value in load_file(file).items()}, file, facts)
