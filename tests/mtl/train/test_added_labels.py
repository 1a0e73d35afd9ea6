"""New labels on heads that come from a run: the run's labels keep their weights, and so their scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mtl.base.errors import DataError
from mtl.base.tensors import read_tensors
from mtl.model.module import PaddedSequence
from mtl.runs.runner import Run
from mtl.train.checkpoint import Checkpoints
from mtl.train.trainer import Trainer
from tests import small
from tests.mtl.from_small import recipe, refused

MODEL = {"embedding": {"type": "word", "dim": 4}, "representation": {"type": "bilstm", "hidden": 4}}
SLOTS = ("embedding", "representation", "pooling", "decoder", "output")
OUTPUTS: dict[str, dict[str, Any]] = {
    "soft": {"type": "softmax", "calibrate": True},
    "apart": {"type": "hinge"},
    "sets": {"type": "sigmoid", "threshold": "dev_per_label"},
    "chain": {"type": "crf", "constrained": True},
}
WIDE = {"soft": {"wide": "ngrams"}}  # beside its decoder: it grows with that
SOURCE = {"format": "tsv", "train": "train.tsv", "dev": "dev.tsv", "test": "test.tsv"}
NEW = "text\tintent\tslots\nfly to rome\tfly\tO O B-city\na b\tabc\tO B-song\n"


def tree(tasks: dict[str, dict[str, Any]]) -> dict[str, Any]:
    types = {"sets": "multi_label_classification", "chain": "word_tagging"}
    return {
        "name": "heads",
        "sources": {"s": SOURCE},
        "tasks": {
            name: {
                "type": types.get(name, "text_classification"),
                "source": "s",
                "inputs": "text",
                "target": "slots" if name == "chain" else "intent",
                "model": model,
            }
            for name, model in tasks.items()
        },
        "train": {"max_steps": 3, "batch": {"size": 8}, "gradients_every": 0},
    }


def slots(task: str) -> tuple[str, ...]:
    return tuple(slot for slot in (*SLOTS, *WIDE.get(task, ())) if task != "chain" or slot != "pooling")


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("old")
    small.write(folder)
    run = Run.start(
        tree({name: {**MODEL, **WIDE.get(name, {}), "output": output} for name, output in OUTPUTS.items()}),
        folder / "run",
        data=folder,
    )
    list(run.train())
    return Run.open(run.out, data=folder)


@pytest.fixture(scope="module")
def new(old: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run's heads on data with more labels, before its first step."""
    folder = tmp_path_factory.mktemp("new")
    small.write(folder)
    for split in ("train", "dev"):
        with (folder / f"{split}.tsv").open("a") as file:
            file.write(NEW.split("\n", 1)[1])
    models = {
        task: {slot: {"from": str(old.out), **({"extend": True} if slot in SLOTS[3:] else {})} for slot in slots(task)}
        for task in OUTPUTS
    }
    return Run.start(tree(models), folder / "run", data=folder)


def scores(model: Any, run: Run, task: str, texts: Run) -> torch.Tensor:
    split = texts.prepared.splits["s", "test"]
    (found, *_) = model.scores(split.batch(np.arange(8)), [task])[task]
    values: torch.Tensor = found.values if isinstance(found, PaddedSequence) else found
    return values


def test_old_labels_come_first_and_keep_weights_and_scores(old: Run, new: Run) -> None:
    trainer = Trainer(new.graph, new.prepared, new.out)
    model = trainer.model.eval()
    before = {task: target.names() for task, target in old.prepared.fitted.targets.items()}
    after = {task: target.names() for task, target in new.prepared.fitted.targets.items()}
    assert before["soft"] == ("play", "wake")
    assert after == {
        **dict.fromkeys(("soft", "apart", "sets"), ("play", "wake", "abc", "fly")),
        "chain": (*before["chain"], "B-city"),
    }
    for task in OUTPUTS:
        for slot in ("decoder", "output", *WIDE.get(task, ())):
            name = f"{task}.{slot}"
            kept = read_tensors(Checkpoints(old.out).path("best") / f"components/{name}.safetensors")[0]
            assert kept.keys() == trainer.owned[name].keys()
            for key, tensor in kept.items():
                there = trainer.owned[name][key]
                wanted = torch.full_like(tensor, 0.5) if key == "thresholds" else tensor  # dev will decide anew
                assert torch.equal(there[tuple(map(slice, tensor.shape))], wanted)
                if tensor.dim() and key != "score.weight" and tensor.shape[0] == len(before[task]):
                    assert there.shape[0] == len(after[task])
        with torch.no_grad():
            mine, theirs = scores(model, new, task, new), scores(old.model, old, task, new)
        assert torch.allclose(mine[..., : len(before[task])], theirs, rtol=0, atol=1e-6)
    assert trainer.owned["chain.output"]["transitions"].shape == (len(after["chain"]),) * 2
    list(trainer.train())
    assert set(Run.open(new.out).predict("soft", ["play it"])[0]["scores"]) == set(after["soft"])


def test_a_head_of_two_tasks_is_given_the_labels_that_either_lacks(tmp_path: Path) -> None:
    """Each of two sources has one new label; both tasks know both, and score old labels as before."""
    tasks = ("one", "two")
    for name in tasks:
        small.write(tmp_path / name)
    tied = {kind: [f"{task}.{kind}" for task in tasks] for kind in SLOTS}
    recipe = tree({"one": MODEL, "two": {}}) | {"share": tied}
    recipe["sources"] = {task: {**SOURCE, "train": f"{task}/train.tsv", "dev": None, "test": None} for task in tasks}
    for task in tasks:
        recipe["tasks"][task]["source"] = task
    old = Run.start(recipe, tmp_path / "old", data=tmp_path)
    list(old.train())
    for name, row in zip(tasks, ("fly to rome\tfly\tO O O\n", "a b\tabc\tO O\n"), strict=True):
        with (tmp_path / name / "train.tsv").open("a") as file:
            file.write(row)
    start = {kind: {"from": str(old.out), **({"extend": True} if kind in SLOTS[3:] else {})} for kind in SLOTS}
    recipe["tasks"]["one"]["model"] = start
    new = Run.start(recipe, tmp_path / "new", data=tmp_path)
    trainer = Trainer(new.graph, new.prepared, new.out)
    targets = new.prepared.fitted.targets
    assert {targets[task].names() for task in tasks} == {("play", "wake", "abc", "fly")}
    before, after = Run.open(old.out, data=tmp_path).model.eval(), trainer.model.eval()
    assert after.output("one") is after.output("two")
    for task in tasks:
        batch = new.prepared.splits[task, "train"].batch(np.arange(8))
        with torch.no_grad():
            (mine,), (theirs,) = (model.scores(batch, [task])[task] for model in (after, before))
        assert (mine.shape, theirs.shape) == ((8, 4), (8, 2))
        assert torch.allclose(mine[:, :2], theirs, rtol=0, atol=1e-6)
    list(trainer.train())
    answers = {task: Run.open(new.out).predict(task, ["play it"])[0]["scores"] for task in tasks}
    assert answers["one"] == answers["two"]
    assert answers["one"].keys() == {"play", "wake", "abc", "fly"}


def test_what_cannot_be_given_labels(old: Run, small_run: Path, tmp_path: Path) -> None:
    here = "<recipe>: tasks.kind.model"
    start = {"from": f"{old.out}#soft.decoder", "extend": True}
    rest = {slot: {"from": f"{old.out}#soft.{slot}"} for slot in SLOTS}
    text = {"column": "text"}
    assert refused(recipe(tmp_path, {**rest, "decoder": start}, text=text)) == [
        f"{here}.output.from: should come with 'extend: true', as labels are added to the head of 'kind'. It does not."
    ]
    grown = {**rest, "decoder": start, "output": {**rest["output"], "extend": True, "freeze": True}}
    assert refused(recipe(tmp_path, grown, text=text)) == [
        f"{here}.output.extend: should be left out of what is frozen: weights of new labels would stay random. "
        "Found true."
    ]
    run = Run.start(recipe(tmp_path, {"output": "ordinal"}), tmp_path / "ranks")
    list(run.train())
    graded = {"decoder": {"from": f"{run.out}#kind.decoder"}, "output": {"from": str(run.out), "extend": True}}
    assert refused(recipe(tmp_path, {**graded, "decoder": {**graded["decoder"], "extend": True}})) == [
        f"{here}.output.extend: should be left out: no labels can be added to the output 'ordinal'. Found true."
    ]
    train = tmp_path / "dev.tsv"
    names = ", ".join(run.prepared.fitted.labels["kind"].names)
    alone = recipe(tmp_path, {"decoder": graded["decoder"], "output": {"from": str(run.out)}})
    lines = train.read_text("utf-8").splitlines()
    train.write_text("\n".join([*lines, "sing\tzzz\tO", ""]), "utf-8")
    with pytest.raises(DataError) as caught:
        _ = Run.start(alone, tmp_path / "more").prepared
    assert str(caught.value) == (
        f"{train}: column 'intent': should have labels of the run alone that the head comes from: {names}. Found zzz. "
        "Without 'from' in the decoder and the output layer, the head is trained anew."
    )
