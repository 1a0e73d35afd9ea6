"""Several processes train one model, started by torchrun: as one process does, killed, resumed, refused."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from mtl.base.files import read_json
from mtl.base.tensors import read_tensors
from mtl.train.checkpoint import Checkpoints
from tests.mtl.small_run import tree, write_data

STILL: dict[str, Any] = {  # without dropout: each process drops out other numbers
    "embedding": {"type": "word", "dim": 8},
    "representation": {"type": "bilstm", "hidden": 6},
    "pooling": {"type": "max"},
}
TRAIN: dict[str, Any] = {"optimizer": {"type": "sgd", "lr": 0.1}, "batch": {"size": 7}, "epochs": 1, "select": None}
LONG: dict[str, Any] = {"epochs": 40, "checkpoint_every": 20, "select": None}
ENDED = (
    "all 2 processes should train to the end. Found that another one ended, or that torchrun was asked to end. "
    "Checkpoints are unharmed: start 2 processes again, with --resume.\n"
)


def write(folder: Path, train: Mapping[str, Any], *, still: bool = True, wide: bool = False) -> Path:
    """Write data and a recipe; a third of the intents are missing, so that some parts of batches have none."""
    write_data(folder)
    file = folder / "utterances.train.tsv"
    head, *rows = file.read_text().splitlines()
    cells = [row.split("\t") for row in rows]
    kept = ["\t".join([text, intent if n % 3 else "", slots]) for n, (text, intent, slots) in enumerate(cells)]
    file.write_text("\n".join([head, *kept]) + "\n")
    model = {**STILL, "wide": "ngrams"} if wide else STILL
    (folder / "r.yaml").write_text(yaml.safe_dump(tree(train, tasks={"intent": {"model": model}} if still else None)))
    return folder / "r.yaml"


def start(recipe: Path, out: Path, count: int, *more: str) -> subprocess.Popen[bytes]:
    """Start a training in one process or several; what each prints goes to files under OUT.logs."""
    logs = out.with_suffix(".logs")
    logs.mkdir(exist_ok=True)
    command = [sys.executable, "-m"]
    if count > 1:
        command += ["torch.distributed.run", "--nproc-per-node", str(count), "--master-port", "0", "--redirects", "3"]
        command += ["--rdzv-backend", "c10d", "--rdzv-endpoint", "localhost:0", "--log-dir", str(logs), "-m"]
    command += ["mtl", "train", str(recipe), "--out", str(out), *more]
    environment = {**os.environ, "MTL_CACHE": str(recipe.parent / "cache"), "OMP_NUM_THREADS": "1"}
    with (logs / "all.txt").open("wb") as file:
        return subprocess.Popen(command, stdout=file, stderr=file, env=environment)


def said(out: Path, number: int, name: str = "stderr") -> str:
    """Return what a process printed in the last training that was started."""
    found = sorted(out.with_suffix(".logs").glob(f"*/attempt_0/{number}/{name}.log"), key=lambda f: f.stat().st_mtime)
    return found[-1].read_text()


def trained(recipe: Path, out: Path, count: int, *more: str) -> dict[str, torch.Tensor]:
    """Train to the end and return the parameters."""
    code = start(recipe, out, count, *more).wait(240)
    assert code == 0, (out.with_suffix(".logs") / "all.txt").read_text()
    return parameters(out)


def parameters(out: Path) -> dict[str, torch.Tensor]:
    folder = Checkpoints(out).path("last") / "components"
    return {
        f"{file.stem}/{name}": tensor
        for file in sorted(folder.iterdir())
        for name, tensor in read_tensors(file)[0].items()
    }


def until(found: Any, process: subprocess.Popen[bytes]) -> None:
    """Wait until something is found to be so."""
    end = time.monotonic() + 120
    while not found():
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.02)


def worker(process: subprocess.Popen[bytes], number: int) -> int:
    """Return the process id of one of the processes that torchrun started."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            variables = (folder / "environ").read_bytes().split(b"\0")
            parent = re.search(r"^PPid:\t(\d+)", (folder / "status").read_text(), re.M)
        except OSError:  # of another user, or gone
            continue
        if parent and int(parent[1]) == process.pid and b"RANK=%d" % number in variables:
            return int(folder.name)
    raise LookupError(number)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path, int]]:
    """A training of two processes with dropout, the second of which was killed: recipe, run, exit code."""
    folder = tmp_path_factory.mktemp("killed")
    recipe, out = write(folder, LONG, still=False), folder / "run"
    process = start(recipe, out, 2)
    until(lambda: Checkpoints(out).pointer(), process)
    os.kill(worker(process, 1), signal.SIGKILL)
    yield recipe, out, process.wait(240)


@pytest.mark.slow
@pytest.mark.parametrize(
    "train",
    [
        {"step": "all", "accumulate": 2, "clip": 0.1},
        {"step": "all", "balance": {"type": "gradnorm"}},
        {"average": {"decay": 0.8}, "evaluate_every": 3},
        {"step": "all", "adversarial": {"epsilon": 0.5}},
    ],
    ids=["sum", "rows", "average", "adversarial"],
)
def test_two_processes_are_as_one(tmp_path: Path, train: dict[str, Any]) -> None:
    recipe = write(tmp_path, {**TRAIN, **train}, wide="accumulate" in train)
    one, two = trained(recipe, tmp_path / "one", 1), trained(recipe, tmp_path / "two", 2)
    assert one.keys() == two.keys()
    for name, tensor in one.items():
        torch.testing.assert_close(two[name], tensor, atol=1e-5, rtol=0)
    logs = [(tmp_path / name / "log.jsonl").read_text().splitlines() for name in ("one", "two")]
    assert len(logs[0]) == len(logs[1]) > 0  # the first process alone writes
    assert (said(tmp_path / "two", 1), said(tmp_path / "two", 1, "stdout")) == ("", "")
    assert "trained: " in said(tmp_path / "two", 0, "stdout")


@pytest.mark.slow
def test_components_without_a_task_in_the_step_stay_as_they_are(tmp_path: Path) -> None:
    adam = {"optimizer": {"type": "adamw", "lr": 0.1, "weight_decay": 0.5}, "max_steps": 1, "select": None}
    recipe = write(tmp_path, {**adam, "batch": {"size": 1}})  # the second process has no row at all
    found = trained(recipe, tmp_path / "two", 2)
    before = trained(recipe, tmp_path / "one", 1)
    idle = [name for name in found if name.startswith("pos.")]
    assert idle
    assert all(torch.equal(found[name], before[name]) for name in idle)
    state = read_tensors(Checkpoints(tmp_path / "two").path("last") / "optimizer.safetensors")[0]
    assert not [name for name in state if "pos." in name]
    assert [name for name in state if "encoder" in name]


@pytest.mark.slow
def test_a_killed_process_ends_the_run_with_one_message(killed: tuple[Path, Path, int]) -> None:
    _, out, code = killed
    assert code == 1
    assert said(out, 0) == ENDED
    assert said(out, 1) == ""


@pytest.mark.slow
def test_killed_and_resumed_it_ends_the_same(killed: tuple[Path, Path, int]) -> None:
    recipe, out, _ = killed
    state = read_json(Checkpoints(out).path("last") / "state.json")
    assert 0 < state["step"] < state["steps"]
    whole, again = trained(recipe, recipe.parent / "whole", 2), trained(recipe, out, 2, "--resume")
    assert whole.keys() == again.keys()
    assert all(torch.equal(whole[name], again[name]) for name in whole)


@pytest.mark.slow
def test_another_number_of_processes_is_refused(killed: tuple[Path, Path, int]) -> None:
    recipe, out, _ = killed
    process = start(recipe, out, 1, "--resume")
    assert process.wait(240) == 1
    printed = (out.with_suffix(".logs") / "all.txt").read_text()
    assert [line for line in printed.splitlines() if "should be" in line] == [
        f"{out}: training should be done by 2 processes, as when the run was started: sums of gradients come out "
        "otherwise by the last bit, and each process drops out other numbers. Found 1. Start it with torchrun "
        "--nproc-per-node 2 -m mtl."
    ]


@pytest.mark.slow
def test_what_another_process_says_is_said_by_the_first(tmp_path: Path) -> None:
    recipe = write(tmp_path, TRAIN)
    (tmp_path / "wrong.py").write_text(
        "import os\nfrom mtl.base.errors import TrainingError\nfrom mtl.train.trainer import Trainer\n"
        "def fail(self):\n    raise TrainingError('the sky should be blue. Found it green.')\n"
        "if os.environ.get('RANK') == '1':\n    Trainer._next_step = fail\n"
    )
    recipe.write_text(recipe.read_text() + f"plugins: ['{tmp_path / 'wrong.py'}']\n")
    assert start(recipe, tmp_path / "run", 2).wait(240) == 1
    assert said(tmp_path / "run", 0) == "the sky should be blue. Found it green.\n"
