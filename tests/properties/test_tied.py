"""A tied module is one object: after building, loading, and moving to another device or type."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from mtl.base.tensors import write_tensors
from mtl.model.multi_task import MultiTaskModel
from mtl.train.checkpoint import own_tensors
from mtl.train.first_weights import load_component
from tests.properties import joint

TIED = (
    ("intent.embedding", "slots.embedding"),
    ("intent.embedding.word", "slots.embedding.word"),
    ("intent.embedding.word", "topic.embedding"),
    ("intent.embedding.char", "slots.embedding.char"),
    ("intent.representation", "slots.representation"),
)


def built(folder: Path) -> MultiTaskModel:
    return joint.model()


def built_on_meta(folder: Path) -> MultiTaskModel:
    with torch.device("meta"):
        return joint.model()


def loaded(folder: Path) -> MultiTaskModel:
    model = joint.model()
    for name, tensors in own_tensors(joint.model().components).items():
        write_tensors(folder / f"{name}.safetensors", tensors, {})
    for name in model.components:
        load_component(model, name, folder)
    return model


def moved_to_meta(folder: Path) -> MultiTaskModel:
    return joint.model().to("meta")


def moved_to_float64(folder: Path) -> MultiTaskModel:
    return joint.model().double()


def moved_to_the_gpu(folder: Path) -> MultiTaskModel:
    if not torch.cuda.is_available():
        pytest.skip("no GPU")
    return joint.model().to("cuda")


@pytest.mark.parametrize("made", [built, built_on_meta, loaded, moved_to_meta, moved_to_float64, moved_to_the_gpu])
@pytest.mark.parametrize(("one", "other"), TIED)
def test_tied_modules_are_one_object(
    made: Callable[[Path], MultiTaskModel], one: str, other: str, tmp_path: Path
) -> None:
    model = made(tmp_path)
    assert model[one] is model[other]
    assert [id(p) for p in model[one].parameters()] == [id(p) for p in model[other].parameters()]


def test_a_tied_parameter_is_there_once() -> None:
    model = joint.model()
    parameters = list(model.parameters())
    assert len({id(p) for p in parameters}) == len(parameters)
    assert sorted(model.state_dict()) == sorted(dict(model.named_parameters()))
    assert len(parameters) == sum(len(list(module.parameters())) for module in model.components.values())
