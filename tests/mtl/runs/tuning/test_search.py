from __future__ import annotations

import json
import multiprocessing
import shutil
import threading
import time
from pathlib import Path

import pytest

from mtl.base.errors import DataError, RecipeError, UsageError
from mtl.runs.runner import Run
from mtl.runs.tuning.search import Finished, TrialBegun, Tuning
from tests import small
from tests.mtl.runs import two_sources

SPACE = """
tune:
  space:
    train.optimizer.lr: {low: 1e-3, high: 1e-1, log: true}
    tasks.intent.model.representation.hidden: [4, 8]
"""
SHORT = small.RECIPE.replace("epochs: 24", "epochs: 2") + SPACE
Events = list[TrialBegun | Finished]


def searched(recipe: Path, out: Path, trials: int = 3, **more: float) -> Events:
    with Tuning(recipe, out) as tuning:
        found = list(tuning.run(trials, **more))  # type: ignore[arg-type]
        tuning.write()
    return found


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Events]:
    """The folder of a recipe with its study of three trials, and what the search yielded."""
    folder = tmp_path_factory.mktemp("whole")
    recipe = small.write(folder, SHORT)
    (folder / "test.tsv").rename(folder / "later.tsv")  # it is never read
    return folder, searched(recipe, folder / "study")


def test_each_trial_is_trained_with_its_values_and_scored_on_dev(whole: tuple[Path, Events]) -> None:
    folder, events = whole
    assert [type(event) for event in events] == [TrialBegun, Finished] * 3
    for event in events:
        assert not isinstance(event, TrialBegun) or not event.again
        if isinstance(event, Finished):
            trial = event.trial
            logged = (folder / f"study/trials/{trial.number}/log.jsonl").read_text("utf-8").splitlines()
            records = [record for record in map(json.loads, logged) if record["event"] == "evaluation"]
            assert trial.state == "complete"
            assert trial.scores == tuple(record["score"] for record in records)
            assert trial.score == max(trial.scores)
    ended = [event for event in events if isinstance(event, Finished)]
    best = max((event.trial for event in ended), key=lambda trial: trial.score or 0.0)
    assert [event.trial for event in ended if event.best][-1] == best
    with Tuning(folder / "small.yaml", folder / "study") as tuning:
        assert tuning.study.best == best


def test_the_best_recipe_is_whole_and_trains_to_its_score(whole: tuple[Path, Events], tmp_path: Path) -> None:
    folder, events = whole
    best = max((e.trial for e in events if isinstance(e, Finished)), key=lambda trial: trial.score or 0.0)
    shutil.copy(folder / "later.tsv", folder / "test.tsv")
    run = Run.start(folder / "study/best.yaml", tmp_path / "run")
    for _ in run.train():
        pass
    figures = run.test()
    (folder / "test.tsv").unlink()
    assert (figures["dev"]["intent"]["accuracy"] + figures["dev"]["slots"]["f1"]) / 2 == pytest.approx(best.score)
    assert run.recipe.train.optimizer.values["lr"] == best.values["train.optimizer.lr"]
    weights = "checkpoints/{}/components/encoder.safetensors"
    ours, theirs = tmp_path / "run", folder / f"study/trials/{best.number}"
    names = [json.loads((run / "checkpoints/pointer.json").read_text())["best"] for run in (ours, theirs)]
    files = [run / weights.format(name) for run, name in zip((ours, theirs), names, strict=True)]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_the_same_again_trains_nothing_and_more_trials_go_on(whole: tuple[Path, Events], tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(whole[0], folder)
    recipe = folder / "small.yaml"
    written = {name: (folder / f"study/{name}").read_bytes() for name in ("trials.csv", "tune.svg", "best.yaml")}
    assert searched(recipe, folder / "study") == []
    assert {name: (folder / f"study/{name}").read_bytes() for name in written if name != "best.yaml"} == {
        name: content
        for name, content in written.items()
        if name != "best.yaml"  # it names its data's folder
    }
    assert [event.trial.number for event in searched(recipe, folder / "study", 4)] == [4, 4]


def test_a_search_that_is_left_in_a_trial_goes_on_there(whole: tuple[Path, Events], tmp_path: Path) -> None:
    recipe = small.write(tmp_path, SHORT)
    with Tuning(recipe, tmp_path / "study") as tuning:
        events = tuning.run(3)
        for event in events:
            if isinstance(event, TrialBegun) and event.trial.number == 2:
                break
        events.close()  # type: ignore[attr-defined]
    first = [event for event in searched(recipe, tmp_path / "study") if isinstance(event, TrialBegun)]
    assert [(event.trial.number, event.again) for event in first] == [(2, True), (3, False)]
    assert (tmp_path / "study/trials.csv").read_bytes() == (whole[0] / "study/trials.csv").read_bytes()


def test_time_ends_a_search_in_a_trial_which_goes_on_later(whole: tuple[Path, Events], tmp_path: Path) -> None:
    recipe = small.write(tmp_path, SHORT)
    found = searched(recipe, tmp_path / "study", minutes=1e-6)
    assert [type(event) for event in found] in ([], [TrialBegun])
    searched(recipe, tmp_path / "study", minutes=60)
    assert (tmp_path / "study/trials.csv").read_bytes() == (whole[0] / "study/trials.csv").read_bytes()


@pytest.mark.slow
def test_trials_side_by_side_are_what_they_are_in_turn(whole: tuple[Path, Events], tmp_path: Path) -> None:
    recipe = small.write(tmp_path, SHORT)
    found = searched(recipe, tmp_path / "study", jobs=2)
    assert [type(event) for event in found[:2]] == [TrialBegun, TrialBegun]
    assert (tmp_path / "study/trials.csv").read_bytes() == (whole[0] / "study/trials.csv").read_bytes()
    assert searched(recipe, tmp_path / "other", jobs=2, minutes=1e-6) == []


@pytest.mark.slow
def test_a_trial_whose_process_dies_has_failed(tmp_path: Path) -> None:
    recipe = small.write(tmp_path, SHORT.replace("epochs: 2", "epochs: 100000"))
    logs = [tmp_path / f"study/trials/{number}/log.jsonl" for number in (1, 2)]

    def kill() -> None:
        # A process writes its second evaluation once it was answered about the first one.
        while not all(log.exists() and log.read_text("utf-8").count('"evaluation"') > 1 for log in logs):
            time.sleep(0.02)
        for child in multiprocessing.active_children():
            child.kill()

    killing = threading.Thread(target=kill, daemon=True)
    killing.start()
    found = searched(recipe, tmp_path / "study", 2, jobs=2)
    ended = {event.trial.number: event.trial for event in found if isinstance(event, Finished)}
    assert {number: (trial.state, trial.error) for number, trial in ended.items()} == dict.fromkeys(
        (1, 2),
        (
            "failed",
            "its process should train it to the end. Found it ended by signal 9 (SIGKILL). There may be too little "
            "memory for so many at a time (--jobs).",
        ),
    )
    assert all(trial.scores for trial in ended.values())  # what they asked before


def test_without_a_dev_split_nothing_is_compared(tmp_path: Path) -> None:
    recipe = small.write(tmp_path, SHORT.replace("    dev: dev.tsv\n", ""))
    with pytest.raises(UsageError) as error:
        Tuning(recipe, tmp_path / "study")
    assert str(error.value) == (
        f"{recipe}: should have a source with a dev split and labels in it, by which trials are compared. "
        "There is none."
    )
    assert not (tmp_path / "study").exists()


def test_values_that_cannot_be_built_are_found_before_the_first_trial(tmp_path: Path) -> None:
    text = SHORT.replace(
        "hidden: [4, 8]", "hidden: [4, 8]\n    tasks.intent.model.embedding.parts.char.widths: [[3], [1, 2, 3, 4, 5]]"
    )
    recipe = small.write(tmp_path, text)
    line = len(small.RECIPE.splitlines()) + 6
    with pytest.raises(RecipeError) as error:
        Tuning(recipe, tmp_path / "study")
    assert str(error.value) == (
        f"{recipe}:{line}: tune.space.tasks.intent.model.embedding.parts.char.widths: "
        "'widths' should have 1 to 4 numbers, which share out 'dim'. Found 5.\n"
        f"1 error in {recipe}"
    )
    assert not (tmp_path / "study").exists()


def test_ways_of_training_that_do_nothing_are_found_before_the_first_trial(tmp_path: Path) -> None:
    space = "\ntune:\n  space:\n    train.balance: [sum, mgda]\n    train.cache_frozen: [null, 10]\n"
    recipe = two_sources.write(tmp_path, space)
    with pytest.raises(RecipeError) as error:
        Tuning(recipe, tmp_path / "study")
    line = recipe.read_text("utf-8").splitlines().index("    train.balance: [sum, mgda]") + 1
    assert str(error.value).splitlines() == [
        f"{recipe}:{line}: tune.space.train.balance: should come with updates in which gradients of several tasks "
        "meet, as 'mgda' compares them. Found that no component that learns gets more than one in an update ('step: "
        "stream'). Write 'step: all'.",
        f"{recipe}:{line + 1}: tune.space.train.cache_frozen: should be there only where an encoder, or its lowest "
        "layers, and all below are frozen, with no adapter inside. Found no such. Leave it out, or freeze them.",
        f"2 errors in {recipe}",
    ]
    assert not (tmp_path / "study").exists()


def test_data_that_cannot_be_read_is_reported_once_before_the_first_trial(tmp_path: Path) -> None:
    recipe = small.write(tmp_path, SHORT)
    (tmp_path / "dev.tsv").unlink()
    with pytest.raises(DataError):
        Tuning(recipe, tmp_path / "study")
    assert not (tmp_path / "study").exists()
