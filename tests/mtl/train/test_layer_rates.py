"""Rates of layers: each a share of that of the layer above it, down to the embeddings, through whatever is tied."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch

from mtl.base.errors import RecipeError
from mtl.compile.loading import recipe_from_dict
from mtl.runs.check import check_recipe
from mtl.runs.meta_model import build_on_meta
from mtl.runs.runner import Run
from mtl.train.checkpoint import own_tensors
from mtl.train.layer_rates import rates_of
from mtl.train.parts import build_optimizers
from tests import small
from tests.mtl.from_small import tree

LAYERS = {"type": "self_attention", "dim": 8, "heads": 2, "ffn": 8, "layers": 3}
MODEL = {"embedding": {"type": "word", "dim": 8}, "representation": LAYERS, "pooling": "max"}
HALVED = {"lr": 0.8, "layer_decay": 0.5}


def recipe(folder: Path, components: dict[str, Any], model: dict[str, Any] = MODEL) -> Any:
    small.write(folder)
    train = {"epochs": 2, "gradients_every": 0, "components": components, "optimizer": {"type": "sgd", "lr": 0.1}}
    return recipe_from_dict(tree(model, train=train), data=folder)


def rates(folder: Path, components: dict[str, Any], model: dict[str, Any] = MODEL) -> dict[str, set[float]]:
    """Return the rates of each component's parameters that are not the optimizer's."""
    graph = check_recipe(recipe(folder, components, model)).graph
    built = build_on_meta(graph)
    found = rates_of(graph, built.components)
    return {
        name.removeprefix("kind."): {round(found[own], 6) for own in module.parameters() if own in found}
        for name, module in built.components.items()
    }


def test_layers_go_down_from_the_components_rate_and_embeddings_are_lowest(tmp_path: Path) -> None:
    found = rates(tmp_path, {"kind.representation": HALVED})
    assert found["representation"] == {0.8, 0.4, 0.2}
    assert found["embedding"] == {0.1}
    assert found["decoder"] == set()


def test_each_layer_has_the_rate_of_its_height(tmp_path: Path) -> None:
    graph = check_recipe(recipe(tmp_path, {"kind.representation": HALVED})).graph
    components = build_on_meta(graph).components
    found, module = rates_of(graph, components), components["kind.representation"]
    for layer, rate in zip(module.layers, (0.2, 0.4, 0.8), strict=True):
        assert {round(found[own], 6) for own in layer.parameters()} == {rate}


def test_a_line_of_its_own_wins_and_the_optimizers_rate_is_that_of_none(tmp_path: Path) -> None:
    lines = {"kind.representation": {"layer_decay": 0.5}, "kind.embedding": {"lr": 0.7}}
    found = rates(tmp_path, lines)
    assert found["representation"] == {0.1, 0.05, 0.025}
    assert found["embedding"] == {0.7}


def test_one_line_goes_through_the_parts_of_a_stack(tmp_path: Path) -> None:
    parts = {"lower": {**LAYERS, "layers": 2}, "upper": {"type": "bilstm", "hidden": 4, "layers": 2}}
    model = {**MODEL, "representation": {"type": "stack", "parts": parts}}
    found = rates(tmp_path, {"kind.representation": HALVED}, model)
    assert (found["representation.upper"], found["representation.lower"]) == ({0.8, 0.4}, {0.2, 0.1})
    assert found["embedding"] == {0.05}


def test_of_two_ways_down_the_longer_one_counts(tmp_path: Path) -> None:
    parts = {"deep": LAYERS, "flat": {"type": "cnn", "dim": 4}}
    model = {**MODEL, "representation": {"type": "concat", "parts": parts}}
    found = rates(tmp_path, {"kind.representation": HALVED}, model)
    assert (found["representation.deep"], found["representation.flat"]) == ({0.8, 0.4, 0.2}, {0.8})
    assert found["embedding"] == {0.1}


def test_a_line_for_everything_begins_at_the_output(tmp_path: Path) -> None:
    found = rates(tmp_path, {"kind.*": {"lr": 0.8, "layer_decay": 0.5}}, {**MODEL, "representation": None})
    assert (found["decoder"], found["embedding"]) == ({0.8}, {0.4})


def test_the_optimizer_has_a_group_for_each_rate(tmp_path: Path) -> None:
    model = build_on_meta(check_recipe(recipe(tmp_path, {"kind.representation": HALVED})).graph)
    optimizer, parameters = build_optimizers(model, own_tensors(model.components))
    groups = sorted((round(group["lr"], 6), len(group["params"])) for group in optimizer.param_groups)
    layers = model["kind.representation"].layers
    sizes = [len(list(layer.parameters())) for layer in layers]
    decoder = len(list(model["kind.decoder"].parameters()))
    assert groups == [(0.1, 1), (0.1, decoder), (0.2, sizes[0] + 2), (0.4, sizes[1]), (0.8, sizes[2] + 2)]
    assert len(parameters) == sum(count for _, count in groups)


def test_a_run_goes_on_with_the_same_rates(tmp_path: Path) -> None:
    given = recipe(tmp_path, {"kind.representation": HALVED})
    list(Run.start(given, tmp_path / "whole").train())
    for _ in islice(Run.start(given, tmp_path / "run").train(), 4):
        pass
    resumed = Run.start(given, tmp_path / "run", resume=True)
    list(resumed.train())
    whole = Run.open(tmp_path / "whole")
    assert all(map(torch.equal, resumed.model.parameters(), whole.model.parameters()))


@pytest.mark.parametrize(
    ("components", "row"),
    [
        (
            {"kind.embedding": {"lr": 0.1, "layer_decay": 0.9}},
            "should have 'layer_decay' only where there are layers: a component of several, or one into which another "
            "without a rate of its own flows. Found none at 'kind.embedding'. Leave 'layer_decay' out.",
        ),
        (
            {"kind.embedding": {"freeze": True, "layer_decay": 0.9}},
            "should be left out: a frozen component does not change. Found 0.9.",
        ),
        ({"kind.embedding": {"layer_decay": 1.0}}, "should be a number less than 1, or null. Found 1.0."),
    ],
)
def test_what_is_refused(tmp_path: Path, components: dict[str, Any], row: str) -> None:
    with pytest.raises(RecipeError) as caught:
        check_recipe(recipe(tmp_path, components))
    (fault,) = caught.value.faults
    assert fault.path is not None
    assert fault.path.startswith("train.components.kind.embedding")
    assert fault.message == row


@pytest.mark.parametrize(
    ("components", "freeze", "row"),
    [
        (
            {"kind.embedding": {"lr": 0.1, "optimizer": "sgd"}},
            True,
            "train.components.kind.embedding: should be of a component that is trained: kind.embedding is frozen by "
            "'freeze' in the model. Found 'lr' and 'optimizer'. Leave 'freeze' out there, or this line.",
        ),
        (
            {"kind.pooling": {"optimizer": "sgd"}},
            False,
            "train.components.kind.pooling: should be of a component with parameters: kind.pooling has none. Found "
            "'optimizer'. Leave the line out.",
        ),
    ],
)
def test_lines_of_what_is_not_trained(tmp_path: Path, components: dict[str, Any], freeze: bool, row: str) -> None:
    model = {**MODEL, "embedding": {"type": "word", "dim": 4, "freeze": freeze}}
    with pytest.raises(RecipeError) as caught:
        check_recipe(recipe(tmp_path, components, model))
    assert [f"{fault.path}: {fault.message}" for fault in caught.value.faults] == [row]


def test_a_line_of_several_that_are_frozen_names_them(tmp_path: Path) -> None:
    parts = {name: {"type": "word", "dim": 4, "freeze": True} for name in ("one", "other")}
    model = {**MODEL, "embedding": {"type": "concat", "parts": parts}}
    with pytest.raises(RecipeError) as caught:
        check_recipe(recipe(tmp_path, {"kind.embedding.*": {"lr": 0.1}}, model))
    assert [f"{fault.path}: {fault.message}" for fault in caught.value.faults] == [
        "train.components.kind.embedding.*: should be of a component that is trained: kind.embedding.one, "
        "kind.embedding.other are frozen by 'freeze' in the model. Found 'lr'. Leave 'freeze' out there, or this line."
    ]


def test_a_star_alone_is_every_component_and_later_lines_decide(tmp_path: Path) -> None:
    every = rates(tmp_path, {"*": {"lr": 0.3}})
    assert {name: rate for name, rate in every.items() if rate} == {
        **{name: {0.3} for name in ("embedding", "representation", "decoder")}
    }
    some = rates(tmp_path, {"*": {"lr": 0.3}, "kind.decoder": {"lr": 0.7}})
    assert (some["embedding"], some["decoder"]) == ({0.3}, {0.7})


def test_a_line_of_some_that_are_trained_is_right(tmp_path: Path) -> None:
    model = {**MODEL, "embedding": {"type": "word", "dim": 4, "freeze": True}}
    check_recipe(recipe(tmp_path, {"kind.*": {"lr": 0.1}}, model))
