from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.subword_files import VARIANTS, write
from benchmarks.subwords import front_end_of
from mtl.text.front_end import FrontEnd
from tests.once import once

Reads = Callable[[str], FrontEnd]


@pytest.fixture(scope="session")
def folder_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a small tokenizer, by its name among the variants."""
    return lambda name: once(tmp_path_factory, f"subwords {name}", lambda folder: write(name, folder))


@pytest.fixture(scope="session")
def reads(folder_of: Callable[[str], Path]) -> Reads:
    """The front end of a small tokenizer."""
    return lambda name: front_end_of(folder_of(name), VARIANTS[name].tokenizer)
