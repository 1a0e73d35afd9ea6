"""Soft sharing: equal beginnings, the pull against plain autograd, idle members, resuming, an export."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch

import mtl
from mtl.compile.loading import recipe_from_dict, recipe_from_text
from mtl.graph.build import build_graph
from mtl.graph.pulls import pulls
from mtl.recipe.filling import filled
from mtl.train.checkpoint import load_model
from mtl.train.trainer import Trainer
from tests import small
from tests.mtl.small_run import parameters, same, small_prepared, tree, update, write_data
from tests.mtl.train.test_trainer import component, step_on

STRENGTH = 0.3
SOFT = {
    "words_": {"kind": "soft", "strength": STRENGTH, "members": ["*.embedding"]},
    "encoder": {"kind": "soft", "strength": 0.1, "members": ["*.representation"]},
}
TASKS = ("intent", "slots", "pos")


def soft_trainer(folder: Path, train: Mapping[str, Any], share: Any = None, **more: Any) -> Trainer:
    """Return a trainer of the small recipe, whose three tasks share as `share` says: softly, by default."""
    if not (folder / "words.train.tsv").exists():
        write_data(folder)
    recipe = tree(train) | {"share": SOFT if share is None else share}
    graph = build_graph(recipe_from_dict(recipe, data=folder))
    return Trainer(graph, small_prepared(graph), folder / more.pop("out", "run"), **more)


def changed_strength(strength: float) -> dict[str, Any]:
    return {name: {**group, "strength": strength} for name, group in SOFT.items()}


def test_members_are_modules_of_their_own_that_begin_with_equal_weights(tmp_path: Path) -> None:
    model = soft_trainer(tmp_path, {}).model
    for slot in ("embedding", "representation"):
        one, *others = (model[f"{task}.{slot}"] for task in TASKS)
        for other in others:
            assert other is not one
            assert same(parameters(other), parameters(one))  # type: ignore[arg-type]
    hard = soft_trainer(tmp_path, {}, {"words_": ["*.embedding"], "encoder": ["*.representation"]}, out="hard").model
    assert same(parameters(hard["intent.representation"]), parameters(model["pos.representation"]))  # type: ignore[arg-type]


def test_members_have_one_vocabulary(tmp_path: Path) -> None:
    trainer = soft_trainer(tmp_path, {})
    states = [trainer.prepared.fitted.features[f"{task}.embedding"][0].state() for task in TASKS]
    assert states[0] == states[1] == states[2]
    hard = soft_trainer(tmp_path, {}, {"words_": ["*.embedding"], "encoder": ["*.representation"]}, out="hard")
    of_hard = hard.prepared.fitted.features["words_"][0]
    assert of_hard.state() == states[0]
    assert of_hard.size > 9


def test_the_pull_is_the_gradient_of_the_penalty(tmp_path: Path) -> None:
    sgd = {"optimizer": {"type": "sgd", "lr": 0.1}, "clip": None}
    trainer, plain = soft_trainer(tmp_path, sgd), soft_trainer(tmp_path, sgd, changed_strength(0), out="plain")
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in trainer.model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.1)
    plain.model.load_state_dict(trainer.model.state_dict())
    before = {name: component(trainer, name) for name in trainer.owned}
    feed = trainer.draws.feeds["utterances"]
    batch = feed.next()
    for one in (trainer, plain):
        update(one, feed, batch)
    for slot, strength in (("embedding", STRENGTH), ("representation", 0.1)):
        for key in before[f"pos.{slot}"]:
            members = [before[f"{task}.{slot}"][key].requires_grad_() for task in TASKS]
            mean = torch.stack(members).mean(0)
            penalty = strength / 2 * torch.stack([(member - mean).square().sum() for member in members]).sum()
            for task, wanted in zip(TASKS, torch.autograd.grad(penalty, members), strict=True):
                found, without = (
                    dict(one.model[f"{task}.{slot}"].named_parameters())[key].grad for one in (trainer, plain)
                )
                if task == "pos":
                    assert found is None
                    continue
                assert found is not None
                assert without is not None
                assert float(wanted.abs().max()) > 1e-3
                torch.testing.assert_close(found - without, wanted, atol=1e-6, rtol=0)


def test_an_idle_member_stays_as_it_is_bit_for_bit(tmp_path: Path) -> None:
    trainer = soft_trainer(tmp_path, {"optimizer": {"type": "adamw", "lr": 0.01, "weight_decay": 0.1}})
    trainer.model.train()
    for source in ("utterances", "words") * 2:
        step_on(trainer, source)
    for source, idle, active in (
        ("utterances", ("pos",), ("intent", "slots")),
        ("words", ("intent", "slots"), ("pos",)),
    ):
        before = {name: component(trainer, name) for name in trainer.owned}
        step_on(trainer, source)
        for slot in ("embedding", "representation"):
            assert all(same(before[f"{task}.{slot}"], component(trainer, f"{task}.{slot}")) for task in idle)
            assert not any(same(before[f"{task}.{slot}"], component(trainer, f"{task}.{slot}")) for task in active)


def distance(trainer: Trainer) -> float:
    """Return the summed squared distances of the encoders' parameters to their mean."""
    rows = zip(*(trainer.model[f"{task}.representation"].parameters() for task in TASKS), strict=True)
    return sum(float((torch.stack(members) - torch.stack(members).mean(0)).square().sum().detach()) for members in rows)


def test_the_stronger_the_pull_the_nearer_they_end(tmp_path: Path) -> None:
    found = []
    for strength in (0.0, 0.1, 10.0):
        trainer = soft_trainer(tmp_path, {"epochs": 4}, changed_strength(strength), out=f"of {strength}")
        for _ in trainer.train():
            pass
        found.append(distance(trainer))
    assert found[0] > 1.3 * found[1] > 1.3 * 1.3 * found[2] > 0


def test_a_frozen_member_is_where_others_are_pulled_to(tmp_path: Path) -> None:
    frozen = {"components": {"pos.representation": {"freeze": True}}, "optimizer": {"type": "sgd", "lr": 0.1}}
    trainer = soft_trainer(tmp_path, frozen, changed_strength(1.0))
    before = component(trainer, "pos.representation")
    for source in ("utterances", "words") * 3:
        step_on(trainer, source)
    assert same(before, component(trainer, "pos.representation"))


def test_a_run_that_is_stopped_and_resumed_ends_the_same(tmp_path: Path) -> None:
    train = {"epochs": 2, "checkpoint_every": 4}
    whole = soft_trainer(tmp_path, train, out="whole")
    for _ in whole.train():
        pass
    for stop in (3, 9):
        for _ in islice(soft_trainer(tmp_path, train, out=f"stopped{stop}").train(), stop):
            pass
        resumed = soft_trainer(tmp_path, train, out=f"stopped{stop}", resume=True)
        for _ in resumed.train():
            pass
        assert same(parameters(resumed.model), parameters(whole.model))


RECIPE = small.RECIPE.replace(
    """\
  words: [intent.embedding, slots.embedding]
  encoder: [intent.representation, slots.representation]
""",
    """\
  words: {kind: soft, strength: 0.05, members: [intent.embedding, slots.embedding]}
  encoder: {kind: soft, strength: 0.05, members: [intent.representation, slots.representation]}
""",
)


@pytest.mark.slow
def test_a_whole_run_is_exported_and_verified_and_its_recipe_runs_again(tmp_path: Path) -> None:
    run = mtl.run(small.write(tmp_path, RECIPE), out=tmp_path / "run")
    assert run.metrics["test"]["intent"]["accuracy"] == 1.0
    assert mtl.Bundle(tmp_path / "run/export").predict("intent", ["wake me at noon"])[0]["label"] == "wake"
    text = (tmp_path / "run/recipe.yaml").read_text("utf-8")
    again = recipe_from_text(text)
    assert filled(again) == text
    assert [pull.components for pull in pulls(build_graph(again))][-1] == (
        "intent.representation",
        "slots.representation",
    )
    model = load_model(tmp_path / "run")
    one, other = (model[f"{task}.embedding.char"] for task in ("intent", "slots"))
    assert not same(parameters(one), parameters(other))  # type: ignore[arg-type]


def test_a_task_alone_begins_with_the_weights_that_it_has_jointly(tmp_path: Path) -> None:
    from mtl.compile.alone import alone

    trainer = soft_trainer(tmp_path, {})
    graph = build_graph(alone(trainer.recipe, "intent"))
    lone = Trainer(graph, small_prepared(graph), tmp_path / "alone")
    assert list(lone.model.components) == [name for name in trainer.model.components if name.startswith("intent.")]
    encoder = "intent.representation"
    assert same(parameters(lone.model[encoder]), parameters(trainer.model[encoder]))  # type: ignore[arg-type]


@pytest.mark.parametrize("file", [False, True])
def test_weights_are_each_members_own_or_one_file_for_all(tmp_path: Path, file: bool) -> None:
    first = soft_trainer(tmp_path, {"epochs": 1}, out="first")
    for _ in first.train():
        pass
    folder = first.checkpoints.path("best") / "components"
    weights = folder / "pos.representation.safetensors" if file else tmp_path / "first"
    share = {**SOFT, "encoder": {**SOFT["encoder"], "weights": str(weights)}}
    second = soft_trainer(tmp_path, {}, share, out="second")
    for task in TASKS:
        found = parameters(second.model[f"{task}.representation"])  # type: ignore[arg-type]
        source = "pos" if file else task
        assert same(found, parameters(first.model[f"{source}.representation"]))  # type: ignore[arg-type]
