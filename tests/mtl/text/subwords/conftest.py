from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.subword_files import VARIANTS
from benchmarks.subwords import front_end_of
from mtl.text.front_end import FrontEnd

Reads = Callable[[str], FrontEnd]


@pytest.fixture(scope="session")
def reads(folder_of: Callable[[str], Path]) -> Reads:
    """The front end of a small tokenizer."""
    return lambda name: front_end_of(folder_of(name), VARIANTS[name].tokenizer)
