"""Drawings of a sharing graph: for a terminal, and as a Mermaid flowchart. Both highlight what is tied."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import networkx as nx

from ..base.errors import counted
from ..base.registry import name_of
from .pulls import Pull, pulls

if TYPE_CHECKING:
    from .sharing_graph import Component, SharingGraph

OWN, TIED, BORROWED = "■", "═", "□"  # a module of the task; one and the same module; needed through a condition
SHAPES = {"input": ("([", "])"), "output": ("[[", "]]"), "decoder": ("[/", "\\]")}
STYLES = """\
  classDef tied fill:#fde68a,stroke:#b45309,stroke-width:3px,color:#000
  classDef input fill:#e0f2fe,stroke:#0369a1,color:#000
  classDef output fill:#dcfce7,stroke:#15803d,color:#000"""


def text(graph: SharingGraph) -> str:
    """Draw one row per component, in build order, and one column per task.

    A line of `═` joins the tasks whose modules are that one component, and the places where one task has it; `if`
    goes before what comes through a condition. The addresses of what one task has at several places are listed below,
    and components that are pulled together, with `~` between them.
    """
    tasks = list(graph.recipe.tasks)
    nodes = _nodes(graph)
    rows = [(_marks(graph, node, tasks), _name(node), _what(graph, node), _takes(graph, node)) for node in nodes]
    widths = [max(len(row[i]) for row in rows) for i in (1, 2)]
    lines = [" ".join(f"{task:^{_width(task)}}" for task in tasks).rstrip()]
    for marks, name, what, takes in rows:
        lines.append(f"{marks}  {name:<{widths[0]}}  {what:<{widths[1]}}  {takes}".rstrip())
    tied = sum(len(component.members) > 1 for component in graph.components.values())
    legend = f"{OWN} module of the task, {OWN}{TIED}{OWN} tied: one module, {BORROWED} needed through a condition"
    lines += ["", f"{counted(len(graph.components), 'component')}, {tied} of them tied", legend]
    lines += [f"{node}: {_ties(graph, node)}" for node in nodes if _repeated(graph, node)]
    lines += [
        f"{pull.name}: {' ~ '.join(pull.components)} (soft, strength {pull.strength:g})" for pull in _pulls(graph)
    ]
    return "\n".join(lines) + "\n"


def mermaid(graph: SharingGraph) -> str:
    """Draw a Mermaid flowchart: tied components are filled, conditions are dotted arrows, pulls are dotted lines."""
    nodes = _nodes(graph)
    names = {node: f"n{i}" for i, node in enumerate(nodes)}
    lines = ["flowchart TB"]
    for node, name in names.items():
        kind = graph.graph.nodes[node]["kind"]
        left, right = SHAPES.get(kind, ("[", "]"))
        label = "<br/>".join(part for part in (_name(node), _what(graph, node), _ties(graph, node)) if part)
        style = "tied" if _ties(graph, node) else kind if kind in ("input", "output") else ""
        lines.append(f'  {name}{left}"{label}"{right}' + (f":::{style}" if style else ""))
    for node in nodes:
        for producer, flow in _producers(graph, node).items():
            arrow = "-.->|condition|" if flow == "condition" else "-->"
            lines.append(f"  {names[producer]} {arrow} {names[node]}")
    for pull in _pulls(graph):
        links = pairwise(pull.components)
        lines += [f"  {names[one]} -.-|soft {pull.strength:g}| {names[other]}" for one, other in links]
    return "\n".join([*lines, STYLES]) + "\n"


def _nodes(graph: SharingGraph) -> list[Any]:
    """Return inputs and components, producers first; features are shown with their embedding."""
    order = {name: position for position, name in enumerate(graph.components)}
    found = nx.lexicographical_topological_sort(graph.graph, key=lambda node: order.get(node, -1))
    return [node for node in found if graph.graph.nodes[node]["kind"] != "feature"]


def _marks(graph: SharingGraph, node: Any, tasks: Sequence[str]) -> str:
    """Return a row of the drawing's left side, as wide as the tasks' names."""
    own, used = _users(graph, node)
    places = [i for i, task in enumerate(tasks) if task in own]
    cells = []
    for i, task in enumerate(tasks):
        inside = bool(places) and places[0] < i < places[-1]
        mark = OWN if i in places else BORROWED if task in used else TIED if inside else " "
        left = TIED if places and places[0] < i <= places[-1] else " "
        right = TIED if places and places[0] <= i < places[-1] else " "
        if task in _repeated(graph, node):
            mark = f"{OWN}{TIED}{OWN}"
        before = (_width(task) - len(mark)) // 2
        cells.append(left * before + mark + right * (_width(task) - len(mark) - before) + right)
    return "".join(cells)[:-1]


def _width(task: str) -> int:
    return max(len(task), 5)


def _users(graph: SharingGraph, node: Any) -> tuple[Collection[str], Collection[str]]:
    """Return the tasks that have a node among their own modules or inputs, and all that need it."""
    component = graph.components.get(node)
    if component is not None:
        return {address.split(".")[0] for address in component.members}, component.tasks
    own = {task for task in graph.recipe.tasks if node in graph.inputs(task).values()}
    return own, {task for task in graph.recipe.tasks if any(node in call.arguments for call in graph.calls([task]))}


def _repeated(graph: SharingGraph, node: Any) -> list[str]:
    """Return the tasks that have a component at several places: tied across the task's own inputs."""
    component = graph.components.get(node)
    tasks = [address.split(".")[0] for address in component.members] if component is not None else []
    return [task for task in dict.fromkeys(tasks) if tasks.count(task) > 1]


def _name(node: Any) -> str:
    return node if isinstance(node, str) else f"{node.source}.{node.column}"


def _what(graph: SharingGraph, node: Any) -> str:
    component: Component | None = graph.components.get(node)
    if component is None:
        return f"input {node.front_end}"
    return f"{component.kind} {component.config.type}"


def _ties(graph: SharingGraph, node: Any) -> str:
    component = graph.components.get(node)
    return " = ".join(component.members) if component is not None and len(component.members) > 1 else ""


def _takes(graph: SharingGraph, node: Any) -> str:
    """Return what flows into a node: data, then conditions."""
    flows = _producers(graph, node)
    data = " + ".join(_name(producer) for producer, flow in flows.items() if flow == "data")
    conditions = " + ".join(_name(producer) for producer, flow in flows.items() if flow == "condition")
    features = ", ".join(name_of(type(feature)) for feature in _features(graph, node))
    parts = {"<- {}": data, "({})": features, "if {}": conditions}
    return " ".join(form.format(names) for form, names in parts.items() if names)


def _pulls(graph: SharingGraph) -> list[Pull]:
    return [pull for pull in pulls(graph) if len(pull.components) > 1]


def _producers(graph: SharingGraph, node: Any) -> dict[Any, str]:
    """Return the inputs and components that flow into a node, through features too, with the flow."""
    found: dict[Any, str] = {}
    for producer, _, flow in graph.graph.in_edges(node, data="flow"):
        if graph.graph.nodes[producer]["kind"] == "feature":
            found.update(dict.fromkeys(graph.graph.predecessors(producer), "data"))
        else:
            found[producer] = flow
    return found


def _features(graph: SharingGraph, node: Any) -> tuple[Any, ...]:
    return graph.features_of(node) if node in graph.readers() else ()
