"""What is found on dev at the end of training: it becomes part of the best checkpoint, however the run got there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mtl.base.errors import CheckpointError, RecipeError
from mtl.base.progress import EvalReport, Note, Report
from mtl.base.registry import register
from mtl.base.tensors import read_tensors
from mtl.evaluate.evaluation import evaluate
from mtl.evaluate.metrics import Metric
from mtl.runs.check import check_recipe, read_data
from mtl.runs.extending.extended import Extended
from mtl.runs.predictor import Predictor
from mtl.runs.runner import Run
from mtl.sources.opening import open_sources
from mtl.train import decisions
from mtl.train.checkpoint import Checkpoints, load_weights
from mtl.train.trainer import Trainer
from tests import small
from tests.mtl import from_small
from tests.mtl.compile.test_extension import write
from tests.mtl.small_run import parameters, same, small_graph, small_trainer, write_data

OUTPUT = {"model": {"output": {"type": "softmax", "calibrate": True}}}
SCOPED: dict[str, Any] = {
    "intent": {
        "out_of_scope": "other",
        "model": {
            "embedding": {"type": "word", "dim": 8},
            "representation": {"type": "bilstm", "hidden": 6},
            "output": {"type": "softmax", "calibrate": True, "threshold": "dev"},
        },
    },
    "slots": OUTPUT,
}

LATER = ": found on dev once training has ended; until then evaluations answer without"


def plant(folder: Path, splits: tuple[str, ...] = ("train", "dev")) -> None:
    """Write the small data, with many utterances of dev (and two of train) that no intent fits."""
    write_data(folder)
    for split, count in (("train", 2), ("dev", 80)):
        if split in splits:
            with (folder / f"utterances.{split}.tsv").open("a") as file:
                file.write("a a weather\tother\tO O O\n" * count)


def at_the_end(report: Report) -> bool:
    """Say whether a report is a note of what was found."""
    return isinstance(report, Note) and report.step > 0


def trainer(folder: Path, *, out: str = "run", resume: bool = False, **train: Any) -> Trainer:
    return small_trainer(folder, {"epochs": 2, **train}, out=out, resume=resume, tasks=SCOPED)


def kept(folder: Path, component: str = "intent.output") -> tuple[Mapping[str, torch.Tensor], Mapping[str, str]]:
    return read_tensors(Checkpoints(folder).path("best") / "components" / f"{component}.safetensors")


def test_they_are_reported_kept_and_used(tmp_path: Path) -> None:
    plant(tmp_path)
    trained = trainer(tmp_path, epochs=8)
    reports = list(trained.train())
    assert [str(report) for report in reports[:2]] == [
        f"intent.output: calibrate and threshold{LATER}",
        f"slots.output: calibrate{LATER}",
    ]
    notes = list(filter(at_the_end, reports))
    assert [(note.component, note.message.split()[0], note.step) for note in notes] == [
        ("intent.output", "temperature", trained.step),
        ("intent.output", "out", trained.step),
        ("slots.output", "temperature", trained.step),
    ]
    tensors, meaning = kept(tmp_path / "run")
    assert meaning["decided"] == "dev"
    assert set(tensors) == {"temperature", "threshold"}
    output: Any = trained.model.output("intent")
    assert float(output.threshold) > 0
    assert torch.equal(tensors["threshold"], output.threshold)
    loaded = trainer(tmp_path, epochs=8, resume=True).model
    assert same(parameters(loaded), parameters(trained.model))
    found = evaluate(trained.model, trained.graph, trained.prepared, "dev")
    scoped = f"tuned on dev: accuracy {found.metrics['intent']['accuracy']:.4f} there"
    assert notes[1].message.endswith(scoped)
    assert "other" in found.predictions["intent"]
    (answer,) = Predictor(trained.model).predict("intent", ["a a weather"])
    assert answer["label"] == "other"
    assert set(answer["scores"]) == {"music", "travel", "search"}


def test_a_run_without_anything_to_find_has_the_files_that_it_had(tmp_path: Path) -> None:
    write_data(tmp_path)
    plain = small_trainer(tmp_path)
    assert [report for report in plain.train() if isinstance(report, Note)] == []
    assert kept(tmp_path / "run")[0] == {}
    assert "decided" not in kept(tmp_path / "run")[1]


def test_training_is_what_it_is_without_them(tmp_path: Path) -> None:
    plant(tmp_path)
    with_them = trainer(tmp_path)
    losses = [report.losses for report in with_them.train() if hasattr(report, "losses")]
    plain: dict[str, Any] = {
        "intent": {**SCOPED["intent"], "model": {**SCOPED["intent"]["model"], "output": "softmax"}}
    }
    without = small_trainer(tmp_path, {"epochs": 2}, out="plain", tasks=plain)
    assert losses == [report.losses for report in without.train() if hasattr(report, "losses")]


def test_a_run_that_was_killed_before_they_were_written_finds_them_again(tmp_path: Path) -> None:
    plant(tmp_path)
    whole = trainer(tmp_path, out="whole")
    reports = list(whole.train())
    stopped = trainer(tmp_path, out="stopped")
    for report in stopped.train():
        if at_the_end(report):
            break
    best = Checkpoints(tmp_path / "stopped")
    fresh = trainer(tmp_path, out="fresh")  # what the file was before anything was found
    own = {
        name: buffer for name, buffer in fresh.model.components["intent.output"].named_buffers() if name != "weights"
    }
    best.rewrite("best", "intent.output", own, {})
    resumed = trainer(tmp_path, out="stopped", resume=True)
    assert resumed.finished
    notes = list(filter(at_the_end, reports))
    assert list(resumed.train()) == notes
    assert same(parameters(resumed.model), parameters(whole.model))
    assert (tmp_path / "stopped/checkpoints/pointer.json").read_bytes() == (
        tmp_path / "whole/checkpoints/pointer.json"
    ).read_bytes()
    for name in ("intent.output", "slots.output"):
        first, second = (kept(tmp_path / out, name) for out in ("stopped", "whole"))
        assert same(first[0], second[0])
        assert first[1] == second[1]
    assert list(trainer(tmp_path, out="stopped", resume=True).train()) == notes


def test_a_run_that_was_killed_before_they_were_logged_logs_them_once(tmp_path: Path) -> None:
    plant(tmp_path)

    def started(**resume: bool) -> Run:
        run = Run.start(small_graph(tmp_path, {"epochs": 2}, tasks=SCOPED).recipe, tmp_path / "run", **resume)
        return run

    def logged() -> list[str]:
        lines = (tmp_path / "run/log.jsonl").read_text("utf-8").splitlines()
        return [record["message"] for record in map(json.loads, lines) if record["event"] == "note"]

    for report in started().train():
        if at_the_end(report):
            break
    log = tmp_path / "run/log.jsonl"
    log.write_bytes(log.read_bytes()[:-7])  # as a process leaves it that is killed
    (tmp_path / "run/metrics.json").write_text("{}")
    resumed = [started(resume=True), started(resume=True)]
    found = [[report.message for report in run.train() if isinstance(report, Note)] for run in resumed]
    assert [message.split()[0] for message in found[0]] == ["temperature", "out", "temperature"]
    assert found[1] == found[0] == logged()[-3:]
    assert logged()[:-3] == [f"calibrate and threshold{LATER}", f"calibrate{LATER}"]
    assert resumed[0].metrics == {}  # they are still those of this model


def test_the_best_checkpoint_gets_them(tmp_path: Path) -> None:
    plant(tmp_path)
    run = trainer(tmp_path, epochs=4, evaluate_every=3, select={"pos.accuracy": 1.0})
    list(run.train())
    before = parameters(run.model)
    load_weights(run.model, Checkpoints(tmp_path / "run").path("best"))
    assert same(parameters(run.model), before)


def test_a_temperature_lowers_the_log_loss_of_dev(tmp_path: Path) -> None:
    plant(tmp_path)
    run = trainer(tmp_path, epochs=6)
    list(run.train())
    output: Any = run.model.output("slots")
    split = run.prepared.splits["utterances", "dev"]
    batch = split.batch(np.arange(len(split)))
    with torch.no_grad():
        scores = run.model.scores(batch, ["slots"])["slots"][0].values
    ids = batch.targets["slots"]
    cross_entropy = torch.nn.functional.cross_entropy
    losses = {
        by: float(cross_entropy((scores / (output.temperature * by)).reshape(-1, scores.shape[2]), ids.reshape(-1)))
        for by in (0.9, 1.0, 1.1)
    }
    assert losses[1.0] < min(losses[0.9], losses[1.1])


NO_ROWS = (
    "should come with rows in dev that are out of scope, labelled 'other', on which it is tuned. There are none: add "
    "some, or give a number, such as 'threshold: 0.5'."
)
NO_SPLIT = "should come with a dev split of the task's source, on which it is found. There is none."


def test_dev_without_rows_out_of_scope_is_refused_before_training(tmp_path: Path) -> None:
    plant(tmp_path, ("train",))
    with pytest.raises(RecipeError) as caught:
        trainer(tmp_path)
    assert [(fault.path, fault.message) for fault in caught.value.faults] == [
        ("tasks.intent.model.output.threshold", NO_ROWS)
    ]
    graph = small_graph(tmp_path, tasks=SCOPED)
    with pytest.raises(RecipeError) as caught:
        read_data(graph, open_sources(graph.recipe), tmp_path / "cache")
    assert [fault.message for fault in caught.value.faults] == [NO_ROWS]


def test_a_misspelled_label_of_what_is_out_of_scope_is_told_with_those_of_dev(tmp_path: Path) -> None:
    plant(tmp_path, ("dev",))
    with pytest.raises(RecipeError) as caught:
        small_trainer(tmp_path, tasks={**SCOPED, "intent": {**SCOPED["intent"], "out_of_scope": "othr"}})
    assert [(fault.path, fault.message) for fault in caught.value.faults] == [
        (
            "tasks.intent.model.output.threshold",
            "should come with rows in dev that are out of scope, labelled 'othr', on which it is tuned. There are "
            "none, but rows with labels that train lacks (other): correct 'out_of_scope' if one of these is meant, add "
            "some, or give a number, such as 'threshold: 0.5'.",
        )
    ]


def test_a_source_without_dev_is_refused_before_training(tmp_path: Path) -> None:
    plant(tmp_path)
    with pytest.raises(RecipeError) as caught:
        small_trainer(tmp_path, tasks=SCOPED, dev=False)
    assert [(fault.path, fault.message) for fault in caught.value.faults] == [
        ("tasks.intent.model.output.calibrate", NO_SPLIT),
        ("tasks.intent.model.output.threshold", NO_SPLIT),
        ("tasks.slots.model.output.calibrate", NO_SPLIT),
    ]


def test_a_checkpoint_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    plant(tmp_path)
    run = trainer(tmp_path)
    list(run.train())
    file = Checkpoints(tmp_path / "run").path("best") / "components" / "pos.output.safetensors"
    file.unlink()
    file.mkdir()
    (file / "taken").touch()
    with pytest.raises(CheckpointError) as error:
        Checkpoints(tmp_path / "run").rewrite("best", "pos.output", {}, {})
    assert str(error.value) == (
        f"{file}: could not be written: Is a directory. The checkpoint is unharmed; make room and resume."
    )


def test_nothing_is_found_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path)
    run = trainer(tmp_path)
    list(run.train())
    monkeypatch.setattr(decisions, "_units", lambda *_: pytest.fail("dev was read again"))
    found = decisions.decide(run.model, run.prepared, run.checkpoints)
    assert [component for component, _ in found] == ["intent.output", "intent.output", "slots.output"]


@pytest.mark.parametrize("kept_by", [{"train": {"components": {"*.output": {"freeze": True}}}}, {"learn": False}])
def test_layers_that_are_not_trained_ask_nothing_of_dev(tmp_path: Path, kept_by: dict[str, Any]) -> None:
    plant(tmp_path)
    train = kept_by.get("train", {})
    tasks = SCOPED if train else {name: {**keys, **kept_by} for name, keys in SCOPED.items()}
    small_trainer(tmp_path, train, tasks=tasks, dev=False)


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run with a temperature that no dev shows, 7."""
    folder = tmp_path_factory.mktemp("calibrated")
    pooling = "      pooling: max\n"
    text = small.RECIPE.replace(pooling, f"{pooling}      output: {{type: softmax, calibrate: true}}\n")
    run = Run.start(small.write(folder, text.replace("epochs: 24", "epochs: 1")), folder / "run")
    list(run.train())
    checkpoints = Checkpoints(run.out)
    checkpoints.rewrite("best", "intent.output", {"temperature": torch.tensor(7.0)}, kept(run.out)[1])
    return run.out


@pytest.mark.parametrize("freeze", [True, False])
def test_a_frozen_layer_keeps_what_came_with_its_weights(freeze: bool, calibrated: Path, tmp_path: Path) -> None:
    components = {"embedding": "words", "representation": "encoder", "decoder": "intent.decoder"}
    model: dict[str, Any] = {slot: {"from": f"{calibrated}#{name}"} for slot, name in components.items()}
    output = {"from": f"{calibrated}#intent.output", "freeze": freeze}
    run = Run.start(from_small.recipe(tmp_path, {**model, "output": output}), tmp_path / "new")
    found = [report.component for report in run.train() if isinstance(report, Note) and report.step]
    assert found == ([] if freeze else ["kind.output"])
    assert (float(kept(run.out, "kind.output")[0]["temperature"]) == 7.0) is freeze


def evaluations(run: Trainer) -> list[tuple[int, Any]]:
    """Train, and return step and figures of every evaluation."""
    return [(report.step, report.metrics) for report in run.train() if isinstance(report, EvalReport)]


@pytest.mark.parametrize("key", ["from", "weights"])
def test_what_dev_decided_in_another_run_does_not_steer_training(key: str, tmp_path: Path) -> None:
    plant(tmp_path)
    list(Run.start(small_graph(tmp_path, {"epochs": 1}, tasks=SCOPED).recipe, tmp_path / "first").train())
    checkpoints = Checkpoints(tmp_path / "first")
    origins = {
        "from": f"{tmp_path}/first#intent.output",
        "weights": f"{checkpoints.path('best')}/components/intent.output.safetensors",
    }

    def begun(out: str, origin: dict[str, str], *, resume: bool = False) -> Trainer:
        intent = SCOPED["intent"]
        model = {**intent["model"], "output": {**intent["model"]["output"], **origin}}
        tasks = {**SCOPED, "intent": {**intent, "model": model}}
        return small_trainer(tmp_path, {"epochs": 2}, out=out, resume=resume, tasks=tasks)

    wanted = evaluations(begun("plain", {}))
    found = {"temperature": torch.tensor(7.0), "threshold": torch.tensor(0.999)}
    checkpoints.rewrite("best", "intent.output", found, kept(tmp_path / "first")[1])
    run = begun("new", {key: origins[key]})
    layer: Any = run.model.output("intent")
    assert (float(layer.temperature), float(layer.threshold)) == (1.0, 0.0)
    assert evaluations(run) == wanted
    assert 0 < float(layer.threshold) < 0.999
    assert same(parameters(begun("new", {key: origins[key]}, resume=True).model), parameters(run.model))


@pytest.mark.parametrize("unfreeze", [False, True])
def test_tasks_of_an_extended_run_keep_theirs(unfreeze: bool, calibrated: Path, tmp_path: Path) -> None:
    run = Extended.start(calibrated, write(tmp_path), tmp_path / "both", unfreeze=unfreeze).run
    assert [report for report in run.train() if isinstance(report, Note) and report.step] == []
    assert float(kept(run.out)[0]["temperature"]) == 7.0


@pytest.mark.parametrize("frozen", ["where it is configured", "under components"])
def test_a_frozen_layer_whose_temperature_nobody_finds_is_warned_of(frozen: str, tmp_path: Path) -> None:
    output: dict[str, Any] = {"type": "softmax", "calibrate": True}
    parts = {"embedding": {"type": "word", "dim": 8}, "representation": {"type": "bilstm", "hidden": 6}}
    tasks = {"intent": {"model": {**parts, "output": output}}, "slots": OUTPUT}
    trained = check_recipe(small_graph(tmp_path, tasks=tasks).recipe)
    assert not any("no effect" in str(found) for found in trained.warnings)
    train: dict[str, Any] = {}
    if frozen == "under components":
        train["components"] = {"intent.output": {"freeze": True}}
    else:
        output["freeze"] = True
    frozen_one = check_recipe(small_graph(tmp_path, train, tasks=tasks).recipe)
    assert [str(found) for found in frozen_one.warnings if "no effect" in str(found)] == [
        "<recipe>: tasks.intent.model.output.calibrate: has no effect, as 'intent.output' is frozen and begins with no "
        "weights that were trained: nothing is found on dev. Leave out 'calibrate', or do not freeze it."
    ]


@register("metric", "test_rejected")
class Rejected(Metric):
    """The share of rows that are answered out of scope; `also` a figure that no answer changes."""

    axes = ((),)
    needs_scope = True
    of_rejections = ("rejected",)

    def __init__(self, *, also: bool = False) -> None:
        self.figures = ("rejected", "seen") if also else ("rejected",)

    def compute(self, gold: Any, predicted: Any) -> dict[str, Any]:
        shares = {"rejected": predicted.count("other") / len(predicted), "seen": 1.0}
        return {figure: shares[figure] for figure in self.figures}


def selecting(folder: Path, metric: Any, threshold: float | str | None, **select: float) -> list[str]:
    """Return what is wrong with selecting by figures of a metric of the task with a label for what is out of scope."""
    output = {"type": "softmax", "threshold": threshold}
    scoped = {**SCOPED["intent"], "model": {**SCOPED["intent"]["model"], "output": output}}
    tasks = {"intent": {**scoped, "metrics": ["accuracy", metric]}}
    train = {"select": {f"intent.{figure}": weight for figure, weight in select.items()}}
    try:
        check_recipe(small_graph(folder, train, tasks=tasks).recipe)
    except RecipeError as error:
        return [str(fault) for fault in error.faults]
    return []


def unknown(figure: str, change: str) -> str:
    """Return the fault of a figure that evaluations cannot have."""
    return (
        f"<recipe>: train.select: 'intent.{figure}' should be a figure that evaluations in training can have. Found "
        "that 'intent.output' finds its 'threshold' on dev once training has ended, and answers nothing out of scope "
        f"until then. {change} 'threshold' a number, such as 'threshold: 0.5'."
    )


@pytest.mark.parametrize("threshold", ["dev", None])
def test_what_needs_a_threshold_of_dev_is_not_selected_by(threshold: str | None, tmp_path: Path) -> None:
    change = "Write 'intent.in_scope_accuracy', or give"
    both = {"out_of_scope_recall": 1.0, "in_scope_accuracy": 1.0, "out_of_scope_precision": 0.5}
    assert selecting(tmp_path, "out_of_scope", threshold, **both) == [
        unknown("out_of_scope_recall", change),
        unknown("out_of_scope_precision", change),
    ]
    for known in ({"in_scope_accuracy": 1.0}, {"accuracy": 1.0}, {}):
        assert selecting(tmp_path, "out_of_scope", threshold, **known) == []
    assert selecting(tmp_path, "test_rejected", threshold, rejected=1.0) == [unknown("rejected", "Give")]
    other = {"type": "test_rejected", "also": True}
    assert selecting(tmp_path, other, threshold, rejected=1.0) == [
        unknown("rejected", "Write 'intent.seen', or give"),
    ]


def test_with_a_threshold_that_is_given_any_figure_is_selected_by(tmp_path: Path) -> None:
    both = {"out_of_scope_recall": 1.0, "out_of_scope_precision": 0.5}
    assert selecting(tmp_path, "out_of_scope", 0.5, **both) == []
