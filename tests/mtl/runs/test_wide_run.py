"""Classifiers with a wide module, from data to verified graphs: beside an encoder, alone, tied, with other columns."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import torch

import mtl
from mtl.runs.runner import Run
from tests.mtl.small_run import parameters, same, small_trainer, update

NONE: dict[str, Any] = {"embedding": None, "pooling": None, "decoder": None}
TOPICS = {"sport": "goal match ball", "money": "bank share price", "weather": "rain cloud wind"}
TEXTS = ["the ball is in the goal", "", "shares and banks", "Wind! wind, wind " * 20]


def write(folder: Path) -> None:
    """Write sentences of known words for each topic, with a number beside them, and other sentences of two topics."""
    generator = random.Random(1)
    for name, topics in (("one", list(TOPICS)), ("two", list(TOPICS))):
        for split, count in (("train", 60), ("dev", 15), ("test", 15)):
            rows = ["text\ttopic\tsize"]
            for number in range(count):
                topic = topics[number % len(topics)]
                words = generator.choices(TOPICS[topic].split() + ["the", "a", "of"], k=5)
                rows.append(f"{' '.join(words)}\t{topic}\t{number}")
            (folder / f"{name}.{split}.tsv").write_text("\n".join(rows) + "\n", "utf-8")


def recipe() -> dict[str, Any]:
    def source(name: str) -> dict[str, str]:
        return {"format": "tsv", **{split: f"{name}.{split}.tsv" for split in ("train", "dev", "test")}}

    def task(source: str, model: dict[str, Any], **inputs: Any) -> dict[str, Any]:
        kind = {"type": "text_classification", "source": source, "target": "topic"}
        return {**kind, "inputs": {"text": "text", **inputs}, "model": model}

    words = {"embedding": {"type": "word", "dim": 4}}
    size = {"column": "size", "tokenizer": "number"}
    return {
        "name": "topics",
        "seed": 2,
        "sources": {"one": source("one"), "two": source("two")},
        "tasks": {
            "both": task("one", {**words, "wide": "ngrams"}),
            "alone": task("two", {**NONE, "wide": {}}),
            "beside": task("two", {**words, "wide": {"type": "ngrams", "values": "count"}}, size=size),
        },
        "share": {"ngrams": ["both.wide", "alone.wide"]},
        "train": {"optimizer": {"type": "adam", "lr": 0.02}, "batch": {"size": 8}, "epochs": 6, "gradients_every": 0},
    }


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("topics")
    write(folder)
    return mtl.run(recipe(), out=folder / "run", data=folder)  # an export is verified before it is there


def test_n_grams_are_learned(run: Run) -> None:
    for task in ("both", "alone", "beside"):
        assert run.metrics["test"][task]["accuracy"] > 0.9


def test_tied_wide_modules_are_one(run: Run) -> None:
    assert run.model["both.wide"] is run.model["alone.wide"]
    assert run.model["both.wide"] is not run.model["beside.wide"]


@pytest.mark.parametrize("size", [1, 64])
def test_the_export_answers_as_the_model(run: Run, size: int) -> None:
    bundle = mtl.Bundle(run.out / "export")
    for task in ("both", "alone"):
        for found, wanted in zip(
            bundle.predict(task, TEXTS, batch_size=size), run.predict(task, TEXTS, batch_size=size), strict=True
        ):
            assert found["label"] == wanted["label"]
            assert found["scores"] == pytest.approx(wanted["scores"], abs=1e-5)
    inputs = {"text": TEXTS, "size": ["3", "", "1e2", "-2.5"]}
    for found, wanted in zip(bundle.predict("beside", inputs), run.predict("beside", inputs), strict=True):
        assert found["label"] == wanted["label"]
        assert found["scores"] == pytest.approx(wanted["scores"], abs=1e-5)
    assert bundle.predict("alone", []) == []


@pytest.mark.parametrize("stop", [1, 5])
def test_stopped_and_resumed_it_ends_the_same(tmp_path: Path, stop: int) -> None:
    wide = {"type": "ngrams", "dropout": 0.2}
    model = {"embedding": {"type": "word", "dim": 8}, "representation": {"type": "bilstm", "hidden": 6}, "wide": wide}
    own = {"tasks": {"intent": {"model": model}}}
    train = {"max_steps": 8, "checkpoint_every": 2, "optimizer": {"type": "adamw", "lr": 0.01}}
    whole = small_trainer(tmp_path, train, out="whole", **own)
    for _ in whole.train():
        pass
    stopped = small_trainer(tmp_path, train, out="stopped", **own)
    for number, _ in enumerate(stopped.train()):
        if number == stop:
            break
    resumed = small_trainer(tmp_path, train, out="stopped", resume=True, **own)
    for _ in resumed.train():
        pass
    assert same(parameters(resumed.model), parameters(whole.model))
    table = whole.model["intent.wide"].get_parameter("table")
    assert torch.equal(table[0], torch.zeros_like(table[0]))
    assert bool((table[1:] != 0).any(1).all())


def test_a_stream_without_it_leaves_it_as_it_is(tmp_path: Path) -> None:
    model = {"embedding": {"type": "word", "dim": 8}, "representation": {"type": "bilstm", "hidden": 6}}
    trainer = small_trainer(tmp_path, tasks={"intent": {"model": {**model, "wide": "ngrams"}}})
    feeds, wide = trainer.draws.feeds, trainer.model["intent.wide"]
    update(trainer, feeds["utterances"], feeds["utterances"].next())
    before = {name: tensor.detach().clone() for name, tensor in wide.state_dict().items()}
    assert bool((before["table"] != 0).any())
    update(trainer, feeds["words"], feeds["words"].next())
    assert same(before, wide.state_dict())
