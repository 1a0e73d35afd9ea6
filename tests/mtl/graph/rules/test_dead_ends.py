# messages and recipes stand in one piece
"""A component that leads to no output."""

from __future__ import annotations

import pytest

from tests.mtl.recipe import fakes
from tests.mtl.recipe.texts import DEAD_END, faults


@pytest.fixture(autouse=True)
def _fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    fakes.register(monkeypatch)


def test_every_component_reaches_an_output() -> None:
    assert faults(DEAD_END) == [
        "r.yaml:3: tasks.t.model.representation: should lead to an output. Found no way from 't.representation' to one."
    ]
