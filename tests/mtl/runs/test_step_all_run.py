"""A run whose steps have every stream: it is opened, evaluated and resumed as others are."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from mtl.runs.runner import Run
from tests.mtl.runs import two_sources
from tests.mtl.small_run import parameters, same


def test_a_run_of_steps_of_all_streams_is_read_again(tmp_path: Path) -> None:
    recipe = two_sources.write(tmp_path, "  step: all\n  checkpoint_every: 2\n")
    whole = Run.start(recipe, tmp_path / "whole")
    list(whole.train())
    cut = Run.start(recipe, tmp_path / "cut")
    list(islice(cut.train(), 3))
    again = Run.start(recipe, tmp_path / "cut", resume=True)
    list(again.train())
    opened = Run.open(tmp_path / "cut")
    assert same(parameters(whole.model), parameters(opened.model))
    assert opened.evaluate("dev").metrics == whole.evaluate("dev").metrics
