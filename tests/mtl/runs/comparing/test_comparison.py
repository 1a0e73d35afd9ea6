from __future__ import annotations

import json
import shutil
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from mtl.base import registry
from mtl.base.errors import UsageError
from mtl.base.tensors import read_tensors, write_tensors
from mtl.compile.alone import alone
from mtl.compile.loading import load_recipe, recipe_from_text
from mtl.evaluate.metrics import Metric
from mtl.graph.build import build_graph
from mtl.recipe.filling import digest, filled
from mtl.runs.comparing.comparison import RecipeComparison
from mtl.runs.comparing.contestants import contestants
from mtl.runs.comparing.page import as_html, as_markdown, blocks
from mtl.runs.comparing.verdicts import verdict
from mtl.train.checkpoint import Checkpoints
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
    apart_from = ", each task alone, as many steps"
    names = ["small", f"small{apart_from}", variant, f"{variant}{apart_from}"]
    assert [run["name"] for run in result["runs"]] == names
    assert [(d["name"], d["minus"]) for d in result["differences"]] == [
        ("small", names[1]),  # jointly and alone
        (variant, "small"),
        (variant, names[3]),
    ]

    folder = out / "small-each-task-alone-as-many-steps/intent"
    kept = [json.loads((out / f"small/seed-{seed}/metrics.json").read_text("utf-8")) for seed in (1, 2)]
    lone = [json.loads((folder / f"seed-{seed}/metrics.json").read_text("utf-8")) for seed in (1, 2)]
    mine, theirs = ([k["test"]["intent"]["accuracy"] for k in runs] for runs in (kept, lone))
    assert result["runs"][0]["test"]["intent"]["accuracy"] == {
        "mean": statistics.fmean(mine),
        "std": statistics.stdev(mine),
        "values": mine,
    }
    apart = [one - other for one, other in zip(mine, theirs, strict=True)]
    said = verdict(apart, higher_is_better=True)
    assert result["differences"][0]["test"]["intent"]["accuracy"] == {
        "mean": statistics.fmean(apart),
        "std": statistics.stdev(apart),
        "low": said.low,
        "high": said.high,
        "verdict": said.verdict,
    }
    assert "joint" in result["runs"][0]["test"]
    assert "joint" not in result["differences"][0]["test"]  # no task is alone and joint
    assert "verdict" in result["differences"][1]["test"]["joint"]["exact_match"]

    figures, differences = [line.split("  ") for line in done.stdout.splitlines() if line.startswith("intent  acc")][:2]
    assert f"{statistics.fmean(mine):.4f} ± {statistics.stdev(mine):.4f}" in map(str.strip, figures)
    assert [cell.strip() for cell in differences if cell] == [
        "intent",
        "accuracy",
        f"{statistics.fmean(apart):+.4f}",
        f"{said.low:+.4f} to {said.high:+.4f}",
        said.verdict,
    ]
    assert result["runs"][0]["trained"] == [
        {"tasks": ["intent", "slots"], "source": "utterances", "steps": [6, 6], "rows": [90, 90]}
    ]
    assert result["runs"][1]["trained"] == [
        {"tasks": [task], "source": "utterances", "steps": [6, 6], "rows": [90, 90]} for task in ("intent", "slots")
    ]
    state = json.loads((Checkpoints(out / "small/seed-1").path("last") / "state.json").read_text("utf-8"))
    assert result["versions"] == {package: [version] for package, version in state["identity"]["versions"].items()}

    weights = out / "small/seed-1/checkpoints"
    stamps = {path: path.stat().st_mtime_ns for path in weights.rglob("*")}
    pages = [tmp_path / "page.md", tmp_path / "page.HTML"]
    again = within(*arguments, "--out", out, *(part for page in pages for part in ("--report", page)))
    assert again.stdout.splitlines()[-3:] == [f"{path}: written" for path in (out / "compare.json", *pages)]
    found = list(blocks(result))
    assert [page.read_text("utf-8") for page in pages] == [as_markdown(found), as_html(found)]
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


@pytest.mark.parametrize("match", ["epochs", "steps"])
def test_a_task_that_shares_nothing_is_trained_alone_as_jointly(tmp_path: Path, match: str) -> None:
    others = "  others:\n    format: tsv\n    train: train.tsv\n    dev: dev.tsv\n    test: test.tsv\n\ntasks:"
    text = SHORT.replace("epochs: 2", "epochs: 1").replace("\ntasks:", others)
    text = text.replace("word_tagging\n    source: utterances", "word_tagging\n    source: others")
    text = text[: text.index("share:")] + text[text.index("train:\n  opt") :]
    comparison = RecipeComparison(
        contestants([small.write(tmp_path, text)], single=True, match=match), 1, tmp_path / "out"
    )
    for trial in comparison.trials():
        list(trial.run())
    result = comparison.result()
    joint, lone = result["runs"]
    assert list(joint["test"]) == ["intent", "slots"]
    assert lone["test"] == joint["test"]
    verdicts = {figure["verdict"] for task in result["differences"][0]["test"].values() for figure in task.values()}
    assert verdicts == {"equal: one seed"}


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


def test_runs_that_began_with_other_weights_are_not_taken_for_done(small_run: Path, tmp_path: Path) -> None:
    shutil.copytree(small_run, tmp_path / "lm")
    text = SHORT.replace("{type: bilstm, hidden: 8}", f"{{from: {tmp_path / 'lm'}#encoder}}")
    comparison = RecipeComparison(
        contestants([small.write(tmp_path, text)], variants=["train.epochs=1"]), 1, tmp_path / "o"
    )
    trial = comparison.trials()[1]
    list(trial.run())
    assert trial.done
    file = Checkpoints(tmp_path / "lm").path("best") / "components/encoder.safetensors"
    tensors, description = read_tensors(file)
    write_tensors(file, {key: tensor + 1 for key, tensor in tensors.items()}, description)
    with pytest.raises(UsageError) as error:
        assert trial.done
    assert str(error.value) == (
        f"'{trial.folder}' should hold a run that began with the weights that 'from' names. Found other weights of "
        "encoder. Delete the folder, or name another one with --out."
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
    assert "it is measured here, and not kept in metrics.json." in done.stderr
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


class Mistakes(Metric):
    """How many rows have another label: less is better. A wrong answer makes one more figure."""

    figures = ("mistakes",)
    higher_is_better = False

    def compute(self, gold: Sequence[Any], predicted: Sequence[Any]) -> dict[str, Any]:
        wrong = sum(one != other for one, other in zip(gold, predicted, strict=True))
        return {"mistakes": float(wrong), **({"share": wrong / len(gold)} if wrong else {})}


def test_verdicts_know_what_is_better(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._classes["metric"], "test_mistakes", Mistakes)
    metrics = "    target: intent\n    metrics: [accuracy, test_mistakes]\n"
    recipe = small.write(tmp_path, SHORT.replace("    target: intent\n", metrics))
    comparison = RecipeComparison(contestants([recipe], variants=["train.clip=1"]), 2, tmp_path / "out")
    for trial in comparison.trials():  # what runs would have left
        more = 0.1 * (trial.recipe.train.clip == 1) + 0.001 * trial.recipe.seed * (trial.recipe.train.clip == 1)
        names = {"intent": ("accuracy", "mistakes", "share"), "slots": ("f1",), "joint": ("exact_match",)}
        figures = {task: dict.fromkeys(of, 0.5 + more) for task, of in names.items()}
        checkpoint = trial.folder / "checkpoints/step-00000001"
        checkpoint.mkdir(parents=True)
        (checkpoint.parent / "pointer.json").write_text(json.dumps({"last": checkpoint.name}), "utf-8")
        (checkpoint / "state.json").write_text(json.dumps({"identity": {"versions": {"mtl": "0"}}}), "utf-8")
        (trial.folder / "log.jsonl").write_text("", "utf-8")
        (trial.folder / "metrics.json").write_text(json.dumps({"test": figures}), "utf-8")
    (difference,) = comparison.result()["differences"]
    found = {f"{task}.{name}": one["verdict"] for task, of in difference["test"].items() for name, one in of.items()}
    assert found == {
        "intent.accuracy": "better",
        "intent.mistakes": "worse",
        "intent.share": "undecided: no metric says whether more is better",
        "slots.f1": "better",
        "joint.exact_match": "better",
    }


def test_seeds_are_at_least_one(tmp_path: Path) -> None:
    found = contestants([small.write(tmp_path, SHORT)], single=True)
    with pytest.raises(UsageError) as error:
        RecipeComparison(found, 0, tmp_path)
    assert str(error.value) == "--seeds should be at least 1. Found 0."


def test_runs_that_learned_from_other_teachers_are_not_taken_for_done(small_run: Path, tmp_path: Path) -> None:
    teacher = tmp_path / "teacher"
    shutil.copytree(small_run, teacher, ignore=shutil.ignore_patterns("export"))
    text = SHORT.replace("    target: intent\n", f"    target: intent\n    teacher: {teacher}\n")
    comparison = RecipeComparison(
        contestants([small.write(tmp_path, text)], variants=["train.epochs=1"]), 1, tmp_path / "o"
    )
    trial = comparison.trials()[1]
    list(trial.run())
    assert trial.done
    file = Checkpoints(teacher).path("best") / "components/encoder.safetensors"
    tensors, description = read_tensors(file)
    write_tensors(file, {key: tensor + 1 for key, tensor in tensors.items()}, description)
    with pytest.raises(UsageError) as error:
        assert trial.done
    assert str(error.value) == (
        f"'{trial.folder}' should hold a run that learned from the teachers that its recipe names. Found that the "
        "teacher of intent was trained again. Delete the folder, or name another one with --out."
    )
    shutil.rmtree(teacher)  # what it was is no longer known
    assert trial.done
