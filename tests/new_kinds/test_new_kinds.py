"""A package outside the library adds four kinds of tasks; the library takes them as it takes its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PACKAGE = Path(__file__).parent / "package"
ROOTS = [Path(__file__).resolve().parents[2] / folder for folder in ("", "tasks", "shared_modules")]
QUESTIONS = {
    "topics": [{"text": "match goal bank today"}, {"text": ""}],
    "rating": [{"text": "the room was superb"}, {"text": "the food was awful"}],
    "answer": [{"question": "which city is it ?", "context": "For years now , Tom lives in New York ."}],
    "acts": [{"text": ["hello", "how much is it", "thanks a lot"]}, {"text": []}],
}


def python(folder: Path, *arguments: str, text: str | None = None) -> str:
    """Run Python with the package, and return what it printed."""
    paths = os.pathsep.join(map(str, [folder, *ROOTS]))
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "MTL_CACHE": str(folder / "cache")}
    command = [sys.executable, *arguments]
    result = subprocess.run(command, cwd=folder, env=environment, input=text, capture_output=True, text=True)
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


def answers(folder: Path, place: str, task: str) -> list[dict[str, Any]]:
    lines = "".join(json.dumps(row) + "\n" for row in QUESTIONS[task])
    printed = python(folder, "-m", "mtl", "predict", place, "--task", task, text=lines)
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
    assert manifest["tasks"]["acts"]["outputs"]["acts"]["shape"] == ["B", "U"]


@pytest.mark.parametrize("task", QUESTIONS)
def test_run_and_export_answer_alike(folder: Path, task: str) -> None:
    ours, exported = (answers(folder, place, task) for place in ("r", "r/export"))
    assert len(ours) == len(QUESTIONS[task])
    for one, other in zip(ours, exported, strict=True):
        assert one.keys() == other.keys()
        for name, value in one.items():
            assert other[name] == (
                value if name in ("labels", "acts", "start", "end") else pytest.approx(value, abs=1e-5)
            )


def test_answers_are_values_that_a_user_reads(folder: Path) -> None:
    topics, nothing = answers(folder, "r/export", "topics")
    assert {"sport", "money"} <= set(topics["labels"])
    assert set(nothing["scores"]) == {"sport", "money", "weather"}
    best, worst = answers(folder, "r/export", "rating")
    assert best["value"] > 4 > 2 > worst["value"]
    assert [row["acts"] for row in answers(folder, "r/export", "acts")] == [["greet", "ask", "thank"], []]


def test_a_run_that_is_stopped_and_resumed_ends_with_the_same_bytes(folder: Path) -> None:
    python(folder, "resumed.py", str(folder))
    whole, stopped = (folder / name / "checkpoints" for name in ("whole", "stopped"))
    files = sorted(file.relative_to(whole) for file in whole.rglob("*.safetensors"))
    assert files
    assert files == sorted(file.relative_to(stopped) for file in stopped.rglob("*.safetensors"))
    for file in files:
        assert (whole / file).read_bytes() == (stopped / file).read_bytes(), file


def test_an_export_is_measured_as_its_run_is(folder: Path) -> None:
    ours, exported = (python(folder, "-m", "mtl", "test", place) for place in ("r", "r/export"))
    assert ours == exported
    assert "same_span" in ours
    alone = python(folder, "-m", "mtl", "test", "r/export", "--task", "acts", "--split", "dev")
    assert "acts" in alone
    assert "topics" not in alone


def test_an_export_without_its_run_and_a_task_that_does_not_exist(folder: Path, tmp_path: Path) -> None:
    lone = tmp_path / "lone"
    shutil.copytree(folder / "r/export", lone)
    assert refused(folder, "test", str(lone)) == (
        f"'{lone}' should be in the folder of its run, whose recipe and data it is measured with. "
        f"Found no recipe.yaml in '{tmp_path}'.\n"
    )
    assert refused(folder, "test", "r/export", "--task", "act") == (
        "--task 'act' is not a task of 'r/export'. Did you mean 'acts'? Tasks: acts, answer, rating, topics.\n"
    )


def refused(folder: Path, *arguments: str) -> str:
    """Run a command that was asked wrongly, and return what it said."""
    paths = os.pathsep.join(map(str, [folder, *ROOTS]))
    environment = {**os.environ, "PYTHONPATH": paths, "MTL_CACHE": str(folder / "cache")}
    command = [sys.executable, "-m", "mtl", *arguments]
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert result.returncode == 2
    return result.stderr


def test_a_malformed_cell_is_named_with_its_place(folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken, ignore=shutil.ignore_patterns("r", "cache", "whole", "stopped"))
    (broken / "dialog.dev.jsonl").write_text('{"turns": ["hello"], "acts": ["greet", "ask"]}\n', "utf-8")
    assert (
        f"{broken}/dialog.dev.jsonl:1: column 'acts': should be a list of 1 labels, one an utterance. "
        "Found ['greet', 'ask'].\n"
    ) in refused(broken, "check", "all.yaml", "--sources")
