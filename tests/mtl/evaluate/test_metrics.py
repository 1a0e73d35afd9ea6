from __future__ import annotations

import random
import warnings
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics import classification_report, f1_score, precision_score, recall_score

from mtl.base.errors import UsageError
from mtl.base.registry import lookup, names
from mtl.evaluate import metrics
from mtl.evaluate.metrics import Metric, ScoredMetric, exact_match, spans
from mtl.evaluate.metrics.correlation import Correlation

APART = (ScoredMetric, Correlation)  # have tests of their own
METRICS: dict[str, Any] = {name: lookup("metric", name) for name in names("metric")}
OF_LABELS, OF_NUMBERS = (
    [name for name in METRICS if element in METRICS[name].elements and not issubclass(METRICS[name], APART)]
    for element in ("label", "number")
)
BIO = ["O", "B-a", "I-a", "B-b", "I-b", "B-a-b", "I-a-b"]
BIOES = [*BIO, "E-a", "S-a", "E-b", "S-b", "E-a-b", "S-a-b"]


def rows_of(tags: Sequence[str]) -> st.SearchStrategy[list[tuple[list[str], list[str]]]]:
    pair = st.lists(st.tuples(st.sampled_from(tags), st.sampled_from(tags)), min_size=1, max_size=12)
    return st.lists(pair.map(lambda row: ([g for g, _ in row], [p for _, p in row])), min_size=1, max_size=6)


def assert_equals_seqeval(rows: list[tuple[list[str], list[str]]]) -> None:
    gold, predicted = [g for g, _ in rows], [p for _, p in rows]
    found = metrics.SpanF1().compute(gold, predicted)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # seqeval warns where there is nothing to divide by
        assert found["f1"] == pytest.approx(f1_score(gold, predicted))
        assert found["precision"] == pytest.approx(precision_score(gold, predicted))
        assert found["recall"] == pytest.approx(recall_score(gold, predicted))


@given(rows_of(BIO))
def test_span_f1_of_bio_tags_is_that_of_conlleval(rows: list[tuple[list[str], list[str]]]) -> None:
    assert_equals_seqeval(rows)


@given(rows_of(BIOES))
def test_span_f1_of_bioes_tags_is_that_of_conlleval(rows: list[tuple[list[str], list[str]]]) -> None:
    assert_equals_seqeval(rows)


def test_span_f1_of_many_random_rows_is_that_of_conlleval() -> None:
    generator = random.Random(0)
    for tags in (BIO, BIOES):
        for _ in range(300):
            lengths = [generator.randint(1, 15) for _ in range(5)]
            rows = [(generator.choices(tags, k=n), generator.choices(tags, k=n)) for n in lengths]
            assert_equals_seqeval(rows)


def test_span_report_is_that_of_conlleval() -> None:
    generator = random.Random(1)
    gold = [generator.choices(BIO, k=20) for _ in range(30)]
    predicted = [[t if generator.random() < 0.7 else generator.choice(BIO) for t in row] for row in gold]
    report = classification_report(gold, predicted, output_dict=True)
    found = metrics.SpanReport().compute(gold, predicted)["spans"]
    assert list(found) == ["a", "a-b", "b"]
    for label, row in found.items():
        theirs = report[label]
        assert row["f1"] == pytest.approx(theirs["f1-score"])
        assert (row["precision"], row["recall"]) == pytest.approx((theirs["precision"], theirs["recall"]))
        assert row["support"] == theirs["support"]


@pytest.mark.parametrize(
    ("tags", "wanted"),
    [
        ("", []),
        ("O O", []),
        ("B-a I-a O", [("a", 0, 2)]),
        ("B-a B-a", [("a", 0, 1), ("a", 1, 2)]),
        ("I-a I-a", [("a", 0, 2)]),  # IOB1: a span may begin with an inside tag
        ("B-a I-b", [("a", 0, 1), ("b", 1, 2)]),
        ("B-a E-a I-a", [("a", 0, 2), ("a", 2, 3)]),
        ("S-a E-a", [("a", 0, 1), ("a", 1, 2)]),
        ("B-a L-a U-a U-a I-a L-a O", [("a", 0, 2), ("a", 2, 3), ("a", 3, 4), ("a", 4, 6)]),
        ("B I O B", [("", 0, 2), ("", 3, 4)]),
        ("B-a-b I-a-b", [("a-b", 0, 2)]),
    ],
)
def test_spans(tags: str, wanted: list[tuple[str, int, int]]) -> None:
    assert [tuple(span) for span in spans(tags.split())] == wanted


@pytest.mark.parametrize("tag", ["NOUN", "B_PER", "per-B", "0", "o", "B-", "X-a"])
def test_tags_that_mark_no_spans_have_no_span_figures(tag: str) -> None:
    for metric in (metrics.SpanF1(), metrics.SpanReport()):
        assert metric.needs_spans
        with pytest.raises(UsageError) as error:
            metric.compute([["O", tag]], [["O", tag]])
        assert str(error.value) == (f"tags of spans should be O or begin with B-, I-, E-, S-, L- or U-. Found '{tag}'.")


def test_unlabelled_tokens_are_left_out() -> None:
    gold, predicted = [["B-a", None, "O"]], [["B-a", "B-b", "O"]]
    assert metrics.Accuracy().compute(gold, predicted) == {"accuracy": 1.0}
    assert metrics.SpanF1().compute(gold, predicted)["f1"] == 1.0
    assert list(metrics.LabelReport().compute(gold, predicted)["report"]) == ["B-a", "O"]
    assert exact_match({"slots": gold}, {"slots": predicted}) == 1.0
    assert exact_match({"slots": gold}, {"slots": [["O", "B-b", "O"]]}) == 0.0


def test_accuracy_counts_rows_or_tokens() -> None:
    assert metrics.Accuracy().compute(["a", "b", "a"], ["a", "b", "b"]) == {"accuracy": pytest.approx(2 / 3)}
    assert metrics.Accuracy().compute([["a"], ["b", "a", "c"]], [["a"], ["b", "b", "c"]]) == {"accuracy": 0.75}


def test_macro_f1_is_the_mean_over_labels_in_gold_or_prediction() -> None:
    # a: 2/3, b: 1, c (predicted only): 0
    assert metrics.MacroF1().compute(["a", "a", "b"], ["a", "c", "b"])["macro_f1"] == pytest.approx((2 / 3 + 1 + 0) / 3)


def test_micro_f1_equals_accuracy_unless_labels_are_ignored() -> None:
    gold, predicted = ["a", "O", "O", "b"], ["a", "O", "a", "O"]
    assert metrics.MicroF1().compute(gold, predicted) == {"micro_f1": 0.5}
    assert metrics.MicroF1(ignore=["O"]).compute(gold, predicted) == {"micro_f1": 0.5}
    assert metrics.MicroF1(ignore=["O", "b"]).compute(gold, predicted)["micro_f1"] == pytest.approx(2 / 3)


def test_report_has_a_row_a_label() -> None:
    assert metrics.LabelReport().compute(["a", "a", "b"], ["a", "b", "b"])["report"] == {
        "a": {"precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3), "support": 2},
        "b": {"precision": 0.5, "recall": 1.0, "f1": pytest.approx(2 / 3), "support": 1},
    }


def test_confusion_has_a_row_a_gold_label() -> None:
    assert metrics.Confusion().compute(["a", "a", "b"], ["a", "c", "b"])["confusion"] == {
        "labels": ["a", "b", "c"],
        "counts": [[1, 0, 1], [0, 1, 0], [0, 0, 0]],
    }


def test_a_label_never_seen_in_training_counts_as_wrong() -> None:
    gold, predicted = ["new", "a"], ["a", "a"]
    assert metrics.Accuracy().compute(gold, predicted) == {"accuracy": 0.5}
    assert metrics.LabelReport().compute(gold, predicted)["report"]["new"]["recall"] == 0.0
    assert metrics.SpanF1().compute([["B-new", "B-a"]], [["B-a", "B-a"]])["f1"] == 0.5


@pytest.mark.parametrize("name", OF_LABELS)
def test_unlabelled_rows_are_left_out(name: str) -> None:
    metric: Metric = lookup("metric", name)()
    gold, predicted = [["B-a", "O"], None], [["B-a", "B-a"], ["O"]]
    assert metric.compute(gold, predicted) == metric.compute(gold[:1], predicted[:1])


@pytest.mark.parametrize("name", OF_LABELS)
def test_figures_are_numbers_and_stand_in_the_class(name: str) -> None:
    metric: Metric = lookup("metric", name)()
    for gold in ([["B-a", "O"]], [] if metric.needs_spans else [["noun", "verb"]], []):
        found = metric.compute(gold, gold)
        figures = [figure for figure, value in found.items() if isinstance(value, float)]
        assert set(figures) <= set(metric.figures)
        if metric.figures and gold:
            assert figures
            assert found[figures[0]] in (0.0, 1.0)


def test_tagging_gives_span_figures_for_bio_tags() -> None:
    found = metrics.Tagging().compute([["B-a", "I-a", "O"]], [["B-a", "I-a", "B-a"]])
    assert list(found) == ["f1", "precision", "recall", "accuracy", "spans"]
    assert found["f1"] == pytest.approx(2 / 3)


def test_tagging_gives_label_figures_for_plain_tags() -> None:
    found = metrics.Tagging().compute([["noun", "verb"]], [["noun", "noun"]])
    assert list(found) == ["accuracy", "macro_f1", "micro_f1", "report", "confusion"]
    assert list(metrics.Tagging(scheme="plain").compute([["B-a"]], [["B-a"]])) == list(found)


@pytest.mark.parametrize(("scheme", "figure"), [("bio", "f1"), ("plain", "accuracy")])
def test_tagging_goes_by_the_scheme_of_training(scheme: str, figure: str) -> None:
    fitted = metrics.Tagging().fitted({"scheme": scheme})
    assert next(iter(fitted.compute([["O", "O"]], [["O", "O"]]))) == figure
    assert metrics.Tagging(scheme="plain").fitted({"scheme": "bio"}).scheme == "plain"


def test_numbers_are_measured_by_their_differences() -> None:
    gold, predicted = [1.0, None, -2.0], [4.0, 9.0, 2.0]
    assert metrics.MeanAbsoluteError().compute(gold, predicted) == {"mean_absolute_error": 3.5}
    found = metrics.RootMeanSquaredError().compute(gold, predicted)["root_mean_squared_error"]
    assert found == pytest.approx(12.5**0.5)


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_figures_of_numbers_are_0_where_nothing_differs(name: str) -> None:
    metric = METRICS[name]()
    assert not metric.higher_is_better
    for gold in ([1.5, -2.0], [], [None]):
        assert metric.compute(gold, [1.5, -2.0][: len(gold)]) == {metric.figures[0]: 0.0}


def test_sets_of_labels() -> None:
    gold, predicted = [["a", "b"], [], ["c"], None], [["a"], [], ["a", "c"], ["a"]]
    found = metrics.LabelsF1().compute(gold, predicted)
    # a: 1 of 2 predicted, 1 of 1 gold; b: 0 of 1 gold; c: all
    assert found == {"micro_f1": pytest.approx(2 / 3), "macro_f1": pytest.approx((2 / 3 + 0 + 1) / 3)}
    assert metrics.SameLabels().compute(gold, predicted) == {"exact_match": pytest.approx(1 / 3)}
    report = metrics.LabelsReport().compute(gold, predicted)["report"]
    assert report["a"] == {"precision": 0.5, "recall": 1.0, "f1": pytest.approx(2 / 3), "support": 1}
    assert list(report) == ["a", "b", "c"]


def test_exact_match_is_the_share_of_rows_right_in_every_task() -> None:
    gold: dict[str, list[Any]] = {"intent": ["a", "b", "a", None], "slots": [["O"], ["O", "B-x"], ["O"], ["O"]]}
    predicted: dict[str, list[Any]] = {"intent": ["a", "b", "b", "a"], "slots": [["O"], ["O", "O"], ["O"], ["O"]]}
    assert exact_match(gold, predicted) == pytest.approx(1 / 3)
    assert exact_match({"intent": [None]}, {"intent": ["a"]}) == 0.0
    assert exact_match({}, {}) == 0.0


def test_gold_and_predictions_should_be_as_many() -> None:
    with pytest.raises(ValueError, match=r"^there should be as many predictions as gold rows, 2\. Found 1\.$"):
        metrics.Accuracy().compute(["a", "b"], ["a"])


def test_a_row_should_have_as_many_predictions_as_tokens() -> None:
    with pytest.raises(ValueError, match=r"^a row of 2 gold labels should have as many predictions\. Found 1\.$"):
        metrics.Accuracy().compute([["a", "b"]], [["a"]])


def test_gold_and_predictions_should_be_of_one_level() -> None:
    message = r"^gold and prediction should both belong to rows, or both to tokens\. Found 'a' and \['a'\]\.$"
    with pytest.raises(ValueError, match=message):
        metrics.Accuracy().compute(["a"], [["a"]])
