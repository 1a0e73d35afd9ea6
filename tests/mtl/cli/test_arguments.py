from __future__ import annotations

import pytest

from mtl.cli.arguments import arguments


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (["run", "a.yaml", "--debug"], ["--debug", "run", "a.yaml"]),
        (["predict", "--", "--debug"], ["predict", "--", "--debug"]),
        (["check", "a.yaml", "--data"], ["check", "a.yaml", "--sources"]),
        (["check", "--data", __file__], ["check", "--sources", __file__]),
        (["check", "--data", "--set", "seed=2", "a.yaml"], ["check", "--sources", "--set", "seed=2", "a.yaml"]),
        (["check", "--data", "folder", "a.yaml"], ["check", "--data", "folder", "a.yaml"]),
        (["run", "--data"], ["run", "--data"]),
    ],
)
def test_arguments(given: list[str], read: list[str]) -> None:
    assert arguments(given) == read
