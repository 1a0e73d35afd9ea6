"""No loop of a front end puts strings side by side."""

from __future__ import annotations

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from onnx_ir.tape import Tape

from benchmarks import fuzz
from mtl.text.branches import body
from mtl.text.front_end import FrontEnd
from mtl.text.token_values import INT64, STRING, typed
from tests.string_scans import loops, string_scans


@pytest.mark.parametrize("front_end", fuzz.FRONT_ENDS, ids=str)
def test_front_ends_and_features(front_end: FrontEnd) -> None:
    texts = fuzz.random_texts(300, np.random.default_rng(0))
    model = onnx.load_from_string(fuzz.text_model(front_end, fuzz.features_of(texts, front_end)))
    assert loops(model)
    assert string_scans(model) == []


@pytest.mark.parametrize(("kind", "found"), [("Loop", ["scan/Identity.3"]), ("Scan", ["scan/Identity.1"])])
def test_strings_that_are_scanned_would_be_seen(kind: str, found: list[str]) -> None:
    """The last value of a body is scanned, the one before it carried; both are strings."""
    words = ir.val("words", dtype=STRING, shape=("N",))

    def build(tape: Tape) -> dict[str, ir.Value]:
        inside = Tape()
        state = ir.val("state", dtype=STRING, shape=(None,))
        step, going = ir.val("step", dtype=INT64, shape=()), ir.val("going", dtype=ir.DataType.BOOL, shape=())
        part = ir.val("part", dtype=STRING, shape=())
        if kind == "Loop":
            part = inside.op("Gather", [words, step])
            more = typed(inside.op("Identity", [going]), ir.DataType.BOOL, 0)
            outputs = [more, *(typed(inside.op("Identity", [v]), STRING, None) for v in (state, part))]
            each = body(inside, [step, going, state], outputs, "scan")
            count = tape.op("Size", [words])
            _, scanned = tape.op_multi_out("Loop", [count, None, words], {"body": each}, num_outputs=2)
        else:
            outputs = [typed(inside.op("Identity", [v]), STRING, rank) for v, rank in ((state, 1), (part, 0))]
            each = body(inside, [state, part], outputs, "scan")
            attributes: dict[str, ir.Graph | int] = {"body": each, "num_scan_inputs": 1}
            _, scanned = tape.op_multi_out("Scan", [words, words], attributes, num_outputs=2)
        return {"out": typed(scanned, STRING, 1)}

    model = onnx.load_from_string(fuzz.model_of([words], build))
    assert loops(model) == 1
    assert string_scans(model) == found
