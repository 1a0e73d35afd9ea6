"""Training on running text: states go on from step to step, over batches of one step, and over a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from mtl.base.errors import CheckpointError, UsageError
from mtl.base.tensors import read_tensors
from mtl.data.carried import CarriedStates
from mtl.data.running_feed import RunningFeed
from mtl.train.checkpoint import Checkpoints
from mtl.train.parts import build_feeds
from mtl.train.trainer import Trainer
from tests.mtl.running_text import prepared, recipe, trainer, write
from tests.mtl.small_run import parameters, same

DROPOUT = {"representation": {"type": "lstm", "hidden": 16, "layers": 2, "dropout": 0.2, "variational_dropout": 0.1}}


def feed_of(found: Trainer) -> RunningFeed:
    feed = found.draws.feeds["lm"]
    assert isinstance(feed, RunningFeed)
    return feed


def read(found: Trainer, batches: int) -> tuple[list[tuple[float, ...]], CarriedStates]:
    """Return losses and counts of the first batches with the weights that there are, and what is carried after them."""
    carried, losses = CarriedStates(), []
    feed = RunningFeed("lm", ("lm",), feed_of(found).split, found.config.batch, found.recipe.seed, 7)
    with torch.no_grad():
        for _ in range(batches):
            batch = feed.next()
            batch.carried = carried
            losses.append(tuple(value.item() for value in found.model.counted_losses(batch, ["lm"])["lm"]))
            carried.go_on()
    return losses, carried


@pytest.mark.parametrize(
    ("train", "batches"),
    [({}, 1), ({"accumulate": 3}, 3), ({"adversarial": {"epsilon": 5.0}}, 1), ({"precision": "bf16"}, 1)],
)
def test_a_step_leaves_the_states_that_its_batches_end_with(
    tmp_path: Path, train: dict[str, Any], batches: int
) -> None:
    found = trainer(tmp_path, train)
    losses, wanted = read(found, batches)
    report = next(found.train())
    if "precision" not in train:
        mean = sum(loss * count for loss, count in losses) / sum(count for _, count in losses)
        assert report.losses["lm"] == pytest.approx(mean, rel=1e-5)  # type: ignore[union-attr]
    states = feed_of(found).carried.states
    assert list(states) == list(wanted.states) == ["lm.representation/0", "lm.output/scores"]
    for place, state in states.items():
        assert not any(tensor.requires_grad for tensor in state)
        bounds = {"atol": 0.05, "rtol": 0.05} if "precision" in train else {"atol": 1e-6, "rtol": 1e-5}
        torch.testing.assert_close(state, wanted.states[place], check_dtype=False, **bounds)


def test_gradients_end_where_a_segment_begins(tmp_path: Path) -> None:
    """The second batch learns what it would with the states before it as given numbers."""
    found = trainer(tmp_path)
    feed = feed_of(found)
    first, second = feed.next(), feed.next()
    found.model.losses(first, ["lm"])
    feed.carried.go_on()
    found.model.losses(second, ["lm"])["lm"].backward()  # type: ignore[no-untyped-call]
    assert found.model.output("lm").start.grad is None  # type: ignore[union-attr]
    gradient = found.model["lm.representation"].layers.weight_hh_l0.grad  # type: ignore[union-attr]
    assert gradient.abs().sum() > 0


def test_evaluations_do_not_move_what_training_carries(tmp_path: Path) -> None:
    often, never = trainer(tmp_path, {"evaluate_every": 2}, out="often"), trainer(tmp_path, out="never")
    for found, reports in ((often, 7), (never, 5)):
        assert len(list(islice(found.train(), reports))) == reports
        assert found.step == 5
    assert same(parameters(often.model), parameters(never.model))
    assert same(feed_of(often).carried.tensors(), feed_of(never).carried.tensors())


def test_stopped_anywhere_it_ends_the_same(tmp_path: Path) -> None:
    train = {"checkpoint_every": 3, "average": {"decay": 0.9}}
    whole = trainer(tmp_path, train, model=DROPOUT, out="whole")
    list(whole.train())
    for reports, step in ((2, 0), (5, 3), (14, 12), (24, 21)):
        for _ in islice(trainer(tmp_path, train, model=DROPOUT, out=f"{reports}").train(), reports):
            pass
        resumed = trainer(tmp_path, train, model=DROPOUT, out=f"{reports}", resume=True)
        assert resumed.step == step
        list(resumed.train())
        assert same(parameters(resumed.model), parameters(whole.model))
        for which in ("last", "best"):
            one, other = (Checkpoints(tmp_path / out).path(which) for out in ("whole", f"{reports}"))  # type: ignore[arg-type]
            name = "carried.safetensors"
            assert (one / name).read_bytes() == (other / name).read_bytes()


def test_a_checkpoint_that_lacks_them_is_refused(tmp_path: Path) -> None:
    for _ in islice(trainer(tmp_path, {"checkpoint_every": 3}).train(), 4):
        pass
    file = Checkpoints(tmp_path / "run").path("last") / "carried.safetensors"
    assert {name: tuple(tensor.shape) for name, tensor in read_tensors(file)[0].items()} == {
        "lm/lm.representation/0/0": (2, 6, 16),
        "lm/lm.representation/0/1": (2, 6, 16),
        "lm/lm.output/scores/0": (6, 16),
    }
    file.unlink()
    with pytest.raises(CheckpointError) as raised:
        trainer(tmp_path, {"checkpoint_every": 3}, resume=True)
    assert str(raised.value).startswith(f"{file}: should be a readable safetensors file. Found: ")


def test_several_processes_are_refused(tmp_path: Path) -> None:
    graph, data = prepared(recipe(), write(tmp_path))
    with pytest.raises(UsageError) as raised:
        build_feeds(graph, data, (1, 2))
    assert str(raised.value) == (
        "the source 'lm' should be read by one process, as its rows are one running text ('bptt: 7'). Found 2 "
        "processes. Start it without torchrun, or leave 'bptt' out."
    )


def test_killed_and_resumed_it_writes_the_same_files(tmp_path: Path, checkout: Path) -> None:
    write(tmp_path)
    tree = recipe({"checkpoint_every": 1, "epochs": 4, "threads": 1}, model=DROPOUT)
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(tree))
    command = [sys.executable, "-m", "mtl", "train", str(tmp_path / "recipe.yaml"), "--out"]
    subprocess.run([*command, str(tmp_path / "whole")], check=True, capture_output=True, cwd=checkout)
    process = subprocess.Popen([*command, str(tmp_path / "killed")], stdout=subprocess.DEVNULL, cwd=checkout)
    killed = Checkpoints(tmp_path / "killed")
    end = time.monotonic() + 60
    while time.monotonic() < end and not (killed.pointer() and killed.step("last") >= 2):
        time.sleep(0.001)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert killed.step("last") < Checkpoints(tmp_path / "whole").step("last")
    subprocess.run([*command, str(tmp_path / "killed"), "--resume"], check=True, capture_output=True, cwd=checkout)
    one, other = (Checkpoints(tmp_path / out).path("last") for out in ("whole", "killed"))
    files = sorted(path.relative_to(one) for path in one.rglob("*.safetensors"))
    assert Path("carried.safetensors") in files
    assert [(one / file).read_bytes() for file in files] == [(other / file).read_bytes() for file in files]
