"""A resumed run of a ranking task draws the negatives that the run would have drawn that was never stopped."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch

from mtl.compile.loading import recipe_from_dict
from mtl.data.prepare import prepare
from mtl.graph.build import build_graph
from mtl.sources.opening import open_sources
from mtl.train.trainer import Trainer
from tests.mtl.small_run import parameters, same


def tree(**keys: Any) -> dict[str, Any]:
    text = {"embedding": {"type": "word", "dim": 6}, "pooling": {"type": "max"}}
    task = {
        "type": "text_pair_ranking",
        "source": "qa",
        "inputs": {"query": {"column": "query"}, "document": {"column": "document"}},
        "target": "label",
        "group": "query_id",
        "model": {"query": text, "document": text, "output": {"type": "pairwise_logistic"}},
        **keys,
    }
    return {
        "name": "ranking",
        "seed": 2,
        "sources": {"qa": {"format": "jsonl", "train": "train.jsonl"}},
        "tasks": {"relevance": {key: value for key, value in task.items() if value is not None}},
        "train": {"batch": {"size": 6}, "epochs": 2, "checkpoint_every": 3},
    }


def trainer(
    folder: Path, *, out: str, resume: bool = False, device: torch.device | None = None, **keys: Any
) -> Trainer:
    recipe = tree(**keys)
    rows = [
        {
            "query": f"query {i} of {i % 5}",
            "query_id": i,
            "document": f"document {(i + 7 * j) % 30}",
            "page": i % 6,
            "label": int(j == 0),
        }
        for i in range(20)
        for j in range(3)
    ]
    (folder / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    graph = build_graph(recipe_from_dict(recipe, data=folder))
    prepared = prepare(graph, open_sources(graph.recipe), folder / "cache")
    return Trainer(graph, prepared, folder / out, resume=resume, device=device)


KEYS: dict[str, dict[str, Any]] = {
    "judged": {},
    "batch": {"negatives": "batch", "negative_count": 2},
    "pool": {"negatives": "pool", "negative_count": 1, "pool": "page"},
}


@pytest.mark.parametrize("name", KEYS)
def test_stopped_anywhere_it_ends_the_same(name: str, tmp_path: Path) -> None:
    whole = trainer(tmp_path, out="whole", **KEYS[name])
    reports = [report.record() for report in whole.train()]
    assert len(reports) >= 12
    for stop in (2, 5, 11):
        out = f"stopped{stop}"
        for _ in islice(trainer(tmp_path, out=out, **KEYS[name]).train(), stop):
            pass
        resumed = trainer(tmp_path, out=out, resume=True, **KEYS[name])
        begun = resumed.step
        assert begun <= stop
        rest = [report.record() for report in resumed.train()]
        for record in (*reports, *rest):
            record["seconds"] = 0
        assert rest == [record for record in reports if record["step"] > begun]
        assert same(parameters(resumed.model), parameters(whole.model))
