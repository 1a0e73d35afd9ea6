"""The scripts that write the headers, as modules."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parents[2] / "featurizer_ext"


def generator(name: str) -> ModuleType:
    """Return a script of the folder, imported as it runs: beside `unicode_version`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(FOLDER)
        return importlib.import_module(name)
