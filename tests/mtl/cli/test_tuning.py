from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from mtl.cli.tuning import TuningRequest, nothing
from mtl.runs.tuning.study import Trial
from tests import small
from tests.commands import start, within

SPACE = """
space:
  train.optimizer.lr: {low: 1e-3, high: 1e-1, log: true}
  tasks.intent.model.representation.hidden: [4, 8]
"""
SHORT = small.RECIPE.replace("epochs: 24", "epochs: 2")


def written(folder: Path, recipe: str = SHORT, space: str = SPACE) -> tuple[str | Path, ...]:
    """Write recipe and space; return the command that searches it."""
    path = small.write(folder, recipe)
    (folder / "space.yaml").write_text(space, "utf-8")
    return ("tune", path, "--space", folder / "space.yaml", "--out", folder / "study")


@pytest.mark.slow
def test_a_search_that_is_killed_ends_as_one_that_is_not(tmp_path: Path) -> None:
    for name in ("killed", "whole"):
        (tmp_path / name).mkdir()
    command = (*written(tmp_path / "killed", SHORT.replace("epochs: 2", "epochs: 8")), "--trials", "3")
    out = tmp_path / "killed/study"
    process = start(*command)
    log = out / "trials/2/log.jsonl"
    end = time.monotonic() + 300
    while not (log.exists() and '"evaluation"' in log.read_text("utf-8")):
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()

    done = within(*command)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[1] == f"study folder: {out}, with 1 trial in it"
    assert lines[2].startswith("trial 2/3 goes on with optimizer.lr=")
    whole = within(*written(tmp_path / "whole", SHORT.replace("epochs: 2", "epochs: 8")), "--trials", "3")
    assert whole.stdout.splitlines()[-6:-2] == lines[-6:-2]  # the table
    for name in ("trials.csv", "tune.svg"):
        assert (out / name).read_bytes() == (tmp_path / "whole/study" / name).read_bytes()


def test_a_search_ends_with_the_best_trials_and_files_that_say_more(tmp_path: Path) -> None:
    command = written(tmp_path)
    done = within(*command, "--trials", "2", "--set", "train.epochs=1", "--seed", "3")
    assert (done.returncode, done.stderr) == (0, "")
    out = tmp_path / "study"
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"{tmp_path / 'small.yaml'}: no faults. 2 tasks, ")
    assert lines[1] == f"study folder: {out}"
    scores = {}
    for number in (1, 2):
        begins = next(line for line in lines if line.startswith(f"trial {number}/2 begins with optimizer.lr="))
        assert "  representation.hidden=" in begins
        log = (out / f"trials/{number}/log.jsonl").read_text("utf-8").splitlines()
        scores[number] = json.loads(log[-1])["score"]
        ended = next(line for line in lines if line.startswith(f"trial {number}/2 score "))
        best = " (best)" if number == 1 or scores[2] > scores[1] else ""
        assert ended == f"trial {number}/2 score {scores[number]:.4f} after 3 steps{best}"
    order = sorted(scores, key=lambda number: -scores[number])
    head, first, second, counts, files, advice = lines[6:]
    assert head.split() == ["trial", "steps", "optimizer.lr", "representation.hidden", "score"]
    for row, number in zip((first, second), order, strict=True):
        assert (row.split()[0], row.split()[-1]) == (str(number), f"{scores[number]:.4f}")
    assert counts == "2 trials: 2 complete"
    assert files == ", ".join(str(out / name) for name in ("trials.csv", "tune.svg", "best.yaml")) + ": written"
    assert advice == f"`mtl run {out / 'best.yaml'}` trains the best recipe"
    assert "seed: 3\n" in (out / "best.yaml").read_text("utf-8")
    assert within("check", out / "best.yaml").returncode == 0

    refused = within(*command, "--trials", "2", "--seed", "4")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == (
        f"{out}: the recipe and its space should be those that the study was begun with. Found others: seed: 3 there, "
        "4 here; train.epochs: 1 there, 2 here. Go on with what it was begun with, or name another folder (--out "
        "DIR).\n"
    )


def test_a_trial_that_fails_is_one_line_and_all_that_fail_are_one_message(tmp_path: Path) -> None:
    keys = [f"tasks.{task}.model.representation.dropout" for task in ("intent", "slots")]
    space = "space:\n" + "".join(f"  {key}: [{low}, {low + 0.1}]\n" for key, low in zip(keys, (0.1, 0.3), strict=True))
    command = written(tmp_path, SHORT, f"{space}sampler: random\n")
    done = within(*command, "--trials", "2")
    row = "tied modules have one configuration. Found 0."
    assert done.returncode == 1
    failed = [line for line in done.stdout.splitlines() if " failed: " in line]
    assert len(failed) == 2
    assert all(
        line.startswith(f"trial {n}/2 failed: {tmp_path / 'space.yaml'}:3: ") for n, line in enumerate(failed, 1)
    )
    assert all(row in line for line in failed)
    first = failed[0].partition(" failed: ")[2]
    assert done.stderr == (
        f"{tmp_path / 'study'}: should hold a trial that was trained to its end. Found 2 trials that failed, the first "
        f"by: {first}\n"
    )
    assert (tmp_path / "study/trials.csv").read_text("utf-8").count(",failed,") == 2
    assert not (tmp_path / "study/best.yaml").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--trials", "0"), "--trials should be at least 1. Found 0."),
        (("--jobs", "0"), "--jobs should be at least 1. Found 0."),
        (("--minutes", "0"), "--minutes should be greater than 0. Found 0."),
    ],
)
def test_options_that_cannot_be(tmp_path: Path, options: tuple[str, ...], message: str) -> None:
    done = within("tune", tmp_path / "none.yaml", *options)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{message}\n")


def test_the_command_that_continues_is_whole() -> None:
    asked = TuningRequest(
        Path("my r.yaml"), Path("s.yaml"), 8, Path("o"), 0, 1.5, 2, Path("d"), ("train.epochs=2", "name=a b")
    )
    assert asked.again() == (
        "mtl tune 'my r.yaml' --space s.yaml --trials 8 --out o --seed 0 --minutes 1.5 --jobs 2 --data d "
        "--set train.epochs=2 --set 'name=a b'"
    )
    assert (
        TuningRequest(Path("r.yaml"), None, 20, None, None, None, 1, None, ()).again() == "mtl tune r.yaml --trials 20"
    )


@pytest.mark.slow
def test_an_interrupt_says_how_to_go_on(tmp_path: Path) -> None:
    command = written(tmp_path, SHORT.replace("epochs: 2", "epochs: 100000"))
    process = start(*command)
    log = tmp_path / "study/trials/1/log.jsonl"
    end = time.monotonic() + 300
    while not (log.exists() and log.stat().st_size):
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode == 130
    again = f"mtl tune {command[1]} --space {command[3]} --trials 20 --out {command[5]}"
    assert errors.decode() == f"`{again}` continues this study.\ninterrupted\n"


def test_a_search_without_a_trial_that_has_ended_says_what_goes_on() -> None:
    asked = TuningRequest(Path("r.yaml"), None, 20, None, None, 0.1, 1, None, ())
    assert nothing(Path("o"), [], asked) == (
        "o: should hold a trial that was trained to its end. There is none yet: `mtl tune r.yaml --trials 20 --minutes "
        "0.1` goes on."
    )
    failed = [Trial(1, "failed", {}, error="no memory")]
    assert nothing(Path("o"), failed, asked) == (
        "o: should hold a trial that was trained to its end. Found 1 trial that failed, the first by: no memory"
    )
