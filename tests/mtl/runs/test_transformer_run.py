"""A pretrained encoder under two tasks: trained, kept, exported, and what is refused of its folder."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import mtl
from mtl.base.errors import RecipeError
from mtl.compile.loading import load_recipe
from mtl.recipe.yaml_core import read
from mtl.runs.check import check_recipe
from mtl.runs.runner import Run
from tests import encoder_files, small
from tests.mtl.from_small import recipe as made
from tests.mtl.from_small import refused

RECIPE = """\
name: encoded
seed: 1
sources:
  utterances: {format: tsv, train: train.tsv, dev: dev.tsv, test: test.tsv}
tasks:
  intent:
    type: text_classification
    source: utterances
    inputs: {text: {column: text, tokenizer: {type: wordpiece, path: encoder}}}
    target: intent
    model:
      embedding: {type: transformer, path: encoder, freeze: true}
      representation: {type: transformer, path: encoder, layers: 2, frozen_layers: 1}
      pooling: first
  slots:
    type: word_tagging
    source: utterances
    inputs: {text: {column: text, tokenizer: {type: wordpiece, path: encoder}}}
    target: slots
    model: {output: crf}
share:
  pieces: [intent.embedding, slots.embedding]
  encoder: [intent.representation, slots.representation]
train:
  optimizer: {type: adam, lr: 0.01}
  batch: {size: 16}
  epochs: 2
  checkpoint_every: 2
  gradients_every: 0
"""
TEXTS = ["play hey jude", "hey", "wake me at six thirty please now or later", "", "Unbelievable, [CLS]\u0301"]
LONG = "hey " * 60  # of more pieces than the encoder has positions
READ = {"column": "text", "tokenizer": {"type": "wordpiece", "path": "encoder"}}
MODEL = {
    "embedding": {"type": "transformer", "path": "encoder"},
    "representation": {"type": "transformer", "path": "encoder"},
    "pooling": "first",
}


def write(folder: Path, tokenizer: Path) -> Path:
    encoder_files.write(folder / "encoder", tokenizer)
    return small.write(folder, RECIPE)


def test_a_run_and_its_export_need_no_folder_any_more(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    run = mtl.run(write(tmp_path, folder_of("uncased")), out=tmp_path / "run")
    texts = [*TEXTS, LONG]
    before, figures = {task: run.predict(task, texts) for task in ("intent", "slots")}, run.metrics["test"]
    assert len(before["slots"][-1]["tokens"]) == 38  # as many as there are positions but for [CLS] and [SEP]
    shutil.rmtree(tmp_path / "encoder")
    moved = (tmp_path / "run").rename(tmp_path / "moved")
    again = Run.open(moved)
    assert {task: again.predict(task, texts) for task in before} == before
    assert again.test()["test"] == figures
    assert sorted(path.name for path in (moved / "export").glob("*.onnx")) == [
        *("intent.onnx", "joint.onnx", "slots.onnx"),
    ]
    command = (
        "import sys, json; sys.modules['tokenizers'] = sys.modules['torch'] = None; import mtl; "
        "bundle = mtl.Bundle(sys.argv[1]); texts = json.loads(sys.argv[2]); "
        "print(json.dumps([bundle.predict(task, texts) for task in ('intent', 'slots')]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", command, str(moved / "export"), json.dumps(texts)], capture_output=True, check=True
    )
    intents, slots = json.loads(done.stdout)
    assert [answer["label"] for answer in intents] == [answer["label"] for answer in before["intent"]]
    assert [answer["tags"] for answer in slots] == [answer["tags"] for answer in before["slots"]]


def test_what_is_frozen_is_as_in_the_folder_and_the_rest_is_trained(
    folder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    run = Run.start(write(tmp_path, folder_of("uncased")), tmp_path / "run")
    list(run.train())
    there = load_file(tmp_path / "encoder/model.safetensors")
    layers = run.model["encoder"].layers
    assert torch.equal(run.model["pieces"].words.weight, there["embeddings.word_embeddings.weight"])
    for number, equal in ((0, True), (1, False)):
        kept = there[f"encoder.layer.{number}.attention.self.query.weight"]
        assert torch.equal(layers[number].queries.weight, kept) == equal
    assert len(layers) == 2


def test_a_run_is_resumed_without_the_folder(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    recipe = write(tmp_path, folder_of("uncased"))
    list(Run.start(recipe, tmp_path / "whole").train())
    for _ in islice(Run.start(recipe, tmp_path / "run").train(), 3):
        pass
    shutil.rmtree(tmp_path / "encoder")
    kept = tmp_path / "run/recipe.yaml"
    assert read(kept).tree["share"]["encoder"]["config"]["hidden_size"] == 16
    resumed = Run.start(kept, tmp_path / "run", resume=True)
    list(resumed.train())
    whole = Run.open(tmp_path / "whole")
    for one, other in zip(resumed.model.parameters(), whole.model.parameters(), strict=True):
        assert torch.equal(one, other)


def test_an_encoder_comes_from_a_run(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    first = Run.start(write(tmp_path, folder_of("uncased")), tmp_path / "run")
    list(first.train())
    model = {
        "embedding": {"from": f"{tmp_path / 'run'}#pieces"},
        "representation": {"from": f"{tmp_path / 'run'}#encoder"},
        "pooling": "mean",
    }
    recipe = made(tmp_path, model, text={**READ, "max_pieces": 38})
    assert refused(recipe) == []
    second = Run.start(recipe, tmp_path / "second")
    list(second.train())
    for one, other in (("encoder", "kind.representation"), ("pieces", "kind.embedding")):
        assert first.model[one].state_dict().keys() == second.model[other].state_dict().keys()


def test_texts_are_cut_to_the_positions_with_a_count(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    recipe = write(tmp_path, folder_of("uncased"))
    with (tmp_path / "train.tsv").open("a") as file:
        file.write(f"{LONG.strip()}\tplay\t{' '.join(['O'] * 60)}\n")
    run = Run.start(recipe, tmp_path / "run")
    rows = len((tmp_path / "train.tsv").read_text("utf-8").splitlines()) - 1
    assert (
        f"utterances/train: column 'text': 1 of {rows} texts with more than 38 pieces: the rest is not read "
        "(max_pieces)."
    ) in [str(fault) for fault in run.warnings("train")]
    fewer = load_recipe(recipe, overrides=[f"tasks.{task}.inputs.text.max_pieces=30" for task in ("intent", "slots")])
    assert fewer.tasks["slots"].inputs["text"].front_end.reach == 30


def test_what_a_check_refuses(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    write(tmp_path, folder_of("uncased"))
    assert refused(made(tmp_path, MODEL, text=READ)) == []
    words = "<recipe>: tasks.kind.model.embedding: should read pieces that have ids of their own. Found a tokenizer "
    (fault,) = refused(made(tmp_path, MODEL))
    assert fault == (
        f"{words}without a vocabulary of pieces. Write 'tokenizer: {{type: wordpiece, path: DIR}}' (or unigram) at its "
        "inputs, with the folder of the encoder."
    )
    (tmp_path / "encoder/model.safetensors").write_bytes(b"no tensors")
    faults = refused(made(tmp_path, MODEL, text=READ))
    assert [fault.split(" should hold ")[0] for fault in faults] == [
        f"<recipe>: tasks.kind.model.embedding: '{tmp_path / 'encoder/model.safetensors'}'"
    ]


def test_what_is_refused_of_a_recipe(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    recipe = write(tmp_path, folder_of("uncased"))
    with pytest.raises(RecipeError) as caught:
        load_recipe(recipe, overrides=["tasks.intent.inputs.text.max_pieces=39"])
    assert [str(fault) for fault in caught.value.faults] == [
        "--set tasks.intent.inputs.text.max_pieces=39: tasks.intent.inputs.text.max_pieces: should be at most 38, as "
        "the encoder has 40 positions, 2 of them for what is put around a text. Found 39."
    ]
    with pytest.raises(RecipeError) as caught:
        load_recipe(recipe, overrides=["**.path=roberta-base"])
    nothing = f"{tmp_path / 'roberta-base'}"
    fetch = (
        "Nothing is downloaded: fetch a model of the Hugging Face hub by 'hf download roberta-base --local-dir DIR', "
        "and write 'path: DIR'."
    )
    rows = [str(fault) for fault in caught.value.faults]
    assert rows[:2] == [
        f"--set **.path=roberta-base: tasks.intent.model.{module}.path: should be a folder of Hugging Face's, with "
        f"config.json and model.safetensors. Found nothing there: '{nothing}'. {fetch}"
        for module in ("embedding", "representation")
    ]
    assert len(set(rows)) == 3
    assert rows[2].startswith(nothing)
    assert rows[2].endswith(f"No such file or directory. {fetch}")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("start=3", "'start' should be below 3, the number of layers of the encoder. Found 3."),
        ("layers=4", "'layers' should be at most 3, as the encoder has 3 and 'start' is 0. Found 4."),
        ("frozen_layers=3", "'frozen_layers' should be at most 2, the layers used. Found 3."),
    ],
)
def test_what_an_option_asks_of_an_encoder_is_refused_of_the_option(
    setting: str, message: str, folder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    recipe = write(tmp_path, folder_of("uncased"))
    module = "tasks.intent.model.representation"
    with pytest.raises(RecipeError) as caught:
        check_recipe(load_recipe(recipe, overrides=[f"{module}.{setting}"]))
    assert str(caught.value) == (
        f"--set {module}.{setting}: {module}: {message}\n1 error in options given with {recipe}"
    )
