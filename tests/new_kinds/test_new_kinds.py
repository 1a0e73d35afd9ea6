"""A package outside the library adds two kinds of tasks; they run beside two of the library's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.commands import another_process

PACKAGE = Path(__file__).parent / "package"
ROOTS = [Path(__file__).resolve().parents[2] / folder for folder in ("", "tasks", "shared_modules")]
QUESTIONS = {
    "topics": [{"text": "match goal bank today"}, {"text": ""}],
    "rating": [{"text": "the room was superb"}, {"text": "the food was awful"}],
    "answer": [{"question": "which city is it ?", "context": "For years now , Tom lives in New York ."}],
    "acts": [{"text": ["hello", "how much is it", "thanks a lot"]}, {"text": []}],
}


Mtl = Callable[..., list[Any]]


def environment(folder: Path) -> dict[str, str]:
    """Return the variables of a process that finds the package."""
    paths = os.pathsep.join(map(str, [folder, *ROOTS]))
    return {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "MTL_CACHE": str(folder / "cache")}


def python(folder: Path, *arguments: str, text: str | None = None) -> str:
    """Run Python with the package, and return what it printed."""
    command = [sys.executable, *arguments]
    result = subprocess.run(command, cwd=folder, env=environment(folder), input=text, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package, its data, and a finished run `r`."""
    found = tmp_path_factory.mktemp("kinds") / "package"
    shutil.copytree(PACKAGE, found, ignore=shutil.ignore_patterns("__pycache__"))
    python(found, "make_data.py", ".")
    python(found, "-m", "mtl", "run", "all.yaml", "--out", "r")
    return found


@pytest.fixture(scope="module")
def mtl(folder: Path) -> Iterator[Mtl]:
    """Runs commands in another process: what the package registers is not there for other tests."""
    with another_process(folder, environment(folder)) as run:
        yield run


def told(done: list[Any]) -> str:
    """Return what a command has printed that went well."""
    assert done[0] == 0, done[2]
    return str(done[1])


def asked(task: str) -> str:
    return "".join(json.dumps(row) + "\n" for row in QUESTIONS[task])


def answers(folder: Path, task: str) -> list[dict[str, Any]]:
    """Return what an export answers, in a process of its own that knows nothing of the package."""
    printed = python(folder, "-m", "mtl", "predict", "r/export", "--task", task, text=asked(task))
    return [json.loads(line) for line in printed.splitlines()]


def test_all_four_are_measured_and_have_learned_something(folder: Path) -> None:
    figures = json.loads((folder / "r/metrics.json").read_text("utf-8"))["test"]
    assert figures["topics"]["micro_f1"] > 0.8
    assert figures["rating"]["mean_absolute_error"] < 0.3
    assert figures["answer"]["same_span"] > 0.6  # one of three names would be right in a third of the rows
    assert figures["acts"]["accuracy"] > 0.9


def test_all_four_are_exported_and_verified(folder: Path) -> None:
    manifest = json.loads((folder / "r/export/manifest.json").read_text("utf-8"))
    assert manifest["verified"]["rows"] == {"topics": 24, "rating": 24, "answer": 24, "acts": 24}
    inputs = {task: entry["inputs"] for task, entry in manifest["tasks"].items()}
    assert inputs == {"topics": ["text"], "rating": ["text"], "answer": ["question", "context"], "acts": ["text"]}
    assert manifest["tasks"]["acts"]["outputs"]["labels"]["shape"] == ["B", "U"]


@pytest.mark.parametrize("task", QUESTIONS)
def test_run_and_export_answer_alike(folder: Path, mtl: Mtl, task: str) -> None:
    printed = told(mtl("predict", "r", "--task", task, text=asked(task)))
    ours, exported = [json.loads(line) for line in printed.splitlines()], answers(folder, task)
    assert len(ours) == len(QUESTIONS[task])
    for one, other in zip(ours, exported, strict=True):
        assert one.keys() == other.keys()
        for name, value in one.items():
            assert other[name] == (value if name in ("labels", "start", "end") else pytest.approx(value, abs=1e-5))


def test_answers_are_values_that_a_user_reads(folder: Path) -> None:
    topics, nothing = answers(folder, "topics")
    assert {"sport", "money"} <= set(topics["labels"])
    assert set(nothing["scores"]) == {"sport", "money", "weather"}
    best, worst = answers(folder, "rating")
    assert best["value"] > 4 > 2 > worst["value"]
    assert [row["labels"] for row in answers(folder, "acts")] == [["greet", "ask", "thank"], []]


@pytest.mark.slow
def test_a_run_that_is_stopped_and_resumed_ends_with_the_same_bytes(folder: Path) -> None:
    python(folder, "resumed.py", str(folder))
    whole, stopped = (folder / name / "checkpoints" for name in ("whole", "stopped"))
    files = sorted(file.relative_to(whole) for file in whole.rglob("*.safetensors"))
    assert files
    assert files == sorted(file.relative_to(stopped) for file in stopped.rglob("*.safetensors"))
    for file in files:
        assert (whole / file).read_bytes() == (stopped / file).read_bytes(), file


def test_an_export_is_measured_as_its_run_is(mtl: Mtl) -> None:
    ours, exported = (told(mtl("test", place)) for place in ("r", "r/export"))
    assert ours == exported
    assert "same_span" in ours
    alone = told(mtl("test", "r/export", "--task", "acts", "--split", "dev"))
    assert "acts" in alone
    assert "topics" not in alone


def test_an_export_without_its_run_and_a_task_that_does_not_exist(folder: Path, mtl: Mtl, tmp_path: Path) -> None:
    lone = tmp_path / "lone"
    shutil.copytree(folder / "r/export", lone)
    assert mtl("test", lone) == mtl("test", "r/export")
    code, _, message = mtl("test", "r/export", "--task", "act")
    assert (code, message) == (
        2,
        "--task 'act' is not a task of 'r/export'. Did you mean 'acts'? Tasks: acts, answer, rating, topics.\n",
    )


def test_a_malformed_cell_is_named_with_its_place(folder: Path, mtl: Mtl, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken, ignore=shutil.ignore_patterns("r", "cache", "whole", "stopped"))
    (broken / "dialog.dev.jsonl").write_text('{"turns": ["hello"], "acts": ["greet", "ask"]}\n', "utf-8")
    code, _, message = mtl("check", broken / "all.yaml", "--sources")
    assert code == 2
    assert (
        f"{broken}/dialog.dev.jsonl:1: column 'acts': should be a list of 1 label, one a text. Found 2.\n"
    ) in message
