"""A joint graph of one task alone is that task's own graph; any other difference than names is seen."""

from __future__ import annotations

import shutil
from pathlib import Path

import onnx
import pytest

from mtl.base.errors import ExportError
from mtl.export.alike import alike
from mtl.export.graphs import build
from mtl.export.head import Head, InputTexts
from mtl.export.verify import FEW_ROWS, verify
from mtl.graph.sharing_graph import SharingGraph
from mtl.serve.arrays import Array
from tests.mtl.export.conftest import Exported


@pytest.fixture(scope="module")
def alone(tagger: Exported, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of one task."""
    folder = tmp_path_factory.mktemp("alone") / "export"
    tagger.model.export(folder, tasks=["slots"])
    return folder


def test_a_joint_graph_of_one_task_is_that_task_s_own(alone: Path, tagger: Exported) -> None:
    assert alike(alone / "slots.onnx", alone / "joint.onnx", "slots.")
    assert not alike(alone / "slots.onnx", alone / "joint.onnx", "")
    assert not alike(tagger.folder / "slots.onnx", tagger.folder / "joint.onnx", "slots.")


def test_a_joint_graph_that_differs_answers_for_itself(alone: Path, tagger: Exported, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    shutil.copytree(alone, folder)
    changed = onnx.load(folder / "joint.onnx", load_external_data=False)
    tables = (given for node in changed.graph.node for given in node.attribute if given.name == "values_strings")
    names = max(tables, key=lambda given: len(given.strings))
    names.strings[:] = reversed(names.strings)
    onnx.save(changed, folder / "joint.onnx")
    assert not alike(folder / "slots.onnx", folder / "joint.onnx", "slots.")
    model = tagger.model
    graphs = build(model.model, model.graph, model.prepared, ["slots"])
    with pytest.raises(ExportError, match=r"^slots: verification: joint\.onnx: row \d+ .*: 'tags' should be "):
        verify(model.model, model.graph, model.prepared, graphs, ["slots"], folder)


def test_a_joint_graph_that_cannot_be_loaded_is_named(
    alone: Path, tagger: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nodes that are alike say nothing of whether onnxruntime can read the file."""
    folder = tmp_path / "export"
    shutil.copytree(alone, folder)
    changed = onnx.load(folder / "joint.onnx", load_external_data=False)
    changed.ir_version = 99
    onnx.save(changed, folder / "joint.onnx")
    monkeypatch.setattr("mtl.export.verify.alike", lambda head, joint, prefix: True)
    model = tagger.model
    graphs = build(model.model, model.graph, model.prepared, ["slots"])
    with pytest.raises(ExportError, match=r"^slots: verification: joint\.onnx cannot be loaded: "):
        verify(model.model, model.graph, model.prepared, graphs, ["slots"], folder)


def test_a_joint_graph_that_is_alike_answers_a_few_rows(
    alone: Path, tagger: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, int]] = []
    real = Head.run

    def noting(self: Head, graph: SharingGraph, texts: InputTexts) -> dict[str, Array]:
        asked.append((self.file, len(texts["text"])))
        return real(self, graph, texts)

    monkeypatch.setattr(Head, "run", noting)
    model = tagger.model
    graphs = build(model.model, model.graph, model.prepared, ["slots"])
    found = verify(model.model, model.graph, model.prepared, graphs, ["slots"], alone)
    assert [count for file, count in asked if file == "joint.onnx"] == [*[1] * FEW_ROWS, FEW_ROWS]
    assert found.facts()["joint"] == {"joint.onnx": {"slots": {"1": FEW_ROWS, "64": FEW_ROWS}}}


def test_a_file_that_holds_no_graph_is_like_no_other(alone: Path, tmp_path: Path) -> None:
    (tmp_path / "joint.onnx").write_bytes(b"no graph")
    assert not alike(alone / "slots.onnx", tmp_path / "joint.onnx", "slots.")
    assert not alike(alone / "slots.onnx", tmp_path / "absent.onnx", "slots.")
