"""Graphs that differ in names alone, so that what one of them answers is what the other does."""

from __future__ import annotations

from pathlib import Path

import onnx_ir as ir

from .cut import graph_bytes


def alike(head: Path, joint: Path, prefix: str) -> bool:
    """Say whether two files hold one graph over one weights file, the outputs of which begin with `prefix` in `joint`.

    It is so of a joint graph that has one task alone. A file that holds no graph is like no other.
    """
    try:
        return _unnamed(head, "") == _unnamed(joint, prefix)
    except Exception:  # noqa: BLE001  # whatever protobuf raises of a file that holds no graph
        return False


def _unnamed(path: Path, prefix: str) -> bytes:
    """Return a graph without what names it, with inner values by their places, and outputs without `prefix`."""
    model = ir.load(path)
    outputs = {value: value.name or "" for value in model.graph.outputs}
    graphs = [model.graph, *model.graph.subgraphs()]
    inner = [value for graph in graphs[1:] for value in graph.inputs]
    inner += [value for graph in graphs for node in graph for value in node.outputs]
    for place, value in enumerate(inner):
        value.name = f"{place}"
    for value, name in outputs.items():
        value.name = name.removeprefix(prefix)
    for graph in graphs:
        graph.name = None
    for node in (node for graph in graphs for node in graph):
        node.name = None
    model.metadata_props.clear()
    return graph_bytes(model)
