from __future__ import annotations

import json
import statistics
from pathlib import Path

import pytest

from mtl.comparison import Comparison, contestants, rows, slug
from mtl.errors import RecipeError, UsageError
from mtl.recipe import Recipe
from mtl.recipe.alone import alone
from mtl.sharing_graph import SharingGraph
from tests import small
from tests.commands import within

SHORT = small.RECIPE.replace("epochs: 24", "epochs: 2")


def test_every_figure_is_mean_spread_and_difference_of_seeds(tmp_path: Path) -> None:
    recipe = small.write(tmp_path, SHORT)
    out = tmp_path / "out"
    arguments = ("compare", recipe, "--single", "--set", "train.optimizer.lr=0.01; train.clip=1", "--seeds", "2")
    done = within(*arguments, "--out", out)
    assert (done.returncode, done.stderr) == (0, "")
    result = json.loads((out / "compare.json").read_text("utf-8"))
    variant = "small train.optimizer.lr=0.01; train.clip=1"
    names = ["small", "small, each task alone", variant, f"{variant}, each task alone"]
    assert [run["name"] for run in result["runs"]] == names
    assert [(d["name"], d["minus"]) for d in result["differences"]] == [(name, "small") for name in names[1:]]

    kept = [json.loads((out / f"small/seed-{seed}/metrics.json").read_text("utf-8")) for seed in (1, 2)]
    lone = [json.loads((out / f"small-each-task-alone/slots/seed-{s}/metrics.json").read_text("utf-8")) for s in (1, 2)]
    mine, theirs = ([k["test"]["slots"]["f1"] for k in runs] for runs in (lone, kept))
    assert result["runs"][0]["test"]["slots"]["f1"] == {
        "mean": statistics.fmean(theirs),
        "std": statistics.stdev(theirs),
        "values": theirs,
    }
    apart = [one - other for one, other in zip(mine, theirs, strict=True)]
    assert result["differences"][0]["test"]["slots"]["f1"] == {
        "mean": statistics.fmean(apart),
        "std": statistics.stdev(apart),
    }
    assert "joint" in result["runs"][0]["test"]
    assert "joint" not in result["differences"][0]["test"]  # no task is alone and joint

    (row,) = [line for line in done.stdout.splitlines() if line.startswith("slots   f1")]
    assert f"{statistics.fmean(theirs):.4f} ± {statistics.stdev(theirs):.4f}" in row
    assert f"{statistics.fmean(apart):+.4f} ± {statistics.stdev(apart):.4f}" in row

    weights = out / "small/seed-1/checkpoints"
    stamps = {path: path.stat().st_mtime_ns for path in weights.rglob("*")}
    again = within(*arguments, "--out", out)
    assert again.stdout.splitlines()[0] == f"run 1/12: {out / 'small/seed-1'} is done"
    assert {path: path.stat().st_mtime_ns for path in weights.rglob("*")} == stamps
    assert json.loads((out / "compare.json").read_text("utf-8")) == result


def test_an_interrupted_run_goes_on(tmp_path: Path) -> None:
    recipe = small.write(tmp_path, SHORT)
    found = contestants([recipe], variants=["train.epochs=1"])
    whole = Comparison(found, 1, tmp_path / "whole")
    for trial in whole.trials():
        list(trial.run())
    cut = Comparison(found, 1, tmp_path / "cut")
    first, second = cut.trials()
    reports = first.run()
    for report in reports:
        if report.step == 5:
            break
    reports.close()
    assert not first.done
    for trial in (first, second):
        list(trial.run())
        assert trial.done
    assert cut.result() == whole.result()


def test_a_task_alone_is_what_it_is_in_the_recipe(tmp_path: Path) -> None:
    text = (
        SHORT.replace("    target: slots\n", "    target: slots\n    model: {decoder: {condition: intent.output}}\n")
        + "  select: {intent.accuracy: 1, slots.f1: 2}\n"
        + "  components: {intent.pooling: {lr: 0.1}, encoder: {lr: 0.2}}\n"
        + "  mixture: {type: weighted, rates: {utterances: 1}}\n"
    )
    recipe = Recipe.load(small.write(tmp_path, text))
    lone = alone(recipe, "slots")
    assert Recipe.from_text(lone.filled(), name="again").hash() == lone.hash()
    graph = SharingGraph.build(lone)
    assert list(graph.components) == ["words.word", "words.char", "words", "encoder", "slots.decoder", "slots.output"]
    assert dict(lone.train.select) == {"slots.f1": 2}
    assert list(lone.train.components) == ["encoder"]
    assert lone.train.mixture.type == "round_robin"
    assert (lone.name, lone.seed, lone.train.epochs) == ("small-slots", 1, 2)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {},
            "there should be two things to compare: two recipes, a variant (--set), or each task alone (--single). "
            "Found one recipe.",
        ),
        ({"single": True, "one": True}, "one.yaml: should have several tasks to train each alone. Found one."),
    ],
)
def test_there_has_to_be_something_to_compare(tmp_path: Path, more: dict[str, bool], message: str) -> None:
    path = small.write(tmp_path, SHORT)
    if more.pop("one", False):
        lone = alone(Recipe.load(path), "intent")
        path = tmp_path / "one.yaml"
        path.write_text(lone.filled(), "utf-8")
        message = str(tmp_path / message)
    with pytest.raises(UsageError) as error:
        contestants([path], **more)
    assert str(error.value) == message


def test_without_a_test_split_nothing_is_trained(tmp_path: Path) -> None:
    path = small.write(tmp_path, SHORT.replace("    test: test.tsv\n", ""))
    with pytest.raises(RecipeError) as error:
        contestants([path], single=True)
    assert str(error.value) == (
        f"{path}:6: sources.utterances: should have a test split to compare by. Found dev, train.\n"
        f"1 error in {path}"
    )


def test_a_folder_of_another_recipe_is_left_alone(tmp_path: Path) -> None:
    path = small.write(tmp_path, SHORT)
    first = Comparison(contestants([path], variants=["train.epochs=1"]), 1, tmp_path / "out").trials()[1]
    list(first.run())
    path = small.write(tmp_path, SHORT.replace("lr: 0.02", "lr: 0.03"))
    other = Comparison(contestants([path], variants=["train.epochs=1"]), 1, tmp_path / "out").trials()[1]
    with pytest.raises(UsageError) as error:
        assert other.done
    assert str(error.value) == (
        f"'{tmp_path / 'out/small-train.epochs-1/seed-1'}' should hold a run of the recipe that is compared. "
        "Found another recipe's. Name another folder with --out."
    )


def test_seeds_are_at_least_one(tmp_path: Path) -> None:
    found = contestants([small.write(tmp_path, SHORT)], single=True)
    with pytest.raises(UsageError) as error:
        Comparison(found, 0, tmp_path)
    assert str(error.value) == "--seeds should be at least 1. Found 0."


def test_recipes_of_one_name_get_folders_of_their_own(tmp_path: Path) -> None:
    path = small.write(tmp_path, SHORT)
    assert [c.name for c in contestants([path, path])] == ["small", "small (2)"]
    assert slug("small (2)") == "small-2"


def test_one_seed_has_no_spread() -> None:
    one = {"mean": 0.5, "std": None}
    result = {
        "runs": [{"name": "a", "test": {"t": {"f1": one}}}, {"name": "b", "test": {}}],
        "differences": [{"name": "b", "minus": "a", "test": {"t": {"f1": one}}}],
    }
    assert list(rows(result)) == [("t", "f1", ["0.5000", "", "+0.5000"])]
