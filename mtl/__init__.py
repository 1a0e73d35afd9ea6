"""Single-task models in a YAML recipe, tied into one network, exported as text-in ONNX heads.

`import mtl` imports nothing heavy: each name below is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .bundle import Bundle
    from .errors import MtlError
    from .predictor import Predictor
    from .ranker import Ranker
    from .recipe import Recipe
    from .registry import register
    from .runner import Run, run
    from .sharing_graph import SharingGraph

__version__ = "0.1.0"

_homes = {
    "Bundle": "bundle",
    "MtlError": "errors",
    "Predictor": "predictor",
    "Ranker": "ranker",
    "Recipe": "recipe",
    "Run": "runner",
    "SharingGraph": "sharing_graph",
    "register": "registry",
    "run": "runner",
}

__all__ = [
    "Bundle",
    "MtlError",
    "Predictor",
    "Ranker",
    "Recipe",
    "Run",
    "SharingGraph",
    "__version__",
    "register",
    "run",
]


def __getattr__(name: str) -> object:
    if name not in _homes:
        raise AttributeError(f"module 'mtl' has no attribute '{name}'")
    return getattr(importlib.import_module(f"mtl.{_homes[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
