"""From a recipe to its sharing graph: tied modules are merged, rules checked, and what flows is connected."""

from __future__ import annotations

from ..base.errors import RecipeError
from ..recipe.config import Recipe
from . import rules
from .sharing_graph import SharingGraph


def build_graph(recipe: Recipe) -> SharingGraph:
    """Merge tied modules and connect them; raises `RecipeError` with every rule of the graph that is broken."""
    graph = SharingGraph(recipe)
    faults = rules.broken_rules(graph)
    if faults:
        raise RecipeError(faults, recipe.title)
    graph.connect()
    graph.warnings = tuple(rules.warnings_of(graph))
    return graph
