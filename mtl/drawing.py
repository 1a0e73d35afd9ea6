"""Drawings of a sharing graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .sharing_graph import SharingGraph


def text(graph: SharingGraph) -> str:
    """Draw the components, what flows into them and which addresses they are."""
    lines = []
    for name, component in graph.components.items():
        lines.append(f"{name}  {component.kind} {component.config.type}  <- {', '.join(map(str, graph.graph.pred[name]))}")
    return "\n".join(lines)


def mermaid(graph: SharingGraph) -> str:
    """Draw a Mermaid flowchart."""
    names = {node: f"n{i}" for i, node in enumerate(graph.graph)}
    lines = ["flowchart LR"]
    lines += [f'  {names[node]}["{node}"]' for node in graph.graph]
    lines += [f"  {names[a]} --> {names[b]}" for a, b in graph.graph.edges]
    return "\n".join(lines)
