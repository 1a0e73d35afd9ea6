"""Every recipe that ships: possible, drawn as its first lines say, and (on the embedded data) run to the end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

import mtl
from mtl.compile.loading import load_recipe
from mtl.runs.check import check_recipe, read_data
from mtl.runs.runner import Run
from mtl.sources.opening import open_sources
from mtl.text.trees import read_tree

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
NAMES = sorted(path.stem for path in RECIPES.glob("*.yaml"))
TASKS = {
    "alternating": ["slots", "chunks", "pos"],
    "atis": ["intent", "slots"],
    "dialogs": ["topic", "slots"],
    "distil": ["intent"],
    "few_examples": ["intent", "slots"],
    "few_examples_pos": ["intent", "slots", "pos"],
    "intent_slot": ["intent", "slots"],
    "medquad": ["relevance", "question_type", "institute"],
    "medquad_search": ["relevance"],
    "out_of_scope": ["intent"],
    "parse_intent_slots": ["parse", "intent", "slots"],
    "query_doc_relevance": ["relevance", "query_class", "document_class"],
    "semantic_parsing": ["parse"],
    "single_task": ["intent"],
    "snips": ["intent", "slots"],
    "strangers": ["questions", "topics", "chunks", "sentiment"],
    "top": ["parse"],
    "top_rnng": ["parse"],
    "topv2_timer": ["parse"],
    "transfer": ["intent"],
    "transfer_tags": ["slots"],
    "wikiqa": ["answer"],
}
EVERYWHERE = {  # components at which all tasks meet
    "alternating": ("words", "encoder"),
    "atis": ("words", "encoder"),
    "dialogs": ("words", "encoder", "context"),
    "few_examples": ("words", "encoder"),
    "few_examples_pos": ("words", "encoder"),
    "intent_slot": ("words", "encoder"),
    "medquad": ("words",),
    "parse_intent_slots": ("words", "encoder"),
    "query_doc_relevance": ("words", "towers"),
    "snips": ("words", "encoder"),
    "strangers": ("words", "encoder"),
}
DATA_SETS = {
    "alternating": ["snips", "conll2000", "ud_english_ewt"],
    "atis": ["atis"],
    "few_examples": ["snips"],
    "few_examples_pos": ["snips", "ud_english_ewt"],
    "medquad": ["medquad"],
    "medquad_search": ["medquad"],
    "snips": ["snips"],
    "strangers": ["trec_qc", "reuters_r8", "conll2000", "sst2"],
    "top": ["top"],
    "top_rnng": ["top"],
    "topv2_timer": ["topv2"],
    "wikiqa": ["wikiqa", "glove_sample"],
}
LARGE = ("alternating", "medquad", "snips", "strangers")  # these take the longest to encode


def test_every_recipe_is_tested_and_told_of() -> None:
    assert sorted(TASKS) == NAMES
    readme = (RECIPES / "README.md").read_text("utf-8")
    assert all(f"{name}.yaml" in readme for name in NAMES)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "transfer"])  # that needs a run
def test_recipe_is_possible_and_warns_of_nothing(name: str) -> None:
    recipe = load_recipe(RECIPES / f"{name}.yaml")
    report = check_recipe(recipe, initial=False)  # without the data sets, whose files are no part of the project
    assert recipe.name == name
    assert list(recipe.tasks) == TASKS[name]
    assert report.warnings == ()


@pytest.mark.parametrize("name", EVERYWHERE)
def test_all_tasks_meet_where_the_recipe_says(name: str) -> None:
    graph = check_recipe(load_recipe(RECIPES / f"{name}.yaml")).graph
    for component in EVERYWHERE[name]:
        assert set(graph.tasks_meeting_at(component)) == set(TASKS[name])


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in LARGE)) for name in sorted(DATA_SETS)]
)
def test_recipe_reads_its_data_sets(name: str, data_sets: Callable[[str], Path], tmp_path: Path) -> None:
    folders = [data_sets(data_set) for data_set in DATA_SETS[name]]
    recipe = load_recipe(RECIPES / f"{name}.yaml", data=folders[0].parent)
    prepared = read_data(check_recipe(recipe).graph, open_sources(recipe), tmp_path)
    assert {source for source, split in prepared.splits if split == "train"} == set(recipe.sources)
    assert {source for source, split in prepared.splits if split == "test"} == set(recipe.sources)
    assert prepared.skipped == []


def test_top_has_the_trees_of_published_figures(data_sets: Callable[[str], Path], tmp_path: Path) -> None:
    recipe = load_recipe(RECIPES / "top.yaml", data=data_sets("top").parent)
    prepared = read_data(check_recipe(recipe).graph, open_sources(recipe), tmp_path)
    golds = {split: found.gold("parse") for (_, split), found in prepared.splits.items()}
    counts = {split: sum(tree is not None for tree in trees) for split, trees in golds.items()}
    assert counts == {"train": 28_414, "dev": 4_032, "test": 8_241}


def test_the_recipes_for_top_differ_in_the_decoder_and_in_how_long_they_train() -> None:
    one, other = (yaml.safe_load((RECIPES / f"{name}.yaml").read_text("utf-8")) for name in ("top", "top_rnng"))
    for tree in (one, other):
        del tree["name"], tree["tasks"]["parse"]["model"]["decoder"], tree["train"]["epochs"]
    assert one == other


def test_few_examples_are_fifty_of_each_class_and_twenty_thousand_words(
    data_sets: Callable[[str], Path], tmp_path: Path
) -> None:
    recipe = load_recipe(RECIPES / "few_examples_pos.yaml", data=data_sets("snips").parent)
    data_sets("ud_english_ewt")
    prepared = read_data(check_recipe(recipe).graph, open_sources(recipe), tmp_path)
    assert len(prepared.splits["snips", "train"]) == 7 * 50
    assert len(prepared.splits["snips", "dev"]) == 700
    assert prepared.splits["ewt", "train"].tokens == 19_991
    assert len(prepared.splits["ewt", "dev"]) == 2_001


def test_single_task_runs_to_the_end(tmp_path: Path) -> None:
    run = mtl.run(RECIPES / "single_task.yaml", out=tmp_path / "run", overrides=["train.epochs=3"])
    assert run.metrics["test"]["intent"]["accuracy"] > 0.5
    (answer,) = mtl.Bundle(tmp_path / "run" / "export").predict("intent", ["Wake me up at 6:30, please!"])
    assert answer["label"] in mtl.Bundle(tmp_path / "run" / "export").labels("intent")


@pytest.mark.slow
def test_three_heads_of_trees_leave_over_one_weights_file(tmp_path: Path) -> None:
    run = mtl.run(RECIPES / "parse_intent_slots.yaml", out=tmp_path / "run", overrides=["train.epochs=3"])
    figures = run.metrics["test"]
    assert figures["parse"]["validity"] == 1
    assert figures["intent"]["accuracy"] > 0.6
    assert figures["slots"]["f1"] > 0.4
    assert [path.name for path in (tmp_path / "run" / "export").glob("*.safetensors")] == ["weights.safetensors"]
    bundle = mtl.Bundle(tmp_path / "run" / "export")
    text = "how far is my sister's house?"
    ((tree,), (intent,), (slots,)) = (bundle.predict(task, [text]) for task in ("parse", "intent", "slots"))
    assert tree["tree"].startswith("[IN:")
    assert intent["label"] in bundle.labels("intent")
    assert len(slots["tags"]) == len(tree["tokens"])
    assert read_tree(tree["tree"]).words == tuple(tree["tokens"])


@pytest.mark.slow
def test_out_of_scope_runs_to_the_end(tmp_path: Path) -> None:
    run = mtl.run(RECIPES / "out_of_scope.yaml", out=tmp_path / "run", overrides=["train.epochs=6"])
    figures = run.metrics["test"]["intent"]
    assert figures["in_scope_accuracy"] > 0.6
    assert figures["out_of_scope_recall"] > 0.2
    assert run.metrics["dev"]["intent"]["accuracy"] > 0.6
    texts = [
        "wake me up at seven",
        "why is the sky blue",
        "flip a coin",
        "set a timer for ten minutes",
        "how tall is he",
    ]
    bundle = mtl.Bundle(tmp_path / "run" / "export")
    eager, exported = run.predict("intent", texts), bundle.predict("intent", texts)
    assert [answer["label"] for answer in exported] == [answer["label"] for answer in eager]
    assert "out_of_scope" not in exported[0]["scores"]
    assert run.manifest["tasks"]["intent"]["out_of_scope"] == "out_of_scope"
    for one, other in zip(eager, exported, strict=True):
        assert one["score"] == pytest.approx(other["score"], abs=1e-5)
    measured = run.evaluate("test", answerer=tmp_path / "run" / "export")
    assert "out_of_scope" in measured.predictions["intent"]
    assert measured.metrics["intent"] == pytest.approx(figures)


def test_transfer_starts_from_what_was_trained_to_tag(tmp_path: Path) -> None:
    tags = Run.start(RECIPES / "transfer_tags.yaml", tmp_path / "tags", overrides=["train.max_steps=3"])
    list(tags.train())
    moved = [
        f"tasks.intent.model.{slot}.from={tmp_path / 'tags'}#slots.{slot}" for slot in ("embedding", "representation")
    ]
    recipe = load_recipe(RECIPES / "transfer.yaml", overrides=[*moved, "train.max_steps=3"])
    report = check_recipe(recipe)
    assert (list(recipe.tasks), recipe.name, report.warnings) == (TASKS["transfer"], "transfer", ())
    run = mtl.run(recipe, out=tmp_path / "run")
    for name in ("word", "char"):
        there, here = (made.model[f"{task}.embedding.{name}"] for made, task in ((tags, "slots"), (run, "intent")))
        assert all(torch.equal(here.state_dict()[key], value) for key, value in there.state_dict().items())
    assert len(run.prepared.splits["few", "train"]) < 400


def test_distil_learns_from_single_task(tmp_path: Path) -> None:
    teacher = Run.start(RECIPES / "single_task.yaml", tmp_path / "teacher", overrides=["train.max_steps=30"])
    list(teacher.train())
    moved = [f"tasks.intent.teacher.run={tmp_path / 'teacher'}", "train.max_steps=30"]
    recipe = load_recipe(RECIPES / "distil.yaml", overrides=moved)
    assert check_recipe(recipe).warnings == ()
    student = Run.start(recipe, tmp_path / "run")
    list(student.train())
    count = {name: sum(p.numel() for p in run.model.parameters()) for name, run in (("t", teacher), ("s", student))}
    assert count["s"] < count["t"] / 3
    (split,) = (found for (_, name), found in student.prepared.splits.items() if name == "train")
    texts = split.texts("text", range(5))
    scores = [list(answer["scores"].values()) for answer in teacher.predict("intent", texts)]
    assert np.allclose(split.soft["intent"].values[:5], scores, atol=1e-6)


@pytest.mark.slow
def test_intent_slot_runs_to_the_end(tmp_path: Path) -> None:
    run = mtl.run(RECIPES / "intent_slot.yaml", out=tmp_path / "run", overrides=["train.epochs=2"])
    assert set(run.metrics["test"]) == {"intent", "slots", "joint"}
    text = "Remind me to call Zoë at 6:30, don't forget?"
    bundle = mtl.Bundle(tmp_path / "run" / "export")
    (eager,) = run.predict("slots", [text])
    (exported,) = bundle.predict("slots", [text])
    assert " ".join(exported["tokens"]) == "Remind me to call Zoë at 6 : 30 , don ' t forget ?"
    assert exported["tags"] == eager["tags"]
    assert np.allclose(exported["score"], eager["score"], atol=1e-4)


@pytest.mark.slow
def test_query_doc_relevance_runs_to_the_end(tmp_path: Path) -> None:
    run = mtl.run(RECIPES / "query_doc_relevance.yaml", out=tmp_path / "run", overrides=["train.epochs=1"])
    assert run.graph.component_of("relevance.query.representation") == "towers"
    assert run.model["relevance.query.representation"] is run.model["relevance.document.representation"]
    assert set(run.metrics["test"]) == {"relevance", "query_class", "document_class"}
    assert {"map", "mrr", "ndcg@10"} <= set(run.metrics["test"]["relevance"])
    pair = {"query": ["my tomato plant looks ill"], "document": ["Yellow leaves are a sign of too much water."]}
    bundle = mtl.Bundle(tmp_path / "run" / "export")
    score = bundle.predict("relevance", pair)[0]["score"]
    query, document = (bundle.encode("relevance", name, pair[name])[0] for name in ("query", "document"))
    assert np.isclose(score, query @ document, atol=1e-5)
    assert np.isclose(score, run.predict("relevance", pair)[0]["score"], atol=1e-4)
