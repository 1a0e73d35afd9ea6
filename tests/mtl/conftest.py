from __future__ import annotations

import pytest

from tests.mtl.export import tiny
from tests.mtl.export.conftest import Exported


@pytest.fixture(scope="session")
def ranking(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Rankings by separable scorers and by one that is not, with tasks on one text and on two beside them."""
    folder = tmp_path_factory.mktemp("ranking")
    model = tiny.ranking(folder)
    return Exported(model, folder / "export", model.export(folder / "export"))
