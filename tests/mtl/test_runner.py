from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import mtl
from mtl.errors import CheckpointError, RecipeError, UsageError
from mtl.recipe import Recipe
from mtl.runner import Run, folder_for, next_folder
from tests import small
from tests.commands import within

FOLDER = {
    "recipe.yaml",
    "graph.txt",
    "graph.mmd",
    "fitted.json",
    "log.jsonl",
    "tensorboard",
    "checkpoints",
    "metrics.json",
    "reports.json",
    "export",
}


def test_a_run_folder_holds_everything(small_run: Path) -> None:
    assert {entry.name for entry in small_run.iterdir()} == FOLDER
    exported = {entry.name for entry in (small_run / "export").iterdir()}
    assert exported == {"intent.onnx", "slots.onnx", "joint.onnx", "weights.safetensors", "manifest.json"}


def test_metrics_are_by_split_and_task(small_run: Path) -> None:
    metrics = json.loads((small_run / "metrics.json").read_text("utf-8"))
    assert list(metrics) == ["test", "dev"]
    assert list(metrics["test"]) == ["intent", "slots", "joint"]
    assert metrics["test"]["intent"]["accuracy"] == 1.0
    assert 0.5 <= metrics["test"]["slots"]["f1"] <= 1.0
    assert 0.5 <= metrics["test"]["joint"]["exact_match"] <= 1.0
    assert json.loads((small_run / "export/manifest.json").read_text("utf-8"))["metrics"] == metrics
    assert set(json.loads((small_run / "reports.json").read_text("utf-8"))["test"]) == {"intent", "slots"}


def test_the_filled_recipe_of_a_run_gives_the_same_run_again(small_run: Path, tmp_path: Path) -> None:
    recipe = Recipe.load(small_run / "recipe.yaml")
    run = Run.start(recipe, tmp_path / "again")
    assert (tmp_path / "again/recipe.yaml").read_bytes() == (small_run / "recipe.yaml").read_bytes()
    for _ in run.train():
        pass
    assert run.test() == Run.open(small_run).metrics


def test_a_run_that_goes_on_needs_the_files_it_started_from_no_more(tmp_path: Path) -> None:
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("play 1 2 3 4 5 6 7 8\n", "utf-8")
    text = small.RECIPE.replace("word: {type: word, dim: 8}", "word: {type: word, dim: 8, pretrained: vectors.txt}")
    recipe = small.write(tmp_path, text.replace("epochs: 24", "epochs: 1"))
    for _ in Run.start(recipe, tmp_path / "run").train():
        pass
    vectors.unlink()
    assert list(Run.start(recipe, tmp_path / "run", resume=True).train()) == []
    with pytest.raises(RecipeError) as error:
        Run.start(recipe, tmp_path / "other")
    assert str(error.value) == (
        f"{recipe}:21: tasks.intent.model.embedding.parts.word.pretrained: should be a file that can be read. "
        f"Found '{vectors}': No such file or directory.\n1 error in {recipe}"
    )
    assert not (tmp_path / "other").exists()


def test_predictions_of_an_opened_run(small_run: Path) -> None:
    run = Run.open(small_run)
    assert [answer["label"] for answer in run.predict("intent", ["play yesterday", "wake me at noon"])] == [
        "play",
        "wake",
    ]
    assert run.model["slots.embedding"] is run.model["intent.embedding"]


def test_rows_from_memory_take_the_place_of_a_source(tmp_path: Path) -> None:
    recipe = small.write(tmp_path)
    for split in ("train", "dev", "test"):
        (tmp_path / f"{split}.tsv").unlink()
    rows = [dict(zip(("text", "intent", "slots"), row, strict=True)) for row in small.rows()]
    given = {"utterances": {"train": rows, "test": rows[::2]}}
    run = Run.start(recipe, tmp_path / "run", overrides=["train.epochs=1"], sources=given)
    assert [report.step for report in run.train()] == [1, 2, 3]
    assert list(run.test()) == ["test"]


def test_seed_and_overrides_reach_the_recipe(tmp_path: Path) -> None:
    run = Run.start(small.write(tmp_path), tmp_path / "run", seed=7, overrides=["train.epochs=2"])
    assert (run.recipe.seed, run.recipe.train.epochs) == (7, 2)
    with pytest.raises(UsageError) as error:
        Run.start(run.recipe, tmp_path / "other", seed=3)
    assert str(error.value) == (
        "data, seed and overrides should come with a recipe's file. Found a recipe that is loaded."
    )


def test_a_stopped_run_goes_on_where_it_was_and_a_finished_one_does_nothing(tmp_path: Path) -> None:
    recipe = small.write(tmp_path)
    started = Run.start(recipe, tmp_path / "run").train()
    for report in started:
        if report.step == 10:
            started.close()
            break
    resumed = Run.start(recipe, tmp_path / "run", resume=True)
    steps = [report.step for report in resumed.train()]
    assert 1 < steps[0] <= 10
    assert steps[-1] == 72
    assert list(Run.start(recipe, tmp_path / "run", resume=True).train()) == []


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path, small_run: Path) -> None:
    recipe = small.write(tmp_path)
    before = {file: file.read_bytes() for file in small_run.rglob("*") if file.is_file()}
    result = within("run", recipe, "--out", small_run)
    assert result.returncode == 2
    assert result.stderr == (
        f"run folder '{small_run}' should be new or empty. Found {len(FOLDER)} entries in it. Go on with that run "
        "with --resume, or name another folder with --out.\n"
    )
    assert {file: file.read_bytes() for file in small_run.rglob("*") if file.is_file()} == before


def test_resuming_with_another_recipe_changes_nothing(tmp_path: Path, small_run: Path) -> None:
    recipe = small.write(tmp_path)
    before = {file: file.read_bytes() for file in small_run.rglob("*") if file.is_file()}
    result = within("train", recipe, "--out", small_run, "--resume", "--set", "train.epochs=3")
    assert result.returncode == 1
    assert "the recipe should be the one that the run was started with" in result.stderr
    assert {file: file.read_bytes() for file in small_run.rglob("*") if file.is_file()} == before


@pytest.mark.parametrize(
    ("held", "resume", "sentence"),
    [
        (["notes.txt"], True, "run folder '{}' should be a run to resume. Found other things in it."),
        (None, False, "run folder '{}' should be a folder. Found a file."),
    ],
)
def test_folders_that_are_no_runs(tmp_path: Path, held: list[str] | None, resume: bool, sentence: str) -> None:
    out = tmp_path / "out"
    if held is None:
        out.write_text("", "utf-8")
    else:
        out.mkdir()
        for name in held:
            (out / name).write_text("", "utf-8")
    with pytest.raises(UsageError) as error:
        folder_for("small", out, resume)
    assert str(error.value) == sentence.format(out)


def test_resuming_needs_a_folder() -> None:
    with pytest.raises(UsageError) as error:
        folder_for("small", None, True)
    assert str(error.value) == "resuming should say which run: name its folder with --out. Found no --out."


def test_a_folder_whose_first_files_were_being_written_may_be_used(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml.writing").write_text("na", "utf-8")
    assert folder_for("small", tmp_path, False) == tmp_path


def test_new_folders_are_numbered_and_never_given_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert folder_for("small", None, False) == Path("runs/small/1")
    (tmp_path / "runs/small/7").mkdir()
    (tmp_path / "runs/small/notes").mkdir()
    assert folder_for("small", None, False) == Path("runs/small/8")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: next_folder(tmp_path / "many"), range(32)))
    assert len(set(found)) == 32


def test_a_folder_that_was_not_trained(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError) as error:
        Run.open(tmp_path)
    assert str(error.value) == f"{tmp_path}: should be a run folder, with a file 'recipe.yaml'. Found none."


def test_the_whole_run_as_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = small.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    result = within("run", recipe, "--set", "train.epochs=2")
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == f"{recipe}: no faults. 2 tasks, 9 components, 4 of which serve more than one task."
    assert lines[1] == "run folder: runs/small/1"
    table = "\n".join(lines[lines.index("tested; exporting and verifying") :])
    for words in ("test intent", "test slots", "test joint", "runs/small/1/export/joint.onnx", "verified"):
        assert words in table
    written = {file: file.stat().st_mtime_ns for file in Path("runs/small/1/export").iterdir()}
    again = within("run", recipe, "--set", "train.epochs=2", "--out", "runs/small/1", "--resume")
    assert "\nnothing to train: the run is finished\n" in again.stdout
    assert again.stdout.splitlines()[-5:] == lines[-5:]
    assert {file: file.stat().st_mtime_ns for file in Path("runs/small/1/export").iterdir()} == written
    assert within("test", "runs/small/1", "--split", "dev").stdout.splitlines()[0].split() == ["task", "figure", "dev"]
    assert within("export", "runs/small/1", "--out", "elsewhere").returncode == 0
    assert mtl.Bundle("elsewhere").tasks == ("intent", "slots")


def test_a_split_that_does_not_exist(small_run: Path) -> None:
    result = within("test", small_run, "--split", "tests")
    assert result.returncode == 2
    assert result.stderr == "--split should be train, dev or test. Found 'tests'. Did you mean 'test'?\n"
