"""A task, a target, a module, a feature and a metric from outside: an installed package, and a plain script beside it.

Both stand in an empty folder outside the checkout, and the run is killed and resumed on its way.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import mtl
from tests import small
from tests.commands import mtl as command
from tests.commands import start, within

# What both add, under names that begin otherwise.
CODE = '''
"""Whether words are long: a feature, an embedding that eats it, a task over it, its target, and a metric."""

import torch
from torch import Tensor, nn

from mtl.text.features import Feature, Ragged
from mtl.evaluate.metrics import Metric
from mtl.model.module import Embedding, PaddedSequence
from mtl.base.registry import register
from mtl.data.targets import Answer, OneLabel
from mtl.recipe.task import Slot, Task


@register("feature", "PREFIX_long")
class Long(Feature):
    """2 for a word of at least `limit` characters, 1 for a shorter one."""

    size = 3

    def __init__(self, *, limit: int = 5) -> None:
        super().__init__()
        self.limit = limit

    def compute(self, tokens):
        rows = [[0 if not word else 1 + (len(word) >= self.limit) for word in row] for row in tokens.strings()]
        return Ragged.of(rows, self.dtype)

    def onnx(self, tape, tokens):
        def matches(pattern):
            found = tape.op("RegexFullMatch", [tokens.surface], {"pattern": pattern})
            return tape.op("Cast", [found], {"to": 7})  # int64

        return tape.op("Add", [matches("(?s).+"), matches("(?s).{%d,}" % self.limit)])


@register("embedding", "PREFIX_lengths")
class Lengths(Embedding):
    """A vector for long words and one for short ones."""

    def __init__(self, features: tuple[Feature, ...], *, dim: int = 4, limit: int = 5) -> None:
        super().__init__()
        self.table = nn.Embedding(features[0].size, dim, padding_idx=0)

    @classmethod
    def features(cls, limit: int = 5) -> tuple[Feature, ...]:
        return (Long(limit=limit),)

    def forward(self, lengths: Tensor, *features: Tensor) -> PaddedSequence:
        return PaddedSequence(self.table(features[0]), lengths)

    @property
    def output_dim(self) -> int:
        return self.table.embedding_dim


@register("metric", "PREFIX_errors")
class Errors(Metric):
    """How many rows are wrong."""

    axes = ((),)
    figures = ("errors",)
    higher_is_better = False

    def compute(self, gold, predicted):
        return {"errors": float(sum(g is not None and g != p for g, p in zip(gold, predicted)))}


@register("target", "PREFIX_answer")
class YesOrNo(OneLabel):
    """Yes or no; other labels than those called `yes` are a no."""

    answers = (Answer("answer", "best", labels=True), Answer("certainty", "score"))
    metrics = ("PREFIX_errors",)

    def __init__(self, *, yes: list[str]) -> None:
        super().__init__()
        self.yes = yes

    def read(self, value, example):
        label = super().read(value, example)
        return None if label is None else "yes" if label in self.yes else "no"


@register("task", "PREFIX_yes_no")
class YesNo(Task):
    """Says of every text whether it is one of the labels called `yes`."""

    predicts = "PREFIX_answer"

    def __init__(self, *, yes: list[str]) -> None:
        self.yes = yes

    def slots(self, inputs):
        return (
            Slot("embedding", "embedding", tuple(inputs)),
            Slot("pooling", "pooling", ("embedding",), default={"type": "max"}),
            Slot("decoder", "decoder", ("pooling",), default={"type": "mlp"}),
            Slot("output", "output", ("decoder",), default={"type": "softmax"}),
        )

    def target_options(self):
        return {"yes": self.yes}
'''

SETUP = """
[metadata]
name = outside
version = 1.0

[options]
py_modules = outside

[options.entry_points]
mtl.plugins =
    outside = outside
"""

RECIPE = """
name: outside
plugins: [script.py]
sources:
  utterances: {format: tsv, train: train.tsv, dev: dev.tsv, test: test.tsv}
tasks:
  packaged:
    type: package_yes_no
    yes: [play]
    source: utterances
    inputs: {text: {column: text}}
    target: intent
    model:
      embedding:
        type: concat
        parts: {length: {type: package_lengths, limit: 4}, word: {type: word, dim: 8}}
  scripted:
    type: script_yes_no
    yes: [wake]
    source: utterances
    inputs: {text: {column: text}}
    target: intent
    metrics: [script_errors, accuracy]
    model:
      embedding:
        type: concat
        parts: {length: {type: script_lengths, dim: 3}, word: {type: word, dim: 8}}
share:
  words: [packaged.embedding.word, scripted.embedding.word]
train:
  optimizer: {type: adam, lr: 0.02}
  epochs: 150
  evaluate_every: 15
"""

ADDED = {"task": "yes_no", "target": "answer", "embedding": "lengths", "feature": "long", "metric": "errors"}


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with a script, a recipe and data; a package is built in it and installed beside it."""
    package, folder = tmp_path / "package", tmp_path / "folder"
    package.mkdir()
    (package / "setup.cfg").write_text(SETUP, "utf-8")
    (package / "setup.py").write_text("from setuptools import setup\n\nsetup()\n", "utf-8")
    (package / "outside.py").write_text(CODE.replace("PREFIX", "package"), "utf-8")
    quiet = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-index", "--no-build-isolation"]
    pip = [sys.executable, "-m", "pip", "install", *quiet, "--target", tmp_path / "site", package]
    subprocess.run(pip, check=True, cwd=tmp_path)
    small.write(folder, RECIPE)
    (folder / "script.py").write_text(CODE.replace("PREFIX", "script"), "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    monkeypatch.setenv("MTL_CACHE", os.environ["MTL_CACHE"])
    return folder


@pytest.mark.slow
def test_a_package_and_a_script_train_resume_and_export(outside: Path) -> None:
    listed = command("components", "--plugin", "script.py", cwd=outside).stdout
    for prefix in ("package", "script"):
        assert all(f"\n  {prefix}_{name} " in listed for name in ADDED.values()), listed

    process = start("train", "small.yaml", "--out", "run", cwd=outside)
    assert process.stdout is not None
    evaluations = 0
    while evaluations < 2:  # the checkpoint of the first one is then written
        told = process.stdout.readline()
        assert told, process.communicate()
        evaluations += told.startswith(b"step ")
    process.kill()
    process.communicate()
    assert not (outside / "run/metrics.json").exists()

    resumed = command("run", "small.yaml", "--out", "run", "--resume", cwd=outside)
    assert (resumed.returncode, resumed.stderr) == (0, "")
    metrics = json.loads((outside / "run/metrics.json").read_text("utf-8"))["test"]
    assert metrics["packaged"] == {"errors": 0.0}
    assert metrics["scripted"] == {"errors": 0.0, "accuracy": 1.0}

    bundle = mtl.Bundle(outside / "run/export")  # in a process that knows neither the package nor the script
    texts = ["play yesterday", "", "wake me at six thirty", "put on blackbird now"]
    assert [a["answer"] for a in bundle.predict("packaged", texts)][0::2] == ["yes", "no"]
    assert [a["answer"] for a in bundle.predict("scripted", texts)][0::2] == ["no", "yes"]
    assert list(bundle.predict("scripted", texts)[0]) == ["answer", "certainty"]


def test_a_script_that_cannot_be_imported_is_named(tmp_path: Path) -> None:
    recipe = small.write(tmp_path, small.RECIPE.replace("seed: 1\n", "seed: 1\nplugins: [broken.py, none.py]\n"))
    (tmp_path / "broken.py").write_text("1 / 0\n", "utf-8")
    result = within("check", recipe)
    assert result.returncode == 2
    assert "plugin 'broken.py' should be importable. Found ZeroDivisionError: division by zero." in result.stderr
    assert "Traceback" not in result.stderr
