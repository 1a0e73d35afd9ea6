"""Evaluation: answers in row order, the same under every batching, metrics of tasks and of sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from mtl.base import registry
from mtl.base.errors import UsageError
from mtl.data.prepare import prepare
from mtl.data.targets import OneLabel, Tags
from mtl.evaluate.evaluation import Evaluation, dev_figures, evaluate, figures_on, measure
from mtl.recipe.task import Slot
from mtl.sources.opening import open_sources
from mtl_tasks import TextClassification
from tests.mtl.small_run import small_graph, small_prepared, small_trainer, write_data


class TextRating(TextClassification):
    predicts = "number"

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        *others, output = super().slots(inputs)
        return (*others, replace(output, default={"type": "regression"}))


def test_batching_and_repetition_change_nothing(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path, {"epochs": 4})
    list(trainer.train())
    of = (trainer.model, trainer.graph, trainer.prepared, "dev")
    runs = [evaluate(*of, batch_tokens=tokens) for tokens in (1, 20, 4000, 4000)]
    assert all(run.predictions == runs[0].predictions and run.metrics == runs[0].metrics for run in runs)
    assert set(runs[0].metrics) == {"intent", "slots", "pos", "joint"}
    assert set(runs[0].reports) == {"intent", "slots", "pos"}
    assert set(runs[0].reports["intent"]) == {"report", "confusion"}


def test_answers_are_in_row_order_and_of_the_rows_length(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path, {"epochs": 20})
    list(trainer.train())
    result = evaluate(trainer.model, trainer.graph, trainer.prepared, "dev")
    rows = [line.split("\t") for line in (tmp_path / "utterances.dev.tsv").read_text().splitlines()[1:]]
    assert result.gold["intent"] == [row[1] for row in rows]
    assert result.gold["slots"] == [row[2].split() for row in rows]
    assert [len(tags) for tags in result.predictions["slots"]] == [len(row[0].split()) for row in rows]
    right = sum(a == b for a, b in zip(result.predictions["intent"], result.gold["intent"], strict=True))
    assert result.metrics["intent"]["accuracy"] == right / len(rows)


def test_the_model_keeps_its_mode(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path)
    for training in (True, False):
        trainer.model.train(training)
        evaluate(trainer.model, trainer.graph, trainer.prepared, "dev")
        assert trainer.model.training is training
        assert trainer.model.components["encoder"].training is training


def test_a_split_that_no_source_has(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path)
    with pytest.raises(UsageError) as caught:
        evaluate(trainer.model, trainer.graph, trainer.prepared, "test")
    assert str(caught.value) == "a source should have a test split. There is none."


def test_a_split_and_tasks_that_there_cannot_be(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path)
    with pytest.raises(UsageError) as caught:
        evaluate(trainer.model, trainer.graph, trainer.prepared, "tset", tasks=["intents", "slots"])
    known = ", ".join(sorted(trainer.graph.recipe.tasks))
    assert [str(fault) for fault in caught.value.faults] == [
        "split should be train, dev or test. Found 'tset'. Did you mean 'test'?",
        f"tasks should be some of {known}. Found 'intents'. Did you mean 'intent'?",
    ]


def test_a_label_that_training_never_had_counts_as_wrong(tmp_path: Path) -> None:
    write_data(tmp_path)
    dev = tmp_path / "utterances.dev.tsv"
    dev.write_text(dev.read_text() + "play song\tcinema\tO B-opera\n")
    trainer = small_trainer(tmp_path, {"epochs": 1})
    list(trainer.train())
    result = evaluate(trainer.model, trainer.graph, trainer.prepared, "dev")
    assert result.gold["intent"][-1] == "cinema"
    assert result.gold["slots"][-1] == ["O", "B-opera"]
    assert result.reports["intent"]["report"]["cinema"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 1}


def test_rows_without_gold_are_left_out(tmp_path: Path) -> None:
    graph = small_graph(tmp_path)
    result = Evaluation(
        "dev",
        predictions={"intent": ["music", "travel", "music"], "slots": [["O"], ["O"], ["B-song"]]},
        gold={"intent": ["music", None, "search"], "slots": [["O"], ["O"], ["B-song"]]},
    )
    measure(graph, result)
    assert result.metrics["intent"]["accuracy"] == 0.5
    assert result.metrics["joint"] == {"exact_match": 0.5}


def test_answers_that_are_nearer_or_farther_are_not_right_or_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry._classes["task"], "text_rating", TextRating)
    model = {"embedding": {"type": "word", "dim": 8}, "representation": {"type": "bilstm", "hidden": 6}}
    graph = small_graph(tmp_path, tasks={"intent": {"type": "text_rating", "model": model}})
    gold: dict[str, list[Any]] = {"intent": [0.5, 2.0], "slots": [["O"], ["O"]]}
    result = Evaluation("dev", predictions={"intent": [1.0, 2.0], "slots": [["O"], ["O"]]}, gold=gold)
    measure(graph, result)
    assert set(result.metrics) == {"intent", "slots"}
    assert result.metrics["intent"]["mean_absolute_error"] == 0.25


def test_a_task_without_gold_gets_no_figure(tmp_path: Path) -> None:
    graph = small_graph(tmp_path)
    predictions: dict[str, list[Any]] = {"intent": ["music", "travel"], "slots": [["O"], ["O"]]}
    result = Evaluation("dev", predictions=predictions, gold={"intent": [None, None], "slots": [["O"], None]})
    measure(graph, result)
    assert set(result.metrics) == set(result.reports) == {"slots"}
    result = Evaluation("dev", predictions=predictions, gold={"intent": ["music", None], "slots": [None, ["O"]]})
    measure(graph, result)
    assert set(result.metrics) == {"intent", "slots"}  # no row has both, so none can be right in both


def test_a_task_without_a_label_on_dev_has_no_say_in_selection(tmp_path: Path) -> None:
    write_data(tmp_path)
    dev = tmp_path / "utterances.dev.tsv"
    header, *rows = dev.read_text().splitlines()
    cells = [row.split("\t") for row in rows]
    dev.write_text("\n".join([header, *(f"{text}\t\t{tags}" for text, _, tags in cells)]) + "\n")
    trainer = small_trainer(tmp_path, {"epochs": 1})
    assert trainer.selection is not None
    assert trainer.selection.weights == {"slots.f1": 1.0, "pos.accuracy": 1.0}
    figures, _ = dev_figures(trainer.graph, trainer.prepared)
    assert not any(name.startswith(("intent.", "joint.")) for name in figures)
    list(trainer.train())
    result = evaluate(trainer.model, trainer.graph, trainer.prepared, "dev")
    assert set(result.metrics) == {"slots", "pos"}


def test_predictions_leave_padding_out() -> None:
    state = {"names": ["a", "b"], "counts": [1, 1]}
    label, tags = OneLabel(), Tags()
    label.load_state(state)
    tags.load_state({**state, "found": {}})
    assert label.predicted({"best": torch.tensor([1, 0])}, None) == ["b", "a"]
    assert tags.predicted({"best": torch.tensor([[1, 0], [1, 1]])}, [2, 1]) == [["b", "a"], ["b"]]


def test_figures_of_dev_are_those_that_fit_the_tags(tmp_path: Path) -> None:
    graph = small_graph(tmp_path)
    figures, first = dev_figures(graph, small_prepared(graph))
    assert first == ["intent.accuracy", "slots.f1", "pos.accuracy"]
    assert "pos.f1" not in figures
    assert figures["joint.exact_match"]
    train_only = prepare(graph, open_sources(graph.recipe), tmp_path / "cache", splits=("train",))
    assert dev_figures(graph, train_only) == ({}, [])
    assert figures_on(graph, train_only, "train") == (figures, first)
