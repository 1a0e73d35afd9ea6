"""Two small sources, three tasks on one encoder, and all that a trainer of them needs."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from mtl.compile.loading import recipe_from_dict
from mtl.data.batch import Batch
from mtl.data.feed import Feed
from mtl.data.prepare import prepare
from mtl.data.prepared import Prepared
from mtl.graph.build import build_graph
from mtl.graph.sharing_graph import SharingGraph
from mtl.model.multi_task import MultiTaskModel
from mtl.sources.opening import open_sources
from mtl.train.draws import Draw
from mtl.train.trainer import Trainer
from mtl.train.update import Updated


def update(trainer: Trainer, feed: Feed, *batches: Batch) -> Updated:
    """Update a trainer's model by some batches of one stream, as its next step."""
    return trainer.update([Draw(feed.source, feed.tasks, batches)], trainer.step)


VERBS = {"play": "music", "book": "travel", "find": "search"}
NOUNS = {"song": "B-song", "flight": "B-flight", "film": "B-film", "table": "B-table"}


def write_data(folder: Path, rows: int = 40) -> None:
    """Write train and dev of `utterances` (text, intent, slots) and `words` (text, pos)."""
    for split, seed in (("train", 0), ("dev", 1)):
        generator = random.Random(seed)
        utterances, words = ["text\tintent\tslots"], ["text\tpos"]
        for _ in range(rows):
            verb, noun = generator.choice(list(VERBS)), generator.choice(list(NOUNS))
            filler = ["a"] * generator.randrange(4)
            text = [verb, *filler, noun]
            tags = ["O", *["O"] * len(filler), NOUNS[noun]]
            utterances.append(f"{' '.join(text)}\t{VERBS[verb]}\t{' '.join(tags)}")
            words.append(f"{' '.join(text[1:])}\t{' '.join(['DET'] * len(filler) + ['NOUN'])}")
        (folder / f"utterances.{split}.tsv").write_text("\n".join(utterances) + "\n")
        (folder / f"words.{split}.tsv").write_text("\n".join(words[: rows // 2]) + "\n")


def tree(train: Mapping[str, Any] | None = None, *, dev: bool = True, tasks: Mapping[str, Any] | None = None) -> Any:
    """Return the recipe; `tasks` are further keys by task."""

    def source(name: str) -> dict[str, str]:
        return {"format": "tsv", **{s: f"{name}.{s}.tsv" for s in ("train", "dev") if s == "train" or dev}}

    def task(name: str, kind: str, source: str, model: dict[str, Any]) -> dict[str, Any]:
        own = {"type": kind, "source": source, "target": name, "model": model}
        return {**own, "inputs": {"text": {"column": "text"}}, **(tasks or {}).get(name, {})}

    own = {"batch": {"size": 8}, "epochs": 2, "optimizer": {"type": "adamw", "lr": 0.01}, "gradients_every": 0}
    return {
        "name": "small",
        "seed": 3,
        "sources": {"utterances": source("utterances"), "words": source("words")},
        "tasks": {
            "intent": task(
                "intent",
                "text_classification",
                "utterances",
                {
                    "embedding": {"type": "word", "dim": 8},
                    "representation": {"type": "bilstm", "hidden": 6, "dropout": 0.2},
                    "pooling": {"type": "max"},
                },
            ),
            "slots": task("slots", "word_tagging", "utterances", {}),
            "pos": task("pos", "word_tagging", "words", {}),
        },
        "share": {
            "words_": ["*.embedding"],
            "encoder": ["intent.representation", "slots.representation", "pos.representation"],
        },
        "train": {**own, **(train or {})},
    }


def small_graph(folder: Path, train: Mapping[str, Any] | None = None, **more: Any) -> SharingGraph:
    """Return the sharing graph over data in `folder`, which is written where it is not there yet."""
    if not (folder / "words.train.tsv").exists():
        write_data(folder)
    return build_graph(recipe_from_dict(tree(train, **more), data=folder))


def small_prepared(graph: SharingGraph) -> Prepared:
    """Return the data of a small graph."""
    return prepare(graph, open_sources(graph.recipe), graph.recipe.data / "cache")


def small_trainer(
    folder: Path, train: Mapping[str, Any] | None = None, *, out: str = "run", resume: bool = False, **more: Any
) -> Trainer:
    """Return a trainer whose run folder is `folder/out`."""
    graph = small_graph(folder, train, **more)
    return Trainer(graph, small_prepared(graph), folder / out, resume=resume)


def parameters(model: MultiTaskModel) -> dict[str, torch.Tensor]:
    """Return copies of all parameters."""
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def same(first: Mapping[str, torch.Tensor], second: Mapping[str, torch.Tensor]) -> bool:
    """Return whether two sets of parameters are the same, bit for bit."""
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)
