"""What was fitted, as a run folder keeps it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mtl.base.errors import CheckpointError
from mtl.data.fitted import Fitted
from mtl.text.featurizer import RULES, UNICODE_VERSION
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
        f"{tmp_path / 'fitted.json'}: should hold fitted '{section}' of {names}. There are none, as in runs of an "
        "earlier version. Train again in a new folder, from the run's recipe.yaml."
    )


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        (None, "none noted, as in runs of an earlier version"),
        ({"featurizer": 1, "unicode": UNICODE_VERSION}, f"featurizer 1 with Unicode {UNICODE_VERSION}"),
        ({**RULES, "unicode": "13.0.0"}, f"featurizer {RULES['featurizer']} with Unicode 13.0.0"),
    ],
)
def test_texts_that_would_become_other_ids_are_refused(rules: Any, found: str, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError) as error:
        load(tmp_path, {**state(), "rules": rules})
    assert str(error.value) == (
        f"{tmp_path / 'fitted.json'}: should be fitted to texts as this version of mtl reads them, featurizer "
        f"{RULES['featurizer']} with Unicode {UNICODE_VERSION}. Found {found}: the run's texts would become other ids "
        "than in its training. Train again in a new folder, from the run's recipe.yaml, or use the version of mtl that "
        "trained it."
    )


@pytest.mark.parametrize(
    ("section", "name", "kept", "found"),
    [
        ("targets", "slots", {"names": ["O"], "counts": [1], "found": {"scheme": "bio"}}, "KeyError: 'rule'"),
        ("targets", "intent", {}, "KeyError: 'names'"),
        ("targets", "intent", {"names": 3, "counts": [1]}, "TypeError: 'int' object is not iterable"),
        ("features", "words.word", [], "ValueError: zip() argument 2 is shorter than argument 1"),
    ],
)
def test_another_form_is_refused(section: str, name: str, kept: Any, found: str, tmp_path: Path) -> None:
    changed = state()
    changed[section][name] = kept
    with pytest.raises(CheckpointError) as error:
        load(tmp_path, changed)
    assert str(error.value) == (
        f"{tmp_path / 'fitted.json'}: should hold what was fitted as this version of mtl keeps it. Found {found}. "
        "Train again in a new folder, from the run's recipe.yaml."
    )
    assert error.value.__cause__ is not None
