"""Every rewrite keeps all values: the graph before and behind it, in onnxruntime."""

from __future__ import annotations

import numpy as np
import onnx.parser
import onnx_ir as ir
import onnxruntime
import pytest

from mtl.export.layout import simplify

LEAST = -1024.0
HEAD = '<ir_version: 9, opset_import: ["" : 20]>\n'


def both(text: str, feed: dict[str, np.ndarray]) -> tuple[list[str], list[np.ndarray], list[np.ndarray]]:
    """Return the operators after the rewrites, and the outputs before and after."""
    before = onnx.parser.parse_model(HEAD + text)
    for node in before.graph.node:
        for attribute in node.attribute:
            if attribute.f == LEAST:
                attribute.f = -np.inf  # the parser reads no infinity
    before = onnx.shape_inference.infer_shapes(before)
    model = ir.serde.deserialize_model(before)
    simplify(model.graph)
    after = ir.serde.serialize_model(model)
    runs = []
    for proto in (before, after):
        proto = onnx.ModelProto.FromString(proto.SerializeToString())
        del proto.graph.value_info[:]
        session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
        runs.append(session.run(None, feed))
    return [node.op_type for node in model.graph], runs[0], runs[1]


def test_stacked_lstms_skip_two_transposes() -> None:
    text = """g (float[T, 2, B, 3] states) => (float[T, B, 6] y, float[B, T, 6] z) {
        turned = Transpose <perm = [2, 0, 1, 3]> (states)
        shape = Constant <value_ints = [0, 0, -1]> ()
        z = Reshape (turned, shape)
        y = Transpose <perm = [1, 0, 2]> (z)
    }"""
    states = np.random.default_rng(0).normal(size=(5, 2, 4, 3)).astype(np.float32)
    operators, before, after = both(text, {"states": states})
    assert operators == ["Transpose", "Constant", "Reshape", "Transpose", "Reshape"]
    for one, other in zip(before, after, strict=True):
        assert (one == other).all()


@pytest.mark.parametrize(("filling", "becomes"), [(LEAST, "Add"), (0.0, "Where")])
def test_filling_with_minus_infinity_becomes_a_sum(filling: float, becomes: str) -> None:
    text = f"""g (bool[N, 1, C] mask, float[N, D, C] x) => (float[N, D, C] y) {{
        filling = Constant <value_float = {filling}> ()
        filled = Where (mask, filling, x)
        y = Identity (filled)
    }}"""
    generator = np.random.default_rng(0)
    feed = {"mask": generator.random((3, 1, 4)) < 0.5, "x": generator.normal(size=(3, 5, 4)).astype(np.float32)}
    operators, before, after = both(text, feed)
    assert (before[0] == after[0]).all()
    assert operators[-2:] == [becomes, "Identity"]


def test_a_size_that_is_computed_for_a_reshape_only_is_inferred() -> None:
    text = """g (int64[B, T, C] ids) => (int64[N, C] y) {
        rows = Shape <start = 0, end = 1> (ids)
        steps = Shape <start = 1, end = 2> (ids)
        characters = Shape <start = 2, end = 3> (ids)
        words = Mul (rows, steps)
        sizes = Concat <axis = 0> (words, characters)
        y = Reshape (ids, sizes)
    }"""
    operators, before, after = both(text, {"ids": np.arange(24).reshape(2, 3, 4)})
    assert (before[0] == after[0]).all()
    assert operators[-3:] == ["Constant", "Concat", "Reshape"]


def test_a_reshape_that_infers_a_size_already_is_left_alone() -> None:
    text = """g (int64[B, T, C] ids) => (int64[N, C] y) {
        minus = Constant <value_ints = [-1]> ()
        characters = Shape <start = 2, end = 3> (ids)
        sizes = Concat <axis = 0> (minus, characters)
        y = Reshape (ids, sizes)
    }"""
    operators, before, after = both(text, {"ids": np.arange(24).reshape(2, 3, 4)})
    assert (before[0] == after[0]).all()
    assert operators == ["Constant", "Shape", "Concat", "Reshape"]
