"""A section `tune`: every message about its form, and about values that the recipe refuses."""

from __future__ import annotations

import pytest

from mtl.base.errors import RecipeError
from mtl.base.registry import names
from mtl.compile.loading import recipe_from_text
from mtl.recipe.filling import digest, filled
from mtl.recipe.tuning import Range
from tests import small

HIDDEN = "tasks.intent.model.representation.hidden"


def faults(tune: str, text: str = small.RECIPE, **more: list[str]) -> list[str]:
    """Return the rows about a recipe with this section, without its name and lines."""
    with pytest.raises(RecipeError) as error:
        recipe_from_text(f"{text}\ntune:{tune}\n", name="r.yaml", **more)  # type: ignore[arg-type]
    return [f"{fault.path}: {fault.message}" for fault in error.value.faults]


def space(content: str) -> list[str]:
    return faults(f" {{space: {{{content}}}}}")


def test_what_is_searched_is_read() -> None:
    tune = f"""
  pruner: halving
  space:
    train.optimizer.lr: {{low: 1e-4, high: 1, log: true}}
    {HIDDEN}: {{low: 4, high: 16}}
    tasks.slots.weight: {{low: 1, high: 3}}
    train.batch.size: {{low: 8, high: 24, step: 8}}
    tasks.intent.model.pooling: [max, {{type: self_attention, dim: 4}}]
    train.clip: [1, null]
"""
    config = recipe_from_text(f"{small.RECIPE}\ntune:{tune}").tune
    assert config is not None
    assert (config.sampler, config.pruner) == ("tpe", "halving")
    assert dict(config.space) == {
        "train.optimizer.lr": Range(low=1e-4, high=1, log=True),
        HIDDEN: Range(low=4, high=16, whole=True),
        "tasks.slots.weight": Range(low=1, high=3),  # a number: 1.5 is possible too
        "train.batch.size": Range(low=8, high=24, step=8, whole=True),
        "tasks.intent.model.pooling": ("max", {"type": "self_attention", "dim": 4}),
        "train.clip": (1, None),
    }
    assert config.places["train.clip"].line == len(small.RECIPE.splitlines()) + 10


def test_a_run_is_the_same_with_and_without() -> None:
    plain = recipe_from_text(small.RECIPE)
    searched = recipe_from_text(f"{small.RECIPE}\ntune: {{space: {{train.clip: [1, 5]}}}}\n")
    assert searched == plain
    assert (digest(searched), filled(searched)) == (digest(plain), filled(plain))
    assert filled(plain).endswith("tune: null\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("train.clip: 3", "should be a list of choices, or a range with 'low' and 'high'. Found 3."),
        ("train.clip: [3]", "should be a list of at least two choices. Found 1."),
        ("train.clip: [1, 2, 1.0]", "choices should differ from each other. Found 1.0 after 1."),
        ("train.clip: {low: 1}", "should have a key 'high', a number. There is none."),
        ("train.clip: {low: a, high: 2}", ".low: should be a number. Found 'a'."),
        ("train.clip: {low: 1, high: 2, hi: 3}", "a range has no key 'hi'. Did you mean 'high'?"),
        ("train.clip: {low: 2, high: 2}", ".high: should be greater than 'low', 2. Found 2."),
        (
            "train.clip: {low: 0.1, high: 0.55, step: 0.1}",
            ".high: should be 'low' plus a multiple of 'step', as 0.5 is. Found 0.55.",
        ),
        ("train.clip: {low: 1, high: 2, step: 0}", ".step: should be a number greater than 0, or null. Found 0."),
        ("train.clip: {low: 0, high: 2, log: true}", ".low: should be greater than 0 where 'log' is true. Found 0."),
        (
            "train.clip: {low: 1, high: 2, log: true, step: 1}",
            ".step: should be left out where 'log' is true. Found 1.",
        ),
        ("train.clip: [1, -1]", "should be a number greater than 0, or null. Found -1."),
        ("train.clip: {low: -1, high: 1}", "should be a number greater than 0, or null. Found -1."),
        ("train.epochs: {low: 2.0, high: 3}", "should be a whole number. Found 2.0."),
    ],
)
def test_a_dimension(content: str, message: str) -> None:
    (found,) = space(content)
    name = "tune.space.train.epochs" if "epochs" in content else "tune.space.train.clip"
    assert found.removeprefix(name).removeprefix(": ") == message


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("train.epoch", "'train' has no key 'epoch'. Did you mean 'epochs'?"),
        (
            "train.optimizer.rate",
            "the optimizer 'adam' has no key 'rate'. Its keys: beta1, beta2, eps, lr, weight_decay.",
        ),
        ("tasks.intnt.weight", "no task named 'intnt'. Did you mean 'intent'?"),
        ("train..clip", "should be the steps to a value, joined by dots. Found 'train..clip'."),
        (
            "name.first",
            "the recipe should be valid with 1. Found: name: should be a mapping or a list to set 'first' in it. "
            "Found 'small'.",
        ),
    ],
)
def test_a_key_that_is_not_there(key: str, message: str) -> None:
    found = space(f"{key}: [1, 2]")
    if key == "name.first":
        message = message.partition("Found: name: ")[2]
    assert found == [f"tune.space.{key}: {message}"]


@pytest.mark.parametrize(
    "key", ["data", "sources.utterances.dev", "train.select", "tasks.intent.metrics", "tune.pruner", "plugins"]
)
def test_a_key_that_changes_what_is_measured(key: str) -> None:
    assert space(f"{key}: [a, b]") == [
        f"tune.space.{key}: should be a key by which scores stay comparable. Found '{key}', which changes what is "
        "measured."
    ]


def test_a_key_inside_another() -> None:
    assert space("train.batch.size: [8, 16], train.batch: [{size: 4}, {size: 8}]") == [
        "tune.space.train.batch: should not lie inside another key, or around one. Found 'train.batch.size' too."
    ]


def test_a_value_with_which_something_else_does_not_fit() -> None:
    assert space("tasks.intent.model.pooling: [max, min]") == [
        "tune.space.tasks.intent.model.pooling: no pooling named 'min'. There are: "
        f"{', '.join(names('pooling'))}. A class of your own is visible once its file is named under 'plugins:'."
    ]
    assert space("tasks.intent.target: [intent, x]") == [
        "tune.space.tasks.intent.target: should be a key by which scores stay comparable. Found 'tasks.intent.target', "
        "which changes what is measured."
    ]
    slots = "    target: slots\n"
    text = small.RECIPE.replace(slots, f"{slots}    model: {{representation: {{hidden: 8}}}}\n")
    line = len(text.splitlines()) + 2
    assert faults(f" {{space: {{{HIDDEN}: [8, 16]}}}}", text) == [
        f"tune.space.{HIDDEN}: the recipe should be valid with 16. Found: tasks.slots.model.representation.hidden: "
        f"should be 16 as in tasks.intent.model.representation.hidden (line {line}): tied modules have one "
        "configuration. Found 8."
    ]


@pytest.mark.parametrize(
    ("tune", "message"),
    [
        (" 3", "tune: should be a mapping. Found 3. Its keys: pruner, sampler, space."),
        (" {}", "tune: should have a key 'space', a mapping to choices and ranges. There is none."),
        (" {space: null}", "tune: should have a key 'space', a mapping to choices and ranges. There is none."),
        (" {space: {}}", "tune.space: should name a key that is searched. Found an empty mapping."),
        (" {space: [a]}", "tune.space: should be a mapping of choices and ranges by key. Found a list."),
        (
            " {space: {train.clip: [1, 2]}, sampler: tpee}",
            "tune.sampler: should be one of 'tpe', 'random'. Found 'tpee'. Did you mean 'tpe'?",
        ),
        (" {space: {train.clip: [1, 2]}, prunner: none}", "tune: 'tune' has no key 'prunner'. Did you mean 'pruner'?"),
    ],
)
def test_the_section(tune: str, message: str) -> None:
    assert faults(tune) == [message]


def test_all_faults_at_once_each_in_its_line() -> None:
    text = small.RECIPE.replace("hidden: 8", "hiden: 8")
    lines = len(text.splitlines())
    with pytest.raises(RecipeError) as error:
        recipe_from_text(
            f"{text}tune:\n  space:\n    train.clip:\n      low: 1\n      high: 0\n    seed: [1,\n      -1]\n",
            name="r.yaml",
        )
    assert str(error.value) == (
        "r.yaml:23: tasks.intent.model.representation: the representation 'bilstm' has no key 'hiden'. Did you mean "
        "'hidden'?\n"
        f"r.yaml:{lines + 5}: tune.space.train.clip.high: should be greater than 'low', 1. Found 0.\n"
        f"r.yaml:{lines + 7}: tune.space.seed: should be a whole number of at least 0. Found -1.\n"
        "3 errors in r.yaml"
    )


def test_a_setting_may_say_what_is_searched() -> None:
    text = f"{small.RECIPE}\ntune: {{space: {{train.clip: [1, 5]}}}}\n"
    recipe = recipe_from_text(text, overrides=["tune.space.train.clip=[2, 3]", "tune.pruner=none"])
    assert recipe.tune is not None
    assert (dict(recipe.tune.space), recipe.tune.pruner) == ({"train.clip": (2, 3)}, "none")
    with pytest.raises(RecipeError) as error:
        recipe_from_text(text, name="r.yaml", overrides=["tune.space.train.clip=[2, -3]"])
    assert str(error.value) == (
        "--set tune.space.train.clip=[2, -3]: tune.space.train.clip: should be a number greater than 0, or null. "
        "Found -3.\n1 error in options given with r.yaml"
    )
