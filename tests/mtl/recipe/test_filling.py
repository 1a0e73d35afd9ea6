from __future__ import annotations

from pathlib import Path

import pytest

from mtl.compile.loading import load_recipe, recipe_from_text
from mtl.graph import drawing
from mtl.graph.build import build_graph
from mtl.recipe.filling import digest, filled
from tests.mtl.compile.test_ties import PARTS
from tests.mtl.recipe import fakes
from tests.mtl.recipe.texts import ALTERNATING, ENTAILMENT, INTENT_SLOT, PAIR, RANKING, changed

TRAIN = """\
train:
  mixture: {type: temperature, temperature: 3}
  optimizer: {type: sgd, lr: 1e-3, momentum: 0.9}
  schedule: {type: linear, warmup: 10}
  batch: {tokens: 2000}
  max_steps: 7
  clip: null
  components: {encoder: {lr: 1e-7}, "*.decoder": {freeze: true}}
  select: {slots.f1: 2, intent.accuracy: 0.5}
  patience: 3
  evaluate_every: 50
"""
RECIPES = {
    "intent_slot": INTENT_SLOT + TRAIN,
    "alternating": ALTERNATING,
    "every stream in every step": ALTERNATING + "train: {step: all}\n",
    "pair": PAIR + "share: {words: ['*.*.embedding', topic.embedding]}\n",
    "optional": PAIR + "share: {context: [relevance.query.representation, topic.representation]}\n",
    "parts": PARTS + "  vectors: [a.embedding, c.embedding]\n  words: [c.embedding.word, b.embedding.word]\n",
    "nested": changed(
        PARTS,
        ("char: char_cnn", "more: {type: fake_scaled, inner: {type: word, dim: 3}}"),
        ("model: {}", "model: {embedding: word}"),
    )
    + "  small: [a.embedding.more.inner, b.embedding.other]\n  words: [a.embedding.word, b.embedding.word]\n",
    "weights": INTENT_SLOT.replace(
        "share:", "share:\n  deciders: {members: [slots.decoder], weights: old/decoder.safetensors}"
    ),
    "ranking": RANKING,
    "positives": changed(RANKING, ("target: label", "negatives: pool\n    pool: article\n    negative_count: 3")),
    "entailment": ENTAILMENT,
    "classes": changed(
        INTENT_SLOT, ("{type: softmax}", "{type: softmax, class_weights: {'yes': 2, no: 1, '1e-3': 1}}")
    ),
}


@pytest.fixture(autouse=True)
def _fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    fakes.register(monkeypatch)


@pytest.mark.parametrize("name", RECIPES)
def test_a_filled_recipe_loads_to_an_equal_one(name: str, tmp_path: Path) -> None:
    recipe = recipe_from_text(RECIPES[name])
    (tmp_path / "recipe.yaml").write_text(filled(recipe), "utf-8")
    again = load_recipe(tmp_path / "recipe.yaml")
    assert again == recipe
    assert digest(again) == digest(recipe)
    assert filled(again) == filled(recipe)
    assert drawing.text(build_graph(again)) == drawing.text(build_graph(recipe))


def test_every_default_is_written_out() -> None:
    written = filled(recipe_from_text(INTENT_SLOT, data=Path("/data")))
    assert written.splitlines()[:3] == ["name: intent_slot", "seed: 1", "data: /data"]
    for line in ("    metrics:", "  batch: {size: 32, tokens: null}", "  epochs: 10", "    layers: 2"):
        assert line in written.splitlines()


def test_a_tied_configuration_stands_once_and_can_be_overridden_there() -> None:
    written = filled(recipe_from_text(INTENT_SLOT))
    assert written.count("hidden: 200") == 1
    recipe = recipe_from_text(written, overrides=["share.encoder.hidden=64"])
    assert {
        task.model["representation"].values["hidden"] for task in recipe.tasks.values() if task.model["representation"]
    } == {64}


def test_the_hash_is_of_what_is_said_not_of_how_or_where() -> None:
    recipe = recipe_from_text(INTENT_SLOT)
    said_otherwise = changed(
        INTENT_SLOT,
        ("seed: 1", "seed: 0x1   # one"),
        ("{type: softmax}", "softmax"),
        ("words: [intent.embedding, slots.embedding]", "words: ['*.embedding']"),
    )
    assert digest(recipe_from_text(said_otherwise, name="other.yaml", data=Path("/elsewhere"))) == digest(recipe)
    assert digest(recipe_from_text(INTENT_SLOT, overrides=["tasks.slots.weight=2"])) != digest(recipe)
    assert digest(recipe_from_text(INTENT_SLOT, seed=2)) != digest(recipe)
    assert len(digest(recipe)) == 64
