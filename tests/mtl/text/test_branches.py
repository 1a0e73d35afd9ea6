import onnx_ir as ir
from onnx_ir.tape import Tape

from mtl.text.branches import body


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


def test_values_of_graphs_inside_graphs_have_names_of_their_own():
    def nested(depth):
        tape = Tape()
        given = ir.val("given", dtype=ir.DataType.FLOAT, shape=(None,))
        if depth:
            for _ in range(2):
                going = tape.op("Constant", [], {"value_int": 1})
                tape.op("Loop", [None, going, given], {"body": nested(depth - 1)})
        return body(tape, [given], [tape.op("Identity", [given])], "again")

    graph = nested(2)
    inside = [a.as_graph() for node in graph.all_nodes() for a in node.attributes.values() if node.op_type == "Loop"]
    values = [value for node in graph.all_nodes() for value in node.outputs]
    values += [value for one in (graph, *inside) for value in one.inputs]
    assert len(inside) == 6
    assert len({value.name for value in values}) == len(values) == 7 + 6 + 6 + 7
