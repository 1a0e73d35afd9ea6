"""What a check says of modules that do not fit the run that they come from."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from mtl.compile.loading import recipe_from_dict
from mtl.runs.check import check_recipe
from mtl.runs.runner import Run
from tests import small
from tests.mtl.from_small import recipe, refused, tree

HERE = "<recipe>: tasks.kind.model"


@pytest.mark.parametrize(
    ("slot", "component", "written", "fault"),
    [
        ("representation", "encoder", {"type": "bigru"}, "type: should be 'bilstm', as {it} is. Found 'bigru'."),
        ("representation", "encoder", {"hidden": 9}, "hidden: should be 8, as in {it}, or be left out. Found 9."),
        (
            "embedding",
            "words.char",
            {"widths": [2, 3]},
            "widths: should be [3], as in {it}, or be left out. Found [2, 3].",
        ),
        (
            "embedding",
            "words",
            {"parts": {"more": {"type": "word"}}},
            'parts: should be ["char", "word"], as in {it}, or be left out. Found ["char", "more", "word"].',
        ),
    ],
)
def test_another_configuration(
    slot: str, component: str, written: dict[str, Any], fault: str, small_run: Path, tmp_path: Path
) -> None:
    found = refused(recipe(tmp_path, {slot: {"from": f"{small_run}#{component}", **written}}))
    it = f"'{component}' of '{small_run.resolve()}'"
    assert found[0] == f"{HERE}.{slot}.{fault.format(it=it)}"


def test_rates_of_dropout_and_keys_of_the_loss_may_differ(small_run: Path, tmp_path: Path) -> None:
    model = {
        "embedding": {"from": f"{small_run}#words", "parts": {"word": {"word_dropout": 0.5}}},
        "representation": {"from": f"{small_run}#encoder", "dropout": 0.5},
        "pooling": "max",
        "decoder": {"from": f"{small_run}#intent.decoder", "dropout": 0.5},
        "output": {"from": f"{small_run}#intent.output", "label_smoothing": 0.1, "focal": 1},
    }
    assert refused(recipe(tmp_path, model)) == []


def test_texts_that_are_read_otherwise(small_run: Path, tmp_path: Path) -> None:
    text = {"column": "text", "tokenizer": "whitespace", "max_tokens": 9}
    it = f"as the texts that 'words.word' of '{small_run.resolve()}' was trained on"
    char = it.replace("words.word", "words.char")
    place = "<recipe>: tasks.kind.inputs.text: should have"
    assert refused(recipe(tmp_path, {"embedding": {"from": f"{small_run}#words"}}, text=text)) == [
        f"{place} 'tokenizer: unicode_words', {it}. Found 'tokenizer: whitespace'.",
        f"{place} 'lowercase: true', {it}. Found 'lowercase: false'.",
        f"{place} 'tokenizer: unicode_words', {char}. Found 'tokenizer: whitespace'.",
        f"{place} 'lowercase: true', {char}. Found 'lowercase: false'.",
    ]


def test_shapes_that_differ(small_run: Path, tmp_path: Path) -> None:
    found = refused(recipe(tmp_path, {"representation": {"from": f"{small_run}#encoder"}}))
    assert found[0] == (
        f"{HERE}.representation.from: 'kind.representation' should have the shapes of 'encoder' of "
        f"'{small_run.resolve()}', where 'lstm.weight_ih_l0' is (32, 12). Found (32, 100): what flows in, or what it "
        "answers, is another."
    )


def test_a_vocabulary_to_extend_that_is_not_there(small_run: Path, tmp_path: Path) -> None:
    model = {
        "embedding": {"from": f"{small_run}#words"},
        "representation": {"from": f"{small_run}#encoder", "extend": True},
    }
    assert refused(recipe(tmp_path, model)) == [
        f"{HERE}.representation.extend: should be left out: 'kind.representation' has no vocabulary. Found true."
    ]


def test_new_words_that_could_not_be_learned(small_run: Path, tmp_path: Path) -> None:
    model = {"embedding": {"from": f"{small_run}#words", "extend": True, "freeze": True}}
    assert refused(recipe(tmp_path, model)) == [
        f"{HERE}.embedding.extend: should be left out of what is frozen: vectors of new words would stay random. "
        "Found true."
    ]


def test_a_file_of_vectors_beside_a_run(small_run: Path, tmp_path: Path) -> None:
    (tmp_path / "vectors.txt").write_text("play " + " ".join(["0.5"] * 8) + "\n")
    word = {"from": f"{small_run}#words.word", "pretrained": "vectors.txt"}
    assert refused(recipe(tmp_path, {"embedding": word})) == [
        f"{HERE}.embedding.pretrained: should be left out: all weights come from 'words.word' of "
        f"'{small_run.resolve()}'. Found 'vectors.txt'."
    ]
    assert refused(recipe(tmp_path, {"embedding": {**word, "extend": True, "freeze": True}})) == []


def test_a_run_without_a_best_checkpoint(small_run: Path, tmp_path: Path) -> None:
    shutil.copytree(small_run, tmp_path / "lm", ignore=shutil.ignore_patterns("checkpoints"))
    (tmp_path / "lm/checkpoints").mkdir()
    assert refused(recipe(tmp_path, {"embedding": {"from": f"{tmp_path / 'lm'}#words"}})) == [
        f"{HERE}.embedding.from: {tmp_path / 'lm/checkpoints'}: should hold a best checkpoint. There is none. "
        f"`mtl train {tmp_path}/lm/recipe.yaml --out {tmp_path}/lm --resume` goes on with the training."
    ]


def test_a_run_that_is_not_there_is_a_fault_wherever_it_is_named(tmp_path: Path) -> None:
    forward = {"type": "lstm", "from": str(tmp_path / "lm")}
    context = {"type": "contextual", "words": "character", "forward": forward}
    backward = {**forward, "direction": "backward"}
    message = f"from: should be the folder of a finished run. Found '{tmp_path / 'lm'}': nothing there."
    assert refused(recipe(tmp_path, {"embedding": {**context, "backward": backward}})) == [
        f"{HERE}.embedding.forward.{message}",
        f"{HERE}.embedding.backward.{message}",
    ]


def test_a_run_that_is_not_there_is_not_asked_for_by_one_that_has_begun(tmp_path: Path) -> None:
    found = recipe(tmp_path, {"representation": {"type": "bilstm", "from": str(tmp_path / "lm")}})
    assert refused(found) == [
        f"{HERE}.representation.from: should be the folder of a finished run. Found '{tmp_path / 'lm'}': nothing there."
    ]
    check_recipe(found, initial=False)


def test_a_task_that_is_not_trained_and_comes_from_nowhere(tmp_path: Path) -> None:
    written = tree({})
    written["tasks"]["kept"] = {**written["tasks"]["kind"], "learn": False}
    assert refused(recipe_from_dict(written, data=tmp_path)) == [
        "<recipe>: tasks.kept: should be trained, or have all its modules from a run: 'learn' is false. "
        "Found 'kept.decoder' without 'from'."
    ]


def test_a_part_that_two_composites_take_from_different_places(small_run: Path, tmp_path: Path) -> None:
    shutil.copytree(small_run, tmp_path / "other")
    written = tree({"embedding": {"from": f"{small_run}#words"}})
    other = {"embedding": {"from": f"{tmp_path / 'other'}#words"}}
    written["tasks"]["second"] = {**written["tasks"]["kind"], "model": other}
    written["share"] = {"chars": ["kind.embedding.char", "second.embedding.char"]}
    assert refused(recipe_from_dict(written, data=tmp_path)) == [
        "<recipe>: tasks.second.model.embedding.from: should take 'chars' from where 'kind.embedding' takes it, of "
        f"which it is a part, too: '{small_run.resolve()}#words.char'. Found '{tmp_path / 'other'}#words.char'. "
        "Give 'chars' a 'from' of its own."
    ]


@pytest.fixture(scope="module")
def affixes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run whose embedding has words and affixes."""
    folder = tmp_path_factory.mktemp("affixes")
    text = small.RECIPE.replace("epochs: 24", "epochs: 1").replace(
        "char: {type: char_cnn, dim: 4, char_dim: 4}", "shape: {type: shape}"
    )
    list(Run.start(small.write(folder, text), folder / "run").train())
    return folder / "run"


def test_affixes_are_not_extended(affixes: Path, tmp_path: Path) -> None:
    whole = {"embedding": {"from": f"{affixes}#words", "extend": True}}
    assert refused(recipe(tmp_path, whole)) == [
        f"{HERE}.embedding.extend: should be written at the parts whose vocabulary is extended, each with a 'from' of "
        "its own: the 'shape' embedding 'kind.embedding.shape' keeps the ids of its run. Found true."
    ]
    alone = {"embedding": {"from": f"{affixes}#words.shape", "extend": True}}
    assert refused(recipe(tmp_path, alone)) == [
        f"{HERE}.embedding.extend: should be left out: the 'shape' embedding keeps the ids of its run. Found true."
    ]


def test_n_grams_are_not_extended(tmp_path: Path) -> None:
    text = small.RECIPE.replace("epochs: 24", "epochs: 1").replace("pooling: max", "pooling: max\n      wide: ngrams")
    list(Run.start(small.write(tmp_path, text), tmp_path / "run").train())
    model = {"embedding": "word", "wide": {"from": f"{tmp_path / 'run'}#intent.wide", "extend": True}}
    assert refused(recipe(tmp_path, model)) == [
        f"{HERE}.wide.extend: should be left out: the 'ngrams' wide module keeps the ids of its run. Found true."
    ]


def test_words_beside_affixes_are_extended(affixes: Path, tmp_path: Path) -> None:
    parts = {"word": {"from": f"{affixes}#words.word", "extend": True}}
    assert refused(recipe(tmp_path, {"embedding": {"from": f"{affixes}#words", "parts": parts}})) == []
