"""Updates: what a step holds, gradients apart as rows of the tasks that meet, aggregated as torchjd does."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch import Tensor

from mtl.base.registry import lookup, names
from mtl.compile.loading import recipe_from_dict
from mtl.graph.build import build_graph
from mtl.train.balance.aggregation import Aggregation
from mtl.train.draws import Draw
from mtl.train.trainer import StepReport, Trainer
from tests.mtl.small_run import parameters, same, small_prepared, small_trainer, tree, write_data

AGGREGATORS = sorted(name for name in names("balance") if issubclass(lookup("balance", name), Aggregation))
WEIGHTINGS = sorted({*names("balance")} - {*AGGREGATORS, "sum", "equal_norms"})
STILL: dict[str, Any] = {
    "embedding": {"type": "word", "dim": 8},
    "representation": {"type": "bilstm", "hidden": 6},
    "pooling": {"type": "max"},
}
WHOLE: dict[str, Any] = {"clip": None, "step": "all", "optimizer": {"type": "sgd", "lr": 0.1}}


def partly_shared(folder: Path, train: Mapping[str, Any], *, out: str = "run", resume: bool = False) -> Trainer:
    """Return a trainer of three tasks: all meet in the encoder, two of them in the embedding, none elsewhere."""
    if not (folder / "words.train.tsv").exists():
        write_data(folder)
    found = tree(train, tasks={"intent": {"model": STILL}})
    found["tasks"]["pos"]["model"] = {**found["tasks"]["pos"]["model"], "embedding": STILL["embedding"]}
    found["share"] = {
        "words": ["intent.embedding", "slots.embedding"],
        "encoder": ["intent.representation", "slots.representation", "pos.representation"],
    }
    graph = build_graph(recipe_from_dict(found, data=folder))
    return Trainer(graph, small_prepared(graph), folder / out, resume=resume)


def apart(trainer: Trainer, draws: list[Draw]) -> dict[str, dict[str, list[Tensor | None]]]:
    """Return each component's gradients by task, computed one task at a time by plain autograd."""
    found: dict[str, dict[str, list[Tensor | None]]] = {}
    for draw in draws:
        for task in draw.tasks:
            trainer.model.zero_grad(set_to_none=True)
            (trainer.model.losses(draw.batches[0], [task])[task]).backward()  # type: ignore[no-untyped-call]
            for name, tensors in trainer.owned.items():
                gradients = [tensor.grad for tensor in tensors.values() if isinstance(tensor, torch.nn.Parameter)]
                if any(gradient is not None for gradient in gradients):
                    found.setdefault(name, {})[task] = gradients
    trainer.model.zero_grad(set_to_none=True)
    return found


def flat(gradients: list[Tensor | None], like: list[Tensor]) -> Tensor:
    found = [torch.zeros_like(p) if g is None else g for g, p in zip(gradients, like, strict=True)]
    return torch.cat([gradient.reshape(-1) for gradient in found])


@pytest.mark.parametrize("name", AGGREGATORS)
def test_rows_are_those_of_the_tasks_that_meet(tmp_path: Path, name: str) -> None:
    trainer = partly_shared(tmp_path, {**WHOLE, "balance": {"type": name}})
    trainer.model.train()
    draws = trainer.draws.next()
    rows = apart(trainer, draws)
    assert {component: [*of] for component, of in rows.items() if len(of) > 1} == {
        "words": ["intent", "slots"],
        "encoder": ["intent", "slots", "pos"],
    }
    balance: Any = trainer.balance
    torch.manual_seed(7)
    wanted = {}
    for component in trainer.owned:  # in the order in which they draw, where an aggregator does
        own = [tensor for tensor in trainer.owned[component].values() if isinstance(tensor, torch.nn.Parameter)]
        if len(rows.get(component, ())) > 1:
            cls = getattr(importlib.import_module("torchjd.aggregation"), balance.aggregator)
            aggregator = cls(**balance.arguments(len(rows[component])))
            wanted[component] = aggregator(torch.stack([flat(of, own) for of in rows[component].values()]))
    combine = trainer.update.rows.combine
    trainer.update.rows.combine = lambda combined: (torch.manual_seed(7), combine(combined))[1]  # type: ignore[method-assign, assign, return-value, func-returns-value]
    trainer.update(draws, 0)
    for component, tensors in trainer.owned.items():
        own = [tensor for tensor in tensors.values() if isinstance(tensor, torch.nn.Parameter)]
        if component in wanted:
            torch.testing.assert_close(flat([p.grad for p in own], own), wanted[component], atol=1e-6, rtol=0)
        elif own:
            (alone,) = rows[component].values()
            for parameter, gradient in zip(own, alone, strict=True):
                assert gradient is parameter.grad is None or torch.equal(parameter.grad, gradient)  # type: ignore[arg-type]


def test_a_task_without_labels_has_no_row(tmp_path: Path) -> None:
    trainer = partly_shared(tmp_path, {**WHOLE, "balance": {"type": "mgda"}})
    trainer.model.train()
    draws = trainer.draws.next()
    for draw in draws:
        if "slots" in draw.tasks:
            draw.batches[0].labelled["slots"][:] = False
    before = parameters(trainer.model)
    seen: dict[str, tuple[str, ...]] = {}
    combine = trainer.balance.combine

    def spy(component: str, of: Any, rows: Tensor) -> Tensor:
        seen[component] = tuple(of)
        return combine(component, of, rows)

    trainer.balance.combine = spy  # type: ignore[method-assign]
    trainer.update(draws, 0)
    assert seen == {"encoder": ("intent", "pos")}  # with a row of zeros, the shortest vector would be zero
    after = parameters(trainer.model)
    still = {name for name in before if torch.equal(before[name], after[name])}
    assert any(name.startswith("/slots") for name in still)
    assert not any(name.startswith("/encoder") for name in still)


def test_rows_of_streams_are_sums_of_their_tasks(tmp_path: Path) -> None:
    trainer = partly_shared(tmp_path, {**WHOLE, "balance": {"type": "mgda", "rows": "streams"}})
    trainer.model.train()
    draws = trainer.draws.next()
    rows = apart(trainer, draws)["encoder"]
    own = [tensor for tensor in trainer.owned["encoder"].values() if isinstance(tensor, torch.nn.Parameter)]
    seen = {}

    def first(component: str, of: Any, matrix: Tensor) -> Tensor:
        seen[component] = (tuple(of), matrix)
        return matrix[0]

    trainer.balance.combine = first  # type: ignore[method-assign]
    trainer.update(draws, 0)
    assert [*seen] == ["encoder"]  # the embedding is reached by one stream alone
    streams, matrix = seen["encoder"]
    assert streams == ("utterances", "words")
    wanted = torch.stack([flat(rows["intent"], own) + flat(rows["slots"], own), flat(rows["pos"], own)])
    torch.testing.assert_close(matrix, wanted, atol=1e-6, rtol=0)


def test_every_balance_learns_and_is_resumed_bit_for_bit(tmp_path: Path) -> None:
    for name in (*WEIGHTINGS, *AGGREGATORS):
        train = {"step": "all", "max_steps": 6, "checkpoint_every": 3, "balance": {"type": name}, "select": None}
        train |= {"balance": {"type": name, "window": 1}} if name == "dynamic_weight_average" else {}
        whole = small_trainer(tmp_path, train, out=f"{name}/whole")
        start = parameters(whole.model)
        list(whole.train())
        cut = small_trainer(tmp_path, train, out=f"{name}/cut")
        list(islice(cut.train(), 5))
        again = small_trainer(tmp_path, train, out=f"{name}/cut", resume=True)
        assert 0 < again.step < 6
        list(again.train())
        end = parameters(whole.model)
        assert same(end, parameters(again.model)), name
        assert not any(torch.equal(start[key], end[key]) for key in start if key.startswith("/encoder")), name
        states = [
            json.loads(file.read_text()) for file in sorted((tmp_path / name).glob("*/checkpoints/*6/state.json"))
        ]
        assert len(states) == 2
        assert states[0]["balance"] == states[1]["balance"]


def test_a_step_of_all_streams_and_of_several_draws(tmp_path: Path) -> None:
    every = small_trainer(tmp_path, {"step": "all", "epochs": 1}, out="all")
    assert every.steps == 5  # the longer stream has 5 batches
    found = [(r.source, [*r.losses]) for r in every.train() if isinstance(r, StepReport)]
    assert found == [("utterances, words", ["intent", "slots", "pos"])] * 5
    several = small_trainer(tmp_path, {"step": 3, "epochs": 1}, out="three")
    assert several.steps == 4  # ten draws in turn
    assert [r.source for r in several.train() if isinstance(r, StepReport)] == [
        *("utterances, words", "words, utterances", "utterances, words", "words, utterances")
    ]


def test_without_torchjd_it_says_what_to_install(tmp_path: Path) -> None:
    write_data(tmp_path)
    found = tree({"balance": {"type": "upgrad"}})
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(found))
    code = (
        "import importlib.util, sys\n"
        "whole, missing = importlib.util.find_spec, sys.argv[1]\n"
        "importlib.util.find_spec = lambda name, *more: None if name == missing else whole(name, *more)\n"
        "from mtl.cli import main\n"
        "sys.argv = ['mtl', 'check', 'recipe.yaml']\nmain()\n"
    )
    for package in ("torchjd", "quadprog"):
        done = subprocess.run([sys.executable, "-c", code, package], cwd=tmp_path, capture_output=True, text=True)
        assert done.stderr.splitlines() == [
            f"recipe.yaml:{_line(tmp_path)}: train.balance: 'upgrad' should have the package '{package}'. "
            "Found no such package. Install it: pip install 'mtl-nlp[balance]'.",
            "1 error in recipe.yaml",
        ]


def _line(folder: Path) -> int:
    lines = (folder / "recipe.yaml").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if "upgrad" in line)
