"""The general keys of a recipe, for those who write one, section by section as they are declared."""

from __future__ import annotations

from collections.abc import Iterator

from ..base import declared
from ..base.declared import DeclaredKey
from ..recipe.config import InputConfig, Recipe, ShareGroup, SourceConfig, TaskConfig, TeacherConfig
from ..recipe.modules import ModuleConfig
from ..recipe.training import (
    AdversarialConfig,
    AverageConfig,
    BatchConfig,
    ComponentTraining,
    RestConfig,
    StreamTraining,
    TrainConfig,
)
from ..recipe.tuning import Range, TuneConfig
from ..text.character_noise import CharacterNoise

SECTIONS: dict[str, type] = {
    "a recipe": Recipe,
    "a source": SourceConfig,
    "a task": TaskConfig,
    "a teacher": TeacherConfig,
    "an input": InputConfig,
    "an input's noise": CharacterNoise,
    "a module": ModuleConfig,
    "a share group": ShareGroup,
    "train": TrainConfig,
    "a batch": BatchConfig,
    "a line of train.components": ComponentTraining,
    "a line of train.streams": StreamTraining,
    "train.rest": RestConfig,
    "train.average": AverageConfig,
    "train.adversarial": AdversarialConfig,
    "tune": TuneConfig,
    "a range": Range,
}


def keys(section: str) -> Iterator[DeclaredKey]:
    """Yield the keys of one of `SECTIONS`."""
    yield from declared.keys(SECTIONS[section]).values()
