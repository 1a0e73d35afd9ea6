"""What could be read of a recipe that may have faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..base.errors import Fault, RecipeError
from ..graph import rules as graph_rules
from ..graph.sharing_graph import SharingGraph
from ..recipe.config import Recipe, ShareGroup, TaskConfig
from ..recipe.uses import Use, uses_of


@dataclass(frozen=True)
class ReadRecipe:
    """A recipe as far as it could be read, and what is wrong with how it is written.

    `recipe` has the tasks that are whole. `readers` are those of which it is known how they read their source, also
    where something about their modules is wrong: then they have none here. `uses` are columns that any task names,
    `share` the groups with all their members. Of `unsettled` tasks it is not known which modules are shared. `named`
    are the sources that tasks name, `sourced` says whether that of every task is known.
    """

    recipe: Recipe
    faults: tuple[Fault, ...] = ()
    readers: Mapping[str, TaskConfig] = field(default_factory=dict)
    uses: tuple[Use, ...] = ()
    share: Mapping[str, ShareGroup] = field(default_factory=dict)
    unsettled: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    sourced: bool = True

    @classmethod
    def of(cls, recipe: Recipe) -> ReadRecipe:
        """Return a recipe in which nothing is wrong."""
        uses = tuple(use for task in recipe.tasks.values() for use in uses_of(task))
        named = frozenset(task.source for task in recipe.tasks.values())
        return cls(recipe, (), recipe.tasks, uses, recipe.share, named=named)

    def whole(self) -> Recipe:
        """Return the recipe; raises `RecipeError` with its faults, and with every rule that whole tasks break."""
        if self.faults:
            broken = graph_rules.broken_but_for_names(SharingGraph(self.recipe))
            raise RecipeError([*self.faults, *broken], self.recipe.title)
        return self.recipe

    def reading(self) -> Recipe:
        """Return the recipe of what is read of sources, for those who open these."""
        return replace(self.recipe, tasks=self.readers)
