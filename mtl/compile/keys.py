"""The general keys of a recipe, for those who write one, section by section as they are declared."""

from __future__ import annotations

from collections.abc import Iterator

from ..recipe import declared
from ..recipe.config import Recipe, ShareGroup, SourceConfig, TaskConfig
from ..recipe.declared import DeclaredKey
from ..recipe.modules import ModuleConfig
from ..recipe.training import BatchConfig, ComponentTraining, TrainConfig
from .tasks import InputModel, input_model

SECTIONS: dict[str, type] = {
    "a recipe": Recipe,
    "a source": SourceConfig,
    "a task": TaskConfig,
    "an input": InputModel,
    "a module": ModuleConfig,
    "a share group": ShareGroup,
    "train": TrainConfig,
    "a batch": BatchConfig,
    "a line of train.components": ComponentTraining,
}


def keys(section: str) -> Iterator[DeclaredKey]:
    """Yield the keys of one of `SECTIONS`."""
    if section != "an input":
        yield from declared.keys(SECTIONS[section]).values()
        return
    for name, field in input_model().model_fields.items():
        yield DeclaredKey(name, field.annotation, field.is_required(), field.default, field.description or "")
