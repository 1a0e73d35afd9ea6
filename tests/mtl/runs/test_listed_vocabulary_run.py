"""A run whose vocabulary comes from a file: what it keeps of it, and what it refuses."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import pytest

import mtl
from mtl.base.errors import CheckpointError, DataError, RecipeError
from mtl.runs.runner import Run
from tests import small

RECIPE = small.RECIPE.replace("epochs: 24", "epochs: 2\n  checkpoint_every: 2").replace(
    "word: {type: word, dim: 8}", "word: {type: word, dim: 8, vocabulary: words.txt}"
)
WORDS = ["seven", "play", "opera", "jude", "wake"]
TEXTS = ["play hey jude", "opera", "wake me at seven", ""]


def write(folder: Path, words: list[str] | None = None) -> Path:
    path = small.write(folder, RECIPE)
    (folder / "words.txt").write_text("\n".join(words or WORDS), "utf-8")
    return path


def test_a_run_and_its_export_need_the_file_no_more(tmp_path: Path) -> None:
    run = mtl.run(write(tmp_path), out=tmp_path / "run")
    kept = json.loads((tmp_path / "run" / "fitted.json").read_text("utf-8"))["features"]
    assert [state["vocabulary"] for states in kept.values() for state in states if "digest" in state] == [WORDS]
    before = run.predict("slots", TEXTS)
    (tmp_path / "words.txt").unlink()
    again = Run.open(tmp_path / "run")
    assert again.predict("slots", TEXTS) == before
    exported = mtl.Bundle(tmp_path / "run" / "export").predict("slots", TEXTS)
    assert [answer["tags"] for answer in exported] == [answer["tags"] for answer in before]


def test_a_run_is_resumed_with_equal_words_only(tmp_path: Path) -> None:
    recipe = write(tmp_path)
    for _ in islice(Run.start(recipe, tmp_path / "run").train(), 3):
        pass
    write(tmp_path, WORDS[::-1])
    with pytest.raises(CheckpointError) as error:
        [*Run.start(recipe, tmp_path / "run", resume=True).train()]
    assert str(error.value).startswith(
        f"{tmp_path / 'run'}: the data of 'words.word: vocabulary (words.txt)' should be what the run was started with "
    )
    write(tmp_path)
    assert [*Run.start(recipe, tmp_path / "run", resume=True).train()]


def test_words_that_no_training_text_has(tmp_path: Path) -> None:
    recipe = write(tmp_path, ["PLAY", "JUDE"])
    with pytest.raises(DataError) as error:
        mtl.run(recipe, out=tmp_path / "run")
    assert str(error.value) == (
        f"{tmp_path / 'words.txt'}: should have words of the training texts, written as tokens are after normalization "
        "(lower case, say). It has none of them."
    )


def test_a_module_from_the_run_has_its_words_and_gets_no_others(tmp_path: Path) -> None:
    mtl.run(write(tmp_path / "first"), out=tmp_path / "first" / "run")
    embedding = "      embedding: {from: first/run#words}\n"
    begin, end = RECIPE.index("      embedding:\n"), RECIPE.index("      representation: {type: bilstm")
    recipe = small.write(tmp_path, RECIPE[:begin] + embedding + RECIPE[end:])
    (tmp_path / "first" / "words.txt").unlink()
    run = mtl.run(recipe, out=tmp_path / "second")
    kept = json.loads((tmp_path / "second" / "fitted.json").read_text("utf-8"))["features"]
    assert [state["vocabulary"] for states in kept.values() for state in states if "digest" in state] == [WORDS]
    assert len(run.predict("intent", TEXTS)) == len(TEXTS)
    recipe.write_text(recipe.read_text("utf-8").replace("#words}", "#words, extend: true}"), "utf-8")
    with pytest.raises(RecipeError) as error:
        mtl.run(recipe, out=tmp_path / "third")
    assert str(error.value).splitlines()[0] == (
        f"{recipe}:18: tasks.intent.model.embedding.extend: should be written at the parts whose vocabulary is "
        "extended, each with a 'from' of its own: the 'word' embedding 'words.word' keeps the ids of its run. "
        "Found true."
    )
