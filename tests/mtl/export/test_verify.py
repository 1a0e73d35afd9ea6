"""Verification: what it finds equal, what it calls a tie, and what it says of a graph that answers otherwise."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
import torch

import mtl
from mtl.base.errors import ExportError
from mtl.base.progress import StageReport
from mtl.data.batch import Batch
from mtl.export.compare import GraphComparison
from mtl.export.graphs import Graphs, build
from mtl.export.head import CachedSession, Head, Session, session_of
from mtl.export.verify import LENGTHS, Verification, synthetic, verify
from mtl.export.weights import references
from tests import small
from tests.mtl.export.conftest import Exported

TEXT = {"text": ["play some songs"]}


@pytest.fixture(scope="module")
def graphs(tagger: Exported) -> Graphs:
    model = tagger.model
    return build(model.model, model.graph, model.prepared, ["intent", "slots"])


def comparison(tagger: Exported, graphs: Graphs) -> GraphComparison:
    model = tagger.model
    return GraphComparison(model.model, model.graph, model.prepared.fitted, graphs)


def damaged(tagger: Exported, folder: Path, weight: str) -> Path:
    """Copy an export and change one of its weights."""
    copied = folder / "export"
    shutil.copytree(tagger.folder, copied)
    reference = references(copied)[weight]
    with (copied / "weights.safetensors").open("r+b") as file:
        file.seek(int(reference.offset or 0))
        file.write(np.full(int(reference.length or 0) // 4, 0.7, np.float32).tobytes())
    return copied


def test_summary(tagger: Exported) -> None:
    found = tagger.report.verification
    assert dict(found.rows) == {"intent": 71, "slots": 71}
    assert found.largest_difference < 1e-4
    told = dataclasses.replace(found, largest_difference=2.5e-7).summary
    assert told == (
        "intent test rows 71/71 at batch 1 and 64, slots test rows 71/71 at batch 1 and 64 as eager; "
        "scores within 2.5e-07; 0 ties"
    )
    json.dumps(found.facts())


@pytest.mark.parametrize(
    ("weight", "row", "stage"),
    [
        ("words.char.characters.weight", "row 2 ('Paris')", "stage component outputs: 'words.char' differs by "),
        ("encoder.layer1.R", "row 63 ('list beatles')", "stage component outputs: 'encoder' differs by "),
        (
            "slots.output.start",
            "row 2 ('Paris')",
            "stage answer: 'slots.output' makes another answer of the same scores.",
        ),
    ],
)
def test_a_failure_names_head_stage_component_and_example(
    tagger: Exported, graphs: Graphs, tmp_path: Path, weight: str, row: str, stage: str
) -> None:
    parameter = graphs.numeric.parameters[weight]
    kept = parameter.clone()
    model = tagger.model
    try:
        # The stand-ins of some components share their tensors with the model: damage the graph in memory only.
        graphs.text.model.graph.initializers[weight].const_value = _constant(torch.full_like(parameter, 0.7))
        folder = damaged(tagger, tmp_path, weight)
        with pytest.raises(ExportError) as caught:
            verify(model.model, model.graph, model.prepared, graphs, ["slots"], folder)
    finally:
        graphs.text.model.graph.initializers[weight].const_value = _constant(kept)
    message = str(caught.value)
    assert message.startswith(f"slots: verification: slots.onnx: {row}, batch of 1: '")
    assert f" First to differ: {stage}" in message


def _constant(tensor: torch.Tensor) -> object:
    import onnx_ir as ir

    return ir.tensor(tensor.numpy())


def test_a_damaged_file_is_named(tagger: Exported, graphs: Graphs, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    shutil.copytree(tagger.folder, folder)
    (folder / "intent.onnx").write_bytes(b"no graph")
    model = tagger.model
    with pytest.raises(ExportError, match=r"^intent: verification: intent\.onnx cannot be loaded: "):
        verify(model.model, model.graph, model.prepared, graphs, ["intent"], folder)


def test_a_graph_that_fails_is_named(tagger: Exported, graphs: Graphs) -> None:
    class Failing:
        def get_outputs(self) -> list[object]:
            return []

        get_inputs = get_outputs

        def run(self, names: object, feed: object) -> None:
            raise RuntimeError("out of memory")

    with pytest.raises(ExportError) as caught:
        comparison(tagger, graphs).compare([Head("intent", "intent.onnx", Failing())], TEXT)
    assert str(caught.value) == "intent: verification: intent.onnx: onnxruntime failed: out of memory"


def test_every_graph_of_a_folder_is_compared(tagger: Exported, graphs: Graphs, tmp_path: Path) -> None:
    """A joint graph that answers otherwise than the heads is no export."""
    folder = tmp_path / "export"
    shutil.copytree(tagger.folder, folder)
    joint = onnx.load(folder / "joint.onnx", load_external_data=False)
    tables = (given for node in joint.graph.node for given in node.attribute if given.name == "values_strings")
    (names,) = (given for given in tables if list(given.strings) == [b"a", b"b", b"c"])
    names.strings[:] = [b"b", b"c", b"a"]
    onnx.save(joint, folder / "joint.onnx")
    model = tagger.model
    with pytest.raises(
        ExportError, match=r"^intent: verification: joint\.onnx: row 2 \('Paris'\), batch of 64: 'label' should"
    ):
        verify(model.model, model.graph, model.prepared, graphs, ["intent", "slots"], folder)


def test_a_joint_graph_that_answers_a_text_alone_otherwise_is_named(
    tagger: Exported, graphs: Graphs, monkeypatch: pytest.MonkeyPatch
) -> None:
    class WrongAlone:
        def __init__(self, session: Session) -> None:
            self.session = session
            self.get_inputs, self.get_outputs = session.get_inputs, session.get_outputs

        def run(self, names: list[str], given: Mapping[str, np.ndarray]) -> list[np.ndarray]:
            found = list(self.session.run(names, given))
            if len(given["text"]) == 1:
                found[names.index("intent.label")] = np.array(["b"], object)
            return found

    def opened(path: Path, task: str) -> Session:
        session = session_of(path, task)
        return WrongAlone(session) if path.name == "joint.onnx" else session  # type: ignore[return-value]  # names

    monkeypatch.setattr("mtl.export.verify.session_of", opened)
    model = tagger.model
    with pytest.raises(ExportError) as caught:
        verify(model.model, model.graph, model.prepared, graphs, ["intent", "slots"], tagger.folder)
    told, _, cause = str(caught.value).partition(" First to differ: ")
    assert (
        told
        == "intent: verification: joint.onnx: row 0 (\"add don't some\"), batch of 1: 'label' should be 'a'. Found 'b'."
    )
    assert cause.startswith("stage answer: ")


def answering(tagger: Exported, graphs: Graphs, task: str, change: dict[str, object]) -> GraphComparison:
    """Compare a head whose answers to one text are changed."""
    made = comparison(tagger, graphs)
    real = Head.load(tagger.folder / f"{task}.onnx", task)

    class Lying(Head):
        def run(self, *arguments: object) -> dict[str, np.ndarray]:
            return {**real.run(*arguments), **change}  # type: ignore[arg-type]  # passed on

    made.compare([Lying(task, "lying.onnx", real.session)], TEXT, [5])
    return made


ROWS = ["play songs", "", "add songs to list", "play", "Music by the beatles in Paris", "tomorrow"]


class Alone(Head):
    """A head that notes its batches, and answers one text otherwise where `lie` says how."""

    def __init__(self, head: Head, lie: dict[str, object]) -> None:
        super().__init__(head.task, "alone.onnx", head.session)
        self.__dict__.update({"fed": [], "lie": lie})

    def run(self, graph: object, texts: dict[str, list[str]]) -> dict[str, np.ndarray]:  # type: ignore[override]
        self.__dict__["fed"].append(texts["text"])
        found = super().run(graph, texts)  # type: ignore[arg-type]
        return {**found, **self.__dict__["lie"]} if texts["text"] == [ROWS[2]] else found


@pytest.mark.parametrize("task", ["intent", "slots"])
def test_every_row_is_answered_alone_and_together_and_by_eager_torch_once(
    tagger: Exported, graphs: Graphs, task: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, batches, real = comparison(tagger, graphs), [], tagger.model.model.scores

    def noting(batch: Batch, tasks: list[str]) -> object:
        batches.append(len(batch.rows))
        return real(batch, tasks)

    monkeypatch.setattr(tagger.model.model, "scores", noting)
    head = Alone(Head.load(tagger.folder / f"{task}.onnx", task), {})
    made.rows([head], {"text": ROWS}, range(10, 16), range(10, 15))
    by_length = sorted(ROWS, key=lambda text: max(1, len(text.split())))
    assert head.__dict__["fed"] == [*([text] for text in by_length if text != ROWS[5]), by_length]
    assert batches == [6]
    assert 0 < made.largest < 1e-5
    assert made.rows([head], {"text": []}, [], []) == {}


@pytest.mark.parametrize(
    ("task", "lie", "told"),
    [
        ("slots", {"tokens": np.array([["add", "songs", "to"]], object)}, "tokens should be ['add', 'songs', 'to', "),
        ("slots", {"lengths": np.array([3])}, "tokens should be ['add', 'songs', 'to', "),
        (
            "slots",
            {"score": np.zeros((1, 4), np.float32)},
            "'score' should be within 0.0001 of eager torch's. Found a distance of ",
        ),
        ("intent", {"label": np.array(["zzz"], object)}, "'label' should be '"),
        (
            "intent",
            {"scores": np.full((1, 3), np.nan, np.float32)},
            "'scores' should be within 0.0001 of eager torch's. Found a distance of nan. ",
        ),
    ],
)
def test_one_row_that_is_answered_otherwise_alone_is_named(
    tagger: Exported, graphs: Graphs, task: str, lie: dict[str, object], told: str
) -> None:
    head = Alone(Head.load(tagger.folder / f"{task}.onnx", task), lie)
    with pytest.raises(ExportError) as caught:
        comparison(tagger, graphs).rows([head], {"text": ROWS}, range(10, 16), range(10, 16))
    place = f"{task}: verification: alone.onnx: row 12 ('add songs to list'), batch of 1: "
    assert str(caught.value).startswith(place + told)
    assert " First to differ: stage answer: " in str(caught.value)


def test_a_model_whose_answers_depend_on_the_batch_is_asked_alone(
    tagger: Exported, graphs: Graphs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a difference that only a batch has, nor its lack, decides on a text alone: the batch is what differs."""
    real = tagger.model.model.scores
    monkeypatch.setattr(
        tagger.model.model,
        "scores",
        lambda batch, tasks: {
            t: (s + 5.0 * (len(batch.rows) > 1) * torch.eye(3)[0],) for t, (s,) in real(batch, tasks).items()
        },
    )
    head = Alone(Head.load(tagger.folder / "intent.onnx", "intent"), {})
    with pytest.raises(
        ExportError, match=r"^intent: verification: alone\.onnx: row \d \(.*\), batch of 6: 'label' should"
    ):
        comparison(tagger, graphs).rows([head], {"text": ROWS}, range(6), range(6))
    assert [len(texts) for texts in head.__dict__["fed"]].count(6) == 1


class Counting:
    """A graph of two tasks that doubles and counts what it is given, or fails."""

    def __init__(self) -> None:
        self.fed: list[list[int]] = []

    def get_inputs(self) -> list[object]:
        return [SimpleNamespace(name="x")]

    def get_outputs(self) -> list[object]:
        return [SimpleNamespace(name="a.twice"), SimpleNamespace(name="b.count")]

    def run(self, names: object, given: Mapping[str, np.ndarray]) -> list[object]:
        assert names == ["a.twice", "b.count"]
        self.fed.append(given["x"].tolist())
        if not len(given["x"]):
            raise RuntimeError("nothing given")
        return [2 * given["x"], np.array([len(given["x"])])]


def test_a_joint_graph_runs_once_for_all_its_tasks() -> None:
    graph = Counting()
    shared = CachedSession(graph)

    def asked(*numbers: int) -> list[list[int]]:
        given = {"x": np.array(numbers, object)}
        return [shared.run([name], given)[0].tolist() for name in ("b.count", "a.twice")]

    assert asked(1, 2) == [[2], [2, 4]]
    assert asked(3) == [[1], [6]]
    assert asked(1, 2) == [[2], [2, 4]]
    with pytest.raises(RuntimeError, match="nothing given"):
        asked()
    assert asked(1, 2) == [[2], [2, 4]]
    assert graph.fed == [[1, 2], [3], [1, 2], [], [1, 2]]


def test_tasks_that_read_the_same_rows_are_verified_at_once(tagger: Exported, graphs: Graphs) -> None:
    """Eager torch answers a row once for both tasks; a single call of the model is of both."""
    model, asked = tagger.model.model, []
    real = model.scores

    class Noting:
        def __getattr__(self, name: str) -> object:
            return getattr(model, name)

        def scores(self, batch: Batch, tasks: list[str]) -> object:
            asked.append((len(batch.rows), tasks))
            return real(batch, tasks)

    prepared = tagger.model.prepared
    begun: list[StageReport] = []
    found = verify(Noting(), tagger.model.graph, prepared, graphs, ["intent", "slots"], tagger.folder, begun.append)  # type: ignore[arg-type]
    assert begun == [StageReport("verifying", ("intent", "slots"), 1, 1, 71, "test")]
    assert [dict(found.split), dict(found.rows)] == [{"intent": "test", "slots": "test"}, {"intent": 71, "slots": 71}]
    assert found.facts()["joint"] == {"joint.onnx": {task: {"1": 64, "64": 71} for task in ("intent", "slots")}}
    both = ["intent", "slots"]
    few = (64, both)  # rows that the joint graph answers alone, too
    assert asked[:3] == [(64, both), (7, both), few]
    assert asked[3:] == [(len(LENGTHS), both), (1, both), (2, both), (3, both), (3, both), (3, both)]


def test_other_tokens(tagger: Exported, graphs: Graphs) -> None:
    with pytest.raises(ExportError) as caught:
        answering(tagger, graphs, "slots", {"tokens": np.array([["play", "some", "song"]], object)})
    assert str(caught.value) == (
        "slots: verification: lying.onnx: row 5 ('play some songs'), batch of 1: "
        "tokens should be ['play', 'some', 'songs']. Found ['play', 'some', 'song']. "
        "First to differ: stage answer: 'slots.output' makes another answer of the same scores."
    )


def test_other_rows(tagger: Exported, graphs: Graphs) -> None:
    with pytest.raises(ExportError) as caught:
        answering(tagger, graphs, "intent", {"label": np.array(["a", "b"], object)})
    assert str(caught.value) == "intent: verification: lying.onnx: 'label' should have 1 row. Found 2."


def test_other_scores(tagger: Exported, graphs: Graphs) -> None:
    with pytest.raises(ExportError) as caught:
        answering(tagger, graphs, "intent", {"score": np.array([np.nan], np.float32)})
    assert "'score' should be within 0.0001 of eager torch's. Found a distance of nan." in str(caught.value)


def test_a_label_that_does_not_exist(tagger: Exported, graphs: Graphs) -> None:
    with pytest.raises(ExportError, match=r"'label' should be '[abc]'\. Found ''\."):
        answering(tagger, graphs, "intent", {"label": np.array(["zzz"], object)})


@torch.no_grad()
def test_a_tie_is_counted_and_listed(tagger: Exported, graphs: Graphs) -> None:
    layer = tagger.model.model["intent.decoder"].layers[-1]  # type: ignore[union-attr, index]  # an MLP
    weight, bias = layer.weight.clone(), layer.bias.clone()
    try:
        layer.weight[1], layer.bias[1] = layer.weight[0], layer.bias[0]  # 'a' and 'b' are equal now
        layer.bias[2] = -100.0
        scores = tagger.model.model.output("intent")
        assert scores is not None
        half = np.array([[0.5, 0.5, 0.0]], np.float32)
        changed = {"label": np.array(["b"], object), "score": half[0, :1], "scores": half}
        made = answering(tagger, graphs, "intent", changed)
        assert [vars(tie) for tie in made.ties] == [
            {"file": "lying.onnx", "task": "intent", "row": 5, "batch": 1, "gap": 0.0}
        ]
        with pytest.raises(ExportError, match=r"'label' should be 'a'\. Found 'c'\."):
            answering(tagger, graphs, "intent", {**changed, "label": np.array(["c"], object)})
    finally:
        layer.weight.copy_(weight)
        layer.bias.copy_(bias)


def test_made_up_texts() -> None:
    batches = list(synthetic({"text": ["play the song", ""]}))
    assert [len(text.split()) for text in batches[0]["text"]] == list(LENGTHS)
    assert batches[-1] == {"text": []}
    assert [""] in [batch["text"] for batch in batches]
    assert next(synthetic({"text": [""]}))["text"][:2] == ["word", "word word"]


def test_ties_are_told() -> None:
    found = Verification({"a": "dev"}, {"a": 3}, {"a": {1: 3, 64: 3}}, 0.0, ())
    assert found.summary == "a dev rows 3/3 at batch 1 and 64 as eager; scores within 0.0e+00; 0 ties"


def test_labels_that_end_in_nul_are_told_apart(tmp_path: Path) -> None:
    recipe = small.write(tmp_path, small.RECIPE.replace("epochs: 24", "epochs: 12"))
    for split in ("train", "dev", "test"):
        file = tmp_path / f"{split}.tsv"
        file.write_text(file.read_text("utf-8").replace("\tplay\t", "\twake\0\t"), "utf-8")
    run = mtl.run(recipe, tmp_path / "run")
    assert run.manifest["tasks"]["intent"]["labels"] == ["wake", "wake\0"]
    answers = mtl.Bundle(run.out / "export").predict("intent", ["play yesterday", "wake me at noon"])
    assert [answer["label"] for answer in answers] == ["wake\0", "wake"]
