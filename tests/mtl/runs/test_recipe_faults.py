"""Keys that would be read and change nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtl.base.errors import RecipeError
from mtl.compile.loading import load_recipe, recipe_from_dict
from mtl.runs.check import check_recipe
from tests import small
from tests.mtl import running_text


def test_adversarial_training_has_words_to_move(tmp_path: Path) -> None:
    small.write(tmp_path)
    task = {
        "type": "text_classification",
        "source": {"format": "tsv", "train": "train.tsv"},
        "inputs": {"text": {"column": "text", "tokenizer": "value"}},
        "target": "intent",
        "model": {"embedding": "categorical", "pooling": "max"},
    }
    adversarial = {"train": {"adversarial": {"epsilon": 1.0}}}
    with pytest.raises(RecipeError) as caught:
        check_recipe(recipe_from_dict({"name": "values", "tasks": {"a": task}, **adversarial}, data=tmp_path))
    assert [(fault.path, fault.message) for fault in caught.value.faults] == [
        (
            "train.adversarial",
            "should come with a task whose embedding has vectors of words, which are moved. There is none: leave "
            "it out.",
        )
    ]
    task |= {"inputs": "text", "model": {}}
    check_recipe(recipe_from_dict({"name": "words", "tasks": {"a": task}, **adversarial}, data=tmp_path))


def test_rows_of_a_running_text_are_not_drawn(tmp_path: Path) -> None:
    with pytest.raises(RecipeError) as caught:
        check_recipe(recipe_from_dict(running_text.recipe({"bootstrap": True}), data=running_text.write(tmp_path)))
    assert [(fault.path, fault.message) for fault in caught.value.faults] == [
        (
            "train.bootstrap",
            "should be left out, as rows that are drawn are no running text. Found 'bptt' in task 'lm'.",
        )
    ]


@pytest.mark.parametrize("freeze", [True, False])
def test_a_frozen_layer_that_asks_for_what_dev_shows(freeze: bool, tmp_path: Path) -> None:
    output = f"      pooling: max\n      output: {{type: softmax, calibrate: true, freeze: {str(freeze).lower()}}}\n"
    text = small.RECIPE.replace("      pooling: max\n", output)
    found = [(fault.path, fault.message) for fault in check_recipe(load_recipe(small.write(tmp_path, text))).warnings]
    message = (
        "has no effect, as 'intent.output' is frozen and begins with no weights that were trained: nothing is found on "
        "dev. Leave out 'calibrate', or do not freeze it."
    )
    assert found == ([("tasks.intent.model.output.calibrate", message)] if freeze else [])
