from __future__ import annotations

from pathlib import Path

import pytest

from mtl.compile.loading import load_recipe
from mtl.recipe.names import malformed
from tests import small


@pytest.mark.parametrize(
    "name", ["intent", "_1", "2nd-try", "café", "cafe\u0301", "नाम", "ชื่อ", "பெயர்", "می‌خواهم", "شِعر"]
)
def test_names_of_any_script(name: str) -> None:
    assert malformed(name) is None


@pytest.mark.parametrize(
    "name", ["", "-a", "\u0301a", "a b", "a.b", "a/b", "a*", "a\n", "\u200da", "a\u200d", "a\u202eb", "☃"]
)
def test_names_that_are_none(name: str) -> None:
    assert malformed(name) == f"a name should be made of letters, digits, '_' and '-'. Found '{name}'."


def test_a_task_in_hindi(tmp_path: Path) -> None:
    path = small.write(tmp_path, small.RECIPE.replace("intent:", "नाम:").replace("intent.", "नाम."))
    recipe = load_recipe(path, overrides=["tasks.नाम.weight=2"])
    assert list(recipe.tasks) == ["नाम", "slots"]
    assert recipe.tasks["नाम"].weight == 2
