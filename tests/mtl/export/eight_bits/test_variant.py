from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from mtl.export.eight_bits import uses
from mtl.export.eight_bits.variant import write_variant
from mtl.export.weights import references
from tests.mtl.export.conftest import Exported

CHECK = "import sys, onnx; [onnx.checker.check_model(file, full_check=True) for file in sys.argv[1:]]"
TEXTS = np.array(["play songs by the beatles", "", "Music", "book a table for two at nine"], object)
FLOATS = (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE)


@pytest.fixture(params=["tagger", "ranking", pytest.param("pairs", marks=pytest.mark.slow)])
def export(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Exported:
    """Exports of small models, whose weights count as large."""
    monkeypatch.setattr(uses, "LEAST", 8)
    monkeypatch.setattr(uses, "INTEGERS", 8)
    found: Exported = request.getfixturevalue(request.param)
    return found


def answers(file: Path) -> dict[str, np.ndarray]:
    """What a graph answers for some texts."""
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    tokens = np.array([["play", "songs"], ["", ""], ["Music", ""], ["a", ""]], object)
    given = {
        value.name: np.array([2, 0, 1, 1]) if "lengths" in value.name else tokens if "tokens" in value.name else TEXTS
        for value in session.get_inputs()
    }
    return dict(zip([value.name for value in session.get_outputs()], session.run(None, given), strict=True))


def chosen_alike(before: dict[str, np.ndarray], after: dict[str, np.ndarray], key: str) -> np.ndarray:
    """Where an output is of equal labels: of two that are about as probable, either may be chosen."""
    task = key.removesuffix("score")
    labels = next((name for name in (f"{task}tags", f"{task}label") if name in before and task != key), None)
    return np.array(True) if labels is None else before[labels] == after[labels]


def test_every_graph_answers_about_as_the_export_does(export: Exported, tmp_path: Path) -> None:
    write_variant(export.folder, tmp_path)
    graphs = sorted(file.name for file in export.folder.glob("*.onnx"))
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(
        file.name for file in export.folder.iterdir() if file.name != "manifest.json"
    )
    for name in graphs:
        before, after = answers(export.folder / name), answers(tmp_path / name)
        assert list(before) == list(after)
        numbers = [key for key in before if before[key].dtype == np.float32]
        alike = {key: chosen_alike(before, after, key) for key in numbers}
        assert all(np.mean(found) > 0.8 for found in alike.values()), name
        apart = [np.abs(before[key] - after[key]).max(initial=0, where=alike[key]) for key in numbers]
        scale = [np.abs(before[key]).max(initial=1) for key in numbers]
        assert all(a < 0.1 * s for a, s in zip(apart, scale, strict=True)), (name, apart)
        assert sum(apart) > 0  # weights of eight bits are not those of the export
    subprocess.run([sys.executable, "-c", CHECK, *map(str, sorted(tmp_path.glob("*.onnx")))], check=True)


def test_each_weight_is_kept_once_and_none_as_it_was(export: Exported, tmp_path: Path) -> None:
    write_variant(export.folder, tmp_path)
    kept = references(tmp_path)
    used: set[str] = set()
    for file in sorted(tmp_path.glob("*.onnx")):
        graph = onnx.load(file, load_external_data=False).graph
        assert not {node.op_type for node in graph.node} & {"LSTM", "Gemm"}
        used |= {tensor.name for tensor in graph.initializer if tensor.external_data}
    assert used == {*kept}
    eight_bits = {name.removesuffix(".int8").removesuffix(".lstm") for name in kept if name.endswith(".int8")}
    assert eight_bits
    assert not eight_bits & {*kept}
    large = [name for name, tensor in kept.items() if len(tensor.shape) > 1 and not name.endswith((".int8", ".scales"))]
    products = [name for name in large if tensor_of(export, name).size >= uses.LEAST]
    assert all(name.endswith(("transitions", ".B")) for name in products), products


def tensor_of(export: Exported, name: str) -> np.ndarray:
    """A weight of the export."""
    return references(export.folder)[name].numpy()


def test_small_weights_stay(tagger: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uses, "LEAST", 10**9)
    write_variant(tagger.folder, tmp_path)
    assert {*references(tmp_path)} == {*references(tagger.folder)}
    for file in sorted(tmp_path.glob("*.onnx")):
        for key, value in answers(file).items():
            np.testing.assert_array_equal(value, answers(tagger.folder / file.name)[key])
