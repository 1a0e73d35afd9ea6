"""Language models of running text: figures are those of the whole text, however it is cut."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import mtl
from mtl.data.batch import raw_batch
from mtl.data.carried import CarriedStates
from mtl.data.running import in_one
from mtl.evaluate.answerers import TextAnswerer
from mtl.evaluate.evaluation import evaluate
from mtl.model.multi_task import MultiTaskModel
from mtl.runs.runner import Run
from tests.mtl.running_text import prepared, recipe, words, write

LAYERS = {"type": "stack", "parts": {"low": {"type": "gru", "hidden": 6}, "high": {"type": "lstm"}}}
TIED = ["lm.representation.deep.high", "lm.representation.flat"]
MODELS: dict[str, dict[str, Any]] = {
    "lstm": {},
    "gru": {"representation": {"type": "gru", "hidden": 12, "layers": 2}},
    "no representation": {"representation": None},
    "characters": {"embedding": {"type": "character", "dim": 6, "initial": 0.1}},
    "one module twice": {"representation": {"type": "concat", "parts": {"deep": LAYERS, "flat": {"type": "lstm"}}}},
    "adaptive softmax": {"output": {"type": "adaptive_softmax", "words": {}, "div_value": 2}},
    "side by side": {"representation": {"type": "concat", "parts": {"a": {"type": "lstm"}, "b": {"type": "gru"}}}},
}


@pytest.mark.parametrize("name", MODELS)
def test_predictions_are_those_of_the_text_read_at_once(tmp_path: Path, name: str) -> None:
    tree = recipe(model=MODELS[name])
    if name == "one module twice":
        tree["share"]["layer"] = TIED
    graph, data = prepared(tree, write(tmp_path))
    model = MultiTaskModel(graph, data.fitted).eval()
    with torch.no_grad():
        for parameter in model.parameters():  # far from uniform, so that what is before a word matters
            parameter.mul_(3.0)
        (text,) = graph.inputs("lm")
        whole = model.answers(raw_batch(graph, data.fitted, ["lm"], {text: [" ".join(words("dev"))]}), ["lm"])
        apart = model.answers(raw_batch(graph, data.fitted, ["lm"], {text: [" ".join(words("dev")[5:10])]}), ["lm"])
    wanted = whole["lm"]["log_probability"][0]
    for batch_tokens in (4000, 10, 1):
        found = evaluate(model, graph, data, "dev", batch_tokens=batch_tokens)
        rows = found.predictions["lm"]
        assert [len(row) for row in rows] == [5] * 19 + [1]
        torch.testing.assert_close(torch.tensor([value for row in rows for value in row]), wanted, atol=1e-5, rtol=1e-4)
        assert found.metrics["lm"]["perplexity"] == pytest.approx(math.exp(-wanted.mean().item()), rel=1e-4)
    assert not torch.isclose(torch.tensor(rows[1]), apart["lm"]["log_probability"][0]).all()


def test_losses_of_segments_are_those_of_the_text_read_at_once(tmp_path: Path) -> None:
    graph, data = prepared(recipe(), write(tmp_path))
    model, split = MultiTaskModel(graph, data.fitted).eval(), data.splits["lm", "train"]
    figures = []
    with torch.no_grad():
        for length in (800, 9):
            segments, carried, total = split.segments(in_one(split.tokens, length)), CarriedStates(), 0.0
            for number in range(len(segments)):
                batch = segments.batch(np.array([number]), carried)
                total += model.losses(batch, ["lm"])["lm"].item() * batch.tokens
                carried.go_on()
            figures.append(total / split.tokens)
    assert figures[1] == pytest.approx(figures[0], rel=1e-5)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = write(tmp_path_factory.mktemp("running"))
    tree = recipe({"epochs": 12, "optimizer": {"type": "adam", "lr": 0.03}, "evaluate_every": None})
    return mtl.run(tree, out=folder / "run", data=folder)  # an export is verified before it is there


def test_it_remembers_over_the_ends_of_rows(run: Run) -> None:
    """A sentence of 8 words ends with the word that it began with; the export has the 5 words of a row before it."""
    bundle = mtl.Bundle(run.out / "export")
    alone = evaluate(TextAnswerer(bundle, run.graph, run.prepared.fitted), run.graph, run.prepared, "test")
    figures = run.test()["test"]["lm"]["perplexity"], alone.metrics["lm"]["perplexity"]
    assert figures[0] < 0.85 * figures[1]


def test_the_export_begins_anew_with_each_text(run: Run) -> None:
    texts = ["yes no", "a yes yes no no yes no a", ""]
    for found, wanted in zip(
        mtl.Bundle(run.out / "export").predict("lm", texts), run.predict("lm", texts), strict=True
    ):
        assert found["log_probability"] == pytest.approx(wanted["log_probability"], abs=1e-4)
        assert found["next"] == wanted["next"]
