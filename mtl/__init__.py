"""Single-task models in a YAML recipe, tied into one network, exported as text-in ONNX heads.

`import mtl` imports nothing heavy: each name below is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from .base.version import VERSION as __version__

if TYPE_CHECKING:
    from .base.errors import MtlError
    from .base.registry import register
    from .compile.loading import load_recipe
    from .graph.build import build_graph
    from .graph.sharing_graph import SharingGraph
    from .recipe.config import Recipe
    from .runs.ensembling.ensemble import Ensemble, ensemble
    from .runs.predictor import Predictor
    from .runs.runner import Run
    from .runs.whole_run import run
    from .serve.bundle import Bundle
    from .serve.ranker import Ranker

_homes = {
    "Bundle": "serve.bundle",
    "Ensemble": "runs.ensembling.ensemble",
    "MtlError": "base.errors",
    "Predictor": "runs.predictor",
    "Ranker": "serve.ranker",
    "Recipe": "recipe.config",
    "Run": "runs.runner",
    "SharingGraph": "graph.sharing_graph",
    "build_graph": "graph.build",
    "ensemble": "runs.ensembling.ensemble",
    "load_recipe": "compile.loading",
    "register": "base.registry",
    "run": "runs.whole_run",
}

__all__ = [
    "Bundle",
    "Ensemble",
    "MtlError",
    "Predictor",
    "Ranker",
    "Recipe",
    "Run",
    "SharingGraph",
    "__version__",
    "build_graph",
    "ensemble",
    "load_recipe",
    "register",
    "run",
]


def __getattr__(name: str) -> object:
    if name not in _homes:
        raise AttributeError(f"module 'mtl' has no attribute '{name}'")
    return getattr(importlib.import_module(f"mtl.{_homes[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
