"""What frozen modules compute is computed once a text; losses are as without, and runs repeat whatever is kept."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch

from mtl.base.errors import RecipeError
from mtl.base.progress import StepReport
from mtl.compile.loading import load_recipe
from mtl.recipe.config import Recipe
from mtl.runs.check import check_recipe, read_data
from mtl.sources.opening import open_sources
from mtl.train.trainer import Trainer
from tests import encoder_files, small
from tests.mtl.runs.test_transformer_run import RECIPE

LAYERS = "representation: {type: transformer, path: encoder, layers: 2, frozen_layers: 1}"
WHOLE = "representation: {type: transformer, path: encoder, layers: 2, freeze: true}"
WITHOUT_DROPOUT = {**encoder_files.BERT, "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
TEXTS = len(small.rows())  # in train; a third of them are in dev, too


@pytest.fixture(params=[LAYERS, WHOLE], ids=["lowest layers", "whole encoder"])
def recipe(request: pytest.FixtureRequest, folder_of: Callable[[str], Path], tmp_path: Path) -> Path:
    encoder_files.write(tmp_path / "encoder", folder_of("uncased"), WITHOUT_DROPOUT)
    return small.write(tmp_path, RECIPE.replace(LAYERS, request.param))


def trainer(recipe: Path, out: str, *, cached: bool = True, **keys: Any) -> Trainer:
    overrides = ["train.epochs=4", *(["train.cache_frozen=10"] if cached else [])]
    read: Recipe = load_recipe(recipe, overrides=overrides)
    graph = check_recipe(read).graph
    prepared = read_data(graph, open_sources(read), recipe.parent / "cache")
    return Trainer(graph, prepared, recipe.parent / out, **keys)


def counted(found: Trainer) -> list[int]:
    """Return a list that grows by the rows of every call of the lowest layer."""
    rows: list[int] = []
    layer: torch.nn.Module = found.model["encoder"].layers[0]
    layer.register_forward_hook(lambda _, given, __: rows.append(len(given[0])))
    return rows


def losses(found: Trainer) -> list[float]:
    return [value for r in found.train() if isinstance(r, StepReport) for value in r.losses.values()]


def test_a_text_goes_through_frozen_layers_once(recipe: Path) -> None:
    found = trainer(recipe, "run")
    rows = counted(found)
    list(found.train())
    assert rows == [1] * TEXTS
    every = trainer(recipe, "other", cached=False)
    rows = counted(every)
    list(every.train())
    assert sum(rows) == 4 * (TEXTS + TEXTS // 3)


def test_losses_are_as_without_but_for_their_last_digits(recipe: Path) -> None:
    assert losses(trainer(recipe, "run")) == pytest.approx(losses(trainer(recipe, "other", cached=False)), rel=1e-4)


def test_what_is_kept_changes_no_bit(recipe: Path) -> None:
    one, other = trainer(recipe, "run"), trainer(recipe, "other")
    assert other.model.frozen_values is not None
    other.model.frozen_values.left = 3_000  # for a few texts
    rows = counted(other)
    assert losses(one) == losses(other)
    assert len(rows) > 2 * TEXTS
    assert all(map(torch.equal, one.model.parameters(), other.model.parameters()))


def test_a_run_is_resumed_bit_for_bit(recipe: Path) -> None:
    whole = trainer(recipe, "whole")
    list(whole.train())
    for _ in islice(trainer(recipe, "run").train(), 5):
        pass
    resumed = trainer(recipe, "run", resume=True)
    assert resumed.step > 0
    list(resumed.train())
    assert all(map(torch.equal, whole.model.parameters(), resumed.model.parameters()))


def test_frozen_modules_have_no_dropout_and_trained_ones_have(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    encoder_files.write(tmp_path / "encoder", folder_of("uncased"))
    found = trainer(small.write(tmp_path, RECIPE), "run")
    found.model.train()
    assert found.model.frozen_values is not None
    batch = found.draws.feeds["utterances"].next()
    one, other = (found.model.scores(batch, ["intent"])["intent"][0] for _ in range(2))
    assert not torch.equal(one, other)  # of the layer that is trained
    assert found.model["encoder"].training
    (kept,) = {type(value).__name__ for value in found.model.frozen_values.kept.values()}
    assert kept == "Pieces"
    assert not any(value.sequence.values.requires_grad for value in found.model.frozen_values.kept.values())


@pytest.mark.parametrize(
    ("overrides", "rows"),
    [
        (
            ["share.encoder.frozen_layers=0"],
            [
                "should be there only where an encoder, or its lowest layers, and all below are frozen, with no "
                "adapter inside. Found no such. Leave it out, or freeze them."
            ],
        ),
        (
            ["train.adversarial={}"],
            [
                "should not come with 'adversarial', which moves vectors that are computed anew. Found both. Leave one "
                "out."
            ],
        ),
    ],
)
def test_what_is_refused(
    overrides: list[str], rows: list[str], folder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    encoder_files.write(tmp_path / "encoder", folder_of("uncased"))
    recipe = small.write(tmp_path, RECIPE)
    if "frozen_layers" in overrides[0]:
        recipe.write_text(RECIPE.replace("frozen_layers: 1", "frozen_layers: 0"))
        overrides = []
    with pytest.raises(RecipeError) as caught:
        check_recipe(load_recipe(recipe, overrides=["train.cache_frozen=10", *overrides]))
    assert [fault.message for fault in caught.value.faults if "cache_frozen" in str(fault.path)] == rows
