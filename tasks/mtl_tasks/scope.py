"""What classifiers have in common that may answer "none of these"."""

from __future__ import annotations

from typing import Any, ClassVar

from mtl.base.errors import WrongKeyError
from mtl.recipe.task import Task


class ScopedTask(Task):
    """A task with one label a unit, which may have a label of its own for what none of its labels fits."""

    predicts: ClassVar[str] = "class"

    def __init__(self, *, out_of_scope: str | None = None) -> None:
        if out_of_scope is not None and (not out_of_scope or out_of_scope != out_of_scope.strip()):
            raise WrongKeyError(
                "out_of_scope",
                f"'out_of_scope' should be a label: text without white space around it. Found {out_of_scope!r}.",
            )
        self.out_of_scope = out_of_scope

    def target_options(self) -> dict[str, Any]:
        """Return the label of what is out of scope, if there is one."""
        return {} if self.out_of_scope is None else {"out_of_scope": self.out_of_scope}
