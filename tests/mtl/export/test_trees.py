"""Brackets that a graph writes, against `mtl.text.trees.written`.

`python -m tests.mtl.export.test_trees 100000` compares so many random trees.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from functools import cache

import numpy as np
import onnx
import onnx_ir as ir
import onnxruntime
from onnx_ir.tape import Tape

from mtl.export.trees import bracketed, several_bracketed
from mtl.text.token_values import INT64, STRING
from mtl.text.transitions import oracle, tree_of
from mtl.text.trees import read_tree, written
from tests.mtl.text.test_trees import random_tree

NAMES = ("[IN:A", "[IN:B", "[IN:C", "[SL:A", "[SL:B", "[SL:C", "]", "shift")
WORDS = ("hi", "[", "]", "\\", "a[b]c", "\\]", "\u00e9\u05d0", "\U0001f600", "shift", "[IN:A", "a\0b", "x" * 40)


@cache
def session(several: bool = False) -> onnxruntime.InferenceSession:
    """Return a graph that writes the tree of actions [B, S] or, of several, those of [B, N, S]."""
    tape, more = Tape(), ("N",) * several
    actions = ir.val("actions", dtype=INT64, shape=("B", *more, "S"))
    tokens = ir.val("tokens", dtype=STRING, shape=("B", "T"))
    tree = (several_bracketed if several else bracketed)(tape, actions, tokens, NAMES)
    tree.name, tree.shape = "tree", ir.Shape(["B", *more])
    for number, node in enumerate(tape.nodes):
        for value in node.outputs:
            value.name = value.name or f"{node.op_type}.{number}"
    opsets = {"": 20, "com.microsoft": 1, "ai.onnx.ml": 4}
    graph = ir.Graph([actions, tokens], [tree], nodes=tape.nodes, name="trees", opset_imports=opsets)
    proto = ir.serde.serialize_model(ir.Model(graph, ir_version=10))
    onnx.checker.check_model(proto)
    return onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])


def in_graph(actions: Sequence[Sequence[str]], tokens: Sequence[Sequence[str]], more: int = 0) -> list[str]:
    """Return the trees of a batch, padded by `more` than it takes."""
    steps, words = (max(map(len, rows), default=1) + more for rows in (actions, tokens))
    ids = np.full((len(actions), steps), -1, np.int64)
    padded = np.full((len(tokens), words), "", object)
    for row, (names, own) in enumerate(zip(actions, tokens, strict=True)):
        ids[row, : len(names)] = [NAMES.index(name) for name in names]
        padded[row, : len(own)] = own
    found: list[str] = session().run(None, {"actions": ids, "tokens": padded})[0].tolist()
    return found


def check_random_trees(cases: int, seed: int) -> int:
    """Compare so many trees over random words; return how many differ."""
    draw = random.Random(seed)
    different: set[str] = set()
    for first in range(0, cases, 100):
        trees = [random_tree(draw, draw.randint(1, 12)) for _ in range(min(100, cases - first))]
        words = [draw.choices(WORDS, k=tree[0].end) for tree in trees]
        found = in_graph([list(oracle(tree)) for tree in trees], words, more=first // 100 % 3)
        assert found == [written(tree, own) for tree, own in zip(trees, words, strict=True)]
        for text, tree, own in zip(found, trees, words, strict=True):
            assert read_tree(text) == (tree, tuple(own))
        different.update(found)
    return len(different)


def test_random_trees_are_written_as_elsewhere_and_read_back() -> None:
    assert check_random_trees(500, seed=1) > 300


def test_rows_without_actions_and_batches_without_rows() -> None:
    assert in_graph([[], ["[IN:A", "shift", "]"]], [[], ["hi"]]) == ["", "[IN:A hi ]"]
    assert in_graph([[]], [[]], more=1) == [""]
    assert in_graph([], []) == []


def test_the_tree_of_actions_is_the_one_that_is_written() -> None:
    actions = ["[IN:A", "shift", "[SL:B", "shift", "]", "]"]
    assert in_graph([actions], [["hi", "you"]]) == [written(tree_of(actions), ["hi", "you"])]


def test_several_trees_over_the_same_words() -> None:
    trees = [["[IN:A", "shift", "[SL:B", "shift", "]", "]"], ["[IN:B", "shift", "shift", "]"], []]
    ids = np.full((2, 3, 6), -1, np.int64)
    for number, names in enumerate(trees):
        ids[:, number, : len(names)] = [NAMES.index(name) for name in names]
    words = np.array([["hi", "you"], ["[", "x"]], object)
    found = session(several=True).run(None, {"actions": ids, "tokens": words})[0]
    assert found.tolist() == [
        ["[IN:A hi [SL:B you ] ]", "[IN:B hi you ]", ""],
        ["[IN:A \\[ [SL:B x ] ]", "[IN:B \\[ x ]", ""],
    ]
    nothing = session(several=True).run(None, {"actions": ids[:0], "tokens": words[:0]})[0]
    assert nothing.shape == (0, 3)


if __name__ == "__main__":
    print(check_random_trees(int(sys.argv[1]), seed=2), "different trees")
