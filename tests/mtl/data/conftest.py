"""A recipe with two tasks on one source and one on another, and the rows that they read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from mtl.base.registry import load_plugins
from mtl.compile.loading import recipe_from_dict
from mtl.data.prepare import prepare
from mtl.data.prepared import Prepared
from mtl.graph.build import build_graph
from mtl.graph.sharing_graph import SharingGraph
from mtl.sources.opening import open_sources

RECIPE: dict[str, Any] = {
    "name": "small",
    "seed": 1,
    "sources": {
        "talk": {"format": "jsonl", "train": "talk/train", "dev": None, "test": "talk/test"},
        "words": {"format": "jsonl", "train": "words/train"},
    },
    "tasks": {
        "intent": {
            "type": "text_classification",
            "source": "talk",
            "inputs": {"text": {"column": "text", "tokenizer": "unicode_words", "lowercase": True}},
            "target": "intent",
            "model": {
                "embedding": {
                    "type": "concat",
                    "parts": {"word": {"type": "word", "dim": 8}, "char": {"type": "char_cnn", "dim": 4}},
                },
                "representation": {"type": "bilstm", "hidden": 4},
            },
        },
        "slots": {
            "type": "word_tagging",
            "source": "talk",
            "inputs": {"text": {"column": "text", "tokenizer": "unicode_words", "lowercase": True}},
            "target": "slots",
            "model": {},
        },
        "pos": {
            "type": "word_tagging",
            "source": "words",
            "inputs": {"text": {"column": "form", "tokenizer": "unicode_words", "lowercase": True}},
            "target": "upos",
            "model": {},
        },
    },
    "share": {
        "words": ["intent.embedding", "slots.embedding", "pos.embedding"],
        "encoder": ["intent.representation", "slots.representation", "pos.representation"],
    },
}

ROWS: dict[str, list[dict[str, Any]]] = {
    "talk/train": [
        {"text": "play Hey Jude", "intent": "music", "slots": "O B-song I-song"},
        {"text": "wake me at 7:30", "intent": "alarm", "slots": ["O", "O", "O", "B-time"]},
        {"text": "stop", "intent": "music", "slots": None},
        {"text": "", "intent": None, "slots": ""},
        {"text": "  hello", "intent": "", "slots": [{"start": 2, "end": 7, "label": "word"}]},
    ],
    "talk/test": [
        {"text": "play  hey jude", "intent": "weather", "slots": "O B-planet O"},
        {"text": "", "intent": "alarm", "slots": []},
        {"text": "zap it", "intent": None, "slots": "B-animal O"},
    ],
    "words/train": [
        {"form": ["Dogs", "don't", "sing"], "upos": ["NOUN", "AUX", "VERB"]},
        {"form": ["sing"], "upos": None},
    ],
}

Write = Callable[[Mapping[str, Sequence[Mapping[str, Any]]]], None]
Made = Callable[..., Prepared]


@pytest.fixture(autouse=True, scope="session")
def _plugins() -> None:
    load_plugins(("mtl_modules", "mtl_tasks"))


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write rows as JSON lines under the data folder."""

    def write_rows(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        for name, listed in rows.items():
            path = tmp_path / "data" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(json.dumps(row) + "\n" for row in listed), "utf-8")

    return write_rows


def graph_of(data: Path, recipe: Mapping[str, Any] = RECIPE, overrides: Sequence[str] = ()) -> SharingGraph:
    return build_graph(recipe_from_dict(recipe, data=data, overrides=overrides))


@pytest.fixture
def made(tmp_path: Path, write: Write) -> Made:
    """Prepare the small recipe over the small rows, some of them replaced."""

    def make(
        rows: Mapping[str, Sequence[Mapping[str, Any]]] | None = None, *, overrides: Sequence[str] = (), **options: Any
    ) -> Prepared:
        write({**ROWS, **(rows or {})})
        graph = graph_of(tmp_path / "data", overrides=overrides)
        return prepare(graph, open_sources(graph.recipe), tmp_path / "cache", **options)

    return make
