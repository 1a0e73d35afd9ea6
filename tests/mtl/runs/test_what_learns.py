"""Warnings about weights that learn although they are adapted, and about tasks that learn nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mtl.base.errors import RecipeError
from mtl.compile.loading import load_recipe
from mtl.runs.check import check_recipe
from tests import encoder_files, small
from tests.mtl.runs.test_adapters_run import RECIPE

WEIGHTS = 3 * (4 * (16 * 16 + 16) + 2 * 16 * 24 + 24 + 16 + 4 * 16)  # of three layers of 16, feed-forward ones of 24
LEARNING = f"learns itself ({WEIGHTS:,} weights), so its"
HINT = "of little use. Freeze the encoder ('freeze: true'), or use it without adapters."
ENCODER = "tasks.intent.model.representation.encoder"


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


def test_an_encoder_that_learns_needs_no_adapters(warned: Callable[..., list[str]]) -> None:
    assert warned(f"{ENCODER}.freeze=false") == [
        f"25: share.encoder: {LEARNING} adapters 'intent.representation' and 'slots.representation' are {HINT}"
    ]
    assert warned(f"{ENCODER}.freeze=false", "share={pieces: [intent.embedding, slots.embedding]}") == [
        f"13: tasks.intent.model.representation.encoder: {LEARNING} adapter 'intent.representation' is {HINT}",
        f"21: tasks.slots.model.representation.encoder: {LEARNING} adapter 'slots.representation' is {HINT}",
    ]


def test_layers_that_learn_above_frozen_ones_are_counted(warned: Callable[..., list[str]]) -> None:
    (found,) = warned(f"{ENCODER}.freeze=false", f"{ENCODER}.frozen_layers=2")
    assert f"({WEIGHTS // 3:,} weights)" in found


def test_adapters_that_stay_as_they_are_may_be_over_an_encoder_that_learns(warned: Callable[..., list[str]]) -> None:
    frozen = "train.components={intent.representation: {freeze: true}, slots.representation: {freeze: true}}"
    for kept in (frozen, f"{frozen[:-1]}, encoder: {{lr: 0.01}}}}"):
        assert warned(f"{ENCODER}.freeze=false", kept) == []


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
