"""`mtl test` and `mtl export` as their users see them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mtl.export import pairs
from tests import small
from tests.commands import within


def test_labels_that_the_run_never_saw_are_named_and_counted(small_run: Path, tmp_path: Path) -> None:
    small.write(tmp_path)
    rows = ["text\tintent\tslots", "play yesterday\tplay\tO B-song", "fly to rome\tfly\tO O B-city", "fly\tfly\tO"]
    (tmp_path / "test.tsv").write_text("\n".join([*rows, "is it wet\tweather\tO O O", ""]), "utf-8")
    done = within("test", small_run, "--data", tmp_path)
    assert done.returncode == 0
    assert done.stderr.splitlines()[1:] == [
        "warning: utterances/test: intent: should have labels that the run was trained with. "
        "Found others, which count as wrong: fly (2), weather (1).",
        "warning: utterances/test: slots: should have labels that the run was trained with. "
        "Found others, which count as wrong: B-city (1).",
    ]
    done = within("test", small_run, "--split", "dev", "--task", "intent", "--data", tmp_path)  # as it was
    assert (done.returncode, done.stderr) == (0, "")


def test_an_export_that_is_verified_less_says_so(
    small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairs, "FEW", 5)
    small.write(tmp_path)
    shutil.copytree(small_run, tmp_path / "run")
    done = within("export", tmp_path / "run", "--data", tmp_path, "--verify", "sample")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    answered = "test rows answered as by torch, batch"
    for task in ("intent", "slots"):
        assert f"verified {task}: {answered} 1 5/15" in lines
        assert f"verified {task}: {answered} 64 15/15" in lines
    assert f"verified joint.onnx, intent and slots: {answered} 1 and 64 5/15, 15/15" in lines
    assert "joint joint.onnx: intent, slots; reads text (unicode_words, lowercase)" in lines
    found = json.loads((tmp_path / "run/export/manifest.json").read_text())["verified"]
    assert (found["how"], found["rows"]["slots"], found["compared"]["slots"]) == ("sample", 15, {"1": 5, "64": 15})
    done = within("export", tmp_path / "run", "--data", tmp_path, "--verify", "none")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[:2] == ["export: tracing intent, slots", "export: writing intent, slots"]
    assert done.stdout.splitlines()[-1].split() == "verified nothing, as --verify none asked".split()
    found = json.loads((tmp_path / "run/export/manifest.json").read_text())["verified"]
    assert (found["how"], found["rows"]) == ("none", {})


def test_what_is_verified_has_one_of_three_names(tmp_path: Path) -> None:
    for command in ("export", "run"):
        done = within(command, tmp_path, "--verify", "ful")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "--verify should be full, sample or none. Found 'ful'. Did you mean 'full'?\n"
