from __future__ import annotations

import pytest

from tests.mtl.export import tiny
from tests.mtl.export.conftest import Exported, exported


@pytest.fixture(scope="session")
def ranking(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Rankings by separable scorers and by one that is not, with tasks on one text and on two beside them."""
    return exported(tmp_path_factory, "ranking", tiny.ranking)
