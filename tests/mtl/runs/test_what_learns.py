"""Warnings about encoders that learn although one adapter alone uses them, and about tasks that learn nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mtl.base.errors import RecipeError
from mtl.compile.loading import load_recipe, read_recipe
from mtl.runs.check import check_recipe
from mtl.runs.examined import examine
from tests import encoder_files, small
from tests.mtl.runs.test_adapters_run import RECIPE

WEIGHTS = 3 * (4 * (16 * 16 + 16) + 2 * 16 * 24 + 24 + 16 + 4 * 16)  # of three layers of 16, feed-forward ones of 24
LEARNING = f"learns itself ({WEIGHTS:,} weights), so its"
HINT = "of little use. Freeze the encoder ('freeze: true'), or use it without an adapter."
ENCODER = "tasks.intent.model.representation.encoder"
PIECES = "pieces: [intent.embedding, slots.embedding]"


@pytest.fixture
def warned(folder_of: Callable[[str], Path], tmp_path: Path) -> Callable[..., list[str]]:
    """What a check warns of a recipe with two adapters, with other values."""
    encoder_files.write(tmp_path / "encoder", folder_of("uncased"))
    recipe = small.write(tmp_path, RECIPE)

    def make(*overrides: str) -> list[str]:
        found = check_recipe(load_recipe(recipe, overrides=overrides)).warnings
        return [str(fault).removeprefix(f"{recipe}:") for fault in found]

    return make


def test_frozen_encoders_may_be_adapted(warned: Callable[..., list[str]]) -> None:
    assert warned() == []
    assert warned(f"{ENCODER}.freeze=false", "train.components.encoder.freeze=true") == []
    assert warned(f"{ENCODER}.freeze=false", f"{ENCODER}.frozen_layers=3") == []


def test_tasks_may_adapt_an_encoder_that_learns_from_all_of_them(warned: Callable[..., list[str]]) -> None:
    assert warned(f"{ENCODER}.freeze=false") == []
    share = f"share={{{PIECES}, encoder: [intent.representation.encoder, slots.representation]}}"
    plain = "tasks.slots.model.representation={type: transformer, path: encoder}"
    assert warned(f"{ENCODER}.freeze=false", plain, share) == []


def test_an_encoder_that_learns_needs_no_adapter_for_itself(warned: Callable[..., list[str]]) -> None:
    assert warned(f"{ENCODER}.freeze=false", f"share={{{PIECES}}}") == [
        f"13: tasks.intent.model.representation.encoder: {LEARNING} adapter 'intent.representation' is {HINT}",
        f"21: tasks.slots.model.representation.encoder: {LEARNING} adapter 'slots.representation' is {HINT}",
    ]


def test_an_adapter_that_tasks_share_is_one_adapter(warned: Callable[..., list[str]]) -> None:
    both = f"share={{{PIECES}, both: [intent.representation, slots.representation]}}"
    assert warned(f"{ENCODER}.freeze=false", "tasks.slots.model.representation=null", both) == [
        f"13: tasks.intent.model.representation.encoder: {LEARNING} adapter 'both' is {HINT}"
    ]


def test_layers_that_learn_above_frozen_ones_are_counted(warned: Callable[..., list[str]]) -> None:
    found = warned(f"{ENCODER}.freeze=false", f"{ENCODER}.frozen_layers=2", f"share={{{PIECES}}}")
    assert f"({WEIGHTS // 3:,} weights)" in found[0]


def test_adapters_that_stay_as_they_are_may_be_over_an_encoder_that_learns(warned: Callable[..., list[str]]) -> None:
    frozen = "train.components={intent.representation: {freeze: true}, slots.representation: {freeze: true}}"
    assert warned(f"{ENCODER}.freeze=false", f"share={{{PIECES}}}", frozen) == []


def test_a_task_that_cannot_be_read_may_use_the_encoder_too(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    encoder_files.write(tmp_path / "encoder", folder_of("uncased"))
    overrides = [f"{ENCODER}.freeze=false", "tasks.slots.model.output=nothing"]
    found = examine(read_recipe(small.write(tmp_path, RECIPE), overrides=overrides))
    assert list(found.graph.recipe.tasks) == ["intent"]
    assert [fault.message for fault in found.warnings if "adapter" in fault.message] == []


def test_a_task_of_frozen_weights_learns_nothing(warned: Callable[..., list[str]]) -> None:
    frozen = "train.components={intent.representation: {freeze: true}, intent.decoder: {freeze: true}}"
    assert warned(frozen) == [
        "6: tasks.intent: learns nothing, as all its weights are frozen. Give it a decoder or an adapter that learns."
    ]
    assert warned("train.components={intent.representation: {freeze: true}}") == []  # its decoder learns


def test_a_recipe_of_frozen_weights_is_refused(warned: Callable[..., list[str]]) -> None:
    with pytest.raises(RecipeError) as caught:
        warned("train.components={'intent.*': {freeze: true}, 'slots.*': {freeze: true}, '*': {freeze: true}}")
    assert [fault.message for fault in caught.value.faults] == [
        "should leave something to train. Found every component frozen."
    ]
