"""Every rewrite keeps all values: the graph before and after it, in onnxruntime."""

from __future__ import annotations

import numpy as np
import onnx.parser
import onnx_ir as ir
import onnxruntime
import pytest

from mtl.export.layout import simplify

LEAST = -1024.0
HEAD = '<ir_version: 9, opset_import: ["" : 20, "ai.onnx.ml" : 4]>\n'


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


@pytest.mark.parametrize("reshape", ["[5, 4, 6]", "[0, 0, 3, 2]", "[0, -1, 6]", "[-1, 0, 6]"])
def test_other_reshapes_between_transposes_stay(reshape: str) -> None:
    """Only sizes that are kept as they are can change places."""
    rank = reshape.count(",") + 1
    perm = "[1, 0, 2]" if rank == 3 else "[1, 0, 2, 3]"
    text = f"""g (float[T, 2, B, 3] states) => (float[{", ".join("MNOP"[:rank])}] y) {{
        turned = Transpose <perm = [2, 0, 1, 3]> (states)
        shape = Constant <value_ints = {reshape}> ()
        z = Reshape (turned, shape)
        y = Transpose <perm = {perm}> (z)
    }}"""
    states = np.random.default_rng(0).normal(size=(4, 2, 5, 3)).astype(np.float32)
    operators, before, after = both(text, {"states": states})
    assert operators == ["Transpose", "Constant", "Reshape", "Transpose"]
    assert (before[0] == after[0]).all()


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


def test_strings_are_looked_up_before_they_are_moved() -> None:
    text = """g (string[N, C] words, int64[1] count, int64[3] sizes) => (int64[A, B, D] y, string[M, C] kept) {
        zero = Constant <value_ints = [0]> ()
        cut = Slice (words, zero, count)
        grid = Reshape (cut, sizes)
        y = ai.onnx.ml.LabelEncoder <keys_strings = ["a", "b"], values_int64s = [1, 2], default_int64 = 7> (grid)
        kept = Identity (words)
    }"""
    words = np.array([["a", "b"], ["x", "a"], ["b", "b"]], object)
    operators, before, after = both(text, {"words": words, "count": np.array([2]), "sizes": np.array([1, 2, 2])})
    assert (before[0] == after[0]).all()
    assert before[0].tolist() == [[[1, 2], [7, 1]]]
    assert operators == ["Constant", "LabelEncoder", "Slice", "Reshape", "Identity"]


def test_strings_that_are_needed_themselves_stay() -> None:
    text = """g (string[N] words, int64[2] sizes) => (int64[A, B] y, string[A, B] grid) {
        grid = Reshape (words, sizes)
        y = ai.onnx.ml.LabelEncoder <keys_strings = ["a"], values_int64s = [1], default_int64 = 7> (grid)
    }"""
    operators, before, after = both(text, {"words": np.array(["a", "b"], object), "sizes": np.array([1, 2])})
    assert (before[0] == after[0]).all()
    assert operators == ["Reshape", "LabelEncoder"]
