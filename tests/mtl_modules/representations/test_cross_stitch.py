# ruff: noqa: E501  # messages and recipes stand in one piece
"""Cross-stitch units: how they begin, what they compute and learn, idle parts, a run that is exported and resumed."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
import torch

import mtl
from mtl.base.errors import RecipeError
from mtl.compile.loading import load_recipe
from mtl.data.prepare import prepare
from mtl.graph.build import build_graph
from mtl.model.module import PaddedSequence
from mtl.runs.meta_model import build_on_meta
from mtl.sources.opening import open_sources
from mtl.train.draws import Draw
from mtl.train.trainer import Trainer
from tests import small
from tests.mtl.recipe.texts import changed, graph
from tests.mtl.small_run import parameters, same
from tests.properties.cases import CASES

GROUP = "{kind: cross_stitch, members: [intent.representation, slots.representation], type: bilstm, hidden: 5}"
RECIPE = changed(
    small.RECIPE,
    ("      representation: {type: bilstm, hidden: 8}\n", ""),
    ("  encoder: [intent.representation, slots.representation]", f"  encoder: {GROUP}"),
    ("  epochs: 24", "  epochs: 12"),
)


def trainer(folder: Path, out: str, *, resume: bool = False, train: tuple[str, ...] = ()) -> Trainer:
    """Return a trainer of 6 steps with a checkpoint at every second."""
    settings = ["train.max_steps=6", "train.checkpoint_every=2", *train]
    found = build_graph(load_recipe(small.write(folder, RECIPE), overrides=settings))
    return Trainer(found, prepare(found, open_sources(found.recipe), folder / "cache"), folder / out, resume=resume)


def test_it_begins_near_identity_and_learns_its_weights(tmp_path: Path) -> None:
    training = trainer(tmp_path, "run")
    wanted = torch.tensor([[0.9, 0.1], [0.1, 0.9]])
    stitches = [training.model[f"{task}.representation"].weights for task in ("intent", "slots")]
    for row, stitch in zip(wanted, stitches, strict=True):
        torch.testing.assert_close(stitch, row[:, None].expand(2, 10))
    before = [stitch.detach().clone() for stitch in stitches]
    for _ in training.train():
        pass
    assert all(not torch.equal(then, now) for then, now in zip(before, stitches, strict=True))
    assert training.model["intent.representation.slots"] is training.model["slots.representation.slots"]


@pytest.mark.parametrize("name", ["cross_stitch of one", "cross_stitch of two"])
def test_it_mixes_by_its_weights(name: str) -> None:
    (case,) = (case for case in CASES if case.name == name)
    module = case.module()
    one, two = torch.randn(2, 3, 4), torch.randn(2, 3, 4)
    lengths = torch.tensor([3, 2])
    found = module(PaddedSequence(one, lengths), PaddedSequence(two, lengths)).values
    mine = 0.9 if name.endswith("one") else 0.1
    torch.testing.assert_close(found, mine * one + (1 - mine) * two)


def test_a_step_of_one_task_moves_all_representations_and_no_other_tasks_weights(tmp_path: Path) -> None:
    training = trainer(tmp_path, "run", train=("train.clip=null",))
    before = {name: parameters(module) for name, module in training.model.components.items()}  # type: ignore[arg-type]
    training.update([Draw("utterances", ("intent",), [training.draws.feeds["utterances"].next()])], 0)
    moved = {name for name, module in training.model.components.items() if not same(parameters(module), before[name])}  # type: ignore[arg-type]
    assert {"intent.representation", "encoder_intent", "encoder_slots"} <= moved
    assert not {"slots.representation", "slots.decoder"} & moved


@pytest.mark.slow
def test_a_run_is_exported_and_verified(tmp_path: Path) -> None:
    run = mtl.run(small.write(tmp_path, RECIPE), out=tmp_path / "run")
    assert run.metrics["test"]["intent"]["accuracy"] >= 0.9
    assert (tmp_path / "run/export/joint.onnx").is_file()
    assert "representation cross_stitch" in (tmp_path / "run/graph.txt").read_text("utf-8")


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
    ("stitch", "message"),
    [
        ("own: towards, parts: {ours: {type: bilstm}, two: {type: bilstm}}", "'own' should be one of the parts. Found 'towards'."),
        ("own: on, parts: {one: {type: bilstm}, two: {type: bilstm}}", "'own' should be one of the parts. Found 'on'. Did you mean 'one'?"),
        (
            "own: one, parts: {one: {type: bilstm, hidden: 2}, two: {type: bilstm, hidden: 3}}",
            "parts of a cross-stitch should make vectors of one size. Found 4 and 6.",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_one(stitch: str, message: str) -> None:
    text = changed(small.RECIPE, ("{type: bilstm, hidden: 8}", f"{{type: cross_stitch, {stitch}}}"))
    with pytest.raises(RecipeError) as raised:
        build_on_meta(graph(text))
    assert [str(fault) for fault in raised.value.faults] == [f"r.yaml:23: tasks.intent.model.representation: {message}"]
