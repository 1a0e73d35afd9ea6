"""A running text in which words come again after a while, and a language model that reads it on: recipe and trainer."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mtl.compile.loading import recipe_from_dict
from mtl.data.prepare import prepare
from mtl.data.prepared import Prepared
from mtl.graph.build import build_graph
from mtl.graph.sharing_graph import SharingGraph
from mtl.sources.opening import open_sources
from mtl.train.trainer import Trainer

SIZES = {"train": 100, "dev": 12, "test": 12}  # sentences of 8 words


def words(split: str) -> list[str]:
    """Return a text whose sentences begin and end with one word, with others between that say nothing of it."""
    generator = random.Random(split)
    keys = [generator.choice("abcdefgh") for _ in range(SIZES[split])]
    return [word for key in keys for word in (key, *generator.choices(["yes", "no"], k=6), key)]


def write(folder: Path) -> Path:
    """Write all splits, where they are not there yet."""
    for split in SIZES:
        (folder / f"{split}.txt").write_text(" ".join(words(split)) + "\n")
    return folder


def recipe(train: Mapping[str, Any] | None = None, model: Mapping[str, Any] | None = None, **keys: Any) -> Any:
    """Return the recipe: rows of 5 words, read on in segments of 7 tokens, 6 at a time."""
    source = {"format": "plain_text", "rows": "words", "length": 5, **{split: f"{split}.txt" for split in SIZES}}
    parts = {
        "embedding": {"type": "word", "dim": 6, "initial": 0.1},
        "representation": {"type": "lstm", "hidden": 16, "layers": 2},
        "output": {"words": {}},
    }
    task = {"type": "language_model", "ends": False, "bptt": 7, "source": source, "inputs": "text"}
    own = {"batch": {"size": 6}, "epochs": 2, "optimizer": {"type": "adam", "lr": 0.01}, "evaluate_every": 8}
    return {
        "name": "running",
        "seed": 3,
        "tasks": {"lm": {**task, **keys, "model": {**parts, **(model or {})}}},
        "share": {"table": ["lm.embedding", "lm.output.words"]},
        "train": {**own, **(train or {})},
    }


def prepared(tree: Any, folder: Path) -> tuple[SharingGraph, Prepared]:
    """Return the graph of a recipe over data in a folder, and its data."""
    graph = build_graph(recipe_from_dict(tree, data=folder))
    return graph, prepare(graph, open_sources(graph.recipe), folder / "cache")


def trainer(
    folder: Path, train: Mapping[str, Any] | None = None, *, out: str = "run", resume: bool = False, **more: Any
) -> Trainer:
    """Return a trainer whose run folder is `folder/out`."""
    graph, data = prepared(recipe(train, **more), write(folder))
    return Trainer(graph, data, folder / out, resume=resume)
