"""What losses count is known before they are computed; so an update of several batches is that of one."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from mtl.base.errors import UsageError
from mtl.compile.loading import recipe_from_dict
from mtl.data.prepare import prepare
from mtl.graph.build import build_graph
from mtl.model.multi_task import MultiTaskModel
from mtl.runs.runner import Run
from mtl.sources.opening import open_sources
from mtl.train.accumulation import Share
from mtl.train.trainer import StepReport, Trainer
from tests.mtl.runs import test_ranking_run
from tests.mtl.small_run import small_trainer

WORD = {"type": "word", "dim": 6, "min_count": 1}
GRU = {"type": "gru", "hidden": 6}
TREES = {"go": "[IN:GO go ]", "to": "[IN:GO take [SL:WHO me ] to [SL:TO the big house ] ]"}
PREDICTED: dict[str, dict[str, Any]] = {  # tasks on texts of one and of many words
    "word": {"type": "language_model", "model": {"embedding": WORD, "representation": GRU, "output": {"words": {}}}},
    "backward": {
        "type": "language_model",
        "direction": "backward",
        "model": {
            "embedding": WORD,
            "representation": {**GRU, "type": "lstm", "direction": "backward"},
            "output": {"words": {}},
        },
    },
    "no ends": {
        "type": "language_model",
        "ends": False,
        "model": {"embedding": WORD, "representation": GRU, "output": {"words": {}}},
    },
    "characters": {
        "type": "language_model",
        "model": {"embedding": {"type": "character", "dim": 6}, "representation": GRU, "output": {"words": {}}},
    },
    "masked": {
        "type": "masked_language_model",
        "model": {"embedding": WORD, "representation": {"type": "bigru", "hidden": 3}, "output": {"words": {}}},
    },
    "parse": {
        "type": "semantic_parsing",
        "target": "tree",
        "model": {"embedding": WORD, "representation": {"type": "bilstm", "hidden": 4}, "decoder": {"dropout": 0.0}},
    },
    "tags": {
        "type": "word_tagging",
        "target": "tags",
        "model": {"embedding": WORD, "representation": {"type": "bilstm", "hidden": 4}},
    },
    "regression": {"type": "text_regression", "target": "number", "model": {"embedding": WORD}},
}


def recipe(name: str, folder: Path, train: Mapping[str, Any], **text: Any) -> dict[str, Any]:
    generator = random.Random(1)
    rows = []
    for kind in ("go", "to") * 8:
        words = TREES[kind].replace("[", "").replace("]", "").split()
        words = [word for word in words if ":" not in word]
        if name not in ("parse", "tags") and kind == "to":
            words = generator.choices(words, k=20)
        tags = [None] * len(words) if kind == "to" and generator.random() < 0.3 else ["A"] * len(words)
        rows.append({"text": " ".join(words), "tree": TREES[kind], "tags": tags, "number": len(words)})
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    task = {"source": "rows", "inputs": {"text": {"column": "text", **text}}, **PREDICTED[name]}
    words = "words" in task["model"].get("output", {})
    return {
        "seed": 1,
        "sources": {"rows": {"format": "jsonl", "train": "rows.jsonl"}},
        "tasks": {"it": task},
        "share": {"table": ["it.embedding", "it.output.words"]} if words else {},
        "train": {"optimizer": {"type": "sgd", "lr": 0.5}, "clip": None, "max_steps": 1, **train},
    }


def trainer(name: str, folder: Path, train: Mapping[str, Any], out: str = "run", **text: Any) -> Trainer:
    graph = build_graph(recipe_from_dict(recipe(name, folder, train, **text), data=folder))
    return Trainer(graph, prepare(graph, open_sources(graph.recipe), folder / "cache"), folder / out)


def same_counts(model: MultiTaskModel, trainer: Trainer) -> int:
    """Compare what is said of all batches with what is counted; return how many differ from the labelled units."""
    other = 0
    model.train()
    for feed in trainer.draws.feeds.values():
        for batch in (feed.next() for _ in range(len(feed))):
            said = model.counts(batch, feed.tasks)
            counted = {task: int(count) for task, (_, count) in model.counted_losses(batch, feed.tasks).items()}
            assert {task: count for task, count in said.items() if count} == counted
            other += said != {task: int(batch.labelled[task].sum()) for task in feed.tasks}
    return other


@pytest.mark.parametrize("name", list(PREDICTED))
def test_what_is_said_is_counted(name: str, tmp_path: Path) -> None:
    made = trainer(name, tmp_path, {"batch": {"size": 3}})
    assert (same_counts(made.model, made) > 0) == (name not in ("tags", "regression"))


def test_trees_of_texts_that_are_cut_do_not_count(tmp_path: Path) -> None:
    made = trainer("parse", tmp_path, {"batch": {"size": 3}}, max_tokens=4)
    same_counts(made.model, made)


@pytest.mark.parametrize("output", ["pairwise_logistic", "pairwise_hinge", "listwise_softmax", "in_batch_softmax"])
def test_what_rankings_compare_is_known_by_grades(output: str, tmp_path: Path) -> None:
    file = test_ranking_run.write(tmp_path)
    drawn = "output: in_batch_softmax\n    negatives: batch" if output == "in_batch_softmax" else f"output: {output}"
    text = file.read_text("utf-8").replace("      output: pairwise_logistic", f"      {drawn}")
    file.write_text(text, "utf-8")
    run = Run.start(file, tmp_path / "run", splits=("train", "dev"))
    made = Trainer(run.graph, run.prepared, run.out)
    same_counts(made.model, made)


@pytest.mark.parametrize("name", list(PREDICTED))
def test_several_batches_are_one(name: str, tmp_path: Path) -> None:
    whole = trainer(name, tmp_path, {"batch": {"size": 16}}, "whole")
    parts = trainer(name, tmp_path, {"batch": {"size": 4}, "accumulate": 4}, "parts")
    losses = []
    for made in (whole, parts):
        (step,) = (report for report in made.train() if isinstance(report, StepReport))
        assert step.rows == 16
        losses.append(step.losses["it"])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    weights, others = whole.model.state_dict(), parts.model.state_dict()
    for parameter in weights:
        torch.testing.assert_close(weights[parameter], others[parameter], atol=1e-5, rtol=1e-4)


def test_an_output_layer_that_counts_otherwise_than_it_says(tmp_path: Path) -> None:
    made = small_trainer(tmp_path, {"accumulate": 2, "batch": {"size": 3}})
    output = made.model.output("pos")
    output.count = lambda *_: torch.tensor(7)  # type: ignore[method-assign]
    with pytest.raises(UsageError) as error:
        list(made.train())
    assert str(error.value) == (
        "the output layer of task 'pos' should count as many losses of a batch as its method 'count' says, 7. Found 1."
    )
    Share({}, {"pos": 0}).check({})
