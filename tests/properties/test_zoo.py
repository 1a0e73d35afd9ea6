"""Every embedding, representation, pooling, wide module, decoder of trees: trained, saved, loaded, exported, asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch

import mtl
from mtl.base import registry
from mtl.base.registry import register
from mtl.model.module import Pooling
from mtl.model.multi_task import MultiTaskModel
from mtl.runs.predictor import Predictor
from mtl.train.trainer import Trainer
from tests.properties import zoo
from tests.properties.zoo import Use
from tests.string_scans import string_scans

SAMPLE = zoo.sample()
REST = [use for use in zoo.uses() if use not in SAMPLE]
TEXTS = ("play hey jude", "", "yesterday", "wake me at six thirty please " * 9)


class Made:
    """A run of uses, from data to verified graphs, and the model that it began with."""

    def __init__(self, folder: Path, uses: Sequence[Use]) -> None:
        zoo.write(folder)
        out = folder / "run"
        self.run = mtl.run(zoo.recipe(uses), out=out, data=folder)  # an export is verified before it is there
        self.trainer = Trainer(self.run.graph, self.run.prepared, folder / "again")
        self.loaded = Predictor.load(out)
        self.bundle = mtl.Bundle(out / "export")
        self.joint = out / "export" / "joint.onnx"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("zoo"), SAMPLE)


every_use = pytest.mark.parametrize("use", SAMPLE, ids=lambda use: use.name)


@every_use
def test_gradients_reach_every_parameter_of_a_module_in_a_task(made: Made, use: Use) -> None:
    gradients_reach_it(made, use)


@every_use
def test_training_moves_it_and_it_is_loaded_as_it_was(made: Made, use: Use) -> None:
    moved_and_loaded(made, use)


@every_use
def test_the_export_answers_as_the_model(made: Made, use: Use) -> None:
    exported_is_eager(made, use)


@every_use
def test_texts_beside_a_text_change_no_answer(made: Made, use: Use) -> None:
    padding_changes_nothing(made, use)


def test_no_loop_puts_strings_side_by_side(made: Made) -> None:
    assert string_scans(onnx.load(made.joint, load_external_data=False)) == []


@pytest.fixture(scope="module")
def rest(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("rest"), REST)


@pytest.mark.slow
@pytest.mark.parametrize("use", REST, ids=lambda use: use.name)
def test_in_the_other_tasks_too(rest: Made, use: Use) -> None:
    for holds in (gradients_reach_it, moved_and_loaded, exported_is_eager, padding_changes_nothing):
        holds(rest, use)


def gradients_reach_it(made: Made, use: Use) -> None:
    model = made.trainer.model.train()
    batch = made.trainer.draws.feeds["utterances"].next()
    model.zero_grad()
    torch.manual_seed(0)
    model.losses(batch, [use.name])[use.name].backward()
    for component, name, parameter in parameters(model, use):
        assert parameter.grad is not None, f"{component}: {name}"
        gradient = parameter.grad.to_dense()
        assert bool(torch.isfinite(gradient).all()), f"{component}: {name}"
        later = zoo.BEFORE_ZEROS.get((use.kind, use.module))
        if later is None or later not in name:
            assert bool(gradient.abs().sum() > 0), f"{component}: {name}"


def moved_and_loaded(made: Made, use: Use) -> None:
    models = (made.trainer.model, made.run.model, made.loaded.model)
    for first, found, again in zip(*(parameters(model, use) for model in models), strict=True):
        place = found[:2]
        assert first[:2] == place == again[:2]
        assert not torch.equal(found[2], first[2]), place
        assert torch.equal(found[2], again[2]), place


def exported_is_eager(made: Made, use: Use) -> None:
    assert use.name in made.run.manifest["tasks"]
    for size in (1, 64):
        found = made.bundle.predict(use.name, TEXTS, batch_size=size)
        same_answers(found, made.run.predict(use.name, TEXTS, batch_size=size))
    assert made.bundle.predict(use.name, []) == []


def padding_changes_nothing(made: Made, use: Use) -> None:
    answering: tuple[Callable[..., list[dict[str, Any]]], ...] = (made.run.predict, made.bundle.predict)
    for predict in answering:
        same_answers(predict(use.name, TEXTS), [predict(use.name, [text])[0] for text in TEXTS])


def same_answers(found: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> None:
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        assert list(one) == list(other)
        for key, value in one.items():
            if key in ("actions", "label", "labels", "tags", "tokens", "tree"):
                assert value == other[key]
            else:
                assert value == pytest.approx(other[key], abs=1e-4)


def parameters(model: MultiTaskModel, use: Use) -> Iterator[tuple[str, str, torch.nn.Parameter]]:
    """Yield component, name and value of each parameter of the module and of its parts."""
    for component, module in model.components.items():
        if f"{component}.".startswith(f"{use.address}."):
            for name, parameter in module.named_parameters():
                yield component, name, parameter


def test_a_module_that_needs_keys_has_to_have_them_in_the_table() -> None:
    @register("pooling", "needy")
    class Needy(Pooling):
        """Of no use without its keys."""

        def __init__(self, input_dim: int, *, why: str, how: str = "so") -> None:
            super().__init__()

        def forward(self, inputs: Any) -> torch.Tensor:
            raise NotImplementedError

    try:
        with pytest.raises(LookupError) as raised:
            zoo.configurations("pooling", "needy")
    finally:
        del registry._classes["pooling"]["needy"]
    assert str(raised.value) == "the pooling 'needy' should have a line in KEYS of tests/properties/zoo.py, with why."
