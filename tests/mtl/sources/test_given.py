"""Rows given from memory: sources and splits that do not exist are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mtl.base.errors import UsageError
from mtl.compile.loading import load_recipe
from mtl.sources.opening import open_sources
from tests import small

ROWS = [{"text": "play", "intent": "play", "slots": "O"}]
REFUSED: list[tuple[Any, str]] = [
    (
        {"utterance": {"train": ROWS}},
        "given sources should be among those of the recipe (utterances). Found 'utterance'. Did you mean 'utterances'?",
    ),
    (
        {"utterances": {"trian": ROWS}},
        "splits given of source 'utterances' should be among train, dev, test. Found 'trian'. Did you mean 'train'?",
    ),
    (
        {"utterances": ROWS},
        "the source 'utterances' should be given as a mapping of splits to rows. Found list.",
    ),
]


@pytest.mark.parametrize(("given", "sentence"), REFUSED)
def test_what_is_given_amiss(given: Any, sentence: str, tmp_path: Path) -> None:
    recipe = load_recipe(small.write(tmp_path))
    with pytest.raises(UsageError) as error:
        open_sources(recipe, given)
    assert str(error.value) == sentence
