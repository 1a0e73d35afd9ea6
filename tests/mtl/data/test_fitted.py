"""What was fitted, as a run folder keeps it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mtl.base.errors import CheckpointError
from mtl.data.fitted import Fitted
from tests.mtl.recipe.texts import INTENT_SLOT, graph


def state() -> dict[str, Any]:
    return json.loads(json.dumps(Fitted.placeholder(graph(INTENT_SLOT)).state()))


def load(folder: Path, kept: Any) -> Fitted:
    (folder / "fitted.json").write_text(json.dumps(kept), "utf-8")
    return Fitted.load(graph(INTENT_SLOT), folder / "fitted.json")


def test_what_was_kept_is_loaded(tmp_path: Path) -> None:
    kept = state()
    assert load(tmp_path, kept).state() == kept


@pytest.mark.parametrize(
    ("section", "change", "names"),
    [
        ("targets", lambda kept: {"features": kept["features"], "labels": {}}, "intent, slots"),
        ("targets", lambda kept: {**kept, "targets": {"intent": kept["targets"]["intent"]}}, "slots"),
        ("features", lambda kept: {**kept, "features": {}}, "words.char, words.word"),
        ("features", lambda kept: [kept], "words.char, words.word"),
    ],
)
def test_a_run_of_an_earlier_version(section: str, change: Any, names: str, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError) as error:
        load(tmp_path, change(state()))
    assert str(error.value) == (
        f"{tmp_path / 'fitted.json'}: should hold fitted '{section}' of {names}. Found none, as in runs of an earlier "
        "version. Train again in a new folder, from the run's recipe.yaml."
    )
