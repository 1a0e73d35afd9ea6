# ruff: noqa: E501  # messages and recipes stand in one piece
from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from mtl.base.errors import RecipeError
from mtl.compile.loading import load_recipe, recipe_from_text
from mtl.recipe.config import Recipe
from mtl.recipe.filling import digest
from tests.mtl.recipe.texts import INTENT_SLOT, faults


def load(*overrides: str) -> Recipe:
    return recipe_from_text(INTENT_SLOT, overrides=overrides)


def test_values_are_yaml() -> None:
    recipe = load(
        "train.optimizer.lr=5e-4", "train.max_steps=200", "tasks.intent.model.decoder.hidden=[8, 4]", "name=no"
    )
    assert recipe.train.optimizer.values["lr"] == 0.0005
    assert recipe.train.max_steps == 200
    assert recipe.tasks["intent"].model["decoder"] is not None
    assert recipe.tasks["intent"].model["decoder"].values["hidden"] == [8, 4]
    assert recipe.name == "no"


def test_an_empty_value_is_null() -> None:
    assert load("train.clip=").train.clip is None


def test_steps_into_lists_and_whole_mappings() -> None:
    assert load("share.words.1=intent.embedding", "tasks.slots.model.embedding=word").share["words"].members == (
        "intent.embedding",
    )
    mixture = load("train.mixture={type: temperature, temperature: 3}").train.mixture
    assert (mixture.type, mixture.values) == ("temperature", {"temperature": 3.0})


def test_keys_that_hold_dots() -> None:
    recipe = load(
        "train.select.intent.accuracy=2",
        "train.components.intent.decoder.lr=0.1",
        "train.components.encoder.freeze=true",
    )
    assert recipe.train.select == {"intent.accuracy": 2.0}
    assert recipe.train.components["intent.decoder"].lr == 0.1
    assert recipe.train.components["encoder"].freeze
    assert load('train.components."intent.decoder".lr=0.2').train.components["intent.decoder"].lr == 0.2
    own = load(
        "train.components.intent.decoder.optimizer.type=sgd",
        "train.components.*.output.optimizer={type: adam, lr: 1e-4}",
    )
    assert [
        (name, line.optimizer.type, line.optimizer.values["lr"])
        for name, line in own.train.components.items()
        if line.optimizer is not None
    ] == [("intent.decoder", "sgd", 0.1), ("*.output", "adam", 1e-4)]


def test_a_later_setting_wins() -> None:
    assert load("seed=3", "seed=4").seed == 4


def test_any_steps() -> None:
    recipe = load("**.lowercase=ascii", "tasks.**.decoder.hidden=[7]")
    assert {task.inputs["text"].front_end.lowercase for task in recipe.tasks.values()} == {"ascii"}
    assert recipe.tasks["intent"].model["decoder"].values["hidden"] == [7]


VALUES = """\
name: values
sources: {s: {format: tsv, train: train.tsv}}
tasks:
  t:
    type: text_classification
    source: s
    inputs: {text: {column: text, tokenizer: {type: wordpiece, path: PATH}}}
    target: t
    model:
      embedding: {type: concat, parts: {path: {type: piece, dim: 4}, word: {type: word, dim: 3}}}
"""


def test_a_pattern_may_name_a_place_or_a_type(folder_of: Callable[[str], Path]) -> None:
    text = VALUES.replace("PATH", str(folder_of("uncased")))
    for pattern in ("**.tokenizer.path", "**.wordpiece.path", "tasks.**.wordpiece.path"):
        recipe = recipe_from_text(text, overrides=[f"{pattern}={folder_of('cased')}"])
        assert recipe.tasks["t"].inputs["text"].front_end.made.path == str(folder_of("cased") / "tokenizer.json")
        assert [str(row) for row in recipe.settings] == [
            f"--set {pattern}={folder_of('cased')}: sets 1 key: tasks.t.inputs.text.tokenizer.path."
        ]
    recipe = recipe_from_text(text, overrides=["**.tsv.train=other.tsv", "**.dim=6", "**.concat.**.word.dim=5"])
    assert recipe.sources["s"].values["train"] == "other.tsv"
    assert [str(row) for row in recipe.settings] == [
        "--set **.tsv.train=other.tsv: sets 1 key: sources.s.train.",
        "--set **.dim=6: sets 2 keys: tasks.t.model.embedding.parts.path.dim, tasks.t.model.embedding.parts.word.dim.",
        "--set **.concat.**.word.dim=5: sets 1 key: tasks.t.model.embedding.parts.word.dim.",
    ]


def test_settings_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(INTENT_SLOT)
    recipe = load_recipe(tmp_path / "r.yaml", overrides=["tasks.slots.weight=0.5"], seed=9, data=tmp_path / "d")
    assert (recipe.tasks["slots"].weight, recipe.seed, recipe.data) == (0.5, 9, (tmp_path / "d").resolve())


def test_a_pattern_of_what_is_not_written_is_told_the_full_path() -> None:
    text = """\
sources: {s: {format: tsv, train: train.tsv}}
tasks:
  t: {type: text_classification, source: s, inputs: text, target: t, model: {embedding: word, representation: {type: bilstm}, pooling: max}}
  u: {type: text_classification, source: s, inputs: {text: text}, target: u, model: {pooling: max, decoder: {hidden: [4]}}}
share: {words: ["*.embedding"], encoder: ["*.representation"]}
"""
    said = "should match a key that the recipe writes. It matches none."
    cases = {
        "**.bilstm.hidden=7": "--set 'share.encoder={members: [\"*.representation\"], hidden: 7}'",
        "tasks.**.lowercase=true": "--set 'tasks.t.inputs={text: {column: text, lowercase: true}}' "
        "--set 'tasks.u.inputs.text={column: text, lowercase: true}'",
        "**.decoder.activation=tanh": "--set tasks.t.model.decoder.activation=tanh "
        "--set tasks.u.model.decoder.activation=tanh",
        "**.optimizer.lr=0.7": "--set train.optimizer.lr=0.7",
    }
    for setting, written in cases.items():
        with pytest.raises(RecipeError) as raised:
            recipe_from_text(text, name="r.yaml", overrides=[setting])
        pattern = setting.partition("=")[0]
        assert str(raised.value) == (
            f"--set {setting}: '{pattern}' {said} Name what it leaves at its default by its full path: {written}.\n"
            "1 error in options given with r.yaml"
        )
        assert written.startswith("--set ")
        changed = recipe_from_text(text, overrides=[part for part in shlex.split(written) if part != "--set"])
        assert digest(changed) != digest(recipe_from_text(text))


@pytest.mark.parametrize(
    ("override", "row"),
    [
        ("seed", "--set seed: should be 'a.b.c=value'. Found no such setting."),
        ("=3", "--set =3: should be 'a.b.c=value'. Found no such setting."),
        ("a..b=3", "--set a..b=3: should be 'a.b.c=value'. Found no such setting."),
        ("**.pat=3", "--set **.pat=3: '**.pat' should match a key that the recipe writes. It matches none."),
        ("**.hiden=3", "--set **.hiden=3: '**.hiden' should match a key that the recipe writes. It matches none. Did you mean 'hidden', as in tasks.intent.model.representation.hidden, tasks.intent.model.decoder.hidden?"),
        ("**.transformer.hidden=3", "--set **.transformer.hidden=3: '**.transformer.hidden' should match a key that the recipe writes. It matches none. 'hidden' is at tasks.intent.model.representation.hidden, tasks.intent.model.decoder.hidden."),
        ("**.wordpiece.path=3", "--set **.wordpiece.path=3: '**.wordpiece.path' should match a key that the recipe writes. It matches none."),
        ("**=3", "--set **=3: '**' should match a key that the recipe writes. It matches none."),
        ("seed.=3", "--set seed.=3: should be 'a.b.c=value'. Found no such setting."),
        ("seed=[1", "--set seed=[1: should be YAML. Found a fault while parsing a flow sequence: expected ',' or ']', but got '<stream end>'."),
        ("sed=3", "--set sed=3: a recipe has no key 'sed'. Did you mean 'seed'?"),
        ("train.epoch=3", "--set train.epoch=3: train: 'train' has no key 'epoch'. Did you mean 'epochs'?"),
        ("tasks.intnt.weight=2", "--set tasks.intnt.weight=2: tasks: no task named 'intnt'. Did you mean 'intent'?"),
        ("tasks.topic.weight=2", "--set tasks.topic.weight=2: tasks: no task named 'topic'. There are: intent, slots."),
        ("sources.utterance.train=x", "--set sources.utterance.train=x: sources: no source named 'utterance'. Did you mean 'utterances'?"),
        ("share.encoders.hidden=2", "--set share.encoders.hidden=2: share: no share group named 'encoders'. Did you mean 'encoder'?"),
        ("share.words.2=x.y", "--set share.words.2=x.y: share.words: should be an index from 0 to 1. Found '2'."),
        ("share.words.first=x.y", "--set share.words.first=x.y: share.words: should be an index from 0 to 1. Found 'first'."),
        ("seed.more=1", "--set seed.more=1: seed: should be a mapping or a list to set 'more' in it. Found 1."),
        (
            "tasks.intent.model.representation.hiden=1",
            "--set tasks.intent.model.representation.hiden=1: tasks.intent.model.representation: "
            "the representation 'bilstm' has no key 'hiden'. Did you mean 'hidden'?",
        ),
        (
            "tasks.intent.model.decoder.dropuot=0.1",
            "--set tasks.intent.model.decoder.dropuot=0.1: tasks.intent.model.decoder: the decoder 'mlp' has no key "
            "'dropuot'. Did you mean 'dropout'?",
        ),
        (
            "tasks.slots.model.output.class_weights=balanced",
            "--set tasks.slots.model.output.class_weights=balanced: tasks.slots.model.output: the output 'crf' has no key "
            "'class_weights'. Its keys: constrained, prior. Outputs with that key: hinge, sigmoid, softmax.",
        ),
        (
            "tasks.intent.model.representation.type=bilstmm",
            "--set tasks.intent.model.representation.type=bilstmm: tasks.intent.model.representation: "
            "no representation named 'bilstmm'. Did you mean 'bilstm'?",
        ),
        ("train.batch=10", "--set train.batch=10: train.batch: should be a mapping. Found 10. Its keys: size, tokens."),
        ("train.rest=true", "--set train.rest=true: train.rest: should be a mapping. Found true. Its keys: patience, tolerance."),
        ("train.streams=9", "--set train.streams=9: train.streams: should be a mapping of streams by source. Found 9. Its keys: utterances."),
        ("train.streams.utterances=9", "--set train.streams.utterances=9: train.streams.utterances: should be a mapping. Found 9. Its keys: batch, steps."),
        ("train.select=intent.accuracy", "--set train.select=intent.accuracy: train.select: should be a mapping of weights by figure. Found 'intent.accuracy'. Its keys: intent.accuracy, intent.macro_f1, intent.micro_f1, joint.exact_match, slots.accuracy, slots.f1, slots.macro_f1, slots.micro_f1, slots.precision, slots.recall."),
        ("train.components=[x]", "--set train.components=[x]: train.components: should be a mapping of rates by component. Found a list."),
        ("sources.utterances.train=3%", "--set sources.utterances.train=3%: sources.utterances: train should be a file, of which dev and test may be shares. Found '3%'."),
        ("tasks.intent.out_of_scope=\" x\"", "--set tasks.intent.out_of_scope=\" x\": tasks.intent: 'out_of_scope' should be a label: text without white space around it. Found ' x'."),
        ("tasks.slots.weight=heavy", "--set tasks.slots.weight=heavy: tasks.slots.weight: should be a number. Found 'heavy'."),
        (
            "train.components.encodr.lr=1",
            "--set train.components.encodr.lr=1: train.components.encodr: 'encodr' is not a component. Did you mean 'encoder'? There are: words, encoder, intent.pooling, intent.decoder, intent.output, slots.decoder, slots.output, words.word, words.char.",
        ),
        (
            "train.components.encoder.freez=true",
            "--set train.components.encoder.freez=true: train.components.encoder: a component's training has no key 'freez'. Did you mean 'freeze'?",
        ),
        (
            "train.components.intent.decoder=0.1",
            "--set train.components.intent.decoder=0.1: train.components.intent.decoder: should be a mapping with 'lr', 'layer_decay', 'freeze' or 'optimizer'. Found 0.1.",
        ),
        (
            "train.components.encodr.freez={lr: 1}",
            "--set train.components.encodr.freez={lr: 1}: train.components.encodr.freez: 'encodr.freez' is not a component. Did you mean 'encoder'? There are: words, encoder, intent.pooling, intent.decoder, intent.output, slots.decoder, slots.output, words.word, words.char.",
        ),
    ],
)  # fmt: skip
def test_faults(override: str, row: str) -> None:
    assert faults(INTENT_SLOT, override) == [row]


def test_tied_values_that_a_setting_makes_differ() -> None:
    assert faults(INTENT_SLOT, "tasks.slots.model.representation.hidden=100") == [
        "--set tasks.slots.model.representation.hidden=100: tasks.slots.model.representation.hidden: should be 200 as in "
        "tasks.intent.model.representation.hidden (line 17): tied modules have one configuration. Found 100."
    ]
