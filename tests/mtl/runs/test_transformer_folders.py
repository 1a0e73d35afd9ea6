"""What a check says of encoders' folders, and what becomes of the hardest texts: from the recipe to the graph."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import ByteLevelBPETokenizer

import mtl
from mtl.base.errors import MtlError
from mtl.compile.loading import load_recipe
from mtl.runs.check import check_recipe
from mtl.runs.runner import Run
from tests.mtl.runs.test_transformer_run import write


def rows(recipe: Path) -> list[str]:
    """Return what a check finds wrong, without where."""
    with pytest.raises(MtlError) as caught:
        check_recipe(load_recipe(recipe))
    return list(dict.fromkeys(fault.message for fault in caught.value.faults))


@pytest.fixture
def recipe(folder_of: Callable[[str], Path], tmp_path: Path) -> Path:
    return write(tmp_path, folder_of("uncased"))


def test_byte_level_bpe_is_refused_with_what_is_missing(recipe: Path, tmp_path: Path) -> None:
    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator(["play hey jude", "wake me at noon"], vocab_size=300, show_progress=False)
    trained.save(str(tmp_path / "encoder/tokenizer.json"))
    assert rows(recipe) == [
        "'model' should be of type 'WordPiece', which is what an exported graph can do. Found byte-level BPE, as "
        "RoBERTa and GPT-2 have it: stock operators have neither the bytes of a text, nor a look-ahead, nor merges by "
        "their ranks. Use an encoder whose tokenizer is WordPiece, such as BERT, DistilBERT or MiniLM."
    ]


def test_a_folder_without_a_tokenizer(recipe: Path, tmp_path: Path) -> None:
    (tmp_path / "encoder/tokenizer.json").unlink()
    assert rows(recipe) == [
        "should be a file 'tokenizer.json', or be in a folder that has one. Found: No such file or directory. Where "
        "the folder has a vocabulary of an older form, transformers writes the file: "
        "AutoTokenizer.from_pretrained(DIR).save_pretrained(DIR)."
    ]


def test_an_unknown_architecture(recipe: Path, tmp_path: Path) -> None:
    config = tmp_path / "encoder/config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "model_type": "deberta-v2"}))
    assert rows(recipe) == [
        f"'{config}': 'model_type' should be one of bert, camembert, distilbert, roberta, xlm-roberta. "
        "Found 'deberta-v2'."
    ]


def test_missing_and_further_weights(recipe: Path, tmp_path: Path) -> None:
    file = tmp_path / "encoder/model.safetensors"
    there = load_file(file)
    del there["encoder.layer.0.output.dense.bias"]
    there["encoder.layer.1.crossattention.self.query.weight"] = torch.ones(2)
    save_file(there, file)
    what = f"'{file}' should hold the weights of what its config.json describes"
    assert rows(recipe) == [
        f"{what}. Found no 'encoder.layer.0.output.dense.bias'.",
        f"{what} alone. Found also 'encoder.layer.1.crossattention.self.query.weight'.",
    ]


@pytest.mark.slow
def test_the_hardest_texts_have_the_same_answers_in_the_graph(recipe: Path, tmp_path: Path) -> None:
    """Strings that stand for no text, texts without any, of one huge word, of many words, of unknown characters."""
    run = mtl.run(recipe, out=tmp_path / "run", overrides=["train.epochs=1"])
    bundle = mtl.Bundle(tmp_path / "run/export")
    texts = [
        *("play [CLS] hey [SEP] jude [PAD]", "[CLS]", "", " \t ", "x" * 100_000, "hey " * 25_000, "word " * 10_000),
        *("\U0001f3b5 \u4f60\u597d \u16a0\u16a1", "\x00\u200b\ufeff", "e\u0301" * 500),
    ]
    for task, key in (("intent", "label"), ("slots", "tags")):
        eager, exported = run.predict(task, texts), bundle.predict(task, texts)
        assert [answer[key] for answer in exported] == [answer[key] for answer in eager]
        for one, other in zip(eager, exported, strict=True):
            assert other["score"] == pytest.approx(one["score"], abs=1e-4)
    assert [len(answer["tokens"]) for answer in run.predict("slots", texts)][:4] == [12, 3, 0, 0]


def test_long_texts_are_counted_where_they_are_cut(recipe: Path, tmp_path: Path) -> None:
    with (tmp_path / "train.tsv").open("a", encoding="utf-8") as file:
        for text in ("word " * 10_000, "x" * 100_000, "hey " * 25_000):
            file.write(f"{text.strip()}\tplay\t{' '.join(['O'] * len(text.split()))}\n")
    run = Run.start(recipe, tmp_path / "run")
    rows = len((tmp_path / "train.tsv").read_text("utf-8").splitlines()) - 1
    assert (
        f"utterances/train: column 'text': 2 of {rows} texts with more than 38 pieces: the rest is not read "
        "(max_pieces)."
    ) in [str(fault) for fault in run.warnings("train")]
