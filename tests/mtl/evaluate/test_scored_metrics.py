"""Figures of scores: those of scikit-learn on random cases, undefined ones, and in a whole evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics as theirs

from mtl.base.errors import RecipeError, UsageError
from mtl.base.registry import lookup, names
from mtl.evaluate.answerers import ModelAnswerer, TextAnswerer
from mtl.evaluate.evaluation import dev_figures, evaluate
from mtl.evaluate.metrics import (
    AveragePrecision,
    ExpectedCalibrationError,
    RecallAtPrecision,
    RocAuc,
    Scored,
    ScoredMetric,
    TopKAccuracy,
)
from mtl.evaluate.metrics.confidence import BINS
from mtl.runs.predictor import Predictor
from tests.mtl.small_run import small_graph, small_trainer

NAMES = ("a", "b", "c", "d", "e")
SCORED = [name for name in names("metric") if issubclass(lookup("metric", name), ScoredMetric)]


def probabilities(generator: np.random.Generator, units: int, labels: int, *, ties: bool = False) -> NDArray[Any]:
    logits = generator.normal(0, 2, (units, labels))
    found = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return found.round(1) if ties else found


def cases(labels: int, *, ties: bool = False) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    """Return (gold ids, scores), every label in each."""
    generator = np.random.default_rng(labels)
    return [
        (
            np.concatenate([np.arange(labels), generator.integers(0, labels, count)]),
            probabilities(generator, count + labels, labels, ties=ties),
        )
        for count in (1, 10, 60)
        for _ in range(10)
    ]


def measured(metric: ScoredMetric, ids: NDArray[Any], scores: NDArray[Any]) -> dict[str, float]:
    labels = NAMES[: scores.shape[1]]
    return metric.score([labels[i] for i in ids], Scored(scores, labels))


@pytest.mark.parametrize("labels", [2, 3, 5])
def test_the_area_is_that_of_scikit_learn(labels: int) -> None:
    for ids, scores in cases(labels):
        wanted = (
            theirs.roc_auc_score(ids, scores[:, 1])
            if labels == 2
            else theirs.roc_auc_score(ids, scores, multi_class="ovr", average="macro")
        )
        assert measured(RocAuc(), ids, scores) == {"roc_auc": pytest.approx(wanted)}


@pytest.mark.parametrize("ties", [False, True])
def test_figures_of_one_label_are_those_of_scikit_learn(ties: bool) -> None:
    for ids, scores in cases(3, ties=ties):
        right, of_label = ids == 1, scores[:, 1]
        precision, recall, _ = theirs.precision_recall_curve(right, of_label)
        for least in (0.3, 0.75, 1.0):
            found = measured(RecallAtPrecision(precision=least, label="b"), ids, scores)
            assert found == {f"recall@p{100 * least:g}": pytest.approx(recall[precision >= least].max())}
        assert measured(RocAuc(label="b"), ids, scores) == {
            "roc_auc": pytest.approx(theirs.roc_auc_score(right, of_label))
        }
        assert measured(AveragePrecision(label="b"), ids, scores) == {
            "average_precision": pytest.approx(theirs.average_precision_score(right, of_label))
        }


def test_figures_of_sets_of_labels_are_those_of_scikit_learn() -> None:
    generator = np.random.default_rng(3)
    for _ in range(30):
        wanted = np.concatenate([np.eye(4, dtype=bool), generator.random((20, 4)) < 0.3])
        scores = generator.random(wanted.shape).round(2)
        gold = [[NAMES[i] for i in np.flatnonzero(row)] for row in wanted]
        scored = Scored(scores, NAMES[:4])
        assert RocAuc().score(gold, scored) == {
            "roc_auc": pytest.approx(theirs.roc_auc_score(wanted, scores, average="macro"))
        }
        assert AveragePrecision().score(gold, scored) == {
            "average_precision": pytest.approx(theirs.average_precision_score(wanted, scores, average="macro"))
        }


def test_top_k_accuracy_is_that_of_scikit_learn() -> None:
    for ids, scores in cases(5):
        for k in (1, 2, 4):
            wanted = theirs.top_k_accuracy_score(ids, scores, k=k, labels=range(5))
            assert measured(TopKAccuracy(k=k), ids, scores) == {f"accuracy@{k}": pytest.approx(wanted)}


def test_the_calibration_error_is_the_sum_over_its_bins() -> None:
    for ids, scores in [*cases(3), *cases(5)]:
        sure, right = scores.max(1), scores.argmax(1) == ids
        wanted = 0.0
        for number in range(BINS):
            inside = (sure > number / BINS) & (sure <= (number + 1) / BINS)
            if inside.any():
                wanted += inside.mean() * abs(right[inside].mean() - sure[inside].mean())
        found = measured(ExpectedCalibrationError(), ids, scores)
        assert found == {"expected_calibration_error": pytest.approx(wanted)}
    certain = Scored(np.array([[1.0, 0.0], [0.0, 1.0]]), ("a", "b"))
    assert ExpectedCalibrationError().score(["a", "a"], certain) == {"expected_calibration_error": 0.5}


@pytest.mark.parametrize("name", ["roc_auc", "average_precision", "recall_at_precision"])
def test_a_label_that_all_units_have_or_none_has_no_curve(name: str) -> None:
    metric = lookup("metric", name)()
    scored = Scored(np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]]), ("a", "b", "c"))
    assert metric.score(["a", "b"], scored) == {metric.figures[0]: 1.0}
    assert metric.score(["a", "a"], scored) == {}
    assert metric.score([], Scored(np.zeros((0, 3)), ("a", "b", "c"))) == {}
    assert lookup("metric", name)(label="c").score(["a", "b"], scored) == {}


def test_a_label_without_a_score_is_not_found() -> None:
    scored = Scored(np.array([[0.6, 0.3, 0.1], [0.6, 0.3, 0.1]]), ("a", "b", "c"))
    assert TopKAccuracy(k=2).score(["a", "new"], scored) == {"accuracy@2": 0.5}
    assert TopKAccuracy(k=3).score(["a", "new"], scored) == {}


def test_a_label_that_the_task_has_not() -> None:
    with pytest.raises(UsageError) as caught:
        RocAuc(label="spm").score(["spam"], Scored(np.ones((1, 2)), ("ham", "spam")))
    wanted = "'label' of the metric 'roc_auc' should be a label of the task. Found 'spm'. Did you mean 'spam'?"
    assert str(caught.value) == wanted


METRICS: list[Any] = [
    "accuracy",
    "roc_auc",
    "average_precision",
    "recall_at_precision",
    {"type": "top_k_accuracy", "k": 2},
    "expected_calibration_error",
]


class Fails:
    """Fails where scores are asked for."""

    def __init__(self, inner: ModelAnswerer) -> None:
        self.predictions = inner.predictions

    def predictions_and_scores(self, *asked: Any) -> Any:
        raise AssertionError(f"scores were asked for: {asked}")

    scores = predictions_and_scores


def test_an_evaluation_measures_scores(tmp_path: Path) -> None:
    tasks = {"intent": {"metrics": METRICS}}
    train = {"epochs": 3, "select": {"intent.expected_calibration_error": 1.0, "intent.roc_auc": 2.0}}
    trainer = small_trainer(tmp_path, train, tasks=tasks)
    list(trainer.train())
    of = (trainer.graph, trainer.prepared, "dev")
    found = evaluate(trainer.model, *of)
    assert list(found.metrics["intent"]) == [
        "accuracy",
        "roc_auc",
        "average_precision",
        "recall@p90",
        "accuracy@2",
        "expected_calibration_error",
    ]
    scored, gold = found.scored["intent"], found.gold["intent"]
    ids = [scored.names.index(label) for label in gold]
    assert found.metrics["intent"]["roc_auc"] == pytest.approx(
        theirs.roc_auc_score(ids, scored.values, multi_class="ovr", average="macro", labels=range(3))
    )
    assert [scored.names[i] for i in scored.values.argmax(1)] == found.predictions["intent"]
    assert set(found.scored) == {"intent"}
    small = evaluate(trainer.model, *of, batch_tokens=5).metrics["intent"]
    assert small == pytest.approx(found.metrics["intent"], abs=1e-6)  # probabilities differ by their last bits
    texts = TextAnswerer(Predictor(trainer.model), trainer.graph, trainer.prepared.fitted)
    again: Mapping[str, float] = evaluate(texts, *of).metrics["intent"]
    assert again == pytest.approx(found.metrics["intent"], abs=1e-5)
    figures, first = dev_figures(trainer.graph, trainer.prepared)
    assert first[0] == "intent.accuracy"
    assert (figures["intent.roc_auc"], figures["intent.expected_calibration_error"]) == (True, False)
    assert "intent.recall@p90" in figures


def test_scores_are_not_asked_for_where_nothing_measures_them(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path)
    answerer: Any = Fails(ModelAnswerer(trainer.model.eval()))
    assert evaluate(answerer, trainer.graph, trainer.prepared, "dev").scored == {}


def test_a_metric_of_scores_is_not_one_of_tags(tmp_path: Path) -> None:
    with pytest.raises(RecipeError) as caught:
        small_graph(tmp_path, tasks={"slots": {"metrics": ["roc_auc"]}})
    assert [fault.message for fault in caught.value.faults] == [
        "should be a metric of labels [B, T], which the task predicts. Found 'roc_auc', one of labels [B] or [B, C]."
    ]
