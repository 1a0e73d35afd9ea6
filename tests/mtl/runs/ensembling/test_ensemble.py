"""Runs that answer together: measured, exported as one graph per task, and verified as a run is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

import mtl
from mtl.base.errors import CheckpointError, UsageError
from mtl.base.files import read_json
from mtl.runs.ensembling.ensemble import Ensemble
from mtl.runs.reported import task_reports
from mtl.runs.table_notes import is_of
from mtl.runs.wrong_answers import wrong_answers
from tests import small
from tests.commands import within
from tests.mtl.compile.test_extension import unfinished
from tests.once import once

TEXTS = ["put on blackbird", "Wake me at noon", ""]


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the small recipe with a CRF, which reads capitals; trained for a moment, and nothing more."""

    def make(folder: Path) -> None:
        recipe = small.RECIPE.replace("lowercase: true", "lowercase: false").replace("epochs: 24", "epochs: 6")
        path = small.write(folder, recipe)
        run = mtl.Run.start(path, folder / "run", seed=2, overrides=["tasks.slots.model.output=crf"])
        for _ in run.train():
            pass

    return once(tmp_path_factory, "other_member", make) / "run"


@pytest.fixture(scope="module")
def ensemble(small_run: Path, other: Path, tmp_path_factory: pytest.TempPathFactory) -> Ensemble:
    """Both runs, averaged, tested and exported by a command."""
    folder = tmp_path_factory.mktemp("ensemble")
    done = within("ensemble", small_run, other, "--out", folder / "both")
    assert done.returncode == 0, done.stderr
    assert ["intent", "accuracy", "1.0000"] in [line.split()[:3] for line in done.stdout.splitlines()]
    return Ensemble.open(folder / "both")


def test_probabilities_are_the_means_of_the_members(ensemble: Ensemble, small_run: Path, other: Path) -> None:
    members = [mtl.Predictor.load(run).predict("intent", TEXTS) for run in (small_run, other)]
    for row, answer in enumerate(ensemble.predict("intent", TEXTS)):
        for label, score in answer["scores"].items():
            assert score == pytest.approx(np.mean([member[row]["scores"][label] for member in members]), abs=1e-6)


def test_the_export_answers_as_the_ensemble(ensemble: Ensemble) -> None:
    bundle = mtl.Bundle(ensemble.out / "export")
    assert bundle.tasks == ("intent", "slots")
    for task, names in {"intent": ("label",), "slots": ("tokens", "tags")}.items():
        for eager, exported in zip(ensemble.predict(task, TEXTS), bundle.predict(task, TEXTS), strict=True):
            assert [eager[name] for name in names] == [exported[name] for name in names]
            assert exported["score"] == pytest.approx(eager["score"], abs=1e-5)


def test_a_stock_onnxruntime_takes_texts_once_for_all_members(ensemble: Ensemble) -> None:
    session = onnxruntime.InferenceSession(ensemble.out / "export/slots.onnx")
    assert [given.name for given in session.get_inputs()] == ["text"]
    (tags,) = session.run(["tags"], {"text": np.array(["put on blackbird"], dtype=object)})
    assert tags.tolist() == [ensemble.predict("slots", ["put on blackbird"])[0]["tags"]]


def test_the_manifest_says_which_runs_it_came_from(ensemble: Ensemble, small_run: Path, other: Path) -> None:
    found = ensemble.manifest["ensemble"]
    assert found["by"] == "average"
    assert [one["run"] for one in found["runs"]] == [str(small_run.resolve()), str(other.resolve())]
    assert all(len(one["weights"]) == 64 for one in found["runs"])
    assert ensemble.manifest["verified"]["rows"] == {"intent": 15, "slots": 15}


def test_weights_are_those_of_all_members_once(ensemble: Ensemble, small_run: Path) -> None:
    bundled = mtl.Bundle(ensemble.out / "export").manifest["files"]["weights.safetensors"]["bytes"]
    assert bundled > read_json(small_run / "export/manifest.json")["files"]["weights.safetensors"]["bytes"]


def test_it_is_measured_and_asked_by_commands_like_a_run(ensemble: Ensemble) -> None:
    figures = ensemble.evaluate("test").metrics
    assert read_json(ensemble.out / "metrics.json")["test"] == figures
    for folder in (ensemble.out, ensemble.out / "export"):
        tested = within("test", folder, "--task", "slots")
        assert (tested.returncode, tested.stderr) == (0, "")
        assert tested.stdout.splitlines()[1].split() == ["slots", "f1", f"{figures['slots']['f1']:.4f}"]
        answered = within("predict", folder, "--task", "intent", stdin=b"put on blackbird\n")
        assert json.loads(answered.stdout)["label"] == "play"


def test_its_wrong_rows_are_shown_and_reported(small_run: Path, other: Path, tmp_path: Path) -> None:
    """Gold of the split is wrong for one row, as the answer of all members is right."""
    found = Ensemble.start([small_run, other], tmp_path / "both", tasks=["intent"])
    found.test()
    small.write(tmp_path)
    (tmp_path / "test.tsv").write_text("text\tintent\tslots\nplay yesterday\twake\tO O\nwake me at noon\twake\t\n")
    done = within("errors", found.out, "--data", tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    table = found.out / "errors/intent.test.tsv"
    (answer,) = found.predict("intent", ["play yesterday"])
    assert lines[0] == "intent: 1 of 2 rows of test answered wrongly"
    assert lines[-1] == f"{table}: 1 row"
    written = table.read_text("utf-8").splitlines()[1].split("\t")
    assert written == ["1", f"{tmp_path}/test.tsv", "2", f"{answer['score']:.4f}", "wake", "play", "play yesterday"]
    assert "1 row answered wrongly" not in within("report", found.out).stdout  # figures are of the data of its members
    asked = within("errors", found.out, "--task", "slots")
    assert (asked.returncode, asked.stderr) == (
        2,
        f"--task 'slots' is not a task of '{found.out}'. Tasks: intent.\n",
    )


def test_a_table_of_wrong_rows_is_of_the_members_their_names_and_data(
    small_run: Path, other: Path, tmp_path: Path
) -> None:
    shutil.copytree(small_run, tmp_path / "a", ignore=shutil.ignore_patterns("export"))
    found = Ensemble.start([tmp_path / "a", other], tmp_path / "both", tasks=["intent"])
    table = wrong_answers(found, "intent").write(found.out)
    assert is_of(found.out, table)
    for file, old, new in (
        (tmp_path / "both/ensemble.json", '"weights": "', '"weights": "0'),
        (tmp_path / "both/ensemble.json", '"average"', '"vote"'),
        (tmp_path / "a/data.json", '"utterances/test": "', '"utterances/test": "0'),
    ):
        before = file.read_text("utf-8")
        assert old in before
        file.write_text(before.replace(old, new), "utf-8")
        assert not is_of(found.out, table)
        file.write_text(before, "utf-8")
    assert is_of(found.out, table)
    found.test()
    assert not task_reports(found.out)[1]["intent"].renamed_since
    found.first.rename("play", "start")
    assert not is_of(found.out, table)
    assert task_reports(found.out)[1]["intent"].renamed_since
    again = Ensemble.open(found.out)
    again.test()
    assert {name for name, _ in task_reports(found.out)[1]["intent"].labels} == {"start", "wake"}
    assert not task_reports(found.out)[1]["intent"].renamed_since


def test_it_is_exported_again_and_verified_less_by_a_command(ensemble: Ensemble, tmp_path: Path) -> None:
    done = within("export", ensemble.out, "--out", tmp_path / "export", "--verify", "none")
    assert (done.returncode, done.stderr) == (0, "")
    manifest = read_json(tmp_path / "export/manifest.json")
    assert (manifest["verified"]["how"], manifest["verified"]["rows"]) == ("none", {})
    assert manifest["ensemble"] == ensemble.manifest["ensemble"]


def test_an_ensemble_is_verified_as_it_was_asked(small_run: Path, other: Path, tmp_path: Path) -> None:
    options = ["--out", tmp_path / "both", "--by", "vote", "--task", "intent", "--verify", "none"]
    done = within("ensemble", small_run, other, *options)
    assert done.returncode == 0, done.stderr
    assert "tested; exporting" in done.stdout.splitlines()
    assert read_json(tmp_path / "both/export/manifest.json")["verified"]["how"] == "none"
    with pytest.raises(UsageError) as caught:
        mtl.ensemble([small_run, other], tmp_path / "new", verify="some")
    assert str(caught.value) == "verify should be full, sample or none. Found 'some'. Did you mean 'sample'?"
    assert not (tmp_path / "new").exists()


def test_figures_on_other_data_are_not_kept(ensemble: Ensemble, tmp_path: Path) -> None:
    small.write(tmp_path)
    (tmp_path / "test.tsv").write_text("text\tintent\tslots\nplay yesterday\twake\tO O\n", "utf-8")
    before = (ensemble.out / "metrics.json").read_bytes()
    done = within("test", ensemble.out, "--data", tmp_path)
    assert done.returncode == 0
    assert ["intent", "accuracy", "0.0000"] in [line.split()[:3] for line in done.stdout.splitlines()]
    assert "it is measured here, and not kept in metrics.json." in done.stderr
    assert (ensemble.out / "metrics.json").read_bytes() == before


def test_votes_are_exported_too(small_run: Path, other: Path, tmp_path: Path) -> None:
    found = mtl.ensemble([small_run, other], tmp_path / "votes", by="vote", tasks=["slots"])
    assert found.tasks == ("slots",)
    assert found.manifest["ensemble"]["by"] == "vote"
    (answer,) = mtl.Bundle(tmp_path / "votes/export").predict("slots", ["put on blackbird"])
    assert set(answer["score"]) <= {0.5, 1.0}
    assert found.evaluate("test").metrics == found.evaluate("test", answerer=tmp_path / "votes/export").metrics


def test_a_member_that_is_gone_or_has_other_weights_is_said(small_run: Path, other: Path, tmp_path: Path) -> None:
    shutil.copytree(small_run, tmp_path / "a", ignore=shutil.ignore_patterns("export"))
    shutil.copytree(other, tmp_path / "b")
    Ensemble.start([tmp_path / "a", tmp_path / "b"], tmp_path / "both")
    shutil.rmtree(tmp_path / "a")
    (tmp_path / "b/fitted.json").write_text((tmp_path / "b/fitted.json").read_text() + " ")
    with pytest.raises(CheckpointError) as caught:
        Ensemble.open(tmp_path / "both")
    file, anew = tmp_path / "both/ensemble.json", "Make the ensemble anew, or use its export, which has all weights."
    should = "should be the run that the ensemble was made of. Found"
    assert str(caught.value).splitlines() == [
        f"{file}: the member '{tmp_path}/a' {should} no such run. {anew}",
        f"{file}: the member '{tmp_path}/b' {should} other weights: it was trained again. {anew}",
    ]


def test_an_ensemble_is_of_finished_runs(small_run: Path, other: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as few:
        Ensemble.start([small_run], tmp_path / "both")
    assert str(few.value) == (
        "an ensemble should be of two runs or more. Found 1. Name others, or a recipe with --runs N, which is trained "
        "N times."
    )
    with pytest.raises(UsageError) as again:
        Ensemble.start([small_run, other, small_run / "export/.."], tmp_path / "both")
    assert str(again.value) == (
        f"each run of an ensemble should be named once. Found '{small_run}/export/..' again. Leave it out."
    )
    assert not (tmp_path / "both").exists()
    with pytest.raises(UsageError) as none:
        Ensemble.start([small_run, tmp_path / "none"], tmp_path / "both")
    assert str(none.value) == f"{tmp_path}/none: should be the folder of a run. Found nothing there."
    run = unfinished(small_run, tmp_path / "half")
    with pytest.raises(CheckpointError) as half:
        Ensemble.start([small_run, run], tmp_path / "both")
    assert str(half.value) == (
        f"{run}: should be the folder of a finished run. Found '{run}': its last checkpoint is of step 40 of 72. Let "
        f"the training end; if nothing trains it, go on with it: mtl train {run}/recipe.yaml --out {run} --resume"
    )


def test_a_folder_with_something_else_is_left_alone(small_run: Path, other: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(UsageError) as caught:
        Ensemble.start([small_run, other], tmp_path)
    assert str(caught.value) == (
        f"the folder '{tmp_path}' of an ensemble should be new or empty. Found other things in it: notes.txt. Name "
        "another folder (--out DIR, out=DIR)."
    )
    with pytest.raises(UsageError) as caught:
        Ensemble.start([small_run, other], tmp_path / "notes.txt")
    assert str(caught.value) == f"the folder '{tmp_path}/notes.txt' of an ensemble should be a folder. Found a file."
    Ensemble.start([small_run, other], tmp_path / "both")
    with pytest.raises(UsageError) as caught:
        Ensemble.start([small_run, other], tmp_path / "both", by="vote")
    assert str(caught.value) == (
        f"the folder '{tmp_path}/both' should be new, or hold an ensemble of these runs by vote. Found one of other "
        "runs, or combined otherwise. Name another folder (--out DIR, out=DIR)."
    )


def test_a_damaged_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "ensemble.json").write_text('{"format": 1}')
    with pytest.raises(CheckpointError) as caught:
        Ensemble.open(tmp_path)
    file = tmp_path / "ensemble.json"
    assert str(caught.value) == f"{file}: should hold 'by', 'tasks' and 'members'. Found something else."
    file.write_text('{"format": 7}')
    with pytest.raises(CheckpointError) as caught:
        Ensemble.open(tmp_path)
    assert str(caught.value) == f"{file}: should be of format 1. Found 7."
