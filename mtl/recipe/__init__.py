"""Recipes: reading YAML, checking it against the registered classes, filling in what is not written."""

from .config import (
    BatchConfig,
    ComponentTraining,
    InputConfig,
    ModuleConfig,
    Place,
    Recipe,
    ShareGroup,
    SourceConfig,
    TaskConfig,
    TrainConfig,
)

__all__ = [
    "BatchConfig",
    "ComponentTraining",
    "InputConfig",
    "ModuleConfig",
    "Place",
    "Recipe",
    "ShareGroup",
    "SourceConfig",
    "TaskConfig",
    "TrainConfig",
]
