"""Streams whose gradients are brought to one norm where they meet, and nowhere else."""

from __future__ import annotations

import json
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from mtl.compile.loading import recipe_from_dict
from mtl.graph.build import build_graph
from mtl.train.balance.norms import EqualNorms
from mtl.train.trainer import Trainer
from tests.mtl.small_run import parameters, same, small_prepared, small_trainer, tree, write_data
from tests.mtl.train.test_update import WHOLE, apart, flat, partly_shared

EQUAL = {"balance": {"type": "equal_norms", "memory": 0}}  # each norm is the last one


def gradients(trainer: Trainer, component: str) -> Tensor:
    own = [tensor for tensor in trainer.owned[component].values() if isinstance(tensor, torch.nn.Parameter)]
    return flat([parameter.grad for parameter in own], own)


def of_streams(rows: dict[str, list[Tensor | None]], trainer: Trainer, component: str) -> list[Tensor]:
    """Return a component's gradients of the streams `utterances` and `words`."""
    own = [tensor for tensor in trainer.owned[component].values() if isinstance(tensor, torch.nn.Parameter)]
    return [flat(rows["intent"], own) + flat(rows["slots"], own), flat(rows["pos"], own)]


def test_the_mean_norm_over_its_own() -> None:
    balance = EqualNorms(["a", "b"], 1, memory=0)
    assert balance.scale("encoder", {"one": 4.0}) == {"one": 1.0}  # nobody else is known
    assert balance.scale("encoder", {"two": 1.0}) == {"two": 2.5}
    assert balance.scale("encoder", {"one": 4.0}) == {"one": 0.625}
    assert balance.scale("words", {"two": 1.0}) == {"two": 1.0}  # components are apart
    assert EqualNorms(["a"], 1, power=0).scale("encoder", {"one": 3.0, "two": 1.0}) == {"one": 1.0, "two": 1.0}


def test_the_order_of_streams_in_a_step_is_nothing() -> None:
    one, other = EqualNorms(["a", "b"], 1), EqualNorms(["a", "b"], 1)
    for norms in ({"one": 1.0, "two": 9.0}, {"one": 4.0, "two": 2.0}):
        assert one.scale("encoder", norms) == other.scale("encoder", dict(reversed(norms.items())))


def test_a_root_is_half_of_it() -> None:
    balance = EqualNorms(["a", "b"], 1, memory=0, power=0.5)
    assert balance.scale("encoder", {"one": 7.0, "two": 1.0})["two"] == 2.0


def test_norms_are_running_means_of_squares() -> None:
    balance = EqualNorms(["a"], 1, memory=0.5)
    balance.scale("encoder", {"one": 3.0})
    balance.scale("encoder", {"one": 1.0})  # (9 / 2 + 1) / 2 / (1 - 1 / 4) = 11 / 3
    own = (11 / 3) ** 0.5
    assert balance.scale("encoder", {"two": 1.0}) == {"two": pytest.approx((own + 1) / 2)}


@pytest.mark.parametrize("step", ["stream", "all"])
def test_where_streams_meet_their_gradients_have_one_norm(tmp_path: Path, step: str) -> None:
    trainer = partly_shared(tmp_path, {**WHOLE, **EQUAL, "step": step, "optimizer": {"type": "sgd", "lr": 1e-9}})
    trainer.model.train()
    if step == "all":
        draws = trainer.draws.next()
        rows = apart(trainer, draws)
        one, two = of_streams(rows["encoder"], trainer, "encoder")
        trainer.update(draws, 0)
        wanted = (one / one.norm() + two / two.norm()) * (one.norm() + two.norm()) / 2
        torch.testing.assert_close(gradients(trainer, "encoder"), wanted, atol=1e-6, rtol=0)
        return
    sizes = []
    for number in range(4):
        draws = trainer.draws.next()
        rows = apart(trainer, draws)
        trainer.update(draws, number)
        for component in ("words", "pos.decoder", "intent.decoder"):
            of_tasks = rows.get(component, {})
            own = [t for t in trainer.owned[component].values() if isinstance(t, torch.nn.Parameter)]
            plain = sum((flat(of, own) for of in of_tasks.values()), torch.zeros(sum(p.numel() for p in own)))
            torch.testing.assert_close(gradients(trainer, component), plain, atol=1e-6, rtol=0)
        plain = sum(flat(of, list(trainer.owned["encoder"].values())) for of in rows["encoder"].values())
        factor = gradients(trainer, "encoder").norm() / plain.norm()
        torch.testing.assert_close(gradients(trainer, "encoder"), factor * plain, atol=1e-6, rtol=0)
        sizes.append((float(plain.norm()), float(gradients(trainer, "encoder").norm())))
    assert sizes[0][0] == pytest.approx(sizes[0][1])
    for (before, _), (own, scaled) in pairwise(sizes):
        assert scaled == pytest.approx((before + own) / 2, rel=1e-5)


def test_weights_are_kept(tmp_path: Path) -> None:
    train = {**WHOLE, **EQUAL, "step": "stream", "optimizer": {"type": "sgd", "lr": 1e-9}}
    found = []
    for weight in (1.0, 3.0):
        trainer = small_trainer(tmp_path, train, tasks={"pos": {"weight": weight}}, out=f"weight-{weight}")
        trainer.model.train()
        for number in range(2):
            draws = trainer.draws.next()
            trainer.update(draws, number)
        assert draws[0].source == "words"
        found.append(float(gradients(trainer, "encoder").norm() / gradients(trainer, "pos.decoder").norm()))
    assert found[1] == pytest.approx(found[0], rel=1e-4)  # three times as much, in its head as where it meets others


@pytest.mark.parametrize("step", ["stream", "all"])
def test_only_weights_of_tasks_that_reach_a_component_count_there(tmp_path: Path, step: str) -> None:
    train = {**WHOLE, **EQUAL, "step": step, "optimizer": {"type": "sgd", "lr": 1e-9}}
    found = []
    for weight in (1.0, 9.0):
        recipe = tree(train, tasks={"slots": {"weight": weight}})
        recipe["tasks"]["slots"]["model"] = {"representation": {"type": "bilstm", "hidden": 6}}
        recipe["share"]["encoder"] = ["intent.representation", "pos.representation"]
        if not found:
            write_data(tmp_path)
        graph = build_graph(recipe_from_dict(recipe, data=tmp_path))
        trainer = Trainer(graph, small_prepared(graph), tmp_path / f"weight-{weight}")
        trainer.model.train()
        for number in range(2):
            trainer.update(trainer.draws.next(), number)
        found.append(gradients(trainer, "encoder"))
    torch.testing.assert_close(found[1], found[0], atol=1e-6, rtol=1e-5)


def test_a_gradient_of_zeros_is_not_counted(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path, {**WHOLE, **EQUAL})
    rows = torch.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]])
    names = ["none", "utterances", "words"]
    assert trainer.update.scaling.combine("encoder", names, rows).tolist() == pytest.approx([1.8, 2.4 + 3.0])
    assert [*trainer.balance.squares["encoder"]] == ["utterances", "words"]  # type: ignore[attr-defined]


def test_one_source_alone_is_trained_as_by_a_sum(tmp_path: Path) -> None:
    found = []
    for name in ("sum", "equal_norms"):
        if name == "sum":
            write_data(tmp_path)
        recipe = tree({"balance": {"type": name}, "max_steps": 4})
        del recipe["tasks"]["pos"], recipe["sources"]["words"]
        recipe["share"]["encoder"] = ["intent.representation", "slots.representation"]
        graph = build_graph(recipe_from_dict(recipe, data=tmp_path))
        trainer = Trainer(graph, small_prepared(graph), tmp_path / name)
        list(trainer.train())
        found.append(parameters(trainer.model))
    assert same(*found)


def test_it_is_resumed_bit_for_bit(tmp_path: Path) -> None:
    train: dict[str, Any] = {"max_steps": 8, "checkpoint_every": 4, "balance": {"type": "equal_norms"}, "select": None}
    whole = small_trainer(tmp_path, train, out="whole")
    list(whole.train())
    list(islice(small_trainer(tmp_path, train, out="cut").train(), 6))
    again = small_trainer(tmp_path, train, out="cut", resume=True)
    assert again.step == 4
    list(again.train())
    assert same(parameters(whole.model), parameters(again.model))
    states = [json.loads(file.read_text()) for file in sorted(tmp_path.glob("*/checkpoints/*8/state.json"))]
    assert len(states) == 2
    assert states[0]["balance"] == states[1]["balance"]
