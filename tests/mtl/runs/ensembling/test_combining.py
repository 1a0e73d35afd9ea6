"""What keeps tasks of several runs from being combined."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mtl.base.errors import UsageError
from mtl.compile.loading import recipe_from_dict
from mtl.data.fitted import Fitted
from mtl.data.labels import Labels
from mtl.graph.build import build_graph
from mtl.model.distribution import Distribution
from mtl.runs.ensembling.combining import Candidate, combined_tasks
from mtl_modules.outputs.sigmoid import Sigmoid

ROWS = {"format": "tsv", "train": "train.tsv"}


def candidate(folder: str, labels: tuple[str, ...] = ("a", "b"), **tasks: Any) -> Candidate:
    """Return a run that was fitted to these labels, and nothing else of it."""
    graph = build_graph(recipe_from_dict({"sources": {"rows": ROWS}, "tasks": tasks}))
    fitted = Fitted.placeholder(graph)
    for target in fitted.targets.values():
        if target.labels is not None:
            target.labels = Labels(labels, (1,) * len(labels))
    return Candidate(Path(folder), graph, fitted)


def classes(kind: str = "text_classification", **more: Any) -> dict[str, Any]:
    return {"type": kind, "source": "rows", "inputs": "text", "target": "y", **more}


def test_tasks_alike_are_combined_and_others_are_said_to_be_left_out() -> None:
    one = candidate("one", y=classes(), z=classes())
    found, faults = combined_tasks([one, candidate("two", y=classes())], "average")
    assert found == ["y"]
    assert [str(fault) for fault in faults] == ["two: z: should be a task of every run. Found the tasks y."]


RANKING = {
    "type": "text_pair_ranking",
    "source": "rows",
    "inputs": {"query": "q", "document": "d"},
    "target": "grade",
    "model": {"query": {"pooling": "max"}, "document": {"pooling": "max"}},
}
CONSTRAINED = classes("word_tagging", model={"output": {"type": "crf", "constrained": True}})
MEDIAN = classes(model={"output": "ordinal"})


@pytest.mark.parametrize(
    ("runs", "by", "message"),
    [
        (
            [candidate("one", y=classes()), candidate("two", y=classes("word_tagging"))],
            "average",
            "two: y: should predict 'class', as in 'one'. Found 'tags'.",
        ),
        (
            [candidate("one", y=classes()), candidate("two", ("a", "c"), y=classes())],
            "vote",
            "two: y: should have the labels a, b, as in 'one'. Found a, c.",
        ),
        (
            [
                candidate("one", y=classes("text_pair_classification", inputs={"first": "s", "second": "t"})),
                candidate("two", y=classes("text_pair_classification", inputs={"left": "s", "right": "t"})),
            ],
            "average",
            "two: y: should have the inputs first, second, as in 'one'. Found left, right.",
        ),
        (
            [
                candidate("one", y=classes("word_tagging")),
                candidate("two", y=classes("word_tagging", inputs={"text": {"column": "text", "max_tokens": 5}})),
            ],
            "average",
            "two: y: should cut its text into tokens as in 'one', 'max_tokens: None'. Found 'max_tokens: 5'.",
        ),
        (
            [candidate("one", y=classes()), candidate("two", y=classes("dialog_classification"))],
            "average",
            "two: y: should read 'text' as texts, as in 'one'. Found lists of texts.",
        ),
        (
            [candidate("one", y=classes("text_regression")), candidate("two", y=classes("text_regression"))],
            "vote",
            "one: y: should answer with labels, to be combined. Found numbers [B], which have no votes: average them.",
        ),
        (
            [candidate("one", y=classes("word_tagging")), candidate("two", y=CONSTRAINED)],
            "average",
            "two: y: should have an output layer that answers with any tags, as members are combined token by token. "
            "Found 'constrained: true'.",
        ),
        (
            [candidate("one", y=CONSTRAINED), candidate("two", y=classes("word_tagging"))],
            "vote",
            "one: y: should have an output layer that answers with any tags, as members are combined token by token. "
            "Found 'constrained: true'.",
        ),
        (
            [candidate("one", y=classes()), candidate("two", y=MEDIAN)],
            "average",
            "two: y: should have an output layer that answers with the most probable label, to be averaged. Found "
            "'ordinal', which answers with the median: count the answers (--by vote, by=\"vote\").",
        ),
        (
            [candidate("one", y=RANKING), candidate("two", y=RANKING)],
            "average",
            "one: y: should answer with labels or a number, to be combined. Found grades [B], scores of a ranking: "
            "they have no scale that runs have in common, so their means rank nothing.",
        ),
    ],
)
def test_what_cannot_be_combined(runs: list[Candidate], by: Any, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        combined_tasks(runs, by)
    assert str(caught.value) == message


def test_an_output_of_several_labels_without_thresholds_is_not_combined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sigmoid, "threshold_of_answers", Distribution.threshold_of_answers)
    runs = [candidate(name, y=classes("multi_label_classification")) for name in ("one", "two")]
    with pytest.raises(UsageError) as caught:
        combined_tasks(runs, "average")
    should = "y: should have an output layer that says what a label's probability has to reach ('threshold_of_answers')"
    assert str(caught.value).splitlines() == [
        f"{name}: {should}, to be combined. Found 'sigmoid', which does not." for name in ("one", "two")
    ]


def test_medians_are_voted_on() -> None:
    assert combined_tasks([candidate("one", y=MEDIAN), candidate("two", y=classes())], "vote") == (["y"], [])


def test_a_task_that_is_asked_for_and_cannot_be_combined_is_an_error() -> None:
    runs = [candidate("one", y=classes(), z=classes()), candidate("two", y=classes())]
    with pytest.raises(UsageError) as caught:
        combined_tasks(runs, "average", ["z"])
    assert str(caught.value) == "two: z: should be a task of every run. Found the tasks y."
    with pytest.raises(UsageError) as caught:
        combined_tasks(runs, "average", ["yy"])
    assert str(caught.value) == "no task named 'yy' in 'one'. Did you mean 'y'? Tasks: y, z."


def test_texts_of_which_values_are_read_are_not_combined() -> None:
    beside = {"text": {"column": "text"}, "age": {"column": "age", "tokenizer": "number"}}
    runs = [
        candidate("one", y=classes(inputs=beside)),
        candidate("two", y=classes(inputs={**beside, "age": {"column": "age", "tokenizer": "value"}})),
    ]
    assert combined_tasks(runs, "average")[0] == ["y"]  # both are values: a cell is read as the run reads it
