"""Tasks that learn from a finished run."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import mtl
from mtl.base.errors import CheckpointError, RecipeError
from mtl.base.files import read_json, sha256
from mtl.base.processes import Processes
from mtl.base.progress import StepReport
from mtl.data import cache_keys
from mtl.data.store import Store
from mtl.model import multi_task
from mtl.model.multi_task import MultiTaskModel
from mtl.runs import teachers
from mtl.runs.check import check_recipe
from mtl.runs.ensembling import answering
from mtl.runs.ensembling.answering import By
from mtl.runs.ensembling.ensemble import Ensemble
from mtl.runs.runner import Run
from mtl.text import featurizer
from mtl.text.features import VocabularyFeature
from mtl.train.checkpoint import Checkpoints, load_model
from mtl_modules.layers import padded_lstm
from mtl_modules.outputs import softmax
from mtl_modules.outputs.softmax import Softmax
from tests import small


def student(folder: Path, teacher: Path, more: str = "weight: 0.7", **replaced: str) -> Path:
    """Write a smaller recipe with less to learn from: its tasks learn from those of a run."""
    recipe = small.RECIPE.replace("hidden: 8", "hidden: 4").replace("epochs: 24", "epochs: 2")
    recipe = recipe.replace("    target: intent\n", f"    target: intent\n    teacher: {{run: {teacher}, {more}}}\n")
    recipe = recipe.replace(
        "    target: slots\n", f"    target: slots\n    teacher: {teacher}\n    model: {{output: crf}}\n"
    )
    for old, new in replaced.items():
        assert old in recipe
        recipe = recipe.replace(old, new)
    path = small.write(folder, recipe)
    lines = (folder / "train.tsv").read_text("utf-8").splitlines()
    unlabelled = [f"{line.split(chr(9))[0]}\t\t" if number % 3 == 2 else line for number, line in enumerate(lines)]
    (folder / "train.tsv").write_text("\n".join(unlabelled) + "\n", "utf-8")
    return path


def trained(run: Run) -> Run:
    for _ in run.train():
        pass
    return run


def test_probabilities_are_those_of_the_teacher_in_the_student_s_order(small_run: Path, tmp_path: Path) -> None:
    split = Run.start(student(tmp_path, small_run), tmp_path / "run").prepared.splits["utterances", "train"]
    texts = split.texts("text")
    answers = mtl.Predictor.load(small_run).predict("intent", texts)
    wanted = [[answer["scores"][label] for label in split.targets["intent"].names()] for answer in answers]
    assert np.allclose(split.soft["intent"].values, wanted, atol=1e-6)
    tags = mtl.Predictor.load(small_run).predict("slots", texts)
    batch = split.batch(np.array([3, 0]))
    best = batch.soft["slots"].probabilities.max(-1)
    for row, unit in enumerate((3, 0)):
        count, names = len(tags[unit]["tags"]), split.targets["slots"].names()
        assert [names[i] for i in best.indices[row, :count].tolist()] == tags[unit]["tags"]
        assert np.allclose(best.values[row, :count], tags[unit]["score"], atol=1e-6)
    assert batch.labelled["intent"].tolist() == [True, True]
    assert split.batch(np.arange(3)).soft["intent"].labelled.tolist() == [True, False, True]


@pytest.mark.parametrize("by", ["average", "vote"])
def test_an_ensemble_teaches_what_its_members_say_together(small_run: Path, tmp_path: Path, by: By) -> None:
    other = trained(Run.start(small.write(tmp_path), tmp_path / "other", seed=2, overrides=["train.epochs=3"])).out
    both = Ensemble.start([small_run, other], tmp_path / "both", by=by)
    run = Run.start(student(tmp_path / "student", both.out, "weight: 1"), tmp_path / "run")
    split = run.prepared.splits["utterances", "train"]
    texts = split.texts("text")
    wanted = [[answer["scores"][label] for label in ("play", "wake")] for answer in both.predict("intent", texts)]
    assert split.targets["intent"].names() == ("play", "wake")
    assert np.allclose(split.soft["intent"].values, wanted, atol=1e-6)
    if by == "average":
        members = [mtl.Predictor.load(one).predict("intent", texts) for one in (small_run, other)]
        means = np.mean([[answer["scores"]["play"] for answer in member] for member in members], 0)
        assert np.allclose(split.soft["intent"].values[:, 0], means, atol=1e-6)
        assert np.abs(means - [answer["scores"]["play"] for answer in members[0]]).max() > 1e-3
    names = split.targets["slots"].names()
    (first,), best = both.predict("slots", texts[:1]), split.batch(np.array([0])).soft["slots"].probabilities[0].max(-1)
    assert [names[i] for i in best.indices.tolist()] == first["tags"]
    assert np.allclose(best.values, first["score"], atol=1e-6)
    noted = read_json(tmp_path / "run/teachers.json")
    assert {note["teacher"] for note in noted.values()} == {teachers.identity_of(both.out)}
    trained(run)
    assert {answer["label"] for answer in Run.open(run.out).predict("intent", texts[:9])} == {"play"}


def test_several_labels_are_taught_by_their_probabilities(tmp_path: Path) -> None:
    """What counts is how probable the teacher thinks each label: its threshold is so high that it answers with none."""
    recipe = small.RECIPE.replace("type: text_classification", "type: multi_label_classification")
    output = "pooling: max\n      output: {type: sigmoid, threshold: 0.99999}"
    run = Run.start(small.write(tmp_path / "of", recipe.replace("pooling: max", output)), tmp_path / "teacher")
    teacher = trained(run).out
    path = student(
        tmp_path / "student",
        teacher,
        "weight: 1",
        **{"type: text_classification": "type: multi_label_classification", "epochs: 2": "epochs: 8"},
    )
    begun = Run.start(path, tmp_path / "run")
    split = begun.prepared.splits["utterances", "train"]
    texts = split.texts("text")
    answers = mtl.Predictor.load(teacher).predict("intent", texts)
    assert all(answer["labels"] == [] for answer in answers)
    wanted = [[answer["scores"][label] for label in split.targets["intent"].names()] for answer in answers]
    assert np.allclose(split.soft["intent"].values, wanted, atol=1e-6)
    model, batch = MultiTaskModel(begun.graph, begun.prepared.fitted).eval(), split.batch(np.arange(6))
    (scores,) = model.scores(batch, ["intent"])["intent"]
    said = torch.tensor(wanted[:6], dtype=torch.float32)
    softer = (said.logit(eps=1e-6) / 2).sigmoid()
    entropies = torch.nn.functional.binary_cross_entropy_with_logits(scores / 2, softer, reduction="none").mean(-1)
    assert torch.allclose(model.losses(batch, ["intent"])["intent"], 4 * entropies.mean(), atol=1e-5)
    trained(begun)
    found = Run.open(begun.out).predict("intent", ["put on blackbird", "wake me at noon"])
    assert [answer["labels"] for answer in found] == [["play"], ["wake"]]


def test_the_loss_of_a_row_is_its_label_s_and_its_teacher_s_part(small_run: Path, tmp_path: Path) -> None:
    run = Run.start(student(tmp_path, small_run), tmp_path / "run")
    (split,) = (found for (_, name), found in run.prepared.splits.items() if name == "train")
    model = MultiTaskModel(run.graph, run.prepared.fitted).eval()
    batch = split.batch(np.arange(6))
    found = model.losses(batch, ["intent"])["intent"]
    output, (scores,) = model.output("intent"), model.scores(batch, ["intent"])["intent"]
    hard = torch.where(batch.soft["intent"].labelled, output.loss(scores, batch.targets["intent"]), 0.0)
    soft = output.soft_loss(scores, batch.soft["intent"].probabilities, 2.0)
    assert torch.allclose(found, (0.3 * hard + 0.7 * 4 * soft).mean())
    assert int(batch.soft["intent"].labelled.sum()) == 4


@pytest.mark.parametrize("taught", [True, False])
def test_rows_out_of_scope_and_without_a_label_teach_words_and_what_a_teacher_says(
    small_run: Path, tmp_path: Path, taught: bool
) -> None:
    model = "pooling: max\n      output: {type: softmax, threshold: 0.4}"
    scope = "type: text_classification\n    out_of_scope: none"
    path = student(tmp_path, small_run, **{"pooling: max": model, "type: text_classification": scope})
    if not taught:
        lines = [line for line in path.read_text("utf-8").splitlines() if "teacher:" not in line]
        path.write_text("\n".join(lines), "utf-8")
    rows = ["text\tintent\tslots", "ride a zebra\tnone\t", "feed yaks\t\t", "put on hey jude\tplay\tO O B-song I-song"]
    rows += ["wake me at six thirty\twake\tO O O B-time I-time", ""]
    (tmp_path / "train.tsv").write_text("\n".join(rows), "utf-8")
    run = Run.start(path, tmp_path / "run")
    split = run.prepared.splits["utterances", "train"]
    assert run.prepared.fitted.targets["intent"].names() == ("play", "wake")
    (words,) = run.prepared.fitted.features["words.word"]
    assert isinstance(words, VocabularyFeature)
    assert {"zebra", "yaks"} <= set(words.vocabulary.entries)
    network = MultiTaskModel(run.graph, run.prepared.fitted).eval()
    batch = split.batch(np.arange(4))
    assert batch.labelled["intent"].tolist() == [taught, taught, True, True]
    loss = network.losses(batch, ["intent"])["intent"]
    output, (scores,) = network.output("intent"), network.scores(batch, ["intent"])["intent"]
    hard = output.loss(scores, batch.targets["intent"])
    if not taught:
        assert torch.allclose(loss, hard[2:].mean())
        return
    soft = 4 * output.soft_loss(scores, batch.soft["intent"].probabilities, 2.0)
    assert torch.allclose(loss, torch.cat([0.7 * soft[:2], 0.3 * hard[2:] + 0.7 * soft[2:]]).mean())


def test_a_student_of_texts_without_labels_answers_as_its_teacher(small_run: Path, tmp_path: Path) -> None:
    path = student(tmp_path, small_run, "weight: 1", **{"epochs: 2": "epochs: 8"})
    found = mtl.run(path, tmp_path / "run", overrides=["tasks.slots.learn=true"])
    assert found.metrics["test"]["intent"]["accuracy"] == 1.0
    assert mtl.Bundle(tmp_path / "run/export").predict("intent", ["put on blackbird"])[0]["label"] == "play"


def test_a_resumed_student_needs_no_teacher_and_ends_bit_by_bit_alike(small_run: Path, tmp_path: Path) -> None:
    teacher = tmp_path / "teacher"
    shutil.copytree(small_run, teacher, ignore=shutil.ignore_patterns("export"))
    path = student(tmp_path / "student", teacher)
    overrides = ["train.checkpoint_every=2"]
    trained(Run.start(path, tmp_path / "whole", overrides=overrides))
    for report in Run.start(path, tmp_path / "cut", overrides=overrides).train():
        if isinstance(report, StepReport) and report.step == 4:
            break
    shutil.rmtree(teacher)
    trained(Run.start(path, tmp_path / "cut", overrides=overrides, resume=True))
    whole, cut = (load_model(tmp_path / name, "last").state_dict() for name in ("whole", "cut"))
    assert all(torch.equal(whole[name], cut[name]) for name in whole)
    assert read_json(tmp_path / "cut/teachers.json") == read_json(tmp_path / "whole/teachers.json")
    assert Run.open(tmp_path / "cut").evaluate("dev").metrics  # a trained run asks for no teacher


def test_another_teacher_is_refused_on_resume(small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    teacher = tmp_path / "teacher"
    shutil.copytree(small_run, teacher, ignore=shutil.ignore_patterns("export"))
    path = student(tmp_path / "student", teacher, **{"epochs: 2": "epochs: 1"})
    trained(Run.start(path, tmp_path / "run"))
    monkeypatch.setenv("MTL_CACHE", str(tmp_path / "empty"))
    best = Checkpoints(teacher).path("best") / "components/intent.decoder.safetensors"
    content = bytearray(best.read_bytes())
    content[-1] ^= 1  # the sign, exponent or first bits of a bias
    best.write_bytes(bytes(content))
    with pytest.raises(CheckpointError) as caught:
        trained(Run.start(path, tmp_path / "run", resume=True))
    assert str(caught.value) == (
        f"{tmp_path / 'run'}: what the teacher of intent says should be what the run was started with. Found other "
        "probabilities: the teacher was trained again, or gives others here. Another teacher needs a new run."
    )


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            "task: intents",
            "should have a task 'intents' that teaches. Found the tasks intent, slots in '{run}'. Did you mean "
            "'intent'?",
        ),
        ("task: slots", "should be a task of one kind with its teacher, which predicts 'tags'. Found 'class'."),
    ],
)
def test_a_teacher_of_another_kind(small_run: Path, tmp_path: Path, more: str, message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        check_recipe(mtl.load_recipe(student(tmp_path, small_run, more)))
    (fault,) = caught.value.faults
    assert (fault.path, fault.message) == ("tasks.intent.teacher", message.format(run=small_run.resolve()))


@pytest.mark.parametrize("lists", ["teacher", "student"])
def test_a_teacher_that_reads_lists_of_texts_or_alone_reads_none(small_run: Path, tmp_path: Path, lists: str) -> None:
    teacher = tmp_path / "teacher"
    shutil.copytree(small_run, teacher, ignore=shutil.ignore_patterns("export"))
    path = student(tmp_path / "student", teacher)
    changed = {"teacher": teacher / "recipe.yaml", "student": path}[lists]
    of_texts = "\n".join(line for line in changed.read_text("utf-8").splitlines() if "out_of_scope" not in line)
    of_lists = of_texts.replace("type: text_classification", "type: dialog_classification", 1)
    assert of_lists != of_texts
    changed.write_text(of_lists, "utf-8")
    with pytest.raises(RecipeError) as caught:
        check_recipe(mtl.load_recipe(path))
    theirs, own = ("lists of texts", "texts") if lists == "teacher" else ("texts", "lists of texts")
    assert [fault.message for fault in caught.value.faults if fault.path == "tasks.intent.teacher"] == [
        f"should read 'text' as its teacher does, as {theirs}. Found {own}."
    ]


def test_a_teacher_that_is_no_finished_run(small_run: Path, tmp_path: Path) -> None:
    run = tmp_path / "none"
    with pytest.raises(RecipeError) as caught:
        check_recipe(mtl.load_recipe(student(tmp_path / "a", run)))
    assert {fault.message for fault in caught.value.faults} == {
        f"should be the folder of a finished run. Found '{run}': nothing there."
    }
    path = small.write(tmp_path / "b")
    for report in Run.start(path, run, overrides=["train.checkpoint_every=2"]).train():
        if isinstance(report, StepReport) and report.step == 3:
            break
    with pytest.raises(RecipeError) as caught:
        check_recipe(mtl.load_recipe(student(tmp_path / "c", run)))
    assert {fault.message for fault in caught.value.faults} == {
        f"should be the folder of a finished run. Found '{run}': its last checkpoint is of step 2 of 72. Let the "
        f"training end; if nothing trains it, go on with it: mtl train {run}/recipe.yaml --out {run} --resume"
    }


def test_a_teacher_answers_on_the_threads_of_the_run_that_learns(
    small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[int] = []

    def answered(*given: Any, **named: Any) -> Any:
        found.append(torch.get_num_threads())
        return probabilities(*given, **named)

    probabilities = Softmax.probabilities
    monkeypatch.setattr(Softmax, "probabilities", answered)
    monkeypatch.setenv("MTL_CACHE", str(tmp_path / "empty"))
    before, path = torch.get_num_threads(), student(tmp_path, small_run)
    for threads in (before + 1, before + 2):  # what was cached with another number is no answer with this one
        run = Run.start(path, tmp_path / f"run{threads}", overrides=[f"train.threads={threads}"])
        assert len(run.prepared.splits["utterances", "train"].soft["intent"].values) == 45
        assert found.pop() == threads
        assert not set(found) - {threads}
        found.clear()
    assert torch.get_num_threads() == before


def test_a_teacher_with_other_labels(small_run: Path, tmp_path: Path) -> None:
    path = student(tmp_path, small_run)
    train = tmp_path / "train.tsv"
    train.write_text(train.read_text().replace("\tplay\t", "\tlisten\t"))
    with pytest.raises(RecipeError) as caught:
        Run.start(path, tmp_path / "run").prepared  # noqa: B018  # data is read on first use
    (fault,) = caught.value.faults
    assert (fault.path, fault.message) == (
        "tasks.intent.teacher",
        f"should have the labels of its task, listen, wake. Found play, wake in '{small_run.resolve()}'.",
    )


def test_labels_that_are_renamed_are_those_that_they_were(
    small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher = tmp_path / "teacher"
    shutil.copytree(small_run, teacher, ignore=shutil.ignore_patterns("export"))
    path = student(tmp_path / "student", teacher, **{"epochs: 2": "epochs: 1"})
    begun = trained(Run.start(path, tmp_path / "run"))
    Run.open(teacher).rename("wake", "rouse")  # of two labels, the last one is now the first
    Run.open(begun.out).rename("play", "start")
    for cache in ("warm", "cold"):
        if cache == "cold":
            monkeypatch.setenv("MTL_CACHE", str(tmp_path / cache))
        new = Run.start(path, tmp_path / "new")
        assert new.prepared.soft == begun.prepared.soft
        resumed = Run.start(path, begun.out, resume=True)
        assert resumed.prepared.fitted.targets["intent"].names() == ("start", "wake")
        assert resumed.prepared.soft == begun.prepared.soft
        shutil.rmtree(new.out)
    train = tmp_path / "student/train.tsv"
    train.write_text(train.read_text().replace("\twake\t", "\trouse\t"))
    with_the_new_name = Run.start(path, tmp_path / "other")
    assert with_the_new_name.prepared.fitted.targets["intent"].names() == ("play", "rouse")
    assert with_the_new_name.prepared.soft["slots"] == begun.prepared.soft["slots"]


def test_what_is_cached_is_of_this_code_and_of_all_tokens(
    small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTL_CACHE", str(tmp_path / "cache"))
    path = student(tmp_path, small_run, **{"epochs: 2": "epochs: 1"})
    begun = trained(Run.start(path, tmp_path / "run"))
    files = read_json(tmp_path / "run/teachers.json")
    with monkeypatch.context() as changed:
        changed.setattr(cache_keys, "_files", lambda name: set())  # of packages that hold other code
        other = Run.start(path, tmp_path / "other")
        assert other.prepared.soft == begun.prepared.soft
        others = read_json(tmp_path / "other/teachers.json")
        assert all(others[task]["file"] != files[task]["file"] for task in ("intent", "slots"))
    store, file = Store(tmp_path / "cache"), files["slots"]["file"]
    fewer = np.load(tmp_path / "cache" / file)[:-1]
    with store.scratch() as scratch:
        np.save(scratch.folder / "fewer.npy", fewer)
        store.publish(scratch.folder / "fewer.npy", file)
    resumed = Run.start(path, tmp_path / "run", resume=True)
    assert resumed.prepared.soft == begun.prepared.soft


PLUGIN = """
from mtl.base.registry import register
from mtl_modules.poolings.max import MaxPooling


@register("pooling", "of_a_teacher")
class OfATeacher(MaxPooling):
    pass
"""


def test_what_is_cached_is_of_the_code_of_the_teacher_s_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTL_CACHE", str(tmp_path / "cache"))
    recipe = small.RECIPE.replace("pooling: max", "pooling: of_a_teacher").replace("epochs: 24", "epochs: 1")
    path = small.write(tmp_path / "teacher", f"plugins: [mine.py]\n{recipe}")
    plugin = tmp_path / "teacher/mine.py"
    plugin.write_text(PLUGIN)
    taught_by = trained(Run.start(path, tmp_path / "teacher/run")).out
    path = student(tmp_path / "student", taught_by)
    files: list[dict[str, Any]] = []
    for name, code in {"one": PLUGIN, "other": f"{PLUGIN}# answers otherwise\n", "again": PLUGIN}.items():
        plugin.write_text(code)
        assert set(Run.start(path, tmp_path / name).prepared.soft) == {"intent", "slots"}
        files.append(read_json(tmp_path / name / "teachers.json"))
    one, other, again = files
    assert one == again
    assert all(one[task]["file"] != other[task]["file"] for task in ("intent", "slots"))


def test_the_code_of_a_teacher_is_that_of_all_that_its_network_is_made_of(small_run: Path, tmp_path: Path) -> None:
    shutil.copytree(small_run, tmp_path / "other", ignore=shutil.ignore_patterns("export"))
    Ensemble.start([small_run, tmp_path / "other"], tmp_path / "both")
    made_of = [Path(module.__file__ or "") for module in (multi_task, padded_lstm, softmax, featurizer)]
    joining = Path(answering.__file__)
    for run, files in {small_run: made_of, tmp_path / "both": [*made_of, joining]}.items():
        assert {sha256(file) for file in files} <= set(teachers._code(run))
    assert sha256(joining) not in teachers._code(small_run)


class Second(Processes):
    """One of several processes that is not the first."""

    number = 1


def test_the_first_of_several_processes_alone_notes_teachers(
    small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run.start(student(tmp_path, small_run), tmp_path / "run")
    with monkeypatch.context() as other:
        other.setattr(teachers, "here", Second)
        assert set(run.prepared.soft) == {"intent", "slots"}
        assert not (run.out / "teachers.json").exists()
    run.__dict__.pop("prepared")
    assert set(run.prepared.soft) == set(read_json(run.out / "teachers.json"))


def test_a_teacher_that_cuts_texts_otherwise(small_run: Path, tmp_path: Path) -> None:
    path = student(tmp_path, small_run, **{"lowercase: true}}": "lowercase: true, max_tokens: 4}}"})
    with pytest.raises(RecipeError) as caught:
        check_recipe(mtl.load_recipe(path))
    (fault,) = caught.value.faults
    assert (fault.path, fault.message) == (
        "tasks.slots.teacher",
        "should cut texts into tokens as its teacher does, 'max_tokens: None'. Found 'max_tokens: 4'.",
    )


def test_an_output_layer_that_cannot_be_taught(small_run: Path, tmp_path: Path) -> None:
    path = student(tmp_path, small_run, **{"pooling: max": "pooling: max\n      output: hinge"})
    with pytest.raises(RecipeError) as caught:
        check_recipe(mtl.load_recipe(path))
    (fault,) = caught.value.faults
    assert (fault.path, fault.message) == (
        "tasks.intent.teacher",
        "should come with an output layer that learns from probabilities. Found 'hinge'.",
    )
