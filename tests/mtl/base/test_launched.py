"""Whether torchrun started this process: its own variable says so, others may set the number of processes."""

from __future__ import annotations

import pytest

from mtl.base.launched import here, several


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({}, False),
        ({"WORLD_SIZE": "4"}, False),  # as schedulers of clusters set it
        ({"TORCHELASTIC_RUN_ID": "none"}, False),
        ({"TORCHELASTIC_RUN_ID": "none", "WORLD_SIZE": "1"}, False),
        ({"TORCHELASTIC_RUN_ID": "none", "WORLD_SIZE": "2"}, True),
    ],
)
def test_several(environment: dict[str, str], found: bool) -> None:
    assert several(environment) == found


def test_a_process_that_was_started_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    processes = here()
    assert (processes.count, processes.number, processes.first) == (1, 0, True)
    assert processes.sums([1.5, 2]) == [1.5, 2]
