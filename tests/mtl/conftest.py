from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.subword_files import write
from tests.mtl.export import tiny
from tests.mtl.export.conftest import Exported, exported
from tests.once import once


@pytest.fixture(scope="session")
def ranking(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Rankings by separable scorers and by one that is not, with tasks on one text and on two beside them."""
    return exported(tmp_path_factory, "ranking", tiny.ranking)


@pytest.fixture(scope="session")
def folder_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a small tokenizer of subwords, by its name among the variants."""
    return lambda name: once(tmp_path_factory, f"subwords {name}", lambda folder: write(name, folder))
