"""Figures of labels in an order: those of scikit-learn, and what is left out of them."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest
from sklearn.metrics import cohen_kappa_score

from mtl.evaluate.metrics import OrdinalError, QuadraticWeightedKappa
from tests.commands import within

LABELS = ("9", "10", "11", "bad", "good")
RECIPE = """
sources: {shop: {format: jsonl, train: train.jsonl, dev: train.jsonl}}
tasks:
  stars:
    type: text_classification
    source: shop
    inputs: text
    target: stars
    model: {embedding: {type: word, dim: 4, min_count: 1}, output: {type: ordinal, ranks: {worse: 0}}}
    metrics:
      - {type: ordinal_error, ranks: {worse: 0}}
      - {type: quadratic_weighted_kappa, ranks: {worse: 0}}
train: {epochs: 1, select: {stars.quadratic_weighted_kappa: 1, stars.ordinal_error: 1}}
"""


def test_they_are_those_of_scikit_learn() -> None:
    generator = random.Random(1)
    for _ in range(60):
        gold = [*LABELS, *generator.choices(LABELS, k=generator.randint(0, 30))]
        predicted = [g if generator.random() < 0.5 else generator.choice(LABELS) for g in gold]
        places = [[LABELS.index(label) for label in labels] for labels in (gold, predicted)]
        kappa = QuadraticWeightedKappa().compute([None, *gold], ["9", *predicted])
        assert kappa == {
            "quadratic_weighted_kappa": pytest.approx(cohen_kappa_score(*places, weights="quadratic"), abs=1e-12)
        }
        apart = [abs(g - p) for g, p in zip(*places, strict=True)]
        error = OrdinalError().compute([None, *gold], ["9", *predicted])
        assert error == {"ordinal_error": pytest.approx(sum(apart) / len(apart))}


def test_labels_of_training_have_a_place_though_no_row_has_them() -> None:
    metric = OrdinalError(ranks={"low": 1, "middle": 2})
    assert metric.compute(["low", "top"], ["top", "top"]) == {"ordinal_error": 0.5}
    fitted = metric.fitted({"labels": ["low", "middle", "top"]})
    assert fitted.compute(["low", "top"], ["top", "top"]) == {"ordinal_error": 1.0}


def test_what_is_out_of_scope_has_no_place() -> None:
    fitted = OrdinalError().fitted({"labels": ["1", "2", "3"], "out_of_scope": "none"})
    assert fitted.compute(["1", "none", "3", "2"], ["3", "1", "none", "2"]) == {"ordinal_error": 1.0}


def test_rows_that_decide_nothing() -> None:
    assert OrdinalError().compute([None], ["1"]) == {"ordinal_error": 0.0}
    assert QuadraticWeightedKappa().compute([None], ["1"]) == {}
    assert QuadraticWeightedKappa().compute(["1", "1"], ["1", "1"]) == {}
    assert QuadraticWeightedKappa().compute(["1", "2"], ["1", "1"]) == {"quadratic_weighted_kappa": 0.0}


def write(folder: Path, recipe: str) -> Path:
    rows = [{"text": f"{word} it is", "stars": word} for word in ("worse", "bad", "fine", "good") for _ in range(3)]
    (folder / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    file = folder / "stars.yaml"
    file.write_text(recipe, "utf-8")
    return file


def test_training_selects_by_them(tmp_path: Path) -> None:
    done = within("train", write(tmp_path, RECIPE), "--out", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert re.search(r"dev stars\.ordinal_error [.\d]+ stars\.quadratic_weighted_kappa [-.\d]+  score", done.stdout)


@pytest.mark.parametrize("command", [("check", "--sources"), ("train", "--out", "run")])
def test_ranks_name_labels(command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    recipe = write(tmp_path, RECIPE.replace("kappa, ranks: {worse: 0}", "kappa, ranks: {worst: 0}"))
    done = within(*command, recipe)
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == (
        f"{recipe}:12: tasks.stars.metrics.1: 'ranks' should name labels of the task. Found 'worst'. Did you mean "
        "'worse'?"
    )
