from __future__ import annotations

import json
import statistics
from pathlib import Path

import pytest
import torch

from mtl.base.errors import RecipeError, UsageError
from mtl.base.registry import Address, register
from mtl.compile.alone import alone
from mtl.compile.loading import load_recipe, recipe_from_text
from mtl.graph.build import build_graph
from mtl.model.module import Decoder
from mtl.recipe.filling import digest, filled
from mtl.runs.comparison import RecipeComparison, contestants, rows, slug
from mtl.train.checkpoint import Checkpoints
from tests import small
from tests.commands import within

CHECKOUT = Path(__file__).resolve().parents[3]
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
    whole = RecipeComparison(found, 1, tmp_path / "whole")
    for trial in whole.trials():
        list(trial.run())
    cut = RecipeComparison(found, 1, tmp_path / "cut")
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


def test_a_run_that_was_trained_and_not_tested_is_tested(tmp_path: Path) -> None:
    found = contestants([small.write(tmp_path, SHORT)], variants=["train.epochs=1"])
    comparison = RecipeComparison(found, 1, tmp_path / "out")
    for trial in comparison.trials():
        list(trial.run())
    first = comparison.trials()[0]
    wanted = json.loads((first.folder / "metrics.json").read_text("utf-8"))
    for held in (None, {"dev": wanted["dev"]}):  # killed after the last step; measured on dev alone
        if held is None:
            (first.folder / "metrics.json").unlink()
        else:
            (first.folder / "metrics.json").write_text(json.dumps(held), "utf-8")
        assert not first.done
        assert list(first.run()) == []
        assert first.done
        assert json.loads((first.folder / "metrics.json").read_text("utf-8")) == wanted


def test_a_task_that_shares_nothing_is_trained_alone_as_jointly(tmp_path: Path) -> None:
    others = "  others:\n    format: tsv\n    train: train.tsv\n    dev: dev.tsv\n    test: test.tsv\n\ntasks:"
    text = SHORT.replace("epochs: 2", "epochs: 1").replace("\ntasks:", others)
    text = text.replace("word_tagging\n    source: utterances", "word_tagging\n    source: others")
    text = text[: text.index("share:")] + text[text.index("train:\n  opt") :]
    comparison = RecipeComparison(contestants([small.write(tmp_path, text)], single=True), 1, tmp_path / "out")
    for trial in comparison.trials():
        list(trial.run())
    joint, lone = comparison.result()["runs"]
    assert list(joint["test"]) == ["intent", "slots"]
    assert lone["test"] == joint["test"]


def test_a_task_alone_is_what_it_is_in_the_recipe(tmp_path: Path) -> None:
    text = (
        SHORT.replace("    target: slots\n", "    target: slots\n    model: {decoder: {condition: intent.output}}\n")
        + "  select: {intent.accuracy: 1, slots.f1: 2}\n"
        + "  components: {intent.pooling: {lr: 0.1}, encoder: {lr: 0.2}}\n"
        + "  mixture: {type: weighted, rates: {utterances: 1}}\n"
    )
    recipe = load_recipe(small.write(tmp_path, text))
    lone = alone(recipe, "slots")
    assert digest(recipe_from_text(filled(lone), name="again")) == digest(lone)
    graph = build_graph(lone)
    assert list(graph.components) == ["words.word", "words.char", "words", "encoder", "slots.decoder", "slots.output"]
    assert dict(lone.train.select) == {"slots.f1": 2}
    assert [name for name, training in lone.train.components.items() if training.lr] == ["encoder"]
    assert lone.train.mixture.type == "round_robin"
    assert (lone.name, lone.seed, lone.train.epochs) == ("small-slots", 1, 2)


def test_a_task_alone_keeps_what_training_says_of_its_components(tmp_path: Path) -> None:
    lines = {
        "words.word": "freeze: true",  # a part of a group, by the component's name
        "words": "lr: 0.1",
        "slots.embedding.char": "lr: 0.2",  # by another task's address, for one of them
        "'*.decoder'": "lr: 0.3",
        "intent.pooling": "lr: 0.4",
        "encoder": "lr: 0.5",
    }
    text = SHORT + "  components:\n" + "".join(f"    {name}: {{{value}}}\n" for name, value in lines.items())
    recipe = load_recipe(small.write(tmp_path, text))
    joint = build_graph(recipe)
    for task in recipe.tasks:
        graph = build_graph(alone(recipe, task))
        assert {name: graph.training(name) for name in graph.components} == {
            name: joint.training(name) for name in graph.components
        }


@register("decoder", "test_conditioned")
class Conditioned(Decoder):
    """A decoder that cannot do without another task."""

    def __init__(self, input_dim: int, condition_dim: int, output_dim: int, *, condition: Address) -> None:
        super().__init__()


def test_a_task_that_cannot_be_alone_says_so(tmp_path: Path) -> None:
    model = "    model: {decoder: {type: test_conditioned, condition: intent.output}}\n"
    path = small.write(tmp_path, SHORT.replace("    target: slots\n", f"    target: slots\n{model}"))
    with pytest.raises(RecipeError) as error:
        contestants([path], single=True)
    assert str(error.value) == (
        f"{path}:30: tasks.slots.model.decoder.condition: 'slots' should do without other tasks to be trained alone. "
        f"Found 'intent.output'.\n1 error in {path}, 'slots' alone"
    )


@pytest.mark.parametrize("name", ["query_doc_relevance", "medquad", "wikiqa"])
def test_recipes_of_pairs_and_of_sources_without_a_key_for_each_split(name: str) -> None:
    recipe = CHECKOUT / f"recipes/{name}.yaml"
    several = len(load_recipe(recipe).tasks) > 1
    found = contestants([recipe], variants=["seed=7"], single=several)
    for contestant in found:
        for _, one in contestant.recipes:
            assert digest(recipe_from_text(filled(one), name="again")) == digest(one)
            tied = {member for group in one.share.values() for member in group.members}
            assert {address.split(".")[0] for address in tied} <= set(one.tasks)


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
        lone = alone(load_recipe(path), "intent")
        path = tmp_path / "one.yaml"
        path.write_text(filled(lone), "utf-8")
        message = str(tmp_path / message)
    with pytest.raises(UsageError) as error:
        contestants([path], **more)
    assert str(error.value) == message


def test_without_a_test_split_nothing_is_trained(tmp_path: Path) -> None:
    path = small.write(tmp_path, SHORT.replace("    test: test.tsv\n", ""))
    with pytest.raises(RecipeError) as error:
        contestants([path], single=True)
    assert str(error.value) == (
        f"{path}:6: sources.utterances: should have a test split to compare by. Found dev, train.\n1 error in {path}"
    )


def test_a_folder_of_another_recipe_is_left_alone(tmp_path: Path) -> None:
    path = small.write(tmp_path, SHORT)
    first = RecipeComparison(contestants([path], variants=["train.epochs=1"]), 1, tmp_path / "out").trials()[1]
    list(first.run())
    path = small.write(tmp_path, SHORT.replace("lr: 0.02", "lr: 0.03"))
    other = RecipeComparison(contestants([path], variants=["train.epochs=1"]), 1, tmp_path / "out").trials()[1]
    message = (
        f"'{tmp_path / 'out/small-train.epochs-1/seed-1'}' should hold a run of the recipe that is compared. "
        "Found another recipe's. Name another folder with --out."
    )
    with pytest.raises(UsageError) as error:
        assert other.done
    assert str(error.value) == message
    done = within("compare", path, "--set", "train.epochs=1", "--seeds", "1", "--out", tmp_path / "out")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{message}\n")  # before anything is trained
    assert not (tmp_path / "out/small").exists()


def test_runs_on_data_that_has_changed_since_are_not_taken_for_done(tmp_path: Path) -> None:
    comparison = RecipeComparison(
        contestants([small.write(tmp_path, SHORT)], variants=["train.epochs=1"]), 1, tmp_path / "o"
    )
    trial = comparison.trials()[1]
    list(trial.run())
    assert trial.done
    with (tmp_path / "test.tsv").open("a", encoding="utf-8") as stream:
        stream.write("play yesterday\tplay\tO B-song\n")
    with pytest.raises(UsageError) as error:
        assert trial.done
    assert str(error.value) == (
        f"'{trial.folder}' should hold a run on the data that is compared on. Found that 'utterances' had another "
        "test split. Delete the folder, or name another one with --out."
    )


def test_figures_of_other_data_are_not_taken_for_those_of_a_run(tmp_path: Path) -> None:
    comparison = RecipeComparison(
        contestants([small.write(tmp_path, SHORT)], variants=["train.epochs=1"]), 1, tmp_path / "o"
    )
    for trial in comparison.trials():
        list(trial.run())
    result = comparison.result()
    other = tmp_path / "other"
    other.mkdir()
    small.write(other)
    (other / "test.tsv").write_text("text\tintent\tslots\nput on noon\tplay\tO O B-song\n", "utf-8")
    done = within("test", trial.folder, "--data", other)
    assert done.returncode == 0
    assert "which is measured here, and not kept in metrics.json." in done.stderr
    assert comparison.result() == result


def test_the_threads_of_one_recipe_are_not_those_of_the_next(tmp_path: Path) -> None:
    variants = [f"train.threads={torch.get_num_threads() + 2}"]
    comparison = RecipeComparison(contestants([small.write(tmp_path, SHORT)], variants=variants), 2, tmp_path / "o")
    before = torch.get_num_threads()
    threads = []
    for trial in comparison.trials():
        list(trial.run())
        state = json.loads((Checkpoints(trial.folder).path("last") / "state.json").read_text("utf-8"))
        threads.append(state["identity"]["threads"])
    assert threads == [before, before + 2, before, before + 2]
    assert torch.get_num_threads() == before


def test_seeds_are_at_least_one(tmp_path: Path) -> None:
    found = contestants([small.write(tmp_path, SHORT)], single=True)
    with pytest.raises(UsageError) as error:
        RecipeComparison(found, 0, tmp_path)
    assert str(error.value) == "--seeds should be at least 1. Found 0."


def test_recipes_of_one_name_get_folders_of_their_own(tmp_path: Path) -> None:
    path = small.write(tmp_path, SHORT)
    assert [c.name for c in contestants([path, path])] == ["small", "small (2)"]
    assert slug("small (2)") == "small-2"


def test_a_variant_of_many_settings_has_a_folder_that_can_be_made(tmp_path: Path) -> None:
    path = small.write(tmp_path, SHORT)
    variants = [f"{'; '.join(['train.optimizer.lr=0.01'] * 20)}; seed={seed}" for seed in (1, 2)]
    folders = [contestant.recipes[0][0] for contestant in contestants([path], variants=variants)]
    assert len(set(folders)) == 3
    for folder in (*folders, slug("é" * 300), slug("é" * 301), slug("x" + "é" * 300)):
        assert len(folder.encode()) <= 200
        (tmp_path / folder).mkdir()


def test_one_seed_has_no_spread() -> None:
    one = {"mean": 0.5, "std": None}
    result = {
        "runs": [{"name": "a", "test": {"t": {"f1": one}}}, {"name": "b", "test": {}}],
        "differences": [{"name": "b", "minus": "a", "test": {"t": {"f1": one}}}],
    }
    assert list(rows(result)) == [("t", "f1", ["0.5000", "", "+0.5000"])]
