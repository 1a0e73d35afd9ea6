from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from mtl.cli.training import TrainingRequest, started
from tests import small


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
    assert capsys.readouterr().err == f"`mtl train {recipe} --resume --out {tmp_path / 'run'}` continues this run.\n"


def test_several_processes_are_resumed_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"TORCHELASTIC_RUN_ID": "none", "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    asked = TrainingRequest("train", Path("r.yaml"), None, False, None, None, ())
    assert asked.to_resume(Path("a")) == "torchrun --nproc-per-node 2 -m mtl train r.yaml --resume --out a"
