"""Heads begin at the frequencies of their training answers, so that a lopsided task does not cost another one much."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import torch

from mtl.compile.loading import recipe_from_dict
from mtl.graph.build import build_graph
from mtl.train.trainer import EvalReport, Trainer
from tests.mtl.small_run import parameters, small_prepared, small_trainer, tree, write_data

WORDS = [f"w{number}" for number in range(600)]
MODEL: dict[str, Any] = {
    "embedding": {"type": "word", "dim": 8},
    "representation": {"type": "bilstm", "hidden": 6},
    "pooling": {"type": "max"},
}
NAMES = [f"name{number}" for number in range(60)]


def plant(folder: Path, rows: int = 1200, classes: int = 20) -> None:
    """Write `topics`, texts of 8 words of which two show one of 20 classes, and `tags`, of whose tokens 95 % are O."""
    generator = random.Random(0)
    signs = [generator.sample(WORDS, 6) for _ in range(classes)]
    for split, count in (("train", rows), ("dev", 400)):
        topics, tags = ["text\tlabel"], ["text\ttags"]
        for _ in range(count):
            label, text = generator.randrange(classes), generator.choices(WORDS, k=8)
            for place in generator.sample(range(8), 2):
                text[place] = generator.choice(signs[label])
            topics.append(f"{' '.join(text)}\tc{label}")
            text, marked = generator.choices(WORDS, k=20), ["O"] * 20
            place = generator.randrange(20)
            text[place], marked[place] = generator.choice(NAMES), "B-name"
            tags.append(f"{' '.join(text)}\t{' '.join(marked)}")
        (folder / f"topics.{split}.tsv").write_text("\n".join(topics) + "\n")
        (folder / f"tags.{split}.tsv").write_text("\n".join(tags) + "\n")


def planted(
    folder: Path, seed: int, *, jointly: bool = True, prior: bool = True, balance: str = "sum", weight: int = 3
) -> float:
    """Return the classes' accuracy on dev after one epoch over their source; `weight` is that of the tags."""
    inputs = {"text": {"column": "text"}}
    tasks: dict[str, Any] = {
        "topic": {
            "type": "text_classification",
            "source": "topics",
            "target": "label",
            "inputs": inputs,
            "model": {
                "embedding": {"type": "word", "dim": 50},
                "representation": {"type": "bilstm", "hidden": 50},
                "pooling": {"type": "self_attention"},
                "output": {"type": "softmax", "prior": prior},
            },
        },
        "names": {
            "type": "word_tagging",
            "source": "tags",
            "target": "tags",
            "inputs": inputs,
            "weight": weight,
            "model": {"output": {"type": "crf", "prior": prior}},
        },
    }
    sources = {
        name: {"format": "tsv", "train": f"{name}.train.tsv", "dev": f"{name}.dev.tsv"} for name in ("topics", "tags")
    }
    share = {"words": ["*.embedding"], "encoder": ["*.representation"]}
    if not jointly:
        del tasks["names"], sources["tags"]
    recipe = {
        "name": "planted",
        "seed": seed,
        "sources": sources,
        "tasks": tasks,
        **({"share": share} if jointly else {}),
        "train": {
            "epochs": 1,
            "threads": 1,
            "gradients_every": 0,
            "optimizer": {"type": "adamw", "lr": 0.01},
            "balance": balance,
        },
    }
    graph = build_graph(recipe_from_dict(recipe, data=folder))
    trainer = Trainer(graph, small_prepared(graph), folder / f"{seed} {jointly} {prior} {balance}")
    (report,) = (report for report in trainer.train() if isinstance(report, EvalReport))
    return report.metrics["topic"]["accuracy"]


def test_a_lopsided_task_does_not_cost_another_one_its_first_epoch(tmp_path: Path) -> None:
    plant(tmp_path)
    seeds = (1, 2)
    alone, jointly, without = (
        sum(planted(tmp_path, seed, **how) for seed in seeds) / len(seeds)
        for how in ({"jointly": False}, {}, {"prior": False})
    )
    assert jointly > alone - 0.02, (alone, jointly)
    assert without < alone - 0.02, (alone, without)


def test_the_default_balance_does_not_cost_it_either(tmp_path: Path) -> None:
    plant(tmp_path)
    seeds = (1, 2, 3, 4)
    alone, jointly = (
        sum(planted(tmp_path, seed, balance="equal_norms", weight=1, jointly=how) for seed in seeds) / len(seeds)
        for how in (False, True)
    )
    assert jointly > alone - 0.02, (alone, jointly)


def test_heads_begin_at_the_frequencies_of_training(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path)
    labels = trainer.prepared.fitted.targets["intent"].labels
    assert labels is not None
    counts = torch.tensor(labels.counts)
    bias = trainer.model["intent.decoder"].layers[-1].bias  # type: ignore[index, union-attr]
    torch.testing.assert_close(bias.softmax(0), counts / counts.sum())


@pytest.mark.parametrize("prior", [True, False])
def test_without_prior_a_head_begins_as_it_was_built(tmp_path: Path, prior: bool) -> None:
    tasks = {"intent": {"model": {**MODEL, "output": {"type": "softmax", "prior": prior}}}}
    given = small_trainer(tmp_path, tasks=tasks, out="given")
    built = given.model.__class__(given.graph, given.prepared.fitted)
    first, second = parameters(given.model), parameters(built)
    changed = {name for name in first if not torch.equal(first[name], second[name])}
    of_intent = {"/intent/decoder.layers.0.bias"}
    assert (changed & of_intent == of_intent) is prior
    assert changed - of_intent == {"/slots/decoder.layers.0.bias", "/pos/decoder.layers.0.bias"}


def test_first_weights_count_for_more(tmp_path: Path) -> None:
    first = small_trainer(tmp_path, {"max_steps": 4}, out="first")
    list(first.train())
    tasks = {"intent": {"model": {**MODEL, "decoder": {"type": "mlp", "weights": "first"}}}}
    second = small_trainer(tmp_path, tasks=tasks, out="second")
    given, wanted = (parameters(trainer.model)["/intent/decoder.layers.0.bias"] for trainer in (second, first))
    assert torch.equal(given, wanted)


def test_a_tied_head_begins_at_the_frequencies_of_all_its_tasks(tmp_path: Path) -> None:
    write_data(tmp_path)
    found = tree(None)
    found["tasks"]["again"] = {**found["tasks"]["pos"], "model": {}}
    found["share"]["head"] = ["pos.decoder", "again.decoder"]
    found["share"]["encoder"].append("again.representation")
    graph = build_graph(recipe_from_dict(found, data=tmp_path))
    trainer = Trainer(graph, small_prepared(graph), tmp_path / "run")
    target = trainer.prepared.fitted.targets["pos"]
    counts = torch.tensor([*target.tally.values()])
    bias = trainer.model["pos.decoder"].layers[-1].bias  # type: ignore[index, union-attr]
    torch.testing.assert_close(bias.softmax(0), counts / counts.sum())
