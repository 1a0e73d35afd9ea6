"""Several batches in one update: what equals one large batch, what a step counts, and that resuming loses nothing."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mtl.base.errors import TrainingError
from mtl.train.accumulation import shares
from mtl.train.trainer import EvalReport, StepReport, Trainer
from mtl.train.update import step_seed
from tests.mtl.small_run import parameters, same, small_trainer, update
from tests.mtl.train.test_resume import optimizer_tensors

STILL: dict[str, Any] = {  # without dropout: a large batch draws other numbers than its parts
    "embedding": {"type": "word", "dim": 8},
    "representation": {"type": "bilstm", "hidden": 6},
    "pooling": {"type": "max"},
}


def still(folder: Path, train: dict[str, Any], **more: Any) -> Trainer:
    return small_trainer(folder, train, tasks={"intent": {"model": STILL}}, **more)


def test_a_batch_counts_as_much_as_it_has_labels() -> None:
    counts = [{"a": 3, "b": 0, "c": 0}, {"a": 1, "b": 2, "c": 0}]
    found = shares(counts, ("a", "b", "c"))
    assert [share.of for share in found] == [{"a": 0.75, "b": 0.0, "c": 1.0}, {"a": 0.25, "b": 1.0, "c": 1.0}]
    assert [share.said for share in found] == counts


@pytest.mark.parametrize("unlabelled", [0, 5])
def test_it_is_as_one_large_batch(tmp_path: Path, unlabelled: int) -> None:
    train = {"optimizer": {"type": "sgd", "lr": 0.1}, "clip": None}
    small, large = (still(tmp_path, {**train, "batch": {"size": size}}, out=f"{size}") for size in (8, 24))
    batches = small.draws.feeds["utterances"].group(3)
    for batch in batches[:1]:
        batch.labelled["intent"][:unlabelled] = False
        batch.targets["intent"][:unlabelled] = -1
    whole = large.draws.feeds["utterances"].split.batch(np.concatenate([batch.rows for batch in batches]))
    gone = np.isin(whole.rows, batches[0].rows[:unlabelled])
    whole.labelled["intent"][torch.from_numpy(gone)] = False
    whole.targets["intent"][torch.from_numpy(gone)] = -1
    for trainer in (small, large):
        trainer.model.train()
    parts, _ = update(small, small.draws.feeds["utterances"], *batches)
    wanted, _ = update(large, large.draws.feeds["utterances"], whole)
    assert parts == pytest.approx(wanted, rel=1e-5)
    first, second = parameters(small.model), parameters(large.model)
    assert all(torch.allclose(first[name], second[name], atol=1e-6) for name in first)


def test_a_step_is_an_update(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path, {"batch": {"size": 8}, "accumulate": 3, "epochs": 2})
    assert [len(feed) for feed in trainer.draws.feeds.values()] == [5, 3]
    assert trainer.draws.epoch_steps == 2 * 2  # two streams in turn; the longer has 5 batches: 3 and 2
    reports = list(trainer.train())
    steps = [report for report in reports if isinstance(report, StepReport)]
    assert [(r.source, r.rows) for r in steps[:4]] == [
        ("utterances", 24),
        ("words", 19),
        ("utterances", 16),
        ("words", 19),
    ]
    assert [r.step for r in reports if isinstance(r, EvalReport)] == [4, 8]
    assert trainer.steps == 8
    plain = small_trainer(tmp_path, {"batch": {"size": 8}}, out="plain").draws.feeds["utterances"]
    assert steps[0].tokens == sum(plain.next().tokens for _ in range(3))


def test_one_batch_is_the_plain_step(tmp_path: Path) -> None:
    plain, one = small_trainer(tmp_path, out="plain"), small_trainer(tmp_path, {"accumulate": 1}, out="one")
    for trainer in (plain, one):
        list(trainer.train())
    assert same(parameters(plain.model), parameters(one.model))


def test_each_batch_draws_its_own_numbers() -> None:
    seeds = {step_seed(1, step, batch) for step in range(20) for batch in range(20)}
    assert len(seeds) == 400
    assert step_seed(1, 7) == step_seed(1, 7, 0)


class Killed(BaseException):
    """What ends a process in the middle of a step."""


def test_killed_within_a_step_it_ends_the_same(tmp_path: Path) -> None:
    train = {"accumulate": 2, "epochs": 3, "checkpoint_every": 2}
    whole = small_trainer(tmp_path, train, out="whole")
    list(whole.train())
    killed = small_trainer(tmp_path, train, out="killed")
    passes = 0

    def kill(*_: object) -> None:
        nonlocal passes
        passes += 1
        if passes == 10:  # the second batch of the sixth step
            raise Killed

    killed.model["intent.representation"].register_forward_hook(kill)
    with pytest.raises(Killed):
        list(killed.train())
    assert killed.step == 5
    resumed = small_trainer(tmp_path, train, out="killed", resume=True)
    assert resumed.step == 4
    list(resumed.train())
    assert same(parameters(resumed.model), parameters(whole.model))
    assert same(optimizer_tensors(tmp_path / "killed"), optimizer_tensors(tmp_path / "whole"))


def test_a_loss_that_is_not_finite_updates_nothing(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path, {"accumulate": 2, "batch": {"size": 3}})
    trainer.model.train()
    before = parameters(trainer.model)
    feed = trainer.draws.feeds["words"]
    batches = feed.group(2)

    def spoil(module: object, inputs: object, output: Any) -> Any:
        spoil.calls += 1  # type: ignore[attr-defined]
        return output._replace(values=output.values * (float("inf") if spoil.calls > 1 else 1.0))  # type: ignore[attr-defined]

    spoil.calls = 0  # type: ignore[attr-defined]
    trainer.model["pos.decoder"].register_forward_hook(spoil)
    with pytest.raises(TrainingError) as caught:
        update(trainer, feed, *batches)
    rows = ", ".join(map(str, batches[1].rows.tolist()))
    assert f"at step 1 (source 'words', rows {rows}): the first component with an output that is not finite is " in str(
        caught.value
    )
    assert same(before, parameters(trainer.model))


def test_gradients_that_are_not_finite_name_the_rows_of_all_batches(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path, {"accumulate": 2, "batch": {"size": 3}})
    trainer.model.train()
    trainer.owned["pos.decoder"]["layers.0.weight"].register_hook(lambda gradient: gradient * float("nan"))  # type: ignore[no-untyped-call]
    batches = trainer.draws.feeds["words"].group(2)
    with pytest.raises(TrainingError) as caught:
        update(trainer, trainer.draws.feeds["words"], *batches)
    rows = ", ".join(str(row) for batch in batches for row in batch.rows.tolist())
    assert str(caught.value) == (
        f"the gradients of 'pos' should be finite. Found a norm of nan at step 1 (source 'words', rows {rows}): not "
        "finite in component 'pos.decoder'. Nothing was updated; a lower learning rate may help."
    )


def test_a_group_is_of_one_pass(tmp_path: Path) -> None:
    feed = small_trainer(tmp_path).draws.feeds["words"]
    sizes = [[len(batch.rows) for batch in feed.group(2)] for _ in range(3)]
    assert [len(group) for group in sizes] == [2, 1, 2]
    assert sum(map(sum, islice(sizes, 2))) == len(feed.split)
