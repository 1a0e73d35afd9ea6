"""The recipes over a pretrained encoder, with a small one of random weights: possible, and run to the end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

import mtl
from mtl.compile.loading import load_recipe
from mtl.runs.check import check_recipe
from mtl.runs.runner import Run
from tests import encoder_files

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
EVERYWHERE = {  # what all tasks of a recipe have in common
    "adapters": ("pieces", "encoder"),
    "alternating": ("pieces", "encoder"),
    "distil_snips": ("words", "encoder"),
    "intent_slot": ("pieces", "encoder"),
    "query_doc_one_pass": ("pieces", "encoder"),
    "query_doc_relevance": ("pieces", "encoder"),
    "snips": ("pieces", "encoder"),
    "snips_50": ("pieces", "encoder"),
    "two_lora": ("pieces", "encoder"),
}
ALONE = [name for name in EVERYWHERE if name != "distil_snips"]  # that one needs a run


@pytest.fixture
def encoder(folder_of: Callable[[str], Path], tmp_path: Path) -> str:
    """The setting that names a small encoder."""
    config = {**encoder_files.BERT, "max_position_embeddings": 512}
    return f"**.path={encoder_files.write(tmp_path / 'encoder', folder_of('uncased'), config)}"


def test_every_recipe_is_tested_and_told_of() -> None:
    assert sorted(EVERYWHERE) == sorted(path.stem for path in (RECIPES / "transformer").glob("*.yaml"))
    readme = (RECIPES / "README.md").read_text("utf-8")
    assert all(f"`transformer/{name}.yaml`" in readme for name in EVERYWHERE)


@pytest.mark.parametrize("name", ALONE)
def test_it_is_possible_and_warns_of_nothing(name: str, encoder: str) -> None:
    recipe = load_recipe(RECIPES / f"transformer/{name}.yaml", overrides=[encoder])
    report = check_recipe(recipe)
    assert recipe.name == f"transformer_{name}"
    assert report.warnings == ()
    for component in EVERYWHERE[name]:
        assert set(report.graph.tasks_meeting_at(component)) == set(recipe.tasks)


@pytest.mark.parametrize("kind", ["zoo", "transformer"])
def test_few_sentences_are_all_that_the_smaller_recipes_differ_in_but_for_how_they_are_trained(kind: str) -> None:
    whole, few = (
        yaml.safe_load((RECIPES / kind / f"{name}.yaml").read_text("utf-8")) for name in ("snips", "snips_50")
    )
    source = few["sources"]["snips"]
    assert (source.pop("format"), source.pop("label"), source.pop("each")) == ("lines_per_label", "intent", 50)
    assert whole["sources"]["snips"].pop("format") == "lines"
    for tree in (whole, few):
        for key in ("name", "plugins"):
            tree.pop(key, None)
        for key in ("optimizer", "schedule", "average", "batch", "epochs", "evaluate_every"):
            tree["train"].pop(key, None)
        tree["tasks"]["slots"].pop("weight")
        model = tree["tasks"]["intent"]["model"]
        model.pop("output", None)
        model["embedding"].get("parts", {}).get("word", {}).pop("word_dropout", None)
        model["representation"].pop("weight_dropout", None)
    assert whole == few


def test_the_student_is_the_model_that_learns_alone() -> None:
    alone, taught = (
        yaml.safe_load((RECIPES / name).read_text("utf-8"))
        for name in ("zoo/snips_50.yaml", "transformer/distil_snips.yaml")
    )
    assert [task["model"] for task in alone["tasks"].values()] == [task["model"] for task in taught["tasks"].values()]
    assert alone["share"] == taught["share"]


@pytest.mark.slow
def test_towers_rank_a_collection(encoder: str, tmp_path: Path) -> None:
    recipe = RECIPES / "transformer/query_doc_relevance.yaml"
    run = mtl.run(recipe, out=tmp_path / "run", overrides=[encoder, "train.max_steps=2"])
    assert run.model["relevance.query.representation"] is run.model["relevance.document.representation"]
    bundle = mtl.Bundle(tmp_path / "run/export")
    pair = {"query": ["my tomato plant looks ill"], "document": ["Yellow leaves are a sign of too much water."]}
    query, document = (bundle.encode("relevance", name, pair[name])[0] for name in ("query", "document"))
    (answer,) = run.predict("relevance", pair)
    assert np.isclose(answer["score"], query @ document, atol=1e-5)


@pytest.mark.slow
def test_a_cross_scorer_runs_to_the_end(encoder: str, tmp_path: Path) -> None:
    recipe = RECIPES / "transformer/query_doc_one_pass.yaml"
    run = mtl.run(recipe, out=tmp_path / "run", overrides=[encoder, "train.max_steps=2"])
    assert set(run.metrics["test"]) == {"relevance", "query_class"}
    pair = {"query": ["my tomato plant looks ill"], "document": ["Yellow leaves are a sign of too much water."]}
    (exported,) = mtl.Bundle(tmp_path / "run/export").predict("relevance", pair)
    assert exported["score"] == pytest.approx(run.predict("relevance", pair)[0]["score"], abs=1e-5)


@pytest.mark.slow
def test_a_student_learns_from_sentences_without_labels(
    data_sets: Callable[[str], Path], encoder: str, tmp_path: Path
) -> None:
    data_sets("gazetteers")
    data = data_sets("snips").parent
    short = [encoder, "train.max_steps=2"]
    teacher = Run.start(RECIPES / "transformer/snips_50.yaml", tmp_path / "teacher", data=data, overrides=short)
    list(teacher.train())
    named = [f"tasks.{task}.teacher.run={tmp_path / 'teacher'}" for task in ("intent", "slots")]
    recipe = load_recipe(RECIPES / "transformer/distil_snips.yaml", data=data, overrides=[*short, *named])
    assert check_recipe(recipe).warnings == ()
    student = Run.start(recipe, tmp_path / "student")
    list(student.train())
    for task in ("intent", "slots"):
        split = student.prepared.splits["snips", "train"]
        assert len(split) == 13_084
        assert sum(gold is not None for gold in split.gold(task)) == 350
        assert split.soft[task].values.shape[1] == len(split.targets[task].names())
