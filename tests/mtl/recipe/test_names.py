from __future__ import annotations

from pathlib import Path

import pytest

from mtl.base.errors import UsageError
from mtl.compile.loading import load_recipe
from mtl.recipe.names import chosen_task, malformed
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


@pytest.mark.parametrize(
    ("task", "tasks", "sentence"),
    [
        (None, ("intent", "slots"), "--task should name one of the tasks of 'run': intent, slots. Found no --task."),
        (
            "slot",
            ("intent", "slots"),
            "--task 'slot' is not a task of 'run'. Did you mean 'slots'? Tasks: intent, slots.",
        ),
    ],
)
def test_which_task(task: str | None, tasks: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(UsageError) as error:
        chosen_task(task, tasks, Path("run"), called="--task")
    assert str(error.value) == sentence
    with pytest.raises(UsageError) as error:
        chosen_task(task, tasks, Path("run"))
    assert str(error.value) == sentence.replace("--task", "task")
    assert chosen_task(None, ("only",), Path("run")) == "only"
