"""The recipes over a pretrained encoder, with a real one: possible, exact, and run to the end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import mtl
from mtl.compile.loading import load_recipe, recipe_from_dict
from mtl.model.multi_task import MultiTaskModel
from mtl.runs.check import check_recipe, read_data
from mtl.runs.meta_model import build_on_meta
from mtl.sources.opening import open_sources
from mtl.train.parts import build_feeds
from tests import small
from tests.mtl.from_small import tree

FOLDER = Path(__file__).resolve().parents[2] / "recipes/transformer"
EMBEDDED = ("adapters", "intent_slot", "two_lora")
WEIGHTS = {"pieces": 11_918_592, "encoder": 10_646_784}  # 30,522 and 512 and 2 vectors of 384; six layers


def of(path: Path) -> list[str]:
    return [f"**.path={path}"]


@pytest.mark.parametrize("name", EMBEDDED)
def test_recipe_is_possible_and_warns_of_nothing(name: str, minilm: Path) -> None:
    report = check_recipe(load_recipe(FOLDER / f"{name}.yaml", overrides=of(minilm)))
    assert report.warnings == ()
    model = build_on_meta(report.graph)
    sizes = {part: sum(own.numel() for own in model.components[part].parameters()) for part in WEIGHTS}
    assert sizes == WEIGHTS


def test_vectors_of_sentences_are_as_near_as_published(minilm: Path, tmp_path: Path) -> None:
    """Cosines of mean-pooled vectors, as the widget of the model's card on the hub gives them."""
    small.write(tmp_path)
    texts = ["That is a happy person", "That is a happy dog", "That is a very happy person", "Today is a sunny day"]
    rows = "\n".join(f"{text}\tplay\t{' '.join(['O'] * len(text.split()))}" for text in texts)
    (tmp_path / "dev.tsv").write_text(f"text\tintent\tslots\n{rows}\n", "utf-8")
    text = {"column": "text", "tokenizer": {"type": "wordpiece", "path": str(minilm)}}
    encoder = {"type": "transformer", "path": str(minilm)}
    model = {"embedding": encoder, "representation": encoder, "pooling": "mean"}
    recipe = recipe_from_dict(tree(model, text=text), data=tmp_path)
    graph = check_recipe(recipe).graph
    prepared = read_data(graph, open_sources(recipe), tmp_path / "cache")
    built = MultiTaskModel(graph, prepared.fitted).eval()
    found: list[torch.Tensor] = []
    built["kind.pooling"].register_forward_hook(lambda *values: found.append(values[-1]))
    batch = build_feeds(graph, prepared)["s"].next()
    with torch.no_grad():
        built.scores(batch, ["kind"])
    order = np.argsort(batch.rows)
    vectors = torch.nn.functional.normalize(found[0][torch.as_tensor(order)])
    assert (vectors[1:] @ vectors[0]).tolist() == pytest.approx([0.695, 0.943, 0.257], abs=2e-3)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["adapters", "two_lora"])
def test_adapters_run_to_the_end(name: str, minilm: Path, tmp_path: Path) -> None:
    run = mtl.run(FOLDER / f"{name}.yaml", out=tmp_path / "run", overrides=[*of(minilm), "train.max_steps=20"])
    assert set(run.metrics["test"]) == {"intent", "slots", "joint"}
    text = "Remind me to call Zoë at 6:30, don't forget?"
    bundle = mtl.Bundle(tmp_path / "run/export")
    assert bundle.predict("slots", [text])[0]["tags"] == run.predict("slots", [text])[0]["tags"]
    adapters = sum(
        own.numel() for task in ("intent", "slots") for own in run.model[f"{task}.representation"].parameters()
    )
    assert adapters < 0.03 * sum(WEIGHTS.values())
    assert run.manifest["adapters"] == {
        f"{task}.representation": {"encoder": "encoder", "weights": "apart"} for task in ("intent", "slots")
    }
    size = (tmp_path / "run/export/weights.safetensors").stat().st_size
    assert size < 4 * 1.1 * (sum(WEIGHTS.values()) + adapters)
