from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mtl import __version__
from tests import small
from tests.commands import mtl, start, within

COMMANDS = ("run", "check", "graph", "train", "test", "predict", "export", "components")


def test_help_lists_every_command() -> None:
    result = mtl("--help")
    assert result.returncode == 0
    assert all(f"\n  {command} " in result.stdout for command in COMMANDS)


def test_the_console_script_is_the_same_command() -> None:
    script = Path(sys.executable).with_name("mtl")
    result = subprocess.run([script, "--help"], capture_output=True, text=True, check=True)
    assert result.stdout == mtl("--help").stdout


def test_an_unknown_command_offers_the_near_miss() -> None:
    result = mtl("chek")
    assert result.returncode == 2
    assert result.stdout == ""
    assert "No such command 'chek'. Did you mean 'check'?" in result.stderr


def test_a_missing_argument_and_an_unknown_option_are_asked_wrongly() -> None:
    assert mtl("run").returncode == 2
    assert mtl("run", "recipe.yaml", "--epochs", "3").returncode == 2


def test_a_fault_is_one_row_and_a_traceback_only_comes_with_debug(tmp_path: Path) -> None:
    recipe = tmp_path / "none.yaml"
    plain = within("check", recipe)
    assert plain.returncode == 2
    assert plain.stdout == ""
    assert str(recipe) in plain.stderr
    assert "Traceback" not in plain.stderr
    assert "Traceback" in mtl("predict", recipe, "--debug").stderr  # a command that needs no torch


def test_an_interrupt_ends_a_run_cleanly_and_it_can_be_resumed(tmp_path: Path) -> None:
    recipe = small.write(tmp_path)
    run = [recipe, "--out", tmp_path / "run", "--set", "train.epochs=100000"]
    process = start("train", *run)
    assert process.stdout is not None
    evaluations = 0
    while evaluations < 2:  # the checkpoint of the first one is then written
        evaluations += process.stdout.readline().startswith(b"step ")
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    again = f"mtl train {recipe} --resume --out {tmp_path / 'run'} --set train.epochs=100000"
    assert errors.decode() == f"`{again}` continues this run.\ninterrupted\n"
    assert (tmp_path / "run/checkpoints/pointer.json").is_file()


@pytest.mark.slow
def test_a_reader_that_goes_away_ends_a_command_silently() -> None:
    process = start("components")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 141
    assert errors == b""


def test_the_version_is_told() -> None:
    done = within("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"mtl {__version__}\n", "")
