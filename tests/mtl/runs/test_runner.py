from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import mtl
from mtl.base.errors import DataError, RecipeError, UsageError
from mtl.compile.loading import load_recipe
from mtl.recipe.yaml_core import parse
from mtl.runs.read_data import GivenRows
from mtl.runs.runner import Run
from tests import small
from tests.commands import within

FOLDER = {
    "recipe.yaml",
    "graph.txt",
    "graph.mmd",
    "fitted.json",
    "data.json",
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
    graphs = {"intent.onnx", "slots.onnx", "joint.onnx", "weights.safetensors", "manifest.json"}
    assert exported == graphs | {"recipe.yaml", "fitted.json", "data.json"}


def test_metrics_are_by_split_and_task(small_run: Path) -> None:
    metrics = json.loads((small_run / "metrics.json").read_text("utf-8"))
    assert list(metrics) == ["test", "dev"]
    assert list(metrics["test"]) == ["intent", "slots", "joint"]
    assert metrics["test"]["intent"]["accuracy"] == 1.0
    assert 0.5 <= metrics["test"]["slots"]["f1"] <= 1.0
    assert 0.5 <= metrics["test"]["joint"]["exact_match"] <= 1.0
    assert json.loads((small_run / "export/manifest.json").read_text("utf-8"))["metrics"] == metrics
    assert set(json.loads((small_run / "reports.json").read_text("utf-8"))["test"]) == {"intent", "slots"}


def test_the_model_of_an_opened_run_has_the_graph_that_was_read(small_run: Path) -> None:
    run = Run.open(small_run)
    assert run.model.sharing_graph is run.graph


def test_the_filled_recipe_of_a_run_gives_the_same_run_again(small_run: Path, tmp_path: Path) -> None:
    recipe = load_recipe(small_run / "recipe.yaml")
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


@pytest.fixture
def from_memory(tmp_path: Path) -> tuple[Path, GivenRows]:
    """The folder of a run whose rows were given, and the rows; its recipe's files hold others."""
    recipe = small.write(tmp_path)
    rows = [dict(zip(("text", "intent", "slots"), row, strict=True)) for row in small.rows()]
    given = {"utterances": {"train": rows, "test": rows[::2]}}
    run = Run.start(recipe, tmp_path / "run", overrides=["train.epochs=1"], sources=given)
    for _ in run.train():
        pass
    run.test()
    return tmp_path / "run", given


def test_rows_that_came_from_memory_are_given_again(from_memory: tuple[Path, GivenRows]) -> None:
    folder, given = from_memory
    before = (folder / "metrics.json").read_bytes()
    sentence = (
        f"{folder}: the rows of source 'utterances' came from memory, not from the recipe's files, and should be given "
        "again where data is read. They are not. Give them from Python, to mtl.Run.open or to mtl.run: "
        "sources={'utterances': {'test': rows}}. To measure on files in their place, "
        "name the folder that the recipe's paths start from (--data DIR, data=DIR)."
    )
    for command in ("test", "export"):
        done = within(command, folder)
        assert (done.returncode, done.stderr) == (2, sentence + "\n")
    assert (folder / "metrics.json").read_bytes() == before
    resumed = Run.start(folder / "recipe.yaml", folder, resume=True)
    with pytest.raises(UsageError) as error:
        next(resumed.train())
    assert str(error.value) == sentence
    assert Run.open(folder).predict("intent", ["play yesterday"])  # no data is read
    again = Run.open(folder, sources=given)
    assert again.warnings("train", "dev", "test") == []
    assert again.test() == json.loads(before)


def test_a_run_on_rows_from_memory_does_not_start_over_on_files(tmp_path: Path) -> None:
    rows = [dict(zip(("text", "intent", "slots"), row, strict=True)) for row in small.rows()]
    recipe = small.write(tmp_path)
    run = Run.start(recipe, tmp_path / "run", sources={"utterances": {"train": rows}})
    next(run.train())  # and stopped before the first checkpoint
    with pytest.raises(UsageError):
        next(Run.start(recipe, tmp_path / "run", resume=True).train())
    assert json.loads((tmp_path / "run/data.json").read_text("utf-8"))["given"] == ["utterances"]


def test_files_in_the_place_of_rows_from_memory_are_told(from_memory: tuple[Path, GivenRows]) -> None:
    folder, _ = from_memory
    kept = json.loads((folder / "data.json").read_text("utf-8"))
    done = within("test", folder, "--data", folder.parent)
    hashes = Run.open(folder, data=folder.parent).prepared.hashes
    assert (done.returncode, done.stderr) == (
        0,
        "warning: utterances/test: is not the data that the run had "
        f"(SHA-256 {hashes['utterances/test'][:12]}… in place of SHA-256 "
        f"{kept['hashes']['utterances/test'][:12]}…): it is measured here, and not kept in metrics.json.\n",
    )
    assert kept["given"] == ["utterances"]


def test_data_that_was_changed_is_told_where_it_is_measured(tmp_path: Path) -> None:
    run = Run.start(small.write(tmp_path), tmp_path / "run", overrides=["train.epochs=1"])
    for _ in run.train():
        pass
    had = run.prepared.hashes["utterances/test"][:12]
    test = tmp_path / "test.tsv"
    test.write_text(test.read_text("utf-8") + "put on noon\tplay\tO O B-song\n", "utf-8")
    now = Run.open(tmp_path / "run").prepared.hashes["utterances/test"][:12]
    warning = (
        f"warning: utterances/test: is not the data that the run had (SHA-256 {now}… in place of SHA-256 {had}…): "
        "it is measured here, and not kept in metrics.json.\n"
    )
    assert within("test", tmp_path / "run").stderr == warning
    assert within("export", tmp_path / "run").stderr == warning
    assert within("test", tmp_path / "run", "--split", "dev").stderr == ""
    (tmp_path / "run/data.json").unlink()  # a run that kept none says nothing
    assert Run.open(tmp_path / "run").warnings("test") == []


def test_a_task_without_labels_in_a_split_has_no_figure_and_no_say(tmp_path: Path) -> None:
    recipe = small.write(tmp_path)
    for split in ("dev", "test"):
        rows = [line.split("\t") for line in (tmp_path / f"{split}.tsv").read_text("utf-8").splitlines()]
        emptied = ["\t".join([text, intent if n == 0 else "", tags]) for n, (text, intent, tags) in enumerate(rows)]
        (tmp_path / f"{split}.tsv").write_text("\n".join(emptied) + "\n", "utf-8")
    done = within("run", recipe, "--out", tmp_path / "run", "--set", "train.epochs=1")
    sentence = "no row has a label: the task has no figure on this split"
    assert (done.returncode, done.stderr) == (
        0,
        f"warning: utterances/dev: intent: {sentence} and no say in which checkpoint is the best.\n"
        f"warning: utterances/test: intent: {sentence}.\n",
    )
    assert f"  intent: {len(emptied) - 1} rows without a label" in done.stdout.splitlines()
    opened = Run.open(tmp_path / "run")
    assert {split: list(found) for split, found in opened.metrics.items()} == {"test": ["slots"], "dev": ["slots"]}
    assert list(opened.reports["test"]) == ["slots"]
    evaluated = [json.loads(line) for line in (tmp_path / "run/log.jsonl").read_text("utf-8").splitlines()][-1]
    assert evaluated["score"] == evaluated["metrics"]["slots"]["f1"]
    assert within("test", tmp_path / "run").stderr == f"warning: utterances/test: intent: {sentence}.\n"


def test_seed_and_overrides_reach_the_recipe(tmp_path: Path) -> None:
    run = Run.start(small.write(tmp_path), tmp_path / "run", seed=7, overrides=["train.epochs=2"])
    assert (run.recipe.seed, run.recipe.train.epochs) == (7, 2)
    with pytest.raises(UsageError) as error:
        Run.start(run.recipe, tmp_path / "other", seed=3)
    assert str(error.value) == (
        "data, seed and overrides should come with a recipe's file or mapping. Found a recipe that is loaded."
    )


def test_a_recipe_may_be_plain_values(tmp_path: Path) -> None:
    path = small.write(tmp_path)
    run = Run.start(
        parse(path.read_text("utf-8"), "small").tree, tmp_path / "run", data=tmp_path, seed=7, overrides=["name=other"]
    )
    assert run.recipe == load_recipe(path, data=tmp_path, seed=7, overrides=["name=other"])
    with pytest.raises(UsageError) as error:
        Run.start([path])  # type: ignore[arg-type]
    assert str(error.value) == "recipe should be the path of a file, a mapping or an mtl.Recipe. Found list."


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
        f"run folder '{small_run}' should be new or empty. Found {len(FOLDER)} entries in it. Resume the run in it "
        "(--resume, resume=True), or name another folder (--out DIR, out=DIR).\n"
    )
    assert {file: file.read_bytes() for file in small_run.rglob("*") if file.is_file()} == before


def test_pipes_are_refused_before_a_folder_is_made(tmp_path: Path) -> None:
    path = small.write(tmp_path)
    for split in ("train", "dev"):
        (tmp_path / f"{split}.tsv").unlink()
        os.mkfifo(tmp_path / f"{split}.tsv")
    with pytest.raises(DataError) as error:
        Run.start(path, tmp_path / "run")
    message = "should be a file, as rows are read more than once. Found a pipe. Keep the rows in a file."
    assert str(error.value) == f"{tmp_path / 'train.tsv'}: {message}\n{tmp_path / 'dev.tsv'}: {message}"
    assert not (tmp_path / "run").exists()


def test_resuming_with_another_recipe_changes_nothing(tmp_path: Path, small_run: Path) -> None:
    recipe = small.write(tmp_path)
    before = {file: file.read_bytes() for file in small_run.rglob("*") if file.is_file()}
    result = within("train", recipe, "--out", small_run, "--resume", "--set", "train.epochs=3")
    assert result.returncode == 1
    assert result.stderr == (
        f"{small_run}: the recipe should be the one that the run was started with. Found another: "
        "train.epochs: 24 there, 3 here. The run's own is its recipe.yaml; a changed recipe needs a new run, which may "
        f"start with weights of this one: `mtl check {recipe} --from {small_run}` shows what to write.\n"
    )
    assert {file: file.read_bytes() for file in small_run.rglob("*") if file.is_file()} == before


def test_a_folder_that_was_not_trained(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        Run.open(tmp_path)
    assert str(error.value) == f"{tmp_path}: should be the folder of a run. Found an empty folder."


def test_the_whole_run_as_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = small.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    result = within("run", recipe, "--set", "train.epochs=2")
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == f"{recipe}: no faults. 2 tasks, 9 components, 4 of which serve more than one task."
    assert lines[1] == "run folder: runs/small/1"
    table = "\n".join(lines[lines.index("tested; exporting and verifying") :])
    assert table.splitlines()[1:4] == [
        "export: tracing intent, slots",
        "export: writing intent, slots",
        "export: verifying intent, slots on 15 rows of test",
    ]
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
