"""Balances that compare the gradients of one update: what does nothing is refused, what does something is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from torch import Tensor

from mtl.base.errors import RecipeError
from mtl.base.registry import lookup, register
from mtl.compile.alone import alone
from mtl.compile.extension import extension
from mtl.compile.loading import load_recipe
from mtl.graph.build import build_graph
from mtl.recipe.config import Recipe
from mtl.runs.check import check_recipe
from mtl.train.balance import Balance
from mtl.train.trainer import Trainer
from tests import library, small
from tests.mtl.compile.test_extension import write
from tests.mtl.runs import two_sources
from tests.mtl.small_run import parameters, same, small_prepared

EVERY = library.names("balance")
COMPARING = [name for name in EVERY if lookup("balance", name).compares_rows]  # type: ignore[attr-defined]
WHERE = "--set train.balance={}: train.balance: "
TASKS = (
    "should come with updates in which gradients of several tasks meet, as '{}' compares them. Found that no component "
    "that learns gets more than one in an update"
)
STREAMS = (
    "should come with updates in which gradients of several streams meet, as 'mgda' compares them. Found that no "
    "component that learns gets more than one in an update"
)
WORD = "tasks.intent.model.embedding={type: word, dim: 8}"  # gradients of convolutions differ in their last digits
WIDER = "tasks.b.model.embedding.dim=8"
LINES = [WORD, "train.optimizer={type: sgd, lr: 0.1}", "train.average=null", "train.epochs=10", "train.max_steps=30"]
BY_STREAM = "{type: mgda, rows: streams}"
WORDS = "words: [intent.embedding, slots.embedding]"
SOFT = f"share={{{WORDS}, soft: {{members: ['*.representation'], kind: soft, strength: 0.1}}}}"
STILL = "train.components={words: {freeze: true}}"
FROZEN = "train.components={encoder: {freeze: true}, words: {freeze: true}}"


@register("balance", "test_least_task")
class LeastTask(Balance):
    """The row of the task whose name comes first."""

    rows: str | None = "tasks"
    compares_rows = True

    def combine(self, component: str, names: object, rows: Tensor) -> Tensor:
        return rows[0]


def faults(recipe: Recipe) -> list[str]:
    """Return what is wrong with a recipe, without its file."""
    try:
        check_recipe(recipe)
    except RecipeError as error:
        return [str(fault) for fault in error.faults]
    return []


def trained(folder: Path, name: str, *more: str) -> dict[str, Tensor]:
    """Return the weights after some updates of two tasks on sources of their own, whatever a check says of that."""
    window = ", window: 1" if name == "dynamic_weight_average" else ""
    lines = [f"train.balance={{type: {name}{window}}}", *LINES, *more]
    graph = build_graph(load_recipe(folder / "small.yaml", overrides=lines))
    trainer = Trainer(graph, small_prepared(graph), folder / f"{name}{len(more)}")
    list(trainer.train())
    return parameters(trainer.model)


def test_those_that_compare_rows_and_no_others_are_the_plain_sum_of_lone_ones(tmp_path: Path) -> None:
    two_sources.write(tmp_path)
    plain, together = trained(tmp_path, "sum"), trained(tmp_path, "sum", "train.step=all")
    for name in EVERY:
        if name != "sum":
            assert same(trained(tmp_path, name), plain) == (name in COMPARING), name
            assert not same(trained(tmp_path, name, "train.step=all"), together), name
    assert "pcgrad" in COMPARING
    assert "gradnorm" in COMPARING


def test_they_are_refused_where_no_two_meet_and_no_others(tmp_path: Path) -> None:
    path = two_sources.write(tmp_path)
    for name in (*EVERY, "test_least_task"):
        found = faults(load_recipe(path, overrides=[f"train.balance={name}"]))
        message = f"{WHERE.format(name)}{TASKS.format(name)} ('step: stream'). Write 'step: all'."
        assert found == ([message] if name in (*COMPARING, "test_least_task") else []), name


def of_two_sources() -> Iterator[tuple[str, list[str], str]]:
    """Yield a balance, other settings, and how what is wrong with them ends."""
    yield "mgda", ["train.step=1"], TASKS.format("mgda") + " ('step: 1'). Write 'step: all'."
    yield "mgda", ["train.accumulate=4"], TASKS.format("mgda") + " ('step: stream'). Write 'step: all'."
    yield "mgda", ["train.step=2"], ""
    yield "mgda", ["train.step=all"], ""
    yield (
        "mgda",
        ["train.step=all", SOFT, "train.components={words: {freeze: true}}"],
        TASKS.format("mgda") + ". Leave 'balance' out.",
    )
    yield "mgda", ["train.step=all", "share={}"], TASKS.format("mgda") + ". Leave 'balance' out."
    yield "mgda", ["train.step=all", FROZEN], TASKS.format("mgda") + ". Leave 'balance' out."
    yield BY_STREAM, [], STREAMS + " ('step: stream'). Write 'step: all'."
    yield BY_STREAM, ["train.step=2"], ""
    yield BY_STREAM, ["train.step=all", "share={}"], STREAMS + ". Leave 'balance' out."


@pytest.mark.parametrize(("balance", "more", "message"), list(of_two_sources()))
def test_one_task_on_each_source(balance: str, more: list[str], message: str, tmp_path: Path) -> None:
    recipe = load_recipe(two_sources.write(tmp_path), overrides=[f"train.balance={balance}", *more])
    assert faults(recipe) == ([WHERE.format(balance) + message] if message else [])


def of_one_source() -> Iterator[tuple[str, list[str], str]]:
    """Yield a balance, other settings, and how what is wrong with them ends."""
    yield "mgda", [], ""
    yield "mgda", ["train.step=all"], ""
    yield "mgda", ["share={}"], TASKS.format("mgda") + ". Leave 'balance' out."
    yield "mgda", ["share={}", "tasks.slots.model.decoder={type: mlp, condition: intent.output}"], ""
    yield BY_STREAM, [], STREAMS + ". Write 'rows: tasks'."
    yield BY_STREAM, ["train.step=all"], STREAMS + ". Write 'rows: tasks'."
    yield BY_STREAM, ["share={}"], STREAMS + ". Leave 'balance' out."


@pytest.mark.parametrize(("balance", "more", "message"), list(of_one_source()))
def test_several_tasks_on_one_source(balance: str, more: list[str], message: str, tmp_path: Path) -> None:
    recipe = load_recipe(small.write(tmp_path), overrides=[f"train.balance={balance}", *more])
    assert faults(recipe) == ([WHERE.format(balance) + message] if message else [])


def test_a_task_alone_has_nothing_to_compare(tmp_path: Path) -> None:
    more = ["train.balance={type: mgda, rows: streams}", "train.step=all"]
    lone = alone(load_recipe(two_sources.write(tmp_path), overrides=more), "slots")
    assert (lone.train.balance.type, lone.train.balance.values) == ("sum", {})
    assert faults(lone) == []
    kept = alone(load_recipe(two_sources.write(tmp_path), overrides=["train.balance=uncertainty"]), "slots")
    assert kept.train.balance.type == "uncertainty"


def test_of_new_tasks_on_a_run_those_that_learn_count(small_run: Path, tmp_path: Path) -> None:
    path = write(tmp_path, ("train: {epochs: 2}", "train: {epochs: 2, step: all, balance: mgda}"))
    for freeze in (True, False):
        found = faults(extension(small_run, path, freeze=freeze))
        assert found == [f"{path}:10: train.balance: {TASKS.format('mgda')}. Leave 'balance' out."]


def test_it_is_told_beside_what_else_is_wrong_with_the_model(tmp_path: Path) -> None:
    more = ["train.balance=mgda", "train.cache_frozen=10"]
    assert faults(load_recipe(two_sources.write(tmp_path), overrides=more)) == [
        f"{WHERE.format('mgda')}{TASKS.format('mgda')} ('step: stream'). Write 'step: all'.",
        "--set train.cache_frozen=10: train.cache_frozen: should be there only where an encoder, or its lowest layers, "
        "and all below are frozen, with no adapter inside. Found no such. Leave it out, or freeze them.",
    ]


def test_streams_that_take_turns_and_are_never_in_one_step(tmp_path: Path) -> None:
    one = (
        "{{type: text_classification, source: {{format: tsv, train: train.tsv, dev: dev.tsv}}, inputs: text, "
        "target: intent, metrics: [accuracy], model: {{embedding: {{type: word, dim: {}}}}}}}"
    )
    tasks = [f"  {name}: {one.format(size)}" for name, size in (("a", 8), ("b", 4), ("c", 8), ("d", 4))]
    lines = ["name: four", "tasks:", *tasks, "share: {words: [a.embedding, c.embedding]}"]
    path = small.write(tmp_path, "\n".join([*lines, "train: {step: 2, balance: mgda}\n"]))
    refused = [f"{path}:8: train.balance: {TASKS.format('mgda')} ('step: 2'). Write 'step: all'."]
    assert faults(load_recipe(path)) == refused
    beside = "share={words: [a.embedding, c.embedding], others: [b.embedding, d.embedding]}"
    assert faults(load_recipe(path, overrides=[beside])) == refused
    for line in ("step=3", "step=4", "mixture=proportional", "streams={b: {steps: 3}}", "rest={patience: 1}"):
        assert faults(load_recipe(path, overrides=[f"train.{line}"])) == [], line
    assert faults(load_recipe(path, overrides=["share={words: [a.embedding, b.embedding]}", WIDER])) == []
