"""Runs of a comparison carried out: several at a time as one after another, those that fail, those that are cut off."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import torch

from mtl.base.errors import CheckpointError, RecipeError, TrainingError
from mtl.base.progress import Note
from mtl.cli.comparing import said_of
from mtl.runs.comparing import running
from mtl.runs.comparing.comparison import RecipeComparison
from mtl.runs.comparing.contestants import contestants
from mtl.runs.comparing.running import ComparisonJob, RunBegun, RunEnded, own_failure, run_all
from mtl.runs.comparing.trial import ComparedRun
from tests import small
from tests.commands import within
from tests.mtl.runs import two_sources

SHORT = small.RECIPE.replace("epochs: 24", "epochs: 2")
DIVERGES = "train.optimizer.lr=1e38"
DIVERGED = "the loss of task 'intent' should be finite. Found nan at step 2 (source 'utterances', "


def until(found: Callable[[], bool]) -> None:
    end = time.monotonic() + 300
    while not found():
        assert time.monotonic() < end
        time.sleep(0.02)


def has_a_checkpoint(run: Path) -> bool:
    return (run / "checkpoints/pointer.json").exists()


def running_in(group: int) -> list[str]:
    """Return what is known of each process of a group that has not ended."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has just ended
            state, _, its, *_ = stat.read_text("utf-8").rpartition(")")[2].split()
            if int(its) == group and state != "Z":
                found.append(stat.read_text("utf-8"))
    return found


def all_of(trials: Sequence[ComparedRun], jobs: int = 1) -> list[str]:
    """Carry out runs; return the line about everything that happens."""
    found = run_all(trials, jobs, list)
    return [said_of(event) for event in found if isinstance(event, RunBegun | RunEnded)]


def test_what_is_wrong_with_recipes_is_told_before_any_training(tmp_path: Path) -> None:
    variants = ["train.balance=mgda", "train.cache_frozen=10", "train.balance=mgda; train.step=all"]
    found = contestants([two_sources.write(tmp_path)], variants=variants, single=True)
    for jobs in (1, 2):
        with pytest.raises(RecipeError) as error:
            all_of(RecipeComparison(found, 2, tmp_path / "out").trials(), jobs)
        assert str(error.value).splitlines() == [
            "--set train.balance=mgda: train.balance: should come with updates in which gradients of several tasks "
            "meet, as 'mgda' compares them. Found that no component that learns gets more than one in an update "
            "('step: stream'). Write 'step: all'.",
            "--set train.cache_frozen=10: train.cache_frozen: should be there only where an encoder, or its lowest "
            "layers, and all below are frozen, with no adapter inside. Found no such. Leave it out, or freeze them.",
            f"2 errors in options given with {tmp_path / 'small.yaml'}",
        ]
    assert not (tmp_path / "out").exists()


def test_tasks_alone_of_a_balance_that_compares_them_are_trained(tmp_path: Path) -> None:
    short = ["train.balance=mgda", "train.step=all", "train.epochs=1"]
    found = contestants([two_sources.write(tmp_path)], overrides=short, single=True)
    lines = all_of(RecipeComparison(found, 1, tmp_path / "out").trials())
    assert [line.rsplit(maxsplit=2)[1:] for line in lines[1::2]] == [["is", "tested"]] * 3


@pytest.mark.slow
def test_several_at_a_time_are_what_they_are_in_turn(tmp_path: Path) -> None:
    recipe = two_sources.write(tmp_path)
    command = ("compare", recipe, "--single", "--seeds", "1", "--set-all", "train.threads=1")
    for jobs in ("1", "2"):
        done = within(*command, "--jobs", jobs, "--out", tmp_path / jobs)
        assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    runs = [f"run {number}/3: {tmp_path / '2'}" for number in (1, 2, 3)]
    alone = "small-each-task-alone-as-many-steps"
    folders = (f"{runs[0]}/small", f"{runs[1]}/{alone}/intent", f"{runs[2]}/{alone}/slots")
    assert lines[:2] == [f"{folder}/seed-1 begins" for folder in folders[:2]]
    expected = [f"{folder}/seed-1 {what}" for folder in folders for what in ("begins", "is tested")]
    assert sorted(line for line in lines if line.startswith("run ")) == sorted(expected)
    kept = [(tmp_path / jobs / "compare.json").read_bytes() for jobs in ("1", "2")]
    assert kept[0] == kept[1]


def test_a_run_that_fails_leaves_the_others_going(tmp_path: Path) -> None:
    recipe, out = small.write(tmp_path, SHORT), tmp_path / "out"
    command = ("compare", recipe, "--set", DIVERGES, "--set", "train.epochs=1", "--seeds", "1", "--out", out)
    done = within(*command, "--set-all", "train.threads=1")
    failed = out / "small-train.optimizer.lr-1e38/seed-1"
    row, summary = done.stderr.splitlines()
    assert row.startswith(f"{failed}: {DIVERGED}")
    assert summary == (
        f"{out}: should hold 3 runs that were tested. Found 2: the same command goes on with the one that failed."
    )
    assert done.returncode == 1
    ends = [line for line in done.stdout.splitlines() if line.startswith("run ") and not line.endswith(" begins")]
    assert sorted(ends) == [
        f"run 1/3: {out / 'small/seed-1'} is tested",
        f"run 2/3: {failed} failed: {row.removeprefix(f'{failed}: ')}",
        f"run 3/3: {out / 'small-train.epochs-1/seed-1'} is tested",
    ]
    assert not (out / "compare.json").exists()
    again = within(*command, "--set-all", "train.threads=1", "--jobs", "2")
    assert again.stdout.splitlines()[:3] == [
        f"run 1/3: {out / 'small/seed-1'} is done",
        f"run 3/3: {out / 'small-train.epochs-1/seed-1'} is done",
        f"run 2/3: {failed} begins",  # it has no checkpoint yet
    ]
    assert again.stderr.splitlines()[-2:] == [row, summary]


def test_tasks_alone_wait_for_their_joint_run_and_fail_with_it(tmp_path: Path) -> None:
    recipe = two_sources.write(tmp_path)
    found = contestants([recipe], single=True, match="minutes", overrides=[DIVERGES])
    trials = RecipeComparison(found, 1, tmp_path / "out").trials()
    assert [trial.ready for trial in trials] == [True, False, False]
    begun, failed, *others = all_of(trials)
    assert begun == f"run 1/3: {tmp_path / 'out/small/seed-1'} begins"
    assert failed.startswith(f"run 1/3: {tmp_path / 'out/small/seed-1'} failed: the loss of task 'slots' should be")
    folder = tmp_path / "out/small-each-task-alone-as-many-minutes"
    assert others == [
        f"run {number}/3: {folder / task}/seed-1 failed: it should get a part of the minutes of its joint run, "
        f"'{tmp_path / 'out/small/seed-1'}'. Found that one failed."
        for number, task in ((2, "intent"), (3, "slots"))
    ]


@pytest.mark.slow
def test_a_process_that_dies_leaves_the_others_going(tmp_path: Path) -> None:
    recipe = small.write(tmp_path, SHORT)
    found = contestants([recipe], variants=["train.epochs=100000"], overrides=["train.threads=1"])
    trials = RecipeComparison(found, 1, tmp_path / "out").trials()
    endless = trials[1].folder

    lines: list[str] = []

    def kill() -> None:
        until(lambda: has_a_checkpoint(endless) and any("is tested" in line for line in lines))
        for child in multiprocessing.active_children():  # the other one's has nothing left to do
            child.kill()

    killing = threading.Thread(target=kill)
    killing.start()
    for event in run_all(trials, 2, list):
        if isinstance(event, RunBegun | RunEnded):
            lines.append(said_of(event))
    killing.join()
    assert lines == [
        f"run 1/2: {trials[0].folder} begins",
        f"run 2/2: {endless} begins",
        f"run 1/2: {trials[0].folder} is tested",
        f"run 2/2: {endless} failed: its process should train it to the end. Found it ended by signal 9 (SIGKILL). "
        "There may be too little memory for so many at a time (--jobs).",
    ]
    assert trials[1].begun


@pytest.mark.slow
def test_an_interrupt_ends_all_processes_and_the_same_command_goes_on(tmp_path: Path) -> None:
    recipe = small.write(tmp_path, SHORT.replace("epochs: 2", "epochs: 30"))
    command = ("compare", recipe, "--set", "train.clip=1", "--seeds", "1", "--set-all", "train.threads=1")
    runs = [tmp_path / "cut" / name / "seed-1" for name in ("small", "small-train.clip-1")]
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        [sys.executable, "-m", "mtl", *map(str, command), "--jobs", "2", "--out", str(tmp_path / "cut")],
        stdout=pipe,
        stderr=pipe,
        start_new_session=True,  # a terminal sends an interrupt to all processes of a group
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    until(lambda: process.poll() is not None or all(map(has_a_checkpoint, runs)))
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate()
    assert (process.returncode, errors.decode()) == (
        130,
        "the same command continues this comparison\ninterrupted\n",
    )
    until(lambda: not running_in(process.pid))

    again = within(*command, "--jobs", "2", "--out", tmp_path / "cut")
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.splitlines()[:2] == [f"run {number}/2: {run} goes on" for number, run in enumerate(runs, 1)]
    assert within(*command, "--out", tmp_path / "whole").returncode == 0
    kept = [(tmp_path / name / "compare.json").read_bytes() for name in ("cut", "whole")]
    assert kept[0] == kept[1]


def test_what_other_runs_would_meet_too_is_raised() -> None:
    assert own_failure(TrainingError("the loss should be finite")) == "the loss should be finite"
    assert own_failure(MemoryError()) == "not enough memory. Found no more of it."
    lacking = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total of 79.10 GiB.")
    assert own_failure(lacking) == (
        "not enough memory on the device. Found: CUDA out of memory. Tried to allocate 2.00 GiB."
    )
    full = TrainingError("log.jsonl: step 3 could not be logged")
    full.__cause__ = OSError(28, "No space left on device")
    assert [own_failure(error) for error in (full, CheckpointError("none"), ValueError("a bug"))] == [None] * 3


def test_a_run_in_a_process_of_its_own_sends_its_warnings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = [Note("all is well"), Note("few words are known", warning=True, component="words")]

    def reports(*_: object) -> Iterator[Note]:
        yield from notes
        raise TrainingError("the loss should be finite")

    monkeypatch.setattr(running, "carry_out", reports)
    sent: list[object] = []
    assert running.train_asking(ComparisonJob(object(), tmp_path), sent.append) == "the loss should be finite"  # type: ignore[arg-type]
    assert sent == [notes[1]]
