"""All rules of the graph together: none finds fault with a good recipe, and none is left out."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

import pytest

from mtl.graph import rules
from tests.mtl.recipe.texts import ALTERNATING, ENTAILMENT, INTENT_SLOT, RANKING, faults, warnings

FILES = sorted(file.stem for file in Path(rules.__file__).parent.glob("*.py") if file.stem != "__init__")


@pytest.mark.parametrize("text", [INTENT_SLOT, ALTERNATING, RANKING, ENTAILMENT])
def test_every_rule_and_warning_is_quiet_about_a_good_recipe(text: str) -> None:
    assert faults(text) == []
    assert warnings(text) == []


def test_every_rule_is_applied() -> None:
    """One waits for the tasks whose recipe has faults of its own, another for the labels of training rows."""
    written: dict[str, set[str]] = {"Rule": set(), "Warning": set()}
    for file in FILES:
        for name, member in inspect.getmembers(importlib.import_module(f"{rules.__name__}.{file}"), inspect.isfunction):
            kind = (member.__doc__ or "").partition(":")[0]
            if kind in written:
                written[kind].add(name)
    later = {"conditions_name_outputs", "tied_label_sets"}
    assert {rule.__name__ for rule in rules.RULES} == written["Rule"] - later
    assert {rule.__name__ for rule in rules.WARNINGS} == written["Warning"]
