# ruff: noqa: E501  # messages stand in one piece
from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from mtl.base.errors import RecipeError, UsageError
from mtl.compile.candidates import load_candidates
from mtl.compile.loading import load_recipe
from mtl.recipe.filling import digest
from tests import small

SPACE = "space: {train.clip: [1, 5], tasks.intent.model.pooling: [max, self_attention]}\n"


def test_a_file_replaces_the_section(tmp_path: Path) -> None:
    recipe = small.write(tmp_path, small.RECIPE + "\ntune: {space: {seed: [1, 2]}, pruner: none}\n")
    (tmp_path / "space.yaml").write_text(SPACE, "utf-8")
    assert dict(load_candidates(recipe)[2].space) == {"seed": (1, 2)}
    _, candidates, config = load_candidates(recipe, space=tmp_path / "space.yaml", overrides=["tune.pruner=halving"])
    assert (list(config.space), config.pruner) == (["train.clip", "tasks.intent.model.pooling"], "halving")
    tried = [(key, value, place.line) for key, value, place in candidates.alternatives(config)]
    assert tried == [
        ("train.clip", 1, 1),
        ("train.clip", 5, 1),
        ("tasks.intent.model.pooling", "max", 1),
        ("tasks.intent.model.pooling", "self_attention", 1),
    ]


def test_a_recipe_with_other_values_is_the_one_that_settings_make(tmp_path: Path) -> None:
    recipe = small.write(tmp_path)
    (tmp_path / "space.yaml").write_text(SPACE, "utf-8")
    _, candidates, config = load_candidates(recipe, space=tmp_path / "space.yaml", overrides=["train.epochs=2"], seed=7)
    values = {"train.clip": 1, "tasks.intent.model.pooling": "self_attention"}
    settings = ["train.epochs=2", *(f"{key}={value}" for key, value in values.items())]
    sent = pickle.loads(pickle.dumps(candidates))  # noqa: S301  # as to another process
    for found in (candidates, sent):
        made = found.with_values(values, config.places)
        assert digest(made) == digest(load_recipe(recipe, overrides=settings, seed=7))
        assert made.tune is None
    assert sent.recipe() == load_recipe(recipe, overrides=["train.epochs=2"], seed=7)


def test_values_that_do_not_go_together_are_faults_where_they_are_written(tmp_path: Path) -> None:
    recipe, space = small.write(tmp_path), tmp_path / "space.yaml"
    keys = [f"tasks.{task}.model.representation.dropout" for task in ("intent", "slots")]
    space.write_text("space:\n" + "".join(f"  {key}: [0.1, 0.2]\n" for key in keys), "utf-8")
    _, candidates, config = load_candidates(recipe, space=space)  # one at a time they are possible
    candidates.with_values(dict.fromkeys(keys, 0.1), config.places)
    with pytest.raises(RecipeError) as error:
        candidates.with_values(dict(zip(keys, (0.1, 0.2), strict=True)), config.places)
    assert str(error.value) == (
        f"{space}:3: tasks.slots.model.representation.dropout: should be 0.1 as in "
        "tasks.intent.model.representation.dropout (line 2): tied modules have one configuration. Found 0.2.\n"
        f"1 error in {recipe}"
    )


@pytest.mark.parametrize(
    ("content", "found"),
    [(None, "nothing there"), ("", "an empty file"), ("- a\n", "a list"), ("a folder", "a folder")],
)
def test_a_file_that_says_nothing(tmp_path: Path, content: str | None, found: str) -> None:
    recipe, space = small.write(tmp_path), tmp_path / "space.yaml"
    should = "a mapping" if content in ("", "- a\n") else "a file (YAML)"
    if content == "a folder":
        space.mkdir()
    elif content is not None:
        space.write_text(content, "utf-8")
    with pytest.raises(UsageError) as error:
        load_candidates(recipe, space=space)
    assert str(error.value) == f"--space {space}: should be {should} with the keys of 'tune'. Found {found}."


def test_faults_of_recipe_and_file_together(tmp_path: Path) -> None:
    recipe, space = small.write(tmp_path, small.RECIPE.replace("epochs: 24", "epochs: 0")), tmp_path / "space.yaml"
    space.write_text("space: {train.clip: [1, -1], train.clip: 3}\n", "utf-8")
    line = len(small.RECIPE.splitlines()) - 1
    with pytest.raises(RecipeError) as error:
        load_candidates(recipe, space=space)
    assert str(error.value) == (
        f"{recipe}:{line}: train.epochs: should be a whole number greater than 0. Found 0.\n"
        f"{space}:1: space.train.clip: should be written once. Found it on line 1 already.\n"
        f"{space}:1: tune.space.train.clip: should be a number greater than 0, or null. Found -1.\n"
        f"3 errors in {recipe} and {space}"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "space: {train.clip: [1, -1]}\n",
            "1: tune.space.train.clip: should be a number greater than 0, or null. Found -1.",
        ),
        ("space: {train.clip: [1, 2]}\nsampler: 3\n", "2: tune.sampler: should be one of 'tpe', 'random'. Found 3."),
        (
            "space: [\n",
            "2: should be YAML. Found a fault while parsing a flow node: expected the node content, but found '<stream end>'.",
        ),
    ],
)
def test_faults_of_the_file_alone_are_counted_there(content: str, message: str, tmp_path: Path) -> None:
    recipe, space = small.write(tmp_path), tmp_path / "space.yaml"
    space.write_text(content, "utf-8")
    with pytest.raises(RecipeError) as error:
        load_candidates(recipe, space=space)
    assert str(error.value) == f"{space}:{message}\n1 error in {space}"


def test_nothing_says_what_is_searched(tmp_path: Path) -> None:
    recipe = small.write(tmp_path)
    with pytest.raises(UsageError) as error:
        load_candidates(recipe)
    assert str(error.value) == (
        f"{recipe}: should have a section 'tune' that says what is searched, or come with a file that does "
        "(--space FILE). Found neither."
    )
