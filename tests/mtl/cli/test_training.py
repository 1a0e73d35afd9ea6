from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from mtl.base.errors import CheckpointError
from mtl.cli.training import TrainingRequest, started
from mtl.runs.runner import Run
from tests import small
from tests.commands import within


def test_the_command_that_resumes_is_whole() -> None:
    asked = TrainingRequest("run", Path("my recipe.yaml"), None, False, 0, Path("data"), ("train.epochs=2", "name=a b"))
    assert asked.to_resume(Path("runs/a/1")) == (
        "mtl run 'my recipe.yaml' --resume --out runs/a/1 --seed 0 --data data --set train.epochs=2 --set 'name=a b'"
    )


def test_an_interrupt_says_how_to_go_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = small.write(tmp_path)
    asked = TrainingRequest("train", recipe, tmp_path / "run", False, None, None, ())
    with pytest.raises(KeyboardInterrupt), started(asked, Console(quiet=True)):
        raise KeyboardInterrupt
    again = f"`mtl train {recipe} --resume --out {tmp_path / 'run'}`"
    assert capsys.readouterr().err == f"{again} begins this run again: it has no checkpoint yet.\n"


def test_before_the_first_checkpoint_a_run_is_resumed_by_its_own_recipe_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe, out = small.write(tmp_path), tmp_path / "run"
    Run.start(recipe, out)
    kept = (out / "recipe.yaml").read_bytes()
    with pytest.raises(CheckpointError) as error:
        Run.start(recipe, out, resume=True, seed=7)
    assert str(error.value) == (
        f"{out}: the recipe should be the one that the run was started with. Found another: seed: 1 there, 7 here. The "
        "run's own is its recipe.yaml; a changed recipe needs a new run."
    )
    assert (out / "recipe.yaml").read_bytes() == kept
    asked = TrainingRequest("train", recipe, out, True, None, None, ())
    with started(asked, Console(quiet=True)):
        assert capsys.readouterr().err == f"warning: {out}: has no checkpoint: training begins at step 0.\n"


def test_several_processes_are_resumed_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"TORCHELASTIC_RUN_ID": "none", "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    asked = TrainingRequest("train", Path("r.yaml"), None, False, None, None, ())
    assert asked.to_resume(Path("a")) == "torchrun --nproc-per-node 2 -m mtl train r.yaml --resume --out a"


def test_a_run_with_neither_dev_nor_test_is_finished_and_says_that_nothing_was_measured(tmp_path: Path) -> None:
    recipe, out = small.write(tmp_path), tmp_path / "run"
    without = [part for split in ("dev", "test") for part in ("--set", f"sources.utterances.{split}=null")]
    asked = ["run", recipe, "--out", out, "--set", "train.epochs=1", *without]
    for again in ([], ["--resume"]):
        ended = within(*asked, *again)
        assert ended.returncode == 0, ended.stderr
        *_, last = ended.stdout.splitlines()
        assert last == "nothing was measured, as there is neither a dev nor a test split"
        assert "exported" in ended.stdout
    run = Run.open(out)
    assert run.complete
    assert run.metrics == run.reports == {}
    told = within("report", out)
    assert told.returncode
    assert told.stderr == (
        f"{out}: should be a run that was measured. Its data had neither a dev nor a test split. "
        f"Name data that has one: `mtl test {out} --data FOLDER`.\n"
    )


def test_a_run_without_test_is_measured_on_dev(tmp_path: Path) -> None:
    recipe, out = small.write(tmp_path), tmp_path / "run"
    options = ("--set", "train.epochs=1", "--set", "sources.utterances.test=null")
    trained = within("train", recipe, "--out", out, *options)
    assert trained.stdout.splitlines()[-1] == (
        f"{out}: trained. `mtl test {out} --split dev` measures it, `mtl export {out}` writes its graphs."
    )
    done = within("report", out)
    assert (done.returncode, done.stderr) == (
        2,
        f"{out}: should be a run that was tested, with a file 'metrics.json'. There is none. "
        f"`mtl test {out} --split dev` writes it.\n",
    )
    message = f"{out}: should have a test split. Found the splits dev, train. Use --split dev.\n"
    done = within("test", out)
    assert (done.returncode, done.stderr) == (2, message)
    within("export", out)
    done = within("compare", out, out / "export")
    assert done.returncode == 2
    assert done.stderr == message + message.replace(str(out), str(out / "export"))
    assert within("test", out, "--split", "dev").returncode == 0
