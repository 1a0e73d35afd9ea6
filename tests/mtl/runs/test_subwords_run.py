"""A run with a tokenizer of subwords: what it keeps of it, what it refuses, and what it says of long texts."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

import mtl
from mtl.base.errors import CheckpointError
from mtl.compile.loading import load_recipe
from mtl.recipe.document import show
from mtl.runs.runner import Run
from tests import small
from tests.mtl.from_small import recipe as made
from tests.mtl.from_small import refused

EPOCHS = small.RECIPE.replace("epochs: 24", "epochs: 2\n  checkpoint_every: 2")
RECIPE = EPOCHS.replace("char: {type: char_cnn, dim: 4, char_dim: 4}", "piece: {type: piece, dim: 4}")
INPUT = "{column: text, lowercase: true}"
READ = "{column: text, lowercase: true, tokenizer: {type: KIND, path: tokens}, max_pieces: 5}"
TEXTS = ["play hey jude", "hey", "wake me at six thirty please now or later", "", "Unbelievable, [CLS]\u0301"]


def write(folder: Path, tokenizer: Path, kind: str = "wordpiece") -> Path:
    shutil.copytree(tokenizer, folder / "tokens", dirs_exist_ok=True)
    return small.write(folder, RECIPE.replace(INPUT, READ.replace("KIND", kind)))


@pytest.mark.parametrize(("name", "kind"), [("uncased", "wordpiece"), ("marked", "unigram")])
def test_a_run_needs_no_folder_any_more_and_an_export_no_package(
    name: str, kind: str, folder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    run = mtl.run(write(tmp_path, folder_of(name), kind), out=tmp_path / "run")
    assert run.manifest["tasks"]["slots"]["front_ends"]["text"]["tokenizer"] == kind
    before, figures = run.predict("slots", TEXTS), run.metrics["test"]
    assert [answer["tokens"] for answer in before][:2] == [["play", "hey", "jude"], ["hey"]]
    shutil.rmtree(tmp_path / "tokens")
    moved = (tmp_path / "run").rename(tmp_path / "moved")
    again = Run.open(moved)
    assert again.predict("slots", TEXTS) == before
    assert again.test()["test"] == figures
    command = (
        "import sys, json; sys.modules['tokenizers'] = sys.modules['torch'] = None; import mtl; "
        "print(json.dumps(mtl.Bundle(sys.argv[1]).predict('slots', json.loads(sys.argv[2]))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", command, str(moved / "export"), json.dumps(TEXTS)], capture_output=True, check=True
    )
    exported = json.loads(done.stdout)
    for key in ("tokens", "tags"):
        assert [answer[key] for answer in exported] == [answer[key] for answer in before]


def test_texts_that_are_cut_are_counted(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    run = Run.start(write(tmp_path, folder_of("uncased")), tmp_path / "run")
    texts = [row.split("\t")[0] for row in (tmp_path / "train.tsv").read_text().splitlines()[1:]]
    known = run.recipe.tasks["intent"].inputs["text"].front_end.made.loaded
    cut = sum(len(known.of_text(text)) > 5 for text in texts)
    assert cut > 0
    assert (
        f"utterances/train: column 'text': {cut} of {len(texts)} texts with more than 5 pieces: the rest is not read "
        "(max_pieces)." in [str(fault) for fault in run.warnings("train")]
    )
    assert any("tags after the tokens that are read of a text (max_pieces)" in str(x) for x in run.warnings("train"))


def test_texts_are_counted_for_each_of_two_tokenizers(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    recipe = write(tmp_path, folder_of("uncased"))
    shutil.copytree(folder_of("cased"), tmp_path / "others")
    text = "tasks.slots.inputs.text"
    overrides = [f"{text}.tokenizer.path=others", f"{text}.lowercase=false", "tasks.slots.model.embedding=piece"]
    overrides.append("share={}")
    run = Run.start(recipe, tmp_path / "run", overrides=overrides)
    texts = [row.split("\t")[0] for row in (tmp_path / "train.tsv").read_text().splitlines()[1:]]
    told = [str(fault) for fault in run.warnings("train") if fault.path == "column 'text'"]
    assert len(told) == 2
    for task, fault in zip(("intent", "slots"), told, strict=True):
        tokenizer = run.recipe.tasks[task].inputs["text"].front_end.made
        cut = sum(len(tokenizer.loaded.of_text(text)) > 5 for text in texts)
        assert 0 < cut < len(texts)
        assert fault == (
            f"utterances/train: column 'text': {cut} of {len(texts)} texts with more than 5 pieces of {tokenizer}: the "
            "rest is not read (max_pieces)."
        )


def test_the_bound_of_tags_is_that_of_their_own_input(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    recipe = write(tmp_path, folder_of("uncased"))
    words = "tasks.slots.inputs.text={column: text, max_tokens: 3}"
    overrides = [words, "share={}", "tasks.slots.model.embedding=word"]
    run = Run.start(recipe, tmp_path / "run", overrides=overrides)
    told = {fault.path: str(fault) for fault in run.warnings("train")}
    assert "(max_pieces)" in told["column 'text'"]
    assert told["slots"].endswith("that are read of a text (max_tokens): not learned, and not measured.")


def test_a_run_is_resumed_with_an_equal_tokenizer_only(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    recipe = write(tmp_path, folder_of("uncased"))
    for _ in islice(Run.start(recipe, tmp_path / "run").train(), 3):
        pass
    digests = [
        load_recipe(write(tmp_path, folder_of(name))).tasks["intent"].inputs["text"].front_end.made.sha256
        for name in ("uncased", "cased")
    ]
    with pytest.raises(CheckpointError) as caught:
        Run.start(recipe, tmp_path / "run", resume=True)
    there, here = map(show, digests)
    found = "; ".join(
        f"tasks.{task}.inputs.text.tokenizer.sha256: {there} there, {here} here" for task in ("intent", "slots")
    )
    assert str(caught.value) == (
        f"{tmp_path / 'run'}: the recipe should be the one that the run was started with. Found another: {found}. "
        "The run's own is its recipe.yaml; a changed recipe needs a new run."
    )
    shutil.rmtree(tmp_path / "tokens")
    kept = tmp_path / "run/recipe.yaml"  # which does without the folder
    assert list(Run.start(kept, tmp_path / "run", resume=True).train()) != []


def test_pieces_that_come_from_a_run_are_its_own(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    list(Run.start(write(tmp_path, folder_of("uncased")), tmp_path / "run").train())
    origin = f"{tmp_path / 'run'}#words.piece"
    given = {"embedding": {"from": origin}}
    read, other = (
        {"column": "text", "tokenizer": {"type": "wordpiece", "path": str(folder_of(name))}}
        for name in ("uncased", "cased")
    )
    assert refused(made(tmp_path, given, text=read)) == []  # what the run's input says of words is of no concern
    (fault,) = refused(made(tmp_path, given, text=other))
    digests = [made(tmp_path, {}, text=x).tasks["kind"].inputs["text"].front_end.made.sha256[:8] for x in (read, other)]
    assert fault == (
        f"<recipe>: tasks.kind.inputs.text: should have 'tokenizer: wordpiece {digests[0]}', as the texts that "
        f"'words.piece' of '{tmp_path / 'run'}' was trained on. Found 'tokenizer: wordpiece {digests[1]}'."
    )
    assert refused(made(tmp_path, {"embedding": {"from": origin, "extend": True}}, text=read)) == [
        "<recipe>: tasks.kind.model.embedding.extend: should be left out: the 'piece' embedding keeps the ids of its "
        "run. Found true."
    ]
    run = Run.start(made(tmp_path, given, text=read), tmp_path / "new")
    assert run.prepared.fitted.features["kind.embedding"][0].size == 801
