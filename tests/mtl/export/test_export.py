"""A whole export: what is in the folder, what every graph survives, and what happens to the folder that was there."""

from __future__ import annotations

import errno
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from mtl.base import leftovers
from mtl.base.errors import ExportError, UsageError
from mtl.base.progress import StageReport
from mtl.export import export as exporting
from mtl.export import swap
from mtl.export.graphs import Graphs, build
from mtl.export.scratch import clear, scratch_folder
from mtl.export.weights import references
from mtl.recipe.filling import digest
from mtl.text.featurizer import RULES
from tests.mtl.export import tiny
from tests.mtl.export.conftest import Exported

OLD = {"manifest.json": '{"format": 1, "tasks": {}, "files": {"old.onnx": {}}}', "old.onnx": "kept"}


def session(file: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])


@pytest.fixture(scope="module")
def graphs(tagger: Exported) -> Callable[..., Graphs]:
    """What an export of some tasks consists of, traced once for each choice of tasks."""
    model = tagger.model
    return functools.cache(lambda *tasks: build(model.model, model.graph, model.prepared, tasks))


@pytest.fixture
def traced(graphs: Callable[..., Graphs], monkeypatch: pytest.MonkeyPatch) -> None:
    """Exports begin with graphs that are there: for tests of what comes after tracing."""
    monkeypatch.setattr(exporting, "build", lambda model, graph, prepared, tasks: graphs(*tasks))


def answers(runtime: onnxruntime.InferenceSession, texts: list[str]) -> dict[str, np.ndarray]:
    names = [output.name for output in runtime.get_outputs()]
    return dict(zip(names, runtime.run(names, {"text": np.array(texts, object)}), strict=True))


def test_files_of_an_export(tagger: Exported) -> None:
    expected = ["intent.onnx", "joint.onnx", "manifest.json", "slots.onnx", "weights.safetensors"]
    assert sorted(path.name for path in tagger.folder.iterdir()) == expected
    assert sorted(tagger.report.files) == expected
    assert tagger.report.files["slots.onnx"] == (tagger.folder / "slots.onnx").stat().st_size


def test_every_weight_is_stored_once_and_named_after_its_component(tagger: Exported) -> None:
    stored = references(tagger.folder)
    parameters = list(tagger.model.model.parameters())
    assert sum(tensor.nbytes for tensor in stored.values()) == sum(p.numel() * p.element_size() for p in parameters)
    components = set(tagger.model.graph.components)
    assert {name for name in stored if not any(name.startswith(f"{c}.") for c in components)} == set()
    for file in ("intent.onnx", "slots.onnx", "joint.onnx"):
        graph = onnx.load(tagger.folder / file, load_external_data=False).graph
        outside = {t.name for t in graph.initializer if t.data_location == onnx.TensorProto.EXTERNAL}
        assert outside <= set(stored)
        inside = [t for t in graph.initializer if t.data_location != onnx.TensorProto.EXTERNAL]
        assert all(np.prod(t.dims) <= 64 for t in inside)  # small constants, nothing folded from weights
    assert outside == set(stored)


def test_a_head_holds_its_ancestors_only(tagger: Exported) -> None:
    graph = onnx.load(tagger.folder / "intent.onnx", load_external_data=False).graph
    assert not [t.name for t in graph.initializer if t.name.startswith("slots.")]
    assert [output.name for output in graph.output] == ["label", "score", "scores"]
    noted = {note.name: note.type.tensor_type for note in graph.value_info}
    assert set(noted) == {name for node in graph.node if node.domain == "com.microsoft" for name in node.output}
    assert not any(tensor.HasField("shape") for tensor in noted.values())  # what torch noted is its example's


def test_lstm_layers_are_one_node_each(tagger: Exported) -> None:
    graph = onnx.load(tagger.folder / "joint.onnx", load_external_data=False).graph
    assert [node.op_type for node in graph.node].count("LSTM") == 2


def test_sizes_have_names(tagger: Exported) -> None:
    def shapes(values: list[onnx.ValueInfoProto]) -> dict[str, list[str | int]]:
        dims = {v.name: v.type.tensor_type.shape.dim for v in values}
        return {name: [d.dim_param or d.dim_value for d in found] for name, found in dims.items()}

    graph = onnx.load(tagger.folder / "slots.onnx", load_external_data=False).graph
    assert shapes(graph.input) == {"text": ["B"]}
    per_token = ["B", "T"]
    assert shapes(graph.output) == {"tokens": per_token, "lengths": ["B"], "tags": per_token, "score": per_token}
    graph = onnx.load(tagger.folder / "intent.onnx", load_external_data=False).graph
    assert shapes(graph.output) == {"label": ["B"], "score": ["B"], "scores": ["B", 3]}


def test_graphs_say_what_they_are(tagger: Exported) -> None:
    model = onnx.load(tagger.folder / "slots.onnx", load_external_data=False)
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    assert metadata == {
        "recipe": digest(tagger.model.recipe),
        "tasks": '["slots"]',
        "task": "slots",
        "type": "word_tagging",
        "labels": json.dumps(list(tagger.model.prepared.fitted.labels["slots"].names)),
        "tokenizer": "unicode_words",
        "lowercase": "true",
        "strip_accents": "false",
        "nfkc": "false",
    }
    onnx.checker.check_model(str(tagger.folder / "slots.onnx"))


def test_manifest(tagger: Exported) -> None:
    manifest = json.loads((tagger.folder / "manifest.json").read_text())
    assert manifest["recipe"] == digest(tagger.model.recipe)
    assert manifest["metrics"] == {"test": {"intent": {"accuracy": 0.5}}}
    assert manifest["joint"] == [
        {
            "file": "joint.onnx",
            "tasks": ["intent", "slots"],
            "inputs": ["text"],
            "reads": ["text (unicode_words, lowercase)"],
        }
    ]
    assert manifest["weights"] == "weights.safetensors"
    assert manifest["tasks"]["intent"]["outputs"] == {
        "label": {"type": "string", "shape": ["B"]},
        "score": {"type": "float", "shape": ["B"]},
        "scores": {"type": "float", "shape": ["B", 3]},
    }
    assert manifest["tasks"]["intent"]["labels"] == ["a", "b", "c"]
    assert manifest["versions"]["onnxruntime"] == onnxruntime.__version__
    assert RULES.items() <= manifest["versions"].items()
    assert manifest["files"]["slots.onnx"]["bytes"] == tagger.report.files["slots.onnx"]
    verified = manifest["verified"]
    assert (verified["rows"], verified["ties"]) == ({"intent": 71, "slots": 71}, [])
    assert verified["compared"] == {"intent": {"1": 71, "64": 71}, "slots": {"1": 71, "64": 71}}


@pytest.mark.parametrize("head", ["intent", "slots", "joint"])
def test_graphs_survive_everything(tagger: Exported, head: str) -> None:
    runtime = session(tagger.folder / f"{head}.onnx")
    for length in range(1, 301):
        found = answers(runtime, [" ".join(["play"] * length)])
        assert all(len(value) == 1 for value in found.values())
    for texts in ([], [""], ["", ""], ["", "play é", ""], ["\0", "a\0b\0"], ["x" * 100_000], [" \u3000\t"]):
        found = answers(runtime, texts)
        assert all(len(value) == len(texts) for value in found.values())


def test_padding_is_empty(tagger: Exported) -> None:
    found = answers(session(tagger.folder / "slots.onnx"), ["", "Play songs"])
    assert found["tokens"].tolist() == [["", ""], ["Play", "songs"]]
    assert found["lengths"].tolist() == [0, 2]
    assert found["tags"][0].tolist() == ["", ""]
    assert found["score"][0].tolist() == [0.0, 0.0]


def test_a_joint_graph_computes_what_is_asked_for(tagger: Exported) -> None:
    runtime = session(tagger.folder / "joint.onnx")
    options = onnxruntime.RunOptions()
    options.only_execute_path_to_fetches = True
    texts = np.array(["play songs"], object)
    (label,) = runtime.run(["intent.label"], {"text": texts}, options)
    assert label.tolist() == answers(session(tagger.folder / "intent.onnx"), ["play songs"])["label"].tolist()


def test_tasks_with_different_inputs(pairs: Exported) -> None:
    manifest = json.loads((pairs.folder / "manifest.json").read_text())
    assert manifest["joint"] == [
        {
            "file": "joint.onnx",
            "tasks": ["relevance"],
            "inputs": ["query", "document"],
            "reads": ["query (whitespace)", "document (whitespace)"],
        },
        {"file": "joint.2.onnx", "tasks": ["tags"], "inputs": ["text"], "reads": ["text (whitespace)"]},
    ]
    stored = references(pairs.folder)
    assert sorted(name for name in stored if name.startswith("words.")) == ["words.table.weight"]
    assert sum(t.nbytes for t in stored.values()) == sum(p.numel() * 4 for p in pairs.model.model.parameters())


def test_pre_tokenized_sources_give_a_graph_from_tokens(pairs: Exported) -> None:
    runtime = session(pairs.folder / "tags.tokens.onnx")
    assert [value.name for value in runtime.get_inputs()] == ["tokens", "lengths"]
    texts = ["play songs by", "", "é"]
    rows = [text.split() + [""] * (3 - len(text.split())) for text in texts]
    feed = {"tokens": np.array(rows, object), "lengths": np.array([3, 0, 1])}
    names = [output.name for output in runtime.get_outputs()]
    assert names == ["tags", "score"]
    expected = answers(session(pairs.folder / "tags.onnx"), texts)
    for name, value in zip(names, runtime.run(names, feed), strict=True):
        if name == "score":
            assert np.allclose(value, expected[name], atol=1e-6)
        else:
            assert value.tolist() == expected[name].tolist()
    empty = runtime.run(names, {"tokens": np.empty((0, 0), object), "lengths": np.empty(0, np.int64)})
    assert all(len(value) == 0 for value in empty)


@pytest.mark.usefixtures("traced")
def test_some_tasks_can_be_exported_alone(tagger: Exported, tmp_path: Path) -> None:
    report = tagger.model.export(tmp_path / "intent", tasks=["intent"])
    assert sorted(report.files) == ["intent.onnx", "joint.onnx", "manifest.json", "weights.safetensors"]
    assert not [name for name in references(tmp_path / "intent") if name.startswith("slots.")]


@pytest.mark.usefixtures("traced")
def test_stages_are_reported_as_they_begin(tagger: Exported, tmp_path: Path) -> None:
    begun: list[StageReport] = []

    def note(report: StageReport) -> None:
        assert not (tmp_path / "out").exists()
        begun.append(report)

    tagger.model.export(tmp_path / "out", tasks=["intent"], report=note)
    stages = [StageReport("tracing", ("intent",)), StageReport("writing", ("intent",))]
    assert begun == [*stages, StageReport("verifying", ("intent",), 1, 1, 71, "test")]


def test_unknown_task(tagger: Exported, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        tagger.model.export(tmp_path / "out", tasks=["intnt"])
    assert str(caught.value) == "no task named 'intnt' to export. Did you mean 'intent'? Tasks: intent, slots."


def test_a_folder_of_other_things_is_refused(tagger: Exported, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError) as caught:
        tagger.model.export(tmp_path)
    message = "should be new, empty or an earlier export. Found other things in it"
    assert str(caught.value) == f"'{tmp_path}' {message}: thesis.txt."
    with pytest.raises(UsageError) as caught:
        tagger.model.export(tmp_path / "thesis.txt")
    assert str(caught.value) == f"'{tmp_path / 'thesis.txt'}' should be a folder. Found a file."


def test_what_is_no_export_is_not_taken_for_one(tagger: Exported, tmp_path: Path) -> None:
    """Neither another program's `manifest.json`, nor what somebody has put into an export, is deleted."""
    message = "should be new, empty or an earlier export. Found other things in it"
    app = tmp_path / "app"
    app.mkdir()
    for name in ("manifest.json", "index.html", "app.js", "style.css"):
        (app / name).write_text('{"name": "an app", "files": []}')
    export = old_export(tmp_path / "export")
    (export / "README.txt").write_text("of last year's run")
    for folder, found in {app: "app.js, index.html, manifest.json, …", export: "README.txt"}.items():
        before = {path.name: path.read_text() for path in folder.iterdir()}
        with pytest.raises(UsageError) as caught:
            tagger.model.export(folder)
        assert str(caught.value) == f"'{folder}' {message}: {found}."
        assert {path.name: path.read_text() for path in folder.iterdir()} == before


@pytest.mark.usefixtures("traced")
def test_neighbours_of_an_export_are_left_alone(
    tagger: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    neighbours = [tmp_path / name for name in ("out.old", "out.writing", "out.backup.writing")]
    for folder in neighbours:
        old_export(folder)
        os.utime(folder, (0, 0))
    for swapping in (True, False):
        if not swapping:  # as elsewhere than on Linux
            monkeypatch.setattr(swap, "exchange", lambda *_: False)
        for _ in range(2):
            tagger.model.export(tmp_path / "out", tasks=["intent"])
        assert all(map(is_old, neighbours))
        assert sorted(path.name for path in tmp_path.iterdir()) == ["out", *sorted(f.name for f in neighbours)]
        assert (tmp_path / "out").stat().st_mode & 0o777 == neighbours[0].stat().st_mode & 0o777


def test_a_mount_point_is_told_before_anything_is_made(
    tagger: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.path.ismount", lambda path: path == tmp_path)
    with pytest.raises(UsageError) as caught:
        tagger.model.export(tmp_path)
    assert str(caught.value) == (
        f"'{tmp_path}' should be a folder that another can take the place of. Found a mount point. "
        "Name a folder inside it."
    )


def old_export(folder: Path) -> Path:
    folder.mkdir()
    for name, text in OLD.items():
        (folder / name).write_text(text)
    return folder


def is_old(folder: Path) -> bool:
    return {path.name: path.read_text() for path in folder.iterdir()} == OLD


def test_a_full_disk_leaves_the_earlier_export(
    tagger: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = old_export(tmp_path / "out")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exporting, "write_graphs", full)
    monkeypatch.setattr(exporting, "build", lambda *_: None)
    with pytest.raises(ExportError) as caught:
        tagger.model.export(out)
    told = "the export could not be written: No space left on device. An earlier export is unharmed."
    assert str(caught.value) == f"{out}: {told}"
    assert is_old(out)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


KILLED = """
import os, signal, sys
from pathlib import Path
from mtl.export import export as exporting
from tests.mtl.export import tiny
def half_written(graphs, graph, prepared, tasks, folder):
    (folder / "slots.onnx").write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
exporting.build, exporting.write_graphs = lambda *_: None, half_written
tiny.intent_slot("softmax", Path(sys.argv[1]) / "cache").export(Path(sys.argv[1]) / "out")
"""


def test_a_killed_export_leaves_the_earlier_one(tmp_path: Path, checkout: Path) -> None:
    out = old_export(tmp_path / "out")
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], env=environment, cwd=checkout)
    assert done.returncode == -signal.SIGKILL
    assert is_old(out)
    assert [path.name for path in tmp_path.glob("out.????????.writing/out/*")] == ["slots.onnx"]
    clear(out)
    assert [path.name for path in tmp_path.glob("out*")] == ["out"]


@pytest.mark.usefixtures("traced")
def test_what_killed_exports_left_is_cleared(tagger: Exported, tmp_path: Path) -> None:
    out = old_export(tmp_path / "out")
    with scratch_folder(out) as at_work:
        names = ("out.a1b2c3d4.writing", "out.e5f6a7b8.writing", "out.c9d0e1f2.writing")
        left, begun, old = (tmp_path / name for name in names)
        shutil.copytree(out, left / "out")
        begun.mkdir()  # somebody may be about to lock it
        old.mkdir()
        day = time.time() - 25 * 3600
        os.utime(old, (day, day))
        tagger.model.export(out, tasks=["intent"])
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["out", begun.name, at_work.parent.name])
        assert not (out / "old.onnx").exists()
    begun.rmdir()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_without_locks_what_is_left_is_known_by_its_age(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "locks", None)
    left = tmp_path / "out.a1b2c3d4.writing"
    (left / "out").mkdir(parents=True)
    with scratch_folder(tmp_path / "out"):
        clear(tmp_path / "out")
        assert len(list(tmp_path.glob("*.writing"))) == 2
    day = time.time() - 25 * 3600
    os.utime(left, (day, day))
    clear(tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_leftover_that_cannot_be_looked_into_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs, looped, mine = (tmp_path / f"out.{name}.writing" for name in ("a1b2c3d4", "b1b2c3d4", "c1b2c3d4"))
    (theirs / "out").mkdir(parents=True)
    looped.symlink_to(looped.name)
    (mine / "out").mkdir(parents=True)
    opened = os.open

    def private(path: Any, *arguments: Any, **keys: Any) -> int:
        """Open a file, but for the folder of another user: root could read it."""
        if Path(path) == theirs:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return opened(path, *arguments, **keys)

    monkeypatch.setattr(os, "open", private)
    clear(tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == [theirs.name, looped.name]


def test_a_folder_that_cannot_be_locked_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened, refused = os.open, [errno.EMFILE]

    def full(path: Any, *arguments: Any, **keys: Any) -> int:
        """Open a file, but the first time."""
        if refused:
            number = refused.pop()
            raise OSError(number, os.strerror(number), path)
        return opened(path, *arguments, **keys)

    monkeypatch.setattr(os, "open", full)
    with pytest.raises(OSError, match="Too many open files"), scratch_folder(tmp_path / "out"):
        pass
    assert not refused
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("traced")
def test_a_link_names_the_folder_that_is_replaced(tagger: Exported, tmp_path: Path) -> None:
    old_export(tmp_path / "real")
    (tmp_path / "link").symlink_to("real")
    report = tagger.model.export(tmp_path / "link", tasks=["intent"])
    assert report.folder == tmp_path / "link"
    assert (tmp_path / "link").is_symlink()
    assert sorted(path.name for path in (tmp_path / "real").iterdir()) == sorted(report.files)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]


@pytest.mark.usefixtures("traced")
def test_the_folder_that_one_is_in(tagger: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    report = tagger.model.export(Path("."), tasks=["intent"])
    assert sorted(path.name for path in (tmp_path / "here").iterdir()) == sorted(report.files)


def test_tiny_models_answer_differently(tagger: Exported) -> None:
    found = answers(session(tagger.folder / "joint.onnx"), [" ".join(tiny.WORDS), *tiny.WORDS])
    assert len(set(found["intent.label"])) > 1
    assert len(set(found["slots.tags"].reshape(-1))) > 2
