from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from mtl.cli.training import Asked, started
from tests import small


def test_the_command_that_resumes_is_whole() -> None:
    asked = Asked("run", Path("my recipe.yaml"), None, False, 0, Path("data"), ("train.epochs=2", "name=a b"))
    assert asked.to_resume(Path("runs/a/1")) == (
        "mtl run 'my recipe.yaml' --resume --out runs/a/1 --seed 0 --data data --set train.epochs=2 --set 'name=a b'"
    )


def test_an_interrupt_says_how_to_go_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = small.write(tmp_path)
    asked = Asked("train", recipe, tmp_path / "run", False, None, None, ())
    with pytest.raises(KeyboardInterrupt), started(asked, Console(quiet=True)):
        raise KeyboardInterrupt
    assert capsys.readouterr().err == f"`mtl train {recipe} --resume --out {tmp_path / 'run'}` continues this run.\n"
