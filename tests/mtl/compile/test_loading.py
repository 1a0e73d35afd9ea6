from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mtl.base import registry
from mtl.base.errors import RecipeError
from mtl.compile.loading import load_recipe, recipe_from_dict, recipe_from_text
from mtl.compile.tasks import input_schema
from mtl.graph.build import build_graph
from mtl.recipe.config import InputConfig, Recipe
from mtl.recipe.filling import filled
from mtl.recipe.modules import ModuleConfig
from mtl.recipe.training import BatchConfig, ComponentTraining
from mtl.text.featurizer import TOKENIZERS
from tests.mtl.recipe import fakes
from tests.mtl.recipe.texts import ALTERNATING, INTENT_SLOT, PAIR, changed, faults

PLUGIN = """\
from mtl.model.module import Pooling
from mtl.base.registry import register

@register("pooling", "plugin_mean")
class Mean(Pooling):
    def __init__(self, input_dim: int, *, power: float = 1.0) -> None:
        super().__init__()
"""


@pytest.fixture(autouse=True)
def _fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    fakes.register(monkeypatch)


@pytest.fixture
def plugin(tmp_path: Path) -> Iterator[Path]:
    """Write a plugin file; forget it afterwards."""
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "mean.py").write_text(PLUGIN)
    yield tmp_path / "recipes"
    registry._classes["pooling"].pop("plugin_mean", None)
    for name in [name for name in sys.modules if name.startswith("mtl_plugin_") and name.endswith("mean_py")]:
        del sys.modules[name]


def load(text: str, **options: Any) -> Recipe:
    return recipe_from_text(text, name="r.yaml", **options)


def config(recipe: Recipe, address: str) -> ModuleConfig:
    task, _, slot = address.partition(".")
    found = recipe.tasks[task].model[slot]
    assert found is not None
    return found


def test_defaults_are_filled_in() -> None:
    recipe = load(INTENT_SLOT)
    assert config(recipe, "intent.decoder").values == {
        "hidden": [128],
        "dropout": 0.0,
        "activation": "relu",
        "condition": None,
    }
    assert recipe.tasks["slots"].metrics == (ModuleConfig("metric", "tagging", {"scheme": "auto"}),)
    assert recipe.tasks["slots"].weight == 1.0
    train = recipe.train
    assert (train.mixture.type, train.optimizer.type, train.schedule.type) == ("round_robin", "adamw", "constant")
    assert (train.batch, train.epochs, train.max_steps, train.clip) == (BatchConfig(32), 10, None, 5.0)
    assert train.optimizer.values["lr"] == 0.001


def test_a_tied_configuration_reaches_every_member() -> None:
    recipe = load(INTENT_SLOT)
    assert config(recipe, "slots.representation") is config(recipe, "intent.representation")
    parts = config(recipe, "slots.embedding").parts
    assert list(parts) == ["word", "char"]
    assert parts["word"].values["dim"] == 100


def test_inputs_may_be_short_or_left_out() -> None:
    short = changed(
        INTENT_SLOT,
        ("inputs: {text: {column: text, tokenizer: unicode_words, lowercase: true}}", "inputs: {text: sentence}"),
    )
    assert load(short, overrides=["tasks.slots.inputs="]).tasks["slots"].inputs == {"text": InputConfig("text")}
    with pytest.raises(RecipeError, match="tied embeddings should read the same tokens"):
        build_graph(load(short))


def test_the_tokenizers_are_those_of_the_featurizer() -> None:
    for tokenizer in TOKENIZERS:
        found: Any = input_schema().model_validate({"column": "text", "tokenizer": tokenizer})
        assert found.tokenizer == tokenizer


def test_a_source_written_inline() -> None:
    inline = changed(
        INTENT_SLOT, ("    source: utterances\n    inputs", "    source: {format: csv, train: a.csv}\n    inputs")
    )
    recipe = load(inline)
    assert recipe.tasks["intent"].source == "intent"
    assert (recipe.sources["intent"].format, recipe.sources["intent"].values["delimiter"]) == ("csv", ",")


def test_an_input_s_name_is_its_column_unless_another_is_given() -> None:
    recipe = load(PAIR)
    assert {name: i.column for name, i in recipe.tasks["relevance"].inputs.items()} == {
        "query": "query",
        "document": "document",
    }
    assert recipe.tasks["topic"].inputs == {"text": InputConfig("query")}


def test_optional_modules_are_left_out_unless_written_or_tied() -> None:
    recipe = load(PAIR)
    assert recipe.tasks["relevance"].model["document.representation"] is None
    assert recipe.tasks["topic"].model["representation"] is None
    tied = load(PAIR + "share:\n  context: [relevance.query.representation, topic.representation]\n")
    assert tied.tasks["topic"].model["representation"] == tied.tasks["relevance"].model["query.representation"]


def test_inputs_that_the_recipe_names() -> None:
    text = changed(
        PAIR,
        ("type: fake_pair", "type: fake_named\n    inputs: {left: query, right: {column: document, lowercase: true}}"),
        ("      query: {embedding", "      left: {embedding"),
        ("      document: {embedding", "      right: {embedding"),
    )
    task = load(text).tasks["relevance"]
    assert list(task.inputs) == ["left", "right"]
    assert task.output == "relevance.output"
    assert list(task.model)[:2] == ["left.embedding", "right.embedding"]
    assert task.values == {"margin": 1.0}


def test_names_of_inputs() -> None:
    named = changed(PAIR, ("type: fake_pair", "type: fake_named"))
    told = (
        "tasks.relevance.inputs: the task 'fake_named' should have inputs. Found no input. "
        "Write 'inputs: {NAME: COLUMN}'."
    )
    assert f"r.yaml:5: {told}" in faults(named)
    empty = changed(named, ("type: fake_named", "type: fake_named\n    inputs:"))
    assert f"r.yaml:7: {told}" in faults(empty)
    rows = faults(changed(named, ("type: fake_named", "type: fake_named\n    inputs: {decoder: query}")))
    assert (
        "r.yaml:7: tasks.relevance.inputs.decoder: an input should not be named like a module. Found 'decoder'." in rows
    )


def test_what_a_task_s_constructor_refuses() -> None:
    named = changed(
        PAIR, ("type: fake_pair", "type: fake_named\n    inputs: {query: query, document: text}\n    margin: -1")
    )
    assert faults(named) == ["r.yaml:5: tasks.relevance: margin should be a number of at least 0. Found -1.0."]


def test_modules_of_several_inputs_that_are_unknown() -> None:
    assert faults(changed(PAIR, ("document: {embedding: {type", "document: {embeding: {type"))) == [
        "r.yaml:11: tasks.relevance.model.document: the task 'fake_pair' has no module 'document.embeding'. "
        "Did you mean 'document.embedding'?",
    ]
    nested = "document: {embedding: {type: word, dim: 8}}"
    assert faults(changed(PAIR, (nested, "document.embedding: {type: word, dim: 8}"))) == [
        "r.yaml:11: tasks.relevance.model: 'document.embedding' should be a key inside another, "
        "'document: {embedding: …}'. Found one key.",
    ]
    assert faults(changed(PAIR, ("document: {embedding: {type: word, dim: 8}}", "document: word"))) == [
        "r.yaml:11: tasks.relevance.model.document: should be a mapping of modules. Found 'word'.",
    ]


def test_components_that_are_trained_apart() -> None:
    text = (
        INTENT_SLOT
        + "train:\n  components: {encoder: {lr: 5e-4}, '*.decoder': {freeze: true}, words.word: {freeze: true}}\n"
    )
    assert load(text).train.components == {
        "encoder": ComponentTraining(lr=0.0005),
        "*.decoder": ComponentTraining(freeze=True),
        "words.word": ComponentTraining(freeze=True),
    }


def test_weights_to_start_from() -> None:
    assert (
        config(
            load(
                INTENT_SLOT, overrides=["share.words={members: [intent.embedding, slots.embedding], weights: old/run}"]
            ),
            "slots.embedding",
        ).weights
        == "old/run"
    )
    assert faults(INTENT_SLOT, "tasks.intent.model.pooling.weights=3") == [
        "--set tasks.intent.model.pooling.weights=3: tasks.intent.model.pooling.weights: "
        "should be a file or folder with weights. Found 3."
    ]


def test_a_plugin_file_beside_the_recipe(plugin: Path) -> None:
    text = changed(
        INTENT_SLOT, ("seed: 1", "seed: 1\nplugins: [mean.py]"), ("{type: self_attention, dim: 128}", "plugin_mean")
    )
    (plugin / "r.yaml").write_text(text)
    recipe = load_recipe(plugin / "r.yaml")
    assert config(recipe, "intent.pooling").values == {"power": 1.0}
    assert recipe.plugins == (str(plugin / "mean.py"),)
    assert recipe_from_text(filled(recipe)) == recipe


def test_a_plugin_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.py").write_text("1 / 0\n")
    Path("r.yaml").write_text(changed(INTENT_SLOT, ("seed: 1", "seed: 1\nplugins: [bad.py]")))
    with pytest.raises(RecipeError) as caught:
        load_recipe("r.yaml")
    assert str(caught.value) == (
        "r.yaml:3: plugins.0: plugin 'bad.py' should be importable. Found ZeroDivisionError: division by zero.\n"
        "1 error in r.yaml"
    )


def test_the_directory_of_the_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "recipes").mkdir()
    file = tmp_path / "recipes" / "r.yaml"
    file.write_text(INTENT_SLOT)
    assert load_recipe(file).data == (tmp_path / "recipes").resolve()
    assert load_recipe(file, overrides=["data=../sets"]).data == (tmp_path / "sets").resolve()
    monkeypatch.chdir(tmp_path)
    assert load_recipe(file, overrides=["data=../sets"], data=Path("here")).data == (tmp_path / "here").resolve()
    assert recipe_from_text(INTENT_SLOT).data == tmp_path.resolve()


def test_a_recipe_is_called_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "my_recipe.yaml").write_text(changed(INTENT_SLOT, ("name: intent_slot\n", "")))
    recipe = load_recipe(tmp_path / "my_recipe.yaml")
    assert (recipe.name, recipe.title) == ("my_recipe", str(tmp_path / "my_recipe.yaml"))


def test_a_recipe_from_plain_values() -> None:
    tree: dict[str, Any] = {
        "sources": {"a": {"format": "tsv", "train": "a.tsv"}},
        "tasks": {"topic": {"type": "text_classification", "source": "a", "target": "topic"}},
    }
    recipe = recipe_from_dict(tree)
    assert config(recipe, "topic.embedding").type == "word"
    assert recipe.name == "recipe"
    tree["tasks"]["topic"]["weight"] = float("nan")
    tree["tasks"]["topic"]["target"] = Path("topic")
    tree["tasks"][3] = {}
    with pytest.raises(RecipeError) as caught:
        recipe_from_dict(tree, name="mine")
    assert [str(fault) for fault in caught.value.faults] == [
        "mine: tasks.topic.target: should be a value that YAML has. Found PosixPath.",
        "mine: tasks.topic.weight: should be a finite number. Found nan.",
        "mine: tasks: keys should be strings. Found 3: put it in quotes.",
    ]


def test_one_source_s_figures_of_all_tasks_together() -> None:
    assert load(INTENT_SLOT, overrides=["train.select.joint.exact_match=1"]).train.select == {"joint.exact_match": 1.0}
    assert faults(ALTERNATING, "train.select.joint.exact_match=1") == [
        "--set train.select.joint.exact_match=1: train.select.joint.exact_match: no figure named 'joint.exact_match'. "
        "There are: chunks.accuracy, chunks.f1, chunks.macro_f1, chunks.micro_f1, chunks.precision, chunks.recall, "
        "slots.accuracy, slots.f1, slots.macro_f1, slots.micro_f1, slots.precision, slots.recall."
    ]


def test_what_is_wrong_in_train_does_not_hide_what_is_wrong_in_the_graph() -> None:
    rows = faults(INTENT_SLOT, "train.epochs=0", "tasks.intent.model.decoder.condition=slots.output")
    assert len(rows) == 2
    assert "train.epochs: should be a whole number greater than 0. Found 0." in rows[0] + rows[1]
    assert (
        "Found a cycle: intent.output -> slots.decoder -> slots.output -> intent.decoder -> intent.output."
        in rows[0] + rows[1]
    )


def test_a_seed_below_0() -> None:
    with pytest.raises(RecipeError) as caught:
        load(INTENT_SLOT, seed=-1)
    assert (
        str(caught.value)
        == "--seed: should be a whole number of at least 0. Found -1.\n1 error in options given with r.yaml"
    )


SOURCES = {
    "{format: tsv, encoding: utf-9}": (
        "sources.utterances: encoding should be one that Python knows (utf-8, latin-1, …). Found 'utf-9'."
    ),
    "{format: csv, encoding: base64}": (
        "sources.utterances: encoding should be one that Python knows (utf-8, latin-1, …). Found 'base64'."
    ),
    '{format: csv, encoding: "u\\0"}': (
        "sources.utterances: encoding should be one that Python knows (utf-8, latin-1, …). Found 'u\\x00'."
    ),
    "{format: tsv, columns: [a, b, a]}": ("sources.utterances: column names should differ. Found 'a' more than once."),
    "{format: tsv, columns: []}": "sources.utterances: columns should name at least one column. It names none.",
    "{format: lines, columns: {}}": "sources.utterances: columns should name at least one column. It names none.",
    "{format: conll, columns: [...]}": "sources.utterances: columns should name a column before '...'. It names none.",
    "{format: [tsv]}": "sources.utterances.format: should be the name of a format. Found a list.",
}


@pytest.mark.parametrize("source", SOURCES)
def test_what_a_source_s_constructor_refuses(source: str) -> None:
    setting = f"sources.utterances={source}"
    assert faults(INTENT_SLOT, setting) == [f"--set {setting}: {SOURCES[source]}"]


@pytest.mark.parametrize("name", ["a/b", "..", "a\\b"])
def test_a_recipe_s_name_is_that_of_a_folder(name: str) -> None:
    rows = faults(changed(INTENT_SLOT, ("name: intent_slot", f"name: '{name}'")))
    assert rows == [f"r.yaml:1: name: should be a name that a folder can have. Found '{name}'."]
