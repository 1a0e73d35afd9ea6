import onnx_ir as ir
from onnx_ir.tape import Tape

from mtl.export.branches import body


def test_values_inside_are_named_like_their_graph():
    tape = Tape()
    given = ir.val("given", dtype=ir.DataType.FLOAT, shape=(None,))
    size = tape.op("Shape", [given])
    _, places = tape.op_multi_out("TopK", [given, size], num_outputs=2)
    graph = body(tape, [given], [places], "sorted")
    assert graph.name == "sorted"
    assert [value.name for value in graph.inputs] == ["sorted/given"]
    assert [value.name for node in graph for value in node.outputs] == [
        "sorted/Shape.0",
        "sorted/TopK.1",
        "sorted/TopK.1.1",
    ]
