"""Updates of single rows: those of a table that a step's texts do not have stay as they are, with all that is kept."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import mtl.train.lamb
import mtl.train.more_optimizers
import mtl.train.optimizer  # noqa: F401  # registers its optimizers
from mtl.base.errors import TrainingError
from mtl.base.registry import lookup
from mtl.train.row_gradients import by_rows, dense, numbers, settle, some_rows, step, taken_rows
from mtl.train.rows import Rows
from mtl.train.soft_sharing import SoftSharing
from mtl.train.trainer import Trainer
from mtl_modules import NgramScores
from tests.mtl.small_run import parameters, same, small_trainer, update

STILL: dict[str, Any] = {  # without dropout: a large batch draws other numbers than its parts
    "embedding": {"type": "word", "dim": 8},
    "representation": {"type": "bilstm", "hidden": 6},
    "pooling": {"type": "max"},
    "wide": "ngrams",
}

OPTIMIZERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("adam", {"lr": 0.1, "weight_decay": 0.1}),
    ("adamw", {"lr": 0.1}),
    ("sgd", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("sgd", {"lr": 0.1, "weight_decay": 0.1}),
    ("radam", {"lr": 0.1}),
    ("nadam", {"lr": 0.1}),
    ("adagrad", {"lr": 0.1}),
    ("lamb", {"lr": 0.1}),
)
every_optimizer = pytest.mark.parametrize(("name", "keys"), OPTIMIZERS)


def sparse(rows: list[int], *, size: int = 6) -> Tensor:
    """A gradient of some rows, which may be named twice, of numbers that differ."""
    generator = torch.Generator().manual_seed(sum(rows))
    values = torch.randn(len(rows), 3, generator=generator)
    return torch.sparse_coo_tensor(torch.tensor([rows]), values, (size, 3), check_invariants=True)


def made(
    name: str, keys: dict[str, Any], table: Tensor, *, whole: bool = True
) -> tuple[nn.Parameter, torch.optim.Optimizer]:
    parameter = (nn.Parameter if whole else taken_rows)(table.clone())
    optimizer: torch.optim.Optimizer = lookup("optimizer", name)([{"params": [parameter]}], **keys)  # type: ignore[call-arg]
    return parameter, optimizer


def test_rows_that_are_not_zero() -> None:
    gradient = sparse([4, 1, 4])
    found = by_rows(gradient)
    assert found.is_coalesced()
    assert found.indices().tolist() == [[1, 4]]
    assert torch.equal(found.to_dense(), gradient.to_dense())
    assert torch.equal(dense(gradient), gradient.to_dense())
    whole = gradient.to_dense()
    assert dense(whole) is whole
    again = by_rows(whole)
    assert again.indices().tolist() == [[1, 4]]
    assert torch.equal(numbers(again), numbers(found))
    cancelled = torch.sparse_coo_tensor(
        torch.tensor([[2, 2]]), torch.tensor([[1.0], [-1.0]]), (3, 1), check_invariants=True
    )
    assert by_rows(cancelled).indices().tolist() == [[]]


def test_numbers_are_those_of_the_gradient_itself() -> None:
    found = by_rows(sparse([4, 1]))
    numbers(found).mul_(2)
    assert torch.equal(found.to_dense(), 2 * sparse([4, 1]).to_dense())
    plain = torch.ones(2)
    assert numbers(plain) is plain


@every_optimizer
def test_rows_are_updated_as_a_table_of_these_alone(name: str, keys: dict[str, Any]) -> None:
    start = torch.randn(6, 3, generator=torch.Generator().manual_seed(1))
    table, optimizer = made(name, keys, start)
    small, alone = made(name, keys, start[[1, 4]], whole=False)
    for rows in ([1, 4], [4, 1, 4], [1, 4]):
        table.grad = sparse(rows)
        settle([table])
        small.grad = sparse(rows).to_dense()[[1, 4]]
        step(optimizer)
        alone.step()
    assert torch.equal(table[[1, 4]], small)
    assert torch.equal(table[[0, 2, 3, 5]], start[[0, 2, 3, 5]])
    for key, value in alone.state[small].items():
        kept = optimizer.state[table][key]
        if isinstance(value, Tensor) and value.shape == small.shape:
            assert torch.equal(kept[[1, 4]], value)
            assert kept.shape == table.shape
            assert bool((kept[[0, 2, 3, 5]] == 0).all())
        else:
            assert kept == value
    assert [parameter for group in optimizer.param_groups for parameter in group["params"]] == [table]


def test_lamb_moves_rows_by_its_step_as_it_is() -> None:
    start = torch.randn(6, 3, generator=torch.Generator().manual_seed(1))
    start[4] = 0
    table, optimizer = made("lamb", {"lr": 0.1, "weight_decay": 0.5}, start)
    table.grad = by_rows(sparse([1, 4]))
    moves = table.grad.to_dense().sign() + 0.5 * start  # a first step of Adam: each weight's by one rate
    step(optimizer)
    torch.testing.assert_close(table[[1, 4]], (start - 0.1 * moves)[[1, 4]], atol=1e-4, rtol=0)
    assert not some_rows(table)


@every_optimizer
def test_rows_without_a_gradient_keep_their_state(name: str, keys: dict[str, Any]) -> None:
    table, optimizer = made(name, keys, torch.ones(6, 3))
    table.grad = by_rows(sparse([1, 2]))
    step(optimizer)
    before, kept = table.detach().clone(), copy.deepcopy(dict(optimizer.state[table]))
    table.grad = by_rows(sparse([2, 3]))
    step(optimizer)
    assert torch.equal(table[[0, 1, 4, 5]], before[[0, 1, 4, 5]])
    assert not torch.equal(table[2], before[2])
    for key, value in kept.items():
        if isinstance(value, Tensor) and value.shape == table.shape:
            assert torch.equal(optimizer.state[table][key][1], value[1])


@every_optimizer
def test_a_gradient_without_rows_changes_nothing(name: str, keys: dict[str, Any]) -> None:
    table, optimizer = made(name, keys, torch.ones(6, 3))
    table.grad = by_rows(torch.zeros(6, 3))
    step(optimizer)
    assert torch.equal(table, torch.ones(6, 3))


def test_a_table_is_in_its_place_after_a_step_that_fails() -> None:
    table, optimizer = made("adam", {}, torch.ones(6, 3))

    def fails() -> None:
        raise RuntimeError("no step")

    optimizer.step = fails  # type: ignore[method-assign, assignment]
    table.grad = by_rows(sparse([1]))
    with pytest.raises(RuntimeError, match=r"^no step$"):
        step(optimizer)
    assert optimizer.param_groups[0]["params"][0] is table
    assert torch.equal(table, torch.ones(6, 3))


def test_rows_of_tasks_stay_rows() -> None:
    table = nn.Parameter(torch.ones(6, 3))
    found = Rows({"wide": {"table": table}}, [table])
    losses = {
        task: nn.functional.embedding_bag(torch.tensor([ids]), table, mode="sum", sparse=True).sum() * weight
        for task, ids, weight in (("one", [1, 2], 1.0), ("other", [2, 4], 3.0))
    }
    found.add(losses)
    found.combine(lambda component, names, matrix: matrix.sum(0))
    assert table.grad is not None
    assert table.grad.is_sparse
    assert table.grad.to_dense()[:, 0].tolist() == [0, 1, 4, 0, 3, 0]
    found.clear()
    found.add({"one": nn.functional.embedding_bag(torch.tensor([[3, 3]]), table, mode="sum", sparse=True).sum()})
    found.combine(lambda component, names, matrix: matrix.sum(0))
    settle([table])
    assert table.grad.to_dense()[:, 0].tolist() == [0, 0, 0, 2, 0, 0]


def test_soft_sharing_pulls_rows_with_a_gradient() -> None:
    one, other = nn.Parameter(torch.zeros(4, 2)), nn.Parameter(torch.ones(4, 2))
    one.grad = by_rows(torch.tensor([[0.0, 0.0], [1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]))
    sharing = SoftSharing.__new__(SoftSharing)
    sharing.pulled = [(2.0, [one, other])]
    sharing.add()
    assert one.grad.to_dense().tolist() == [[0, 0], [0, 0], [0, 0], [0, 0]]
    assert one.grad.indices().tolist() == [[1]]
    assert other.grad is None


def wide_trainer(folder: Path, train: dict[str, Any], *, out: str, rows: bool) -> Trainer:
    """A trainer of a task with n-grams, whose table has gradients of rows or of its whole."""
    trainer = small_trainer(folder, train, out=out, tasks={"intent": {"model": STILL}})
    trainer.model.train()
    module = trainer.model.components["intent.wide"]
    assert isinstance(module, NgramScores)
    if not rows:
        module.forward = lambda lengths, ids: (  # type: ignore[method-assign, assignment]
            (module.worth(ids)[:, :, None] * nn.functional.embedding(ids, module.table)).sum(1) + module.bias
        )
    return trainer


@pytest.mark.parametrize(
    "train",
    [{"clip": 0.05}, {"clip": 0.05, "balance": {"type": "mgda"}}, {"balance": {"type": "gradnorm"}, "step": "all"}],
    ids=["sum", "rows of tasks", "weights of tasks"],
)
def test_a_clipped_step_of_several_batches_is_that_of_a_whole_table(tmp_path: Path, train: dict[str, Any]) -> None:
    sgd = {"optimizer": {"type": "sgd", "lr": 0.5}, "average": {"decay": 0.5}, **train}
    found = []
    for rows in (True, False):
        trainer = wide_trainer(tmp_path, sgd, out=f"{rows}", rows=rows)
        feed = trainer.draws.feeds["utterances"]
        before = parameters(trainer.model)
        _, norm = update(trainer, feed, *feed.group(2))
        trainer.average.update()
        gradient = trainer.owned["intent.wide"]["table"].grad
        assert gradient is not None
        assert gradient.is_sparse == rows
        assert "clip" not in train or (norm is not None and norm > 0.1)
        after = parameters(trainer.model)
        assert [name for name in after if name.endswith("table") and not torch.equal(after[name], before[name])]
        found.append((after, trainer.average.averages, dense(gradient), norm))
    torch.testing.assert_close(found[0], found[1], atol=1e-6, rtol=1e-5)


def test_rows_that_are_not_finite_are_named(tmp_path: Path) -> None:
    trainer = wide_trainer(tmp_path, {"batch": {"size": 3}, "clip": None}, out="run", rows=True)
    table = trainer.owned["intent.wide"]["table"]
    table.register_hook(lambda gradient: gradient * float("inf"))  # type: ignore[no-untyped-call]
    before = parameters(trainer.model)
    feed = trainer.draws.feeds["utterances"]
    with pytest.raises(TrainingError) as caught:
        update(trainer, feed, feed.next())
    rows = ", ".join(str(row) for row in feed.batches[0])
    found = "nan" if "nan" in str(caught.value) else "inf"
    assert str(caught.value) == (
        f"the gradients of 'intent', 'slots' should be finite. Found a norm of {found} at step 1 (source 'utterances', "
        f"rows {rows}): not finite in component 'intent.wide'. Nothing was updated; a lower learning rate may help."
    )
    assert same(before, parameters(trainer.model))
