"""A ranking recipe over one source, and rows that judge documents for three queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mtl.data.prepare import prepare
from mtl.data.prepared import Prepared
from mtl.data.split import Split
from mtl.graph.calls import InputKey
from mtl.sources.opening import open_sources
from mtl.text.front_end import FrontEnd

from .conftest import graph_of

QUERY = InputKey("qa", "query", FrontEnd("unicode_words", True))
DOCUMENT = InputKey("qa", "document", FrontEnd("unicode_words"))
IDS = {"group": "qid", "document_id": "did"}


def judged(query: str, document: str, label: Any, **more: Any) -> dict[str, Any]:
    return {"query": query, "document": document, "label": label, **more}


ROWS = [
    judged("who sings", "Ann sings a song", 1, qid="q1", did="d1", page="p1"),
    judged("who sings", "nobody", "0", qid="q1", did="d2", page="p1"),
    judged("when", "nobody", 2.5, qid="q2", did="d2", page="p2"),
    judged("who sings", "at 7", 0, qid="q1", did="d3", page="p1"),
    judged("when", "Ann sings a song", 0, qid="q2", did="d1", page="p2"),
    judged("where to", "on the moon", 1, qid="q3", did="d4", page=None),
]


def recipe(**keys: Any) -> dict[str, Any]:
    """Return the recipe; `keys` are further ones of the task, None for a key to leave out."""
    task = {
        "type": "text_pair_ranking",
        "source": "qa",
        "inputs": {"query": {"column": "query", "lowercase": True}, "document": {"column": "document"}},
        "target": "label",
        "model": {
            name: {"embedding": {"type": "word", "dim": 4}, "pooling": {"type": "max"}}
            for name in ("query", "document")
        },
        **keys,
    }
    return {
        "name": "ranked",
        "seed": 1,
        "sources": {"qa": {"format": "jsonl", "train": "train"}},
        "tasks": {"relevance": {key: value for key, value in task.items() if value is not None}},
    }


def prepared(
    folder: Path, splits: Mapping[str, Sequence[Mapping[str, Any]]] | None = None, *, overrides: Any = (), **keys: Any
) -> Prepared:
    """Prepare rows given from Python."""
    graph = graph_of(folder, recipe(**keys), overrides)
    given = {"qa": {name: list(rows) for name, rows in (splits or {"train": ROWS}).items()}}
    return prepare(graph, open_sources(graph.recipe, given), folder / "cache")


def split_of(found: Prepared, name: str = "train") -> Split:
    split = found.splits["qa", name]
    assert split.judgements is not None
    return split
