"""Embeddings whose vectors reach a `Scan` as they are: from texts to answers, as the model gives them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from onnx_ir.tape import Tape

import mtl
from benchmarks.fuzz import OPSETS
from mtl.export.ranks import give_ranks
from mtl.text.branches import body
from mtl.text.token_values import INT64, integers, typed
from tests import library
from tests.properties import zoo

SCANS: dict[str, dict[str, Any]] = {
    "crf": {"output": "crf"},
    "sru": {"representation": {"type": "sru", "hidden": 3}},
    "multiplicative_lstm": {"representation": {"type": "multiplicative_lstm", "hidden": 3}},
}
EMBEDDINGS = [name for name in library.names("embedding") if ("embedding", name) not in zoo.WITHOUT]
TEXTS = ["play hey jude", "", "yesterday", "wake me at six thirty please " * 9]


@pytest.mark.parametrize(
    "embedding", [name if name == "gazetteer" else pytest.param(name, marks=pytest.mark.slow) for name in EMBEDDINGS]
)
def test_vectors_reach_a_scan_as_they_are(embedding: str, tmp_path: Path) -> None:
    zoo.write(tmp_path)
    module = {"type": embedding, **zoo.configurations("embedding", embedding)[0]}
    recipe = zoo.recipe([])
    recipe["tasks"] = {
        scan: {
            "type": "word_tagging",
            "source": "utterances",
            "inputs": {"text": {"column": "text", "lowercase": True, "strip_accents": True, "nfkc": True}},
            "target": "slots",
            "model": {"embedding": module, **keys},
        }
        for scan, keys in SCANS.items()
    }
    run = mtl.run(recipe, out=tmp_path / "run", data=tmp_path)  # verifies, too
    bundle = mtl.Bundle(tmp_path / "run" / "export")
    for scan in SCANS:
        graph = onnx.load(tmp_path / "run" / "export" / f"{scan}.onnx", load_external_data=False).graph
        assert "Scan" in {node.op_type for node in graph.node}
        wanted = [row["tags"] for row in run.predict(scan, TEXTS)]
        assert [row["tags"] for row in bundle.predict(scan, TEXTS)] == wanted


def graph_of(looped: bool) -> ir.Model:
    """A graph of one value, [1, N] of numbers [N]: as `Loop` says nothing of a rank, or as `Unsqueeze` says it."""
    numbers = ir.val("numbers", dtype=INT64, shape=("N",))
    tape = Tape()
    wide = tape.op("Unsqueeze", [numbers, integers(tape, [0])])
    if looped:
        inside = Tape()
        step, going = ir.val("step", dtype=INT64, shape=()), ir.val("going", dtype=ir.DataType.BOOL, shape=())
        state = ir.val("state", dtype=INT64, shape=None)
        more = typed(inside.op("Identity", [going]), ir.DataType.BOOL, 0)
        each = body(inside, [step, going, state], [more, typed(inside.op("Neg", [state]), INT64, None)], "turn")
        turns = tape.op("Constant", [], {"value_int": 3})
        wide = tape.op("Loop", [turns, None, wide], {"body": each})
    typed(wide, INT64, 2).name = "wide"
    out = tape.op("Mul", [wide, wide])
    typed(out, INT64, None).name = "out"
    return ir.Model(ir.Graph([numbers], [out], nodes=tape.nodes, opset_imports=OPSETS, name="wide"), ir_version=10)


@pytest.mark.parametrize("looped", [True, False])
def test_a_rank_is_given_where_inference_finds_none(looped: bool) -> None:
    model = graph_of(looped)
    (out,) = model.graph.outputs
    give_ranks(model, {"wide": 2, "numbers": 1})
    assert [node.op_type for node in model.graph].count("Reshape") == looped
    proto = ir.to_proto(model)
    del proto.graph.value_info[:]
    found = {value.name: value for value in onnx.shape_inference.infer_shapes(proto).graph.output}
    assert out.name is not None
    assert len(found[out.name].type.tensor_type.shape.dim) == 2
    (answer,) = onnx.reference.ReferenceEvaluator(proto).run(None, {"numbers": np.array([3, 4])})
    np.testing.assert_array_equal(answer, [[9, 16]])
