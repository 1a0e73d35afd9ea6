"""Products with weights of eight bits: what they are computed by, and that neighbours change nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from mtl.export.eight_bits import uses
from mtl.export.eight_bits.rewrite import rewrite
from mtl.export.eight_bits.scales import quantized

DRAWN = np.random.default_rng(1)
WEIGHT = DRAWN.normal(size=(400, 300)).astype(np.float32)
ROWS = (DRAWN.normal(size=(6, 400)) * 10.0 ** np.arange(-3, 3)[:, None]).astype(np.float32)


def product(folder: Path, *, transposed: bool) -> ir.Model:
    """A product and a sum whose weight lies in another file."""
    weight = numpy_helper.from_array(WEIGHT.T.copy() if transposed else WEIGHT, "weight")
    bias = numpy_helper.from_array(np.ones(300, np.float32), "bias")
    node = helper.make_node("Gemm", ["rows", "weight", "bias"], ["found"], transB=int(transposed))
    rows = helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["B", 400])
    found = helper.make_tensor_value_info("found", TensorProto.FLOAT, ["B", 300])
    graph = helper.make_graph([node], "product", [rows], [found], [weight, bias])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.save(model, folder / "product.onnx", save_as_external_data=True, location="weights", size_threshold=2000)
    return ir.load(folder / "product.onnx")


def rewritten(model: ir.Model) -> tuple[onnxruntime.InferenceSession, set[str]]:
    """The session of the rewritten graph, and the types of its nodes."""
    weights = uses.plan([model])
    arrays = {name: model.graph.initializers[name].const_value.numpy() for name in weights}  # type: ignore[union-attr]

    def store(name: str, form: str) -> tuple[ir.TensorProtocol, ir.TensorProtocol]:
        found = quantized(arrays[name], weights[name].along, weights[name].bits)
        scales = found.scales[0] if form == "columns" else found.scales
        return ir.tensor(found.values, name=f"{name}.int8"), ir.tensor(scales, name=f"{name}.scales")

    rewrite(model, weights, store)
    proto = ir.to_proto(model)
    onnx.checker.check_model(proto, full_check=True)
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    return session, {node.op_type for node in proto.graph.node}


@pytest.mark.parametrize("transposed", [False, True])
def test_neighbours_change_no_row_by_a_bit(tmp_path: Path, transposed: bool) -> None:
    session, types = rewritten(product(tmp_path, transposed=transposed))
    assert "MatMulInteger" in types
    assert not types & {"MatMul", "Gemm", "DynamicQuantizeLinear"}
    (found,) = session.run(None, {"rows": ROWS})
    wanted = ROWS @ WEIGHT + 1
    for row, exact, values in zip(ROWS, wanted, found, strict=True):
        (alone,) = session.run(None, {"rows": row[None]})
        np.testing.assert_array_equal(alone[0], values)
        assert np.abs(values - exact).max() < 0.03 * np.abs(exact - 1).max()
    (zeros,) = session.run(None, {"rows": np.zeros((1, 400), np.float32)})
    np.testing.assert_array_equal(zeros, np.ones((1, 300)))


@pytest.mark.parametrize("transposed", [False, True])
def test_small_weights_are_floats_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, transposed: bool) -> None:
    monkeypatch.setattr(uses, "INTEGERS", WEIGHT.size + 1)
    session, types = rewritten(product(tmp_path, transposed=transposed))
    assert "MatMul" in types
    assert not types & {"MatMulInteger", "Gemm"}
    (found,) = session.run(None, {"rows": ROWS})
    kept = quantized(WEIGHT, along=0, bits=8)
    np.testing.assert_allclose(found, ROWS @ (kept.values * kept.scales) + 1, rtol=1e-4, atol=1e-3)
