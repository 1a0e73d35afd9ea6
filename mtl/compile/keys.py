"""The general keys of a recipe, for those who write one: the models that it is checked against, section by section."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pydantic

from .loading import RecipeModel
from .sections import GroupModel, InputModel, WholeTaskModel, input_model
from .train import BatchModel, ComponentModel, TrainModel

SECTIONS: dict[str, type[pydantic.BaseModel]] = {
    "a recipe": RecipeModel,
    "a task": WholeTaskModel,
    "an input": InputModel,
    "a share group": GroupModel,
    "train": TrainModel,
    "a batch": BatchModel,
    "a line of train.components": ComponentModel,
}


class Key(NamedTuple):
    """A key of a section: its type (`Any`: read on its own), whether it has to be written, its default, its meaning."""

    name: str
    type: Any
    required: bool
    default: Any
    meaning: str


def keys(section: str) -> Iterator[Key]:
    """Yield the keys of one of `SECTIONS`."""
    model = input_model() if section == "an input" else SECTIONS[section]
    for name, field in model.model_fields.items():
        yield Key(name, field.annotation, field.is_required(), field.default, field.description or "")
