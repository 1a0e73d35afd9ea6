"""A resumed run ends as the run that was never stopped: wherever it stopped, whatever it is; else it is refused."""

from __future__ import annotations

import json
import multiprocessing
import signal
import time
from collections.abc import Mapping
from itertools import islice
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import pytest
import torch

from mtl.base.errors import CheckpointError
from mtl.base.files import read_json
from mtl.base.version import VERSION
from mtl.compile.loading import load_recipe
from mtl.recipe.filling import digest, digest_of
from mtl.recipe.training import TrainConfig
from mtl.recipe.yaml_core import read
from mtl.runs.runner import Run
from mtl.train.checkpoint import Checkpoints, load_model
from mtl.train.logs import Logs
from mtl.train.resume import refuse_changes
from tests import small
from tests.mtl.small_run import parameters, same, small_trainer, write_data

SETTINGS: dict[str, dict[str, Any]] = {
    "round_robin": {"mixture": {"type": "round_robin"}},
    "weighted": {"mixture": {"type": "weighted", "rates": {"utterances": 1.0, "words": 2.0}}},
    "proportional": {"mixture": {"type": "proportional"}},
    "temperature": {"mixture": {"type": "temperature", "temperature": 3.0}},
    "annealed": {"mixture": {"type": "annealed"}},
    "adam_linear": {"optimizer": {"type": "adam", "lr": 0.01}, "schedule": {"type": "linear", "warmup": 3}},
    "sgd_cosine": {
        "optimizer": {"type": "sgd", "lr": 0.1, "momentum": 0.9, "nesterov": True},
        "schedule": {"type": "cosine"},
    },
    "plain_sgd": {"optimizer": {"type": "sgd", "lr": 0.1}, "schedule": {"type": "exponential"}, "clip": None},
    "tokens": {"batch": {"tokens": 25}, "components": {"words_": {"freeze": True}, "encoder": {"lr": 0.001}}},
    "patience": {"patience": 1, "evaluate_every": 3},
    "gap": {"mixture": {"type": "gap", "best": {"pos.accuracy": 1.0}}, "evaluate_every": 3},
    "progress": {"mixture": {"type": "progress"}, "evaluate_every": 3},
    "progress_by_loss": {"mixture": {"type": "progress", "by": "loss"}, "evaluate_every": 3},
    "rest": {
        "mixture": "proportional",
        "rest": {"patience": 1, "tolerance": 0.0},
        "evaluate_every": 2,
        "streams": {"words": {"batch": {"size": 3}, "steps": 6}},
    },
    "plateau": {
        "schedule": {"type": "plateau", "patience": 1, "factor": 0.5, "warmup": 2},
        "select": {"pos.accuracy": 1.0},
        "evaluate_every": 2,
    },
    "radam": {"optimizer": {"type": "radam", "lr": 0.01, "weight_decay": 0.1}},
    "nadam": {"optimizer": {"type": "nadam", "lr": 0.01}, "schedule": "one_cycle"},
    "lamb": {"optimizer": {"type": "lamb", "lr": 0.02}},
    "adagrad": {"optimizer": {"type": "adagrad", "lr": 0.1}},
    "average": {"average": {"decay": 0.8}, "evaluate_every": 3, "components": {"words_": {"freeze": True}}},
    "accumulate": {"accumulate": 3, "batch": {"size": 3}, "schedule": {"type": "linear"}},
}
FIRST = (
    "annealed",
    "sgd_cosine",
    "tokens",
    "patience",
    "accumulate",
    "gap",
    "progress_by_loss",
    "rest",
    "average",
    "plateau",
)  # each has a state of its own to be kept


def optimizer_tensors(run: Path) -> Mapping[str, torch.Tensor]:
    from mtl.base.tensors import read_tensors

    return read_tensors(Checkpoints(run).path("last") / "optimizer.safetensors")[0]


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] * (n not in FIRST)) for n in SETTINGS])
def test_stopped_anywhere_it_ends_the_same(tmp_path: Path, name: str) -> None:
    train = {"epochs": 2, "checkpoint_every": 4, **SETTINGS[name]}
    whole = small_trainer(tmp_path, train, out="whole")
    reports = [report.record() for report in whole.train()]
    for stop in (1, 4, 5, 9, 14):
        out = f"stopped{stop}"
        for _ in islice(small_trainer(tmp_path, train, out=out).train(), stop):
            pass
        resumed = small_trainer(tmp_path, train, out=out, resume=True)
        begun = resumed.step
        assert begun <= stop
        rest = [report.record() for report in resumed.train()]
        assert same(parameters(resumed.model), parameters(whole.model)), f"stopped after {stop} reports"
        assert same(optimizer_tensors(tmp_path / out), optimizer_tensors(tmp_path / "whole"))
        for record in (*reports, *rest):
            record["seconds"] = 0
        assert rest == [record for record in reports if record["step"] > begun]


def train(folder: Path, resume: bool, ready: Event) -> None:
    """Train in a process of its own, and log what is reported."""
    settings = {"epochs": 20, "checkpoint_every": 7, "evaluate_every": 20}
    trainer = small_trainer(folder, settings, resume=resume)
    ready.set()
    with Logs(folder / "run", trainer.step) as logs:
        for report in trainer.train():
            logs.write(report)


def started(folder: Path, *, resume: bool) -> BaseProcess:
    """Return a process that trains, as soon as it does."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])  # torch is imported once, not in each of them
    ready = context.Event()
    process = context.Process(target=train, args=(folder, resume, ready))
    process.start()
    assert ready.wait(600)
    return process


def ended(process: BaseProcess) -> int | None:
    process.join(600)
    return process.exitcode


def test_killed_again_and_again_it_ends_the_same(tmp_path: Path) -> None:
    write_data(tmp_path)
    assert ended(started(tmp_path, resume=False)) == 0
    reference = tmp_path / "reference"
    (tmp_path / "run").rename(reference)
    for delay in (0.0, 0.1, 0.4):  # seconds of training; the first falls before any checkpoint
        process = started(tmp_path, resume=True)
        time.sleep(delay)
        process.kill()
        assert ended(process) in (-signal.SIGKILL, 0)  # a fast machine may have come to the end
    assert ended(started(tmp_path, resume=True)) == 0
    for which in ("last", "best"):
        first, second = (Checkpoints(folder).path(which) for folder in (reference, tmp_path / "run"))  # type: ignore[arg-type]
        assert first.name == second.name
        for file in sorted(first.rglob("*")):
            if file.is_file():
                assert file.read_bytes() == (second / file.relative_to(first)).read_bytes(), file.name
    logged = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    expected = [json.loads(line) for line in (reference / "log.jsonl").read_text().splitlines()]
    for record in (*logged, *expected):
        record["seconds"] = 0
    assert logged == expected


def test_before_the_first_checkpoint_it_starts_over(tmp_path: Path) -> None:
    train = {"epochs": 1}
    for _ in islice(small_trainer(tmp_path, train).train(), 5):
        pass
    resumed = small_trainer(tmp_path, train, resume=True)
    assert resumed.step == 0
    list(resumed.train())
    whole = small_trainer(tmp_path, train, out="whole")
    list(whole.train())
    assert same(parameters(resumed.model), parameters(whole.model))


TRAIN = {"checkpoint_every": 2}


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """A run that was stopped after its first checkpoint."""
    for _ in islice(small_trainer(tmp_path, TRAIN).train(), 3):
        pass
    return tmp_path


def refusal(folder: Path, train: Mapping[str, Any]) -> str:
    with pytest.raises(CheckpointError) as caught:
        small_trainer(folder, train, resume=True)
    return str(caught.value)


NEW_RUN = (
    "Put that data back, or name the folder that it is in now (--data DIR, data=DIR). Other data needs a new run in "
    "another folder (--out DIR, out=DIR)."
)


def recorded(folder: Path) -> tuple[Path, dict[str, Any]]:
    path = Checkpoints(folder / "run").path("last") / "state.json"
    return path, read_json(path)


def test_another_recipe_is_refused(begun: Path) -> None:
    for other in ({**TRAIN, "max_steps": 7}, {**TRAIN, "clip": 1.0}):
        before = recorded(begun)[1]["identity"]["recipe"]
        trainer = small_trainer(begun, other, out="other")
        assert refusal(begun, other) == (
            f"{begun / 'run'}: the recipe should be the one that the run was started with (SHA-256 {before[:12]}…). "
            f"Found another ({digest(trainer.recipe)[:12]}…). The run's own is its recipe.yaml; a changed recipe needs "
            "a new run."
        )


def test_other_data_is_refused(begun: Path) -> None:
    before = recorded(begun)[1]["identity"]["data"]["words/dev"]
    file = begun / "words.dev.tsv"
    file.write_text(file.read_text() + "a song\tDET NOUN\n")
    now = small_trainer(begun, TRAIN, out="other").prepared.hashes["words/dev"]
    assert refusal(begun, TRAIN) == (
        f"{begun / 'run'}: the data of 'words/dev' should be what the run was started with (SHA-256 {before[:12]}…). "
        f"Found SHA-256 {now[:12]}…. {NEW_RUN}"
    )


def test_another_thread_count_is_refused(begun: Path) -> None:
    path, state = recorded(begun)
    threads = torch.get_num_threads()
    for before in (threads + 1, 1):
        if before == threads:
            continue
        state["identity"]["threads"] = before
        path.write_text(json.dumps(state))
        assert refusal(begun, TRAIN) == (
            f"{begun / 'run'}: torch should use {before} thread{'s' if before != 1 else ''}, as when the run was "
            f"started: sums come out otherwise by the last bit. Found {threads}. Set OMP_NUM_THREADS={before}."
        )


def test_another_device_is_refused(begun: Path) -> None:
    path, state = recorded(begun)
    assert state["identity"]["device"] == "cpu"
    state["identity"]["device"] = "cuda (NVIDIA H100)"
    path.write_text(json.dumps(state))
    assert refusal(begun, TRAIN) == (
        f"{begun / 'run'}: the device should be cuda (NVIDIA H100), on which the run was started: another computes "
        "other last bits. Found cpu. Resume the run where there is such a device."
    )


def test_another_version_is_refused(begun: Path) -> None:
    path, state = recorded(begun)
    state["identity"]["versions"]["torch"] = "2.9.0"
    path.write_text(json.dumps(state))
    assert refusal(begun, TRAIN) == (
        f"{begun / 'run'}: torch should be 2.9.0, with which the run was started. Found {torch.__version__}. Install "
        "that version; another one needs a new run."
    )


def test_all_differences_come_at_once() -> None:
    recorded = {
        "recipe": "a" * 64,
        "data": {"x/train": "b" * 64},
        "fitted": "f",
        "versions": {"mtl": "0"},
        "threads": 1,
    }
    current = {**recorded, "data": {"x/dev": "c" * 64}, "fitted": "g", "versions": {"mtl": "1"}}
    with pytest.raises(CheckpointError) as caught:
        refuse_changes(recorded, current, "run")
    assert str(caught.value).splitlines() == [
        "run: the data of 'x/dev' should be what the run was started with (none). Found SHA-256 cccccccccccc…. "
        f"{NEW_RUN}",
        "run: the data of 'x/train' should be what the run was started with (SHA-256 bbbbbbbbbbbb…). Found none. "
        f"{NEW_RUN}",
        "run: mtl should be 0, with which the run was started. Found 1. Install that version; another one needs a new "
        "run.",
    ]
    with pytest.raises(CheckpointError) as caught:
        refuse_changes(recorded, {**recorded, "fitted": "g"}, "run")
    assert str(caught.value) == (
        "run: vocabularies and labels should be those that the run was started with. Found others, of equal data: "
        "other code made them. Put the plugins of that time back, or begin a new run in another folder (--out DIR, "
        "out=DIR)."
    )


def test_another_format_is_refused(begun: Path) -> None:
    path, state = recorded(begun)
    for content, found in (({**state, "format": 1}, "1"), ({}, "none"), ([], "none")):
        path.write_text(json.dumps(content))
        assert refusal(begun, TRAIN) == f"{path.parent}: should be a checkpoint of format 3. Found {found}."


def test_a_foreign_optimizer_state_is_refused(begun: Path) -> None:
    from mtl.base.tensors import write_tensors

    file = Checkpoints(begun / "run").path("last") / "optimizer.safetensors"
    write_tensors(file, {"other/weight/exp_avg": torch.zeros(1)}, {})
    assert refusal(begun, TRAIN) == (
        "the optimizer's state should be of parameters of this model. Found 'other/weight'."
    )


def changed(run: Path, *overrides: str) -> str:
    """Return what is said of a recipe with these settings that is to go on with a run; its data cannot be read."""
    with pytest.raises(CheckpointError) as caught:
        Run.start(run / "recipe.yaml", run, resume=True, data=run / "nowhere", overrides=overrides)
    return str(caught.value)


def test_a_changed_recipe_is_told_by_its_keys_before_data_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    for _ in Run.start(small.write(tmp_path), folder, overrides=["train.epochs=1"]).train():
        pass
    begin = f"{folder}: the recipe should be the one that the run was started with. Found another: "
    end = (
        ". The run's own is its recipe.yaml; a changed recipe needs a new run, which may start with weights of this "
        f"one: `mtl check {folder / 'recipe.yaml'} --from {folder}` shows what to write."
    )
    assert changed(folder, "train.optimizer.lr=0.01") == f"{begin}train.optimizer.lr: 0.02 there, 0.01 here{end}"
    assert changed(folder, "train.batch.tokens=50", "train.batch.size=null") == (
        f"{begin}train.batch.size: 16 there, null here; train.batch.tokens: null there, 50 here{end}"
    )
    many = ("seed=2", "train.patience=3", "train.epochs=2", "train.optimizer.lr=0.01", "train.clip=1")
    assert changed(folder, *many) == (
        f"{begin}seed: 1 there, 2 here; train.optimizer.lr: 0.02 there, 0.01 here; train.epochs: 1 there, 2 here; "
        f"and 2 more{end}"
    )
    assert changed(folder, "train.schedule={type: linear}") == (
        f"{begin}train.schedule.type: 'constant' there, 'linear' here; train.schedule.end: none there, 0.0 here{end}"
    )


def test_a_run_whose_texts_would_become_other_ids_is_refused_before_data_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    for _ in Run.start(small.write(tmp_path), folder, overrides=["train.epochs=1"]).train():
        pass
    kept = folder / "fitted.json"
    kept.write_text(json.dumps({**read_json(kept), "rules": {"featurizer": 1, "unicode": "14.0.0"}}))
    assert changed(folder) == (
        f"{kept}: should be fitted to texts as this version of mtl reads them, featurizer 2 with Unicode 14.0.0. Found "
        "featurizer 1 with Unicode 14.0.0: the run's texts would become other ids than in its training. Train again in "
        "a new folder, from the run's recipe.yaml, or use the version of mtl that trained it."
    )


def begun_before_a_key_was_there(folder: Path) -> tuple[Path, Path]:
    """Return a recipe and the folder of its stopped run, as a version without the key `train.clip` left it."""
    recipe, run = small.write(folder), folder / "run"
    for _ in islice(Run.start(recipe, run, overrides=["train.checkpoint_every=2"]).train(), 5):
        pass
    kept = run / "recipe.yaml"
    lines = kept.read_text("utf-8").splitlines(keepends=True)
    kept.write_text("".join(line for line in lines if not line.startswith("  clip: ")), "utf-8")
    path = Checkpoints(run).path("last") / "state.json"
    state = read_json(path)
    state["identity"]["recipe"] = digest_of(read(kept).tree)
    path.write_text(json.dumps(state))
    return recipe, run


def test_a_key_that_is_new_with_its_default_changes_no_recipe(tmp_path: Path) -> None:
    recipe, run = begun_before_a_key_was_there(tmp_path)
    for stop in (3, None):  # stopped again, it goes on again
        resumed = Run.start(recipe, run, resume=True, overrides=["train.checkpoint_every=2"])
        for _ in islice(resumed.train(), stop):
            pass
    whole = Run.start(recipe, tmp_path / "whole", overrides=["train.checkpoint_every=2"])
    for _ in whole.train():
        pass
    assert same(parameters(load_model(run)), parameters(load_model(tmp_path / "whole")))


def test_a_changed_recipe_of_another_version_is_told_by_both(tmp_path: Path) -> None:
    run = begun_before_a_key_was_there(tmp_path)[1]
    path = Checkpoints(run).path("last") / "state.json"
    state = read_json(path)
    state["identity"]["versions"]["mtl"] = "0.0.9"
    path.write_text(json.dumps(state))
    assert changed(run, "train.clip=7") == (
        f"{run}: the recipe should be the one that the run was started with. Found another: train.clip: "
        f"{TrainConfig.clip} there, 7.0 here. The run's own is its recipe.yaml; a changed recipe needs a new run.\n"
        f"{run}: mtl should be 0.0.9, with which the run was started. Found {VERSION}. Install that version; another "
        "one needs a new run."
    )


def test_a_recipe_that_was_changed_in_the_folder_is_refused(tmp_path: Path) -> None:
    run = begun_before_a_key_was_there(tmp_path)[1]
    kept = run / "recipe.yaml"
    before = read_json(Checkpoints(run).path("last") / "state.json")["identity"]["recipe"]
    kept.write_text(kept.read_text("utf-8").replace("seed: 1\n", "seed: 2\n"), "utf-8")
    with pytest.raises(CheckpointError) as caught:
        next(Run.start(kept, run, resume=True).train())
    now = digest(load_recipe(kept))
    assert str(caught.value) == (
        f"{run}: the recipe should be the one that the run was started with (SHA-256 {before[:12]}…). Found another "
        f"({now[:12]}…). The run's own is its recipe.yaml; a changed recipe needs a new run."
    )
