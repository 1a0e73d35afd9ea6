"""What onnx's and onnxruntime's own tools make of every kind of graph, in a process that they may crash."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.mtl.export.conftest import Exported

TOOLS = """
import logging, sys
from pathlib import Path
import numpy as np, onnx, onnxruntime
from onnxruntime.quantization import quantize_dynamic

logging.disable()  # advice on preprocessing
made = Path(sys.argv[2])
for file in sorted(Path(sys.argv[1]).glob("*.onnx")):
    onnx.checker.check_model(file, full_check=True)
    onnx.shape_inference.infer_shapes(onnx.load(file), check_type=True, strict_mode=True, data_prop=True)
    quantize_dynamic(file, made / file.name)
    answers = []
    for path in (file, made / file.name):
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        texts = np.array(["play songs by the beatles", "", "Music"], object)
        tokens = np.array([["play", "songs"], ["", ""], ["Music", ""]], object)
        given = {
            value.name: np.array([2, 0, 1]) if "lengths" in value.name else tokens if "tokens" in value.name else texts
            for value in session.get_inputs()
        }
        answers.append(session.run(None, given))
    assert [a.shape for a in answers[0]] == [a.shape for a in answers[1]], file
    kinds = {node.op_type for node in onnx.load(made / file.name).graph.node}
    print(file.name, "quantized" if kinds & {"MatMulInteger", "DynamicQuantizeLSTM"} else "as it was")
"""

FILES = {
    "tagger": ["intent", "joint", "slots"],
    "pairs": ["joint.2", "joint", "relevance", "tags", "tags.tokens"],
    "ranking": [
        *("answers.document", "answers", "answers.query", "duplicate", "joint.2", "joint.3", "joint", "overlap"),
        *("query_class", "relevance.document", "relevance", "relevance.query"),
    ],
}


@pytest.mark.parametrize("kind", ["tagger", pytest.param("pairs", marks=pytest.mark.slow), "ranking"])
def test_graphs_are_checked_inferred_and_quantized(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    exported: Exported = request.getfixturevalue(kind)
    command = [sys.executable, "-c", TOOLS, str(exported.folder), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.splitlines()) == sorted(f"{name}.onnx quantized" for name in FILES[kind])
