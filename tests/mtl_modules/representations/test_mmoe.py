# ruff: noqa: E501  # messages and recipes stand in one piece
"""Mixtures of experts and stacks: what is one component, what a gate sees, a run that is exported and resumed."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
import torch

import mtl
from mtl.base.errors import RecipeError
from mtl.compile.loading import load_recipe, recipe_from_text
from mtl.data.prepare import prepare
from mtl.graph.build import build_graph
from mtl.model.module import PaddedSequence
from mtl.recipe.filling import filled
from mtl.runs.meta_model import build_on_meta
from mtl.sources.opening import open_sources
from mtl.train.trainer import Trainer
from mtl_modules import MMoE
from tests import small
from tests.mtl.recipe.texts import changed, graph
from tests.mtl.small_run import parameters, same
from tests.properties.cases import CASES

RECIPE = changed(
    small.RECIPE,
    (
        "      representation: {type: bilstm, hidden: 8}\n",
        """\
      representation:
        type: stack
        parts:
          mixed: {type: mmoe, experts: {type: concat, parts: {one: &expert {type: bilstm, hidden: 6}, two: *expert}}}
          own: {type: bilstm, hidden: 5}
""",
    ),
    (
        "    target: slots\n",
        """\
    target: slots
    model:
      representation: {type: stack, parts: {mixed: {type: mmoe, per: token, experts: {}}, own: {type: bilstm, hidden: 4}}}
""",
    ),
    ("  encoder: [intent.representation, slots.representation]", '  experts: ["*.representation.mixed.experts"]'),
    ("  epochs: 24", "  epochs: 12"),
)


def test_experts_are_one_pool_and_gates_are_the_tasks_own() -> None:
    found = graph(RECIPE)
    pool = [name for name, component in found.components.items() if len(component.tasks) == 2]
    assert pool[-3:] == ["experts.one", "experts.two", "experts"]
    assert found.component_of("slots.representation.mixed") == "slots.representation.mixed"
    calls = [call.component for call in found.calls(["intent", "slots"])]
    assert [calls.count(name) for name in pool[-3:]] == [1, 1, 1]  # both tasks read one text: computed once
    into = {name: sorted(found.graph.predecessors(name)) for name in found.components}
    assert into["intent.representation.mixed"] == ["experts", "words"]
    assert into["intent.representation.own"] == ["intent.representation.mixed"]
    assert into["intent.representation"] == ["intent.representation.own"]
    assert into["experts.one"] == ["words"]
    assert filled(recipe_from_text(filled(recipe_from_text(RECIPE)))) == filled(recipe_from_text(RECIPE))


def mixture(name: str) -> MMoE:
    (case,) = (case for case in CASES if case.name == name)
    module: MMoE = case.module()
    return module


@pytest.mark.parametrize("name", ["mmoe", "mmoe of tokens"])
def test_a_gate_weighs_the_experts(name: str) -> None:
    module = mixture(name)
    experts, inputs = torch.randn(2, 3, 8), torch.randn(2, 3, 5)
    lengths = torch.tensor([3, 2])
    found = module(PaddedSequence(experts, lengths), PaddedSequence(inputs, lengths)).values
    for row, length in enumerate(lengths.tolist()):
        for token in range(length):
            seen = inputs[row, token] if name.endswith("tokens") else inputs[row, :length].mean(0)
            first, second = (seen @ module.gate.weight.T).softmax(-1)
            wanted = first * experts[row, token, :4] + second * experts[row, token, 4:]
            torch.testing.assert_close(found[row, token], wanted)


@pytest.mark.slow
def test_a_run_is_exported_and_verified(tmp_path: Path) -> None:
    run = mtl.run(small.write(tmp_path, RECIPE), out=tmp_path / "run")
    assert run.metrics["test"]["intent"]["accuracy"] >= 0.9
    assert (tmp_path / "run/export/joint.onnx").is_file()
    assert "experts" in (tmp_path / "run/graph.txt").read_text("utf-8")


def trainer(folder: Path, out: str, *, resume: bool = False) -> Trainer:
    """Return a trainer of 6 steps with a checkpoint at every second."""
    found = build_graph(
        load_recipe(small.write(folder, RECIPE), overrides=["train.max_steps=6", "train.checkpoint_every=2"])
    )
    return Trainer(found, prepare(found, open_sources(found.recipe), folder / "cache"), folder / out, resume=resume)


def test_a_run_that_is_stopped_and_resumed_ends_the_same(tmp_path: Path) -> None:
    whole = trainer(tmp_path, "whole")
    for _ in whole.train():
        pass
    for _ in islice(trainer(tmp_path, "stopped").train(), 3):
        pass
    resumed = trainer(tmp_path, "stopped", resume=True)
    assert resumed.step == 2
    for _ in resumed.train():
        pass
    assert same(parameters(resumed.model), parameters(whole.model))


@pytest.mark.parametrize(
    ("experts", "found"),
    [
        ("{type: bilstm, hidden: 4}", "a 'bilstm'"),
        (
            "{type: concat, parts: {one: {type: bilstm, hidden: 2}, two: {type: bilstm, hidden: 3}}}",
            "vectors of 4 and 6",
        ),
    ],
)
def test_experts_are_of_one_size(experts: str, found: str) -> None:
    text = changed(small.RECIPE, ("{type: bilstm, hidden: 8}", f"{{type: mmoe, experts: {experts}}}"))
    with pytest.raises(RecipeError) as raised:
        build_on_meta(graph(text))
    assert [str(fault) for fault in raised.value.faults] == [
        f"r.yaml:23: tasks.intent.model.representation: 'experts' should be a 'concat' of representations of one size. Found {found}."
    ]
