"""Figures without bound beside others: what they count in a score of several."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from mtl.base import registry
from mtl.base.errors import UsageError
from mtl.compile.loading import recipe_from_dict
from mtl.data.prepare import prepare
from mtl.data.prepared import Prepared
from mtl.evaluate.evaluation import dev_figures
from mtl.evaluate.gains import gains
from mtl.evaluate.metrics import BitsPerCharacter, ExpectedCalibrationError, MeanAbsoluteError, Metric, Perplexity
from mtl.evaluate.selection import selection
from mtl.graph.build import build_graph
from mtl.graph.sharing_graph import SharingGraph
from mtl.sources.opening import open_sources

ROWS = ["a dog\t1\tpet", "a cat\t2\tpet", "the fox\t4\twild", "a hen\t5\tpet"]
NOTHING: Mapping[str, Any] = {}
CHARACTERS: dict[str, Any] = {"embedding": {"type": "character", "dim": 4}, "output": {"words": {}}}


class Wrong(Metric):
    """How many rows are wrong."""

    registered_name = "test_wrong"
    axes = ((),)
    figures = ("wrong",)
    higher_is_better = False

    def compute(self, gold: Sequence[Any], predicted: Sequence[Any]) -> dict[str, float]:
        return {"wrong": float(sum(g != p for g, p in zip(gold, predicted, strict=True)))}


def read(
    folder: Path, rows: list[str] = ROWS, kind: Mapping[str, Any] = NOTHING, **lm: Any
) -> tuple[SharingGraph, Prepared]:
    for split in ("train", "dev"):
        (folder / f"{split}.tsv").write_text("\n".join(["text\tprice\tkind", *rows, ""]), "utf-8")
    task: dict[str, Any] = {"source": "animals", "inputs": "text"}
    tasks = {
        "kind": {"type": "text_classification", "target": "kind", **task, **kind},
        "price": {"type": "text_regression", "target": "price", **task},
        "lm": {"type": "language_model", "model": {"output": {"words": {}}}, **task, **lm},
    }
    tree = {
        "name": "animals",
        "sources": {"animals": {"format": "tsv", "train": "train.tsv", "dev": "dev.tsv"}},
        "tasks": tasks,
        "share": {"table": ["lm.embedding", "lm.output.words"]},
    }
    graph = build_graph(recipe_from_dict(tree, data=folder))
    return graph, prepare(graph, open_sources(graph.recipe), folder / "cache")


def test_what_has_learned_nothing_is_the_reference(tmp_path: Path) -> None:
    graph, prepared = read(tmp_path)
    found = gains(graph, prepared)
    size = len(prepared.fitted.targets["lm"].names())
    assert {name: gain.reference for name, gain in found.items() if gain is not None} == {
        "price.mean_absolute_error": pytest.approx(1.5),
        "price.root_mean_squared_error": pytest.approx(math.sqrt(2.5)),
        "lm.perplexity": pytest.approx(size),
        "lm.bits_per_character": pytest.approx(math.log2(size) * 12 / (4 * 1 + 2 + 4 * 3 + 4)),
    }
    perplexity, error = found["lm.perplexity"], found["price.mean_absolute_error"]
    assert perplexity is not None and error is not None
    assert perplexity.of(size) == pytest.approx(0)
    assert perplexity.of(1.0) == 1
    assert error.of(0.75) == pytest.approx(0.5)


def test_bits_gain_as_much_as_their_perplexity() -> None:
    gold, worse = [[4, 1], [3]], [[math.log(0.01)] * 3, [math.log(0.01)] * 2]
    better = [[math.log(0.3), math.log(0.2), math.log(0.1)], [math.log(0.5)] * 2]
    both = []
    for metric in (Perplexity(), BitsPerCharacter()):
        value, reference = (next(iter(metric.compute(gold, found).values())) for found in (better, worse))
        both.append(metric.gain(value, reference))
    assert both[0] == pytest.approx(both[1])
    assert 0 < both[0] < 1


def test_no_figure_decides_alone_in_a_score_of_several(tmp_path: Path) -> None:
    graph, prepared = read(tmp_path)
    figures, first = dev_figures(graph, prepared)
    assert first == ["kind.accuracy", "price.mean_absolute_error", "lm.perplexity"]
    chosen = selection({}, None, figures, first, gains(graph, prepared))
    assert chosen is not None

    def score(accuracy: float, error: float, perplexity: float) -> float:
        measured = {"kind": {"accuracy": accuracy}, "price": {"mean_absolute_error": error}}
        return chosen.score({**measured, "lm": {"perplexity": perplexity}})

    size = len(prepared.fitted.targets["lm"].names())
    assert score(1.0, 0.0, 1.0) == pytest.approx(1)
    assert score(0.0, 1.5, size) == pytest.approx(0)
    assert score(0.9, 1.0, 3.0) > score(0.5, 1.0, 2.9)
    assert score(0.9, 1.0, 3.0) < score(0.9, 0.9, 3.0)
    assert score(0.9, 1.0, 3.0) < score(0.9, 1.0, 2.9)


def test_a_figure_alone_is_what_it_is(tmp_path: Path) -> None:
    graph, prepared = read(tmp_path)
    figures, _ = dev_figures(graph, prepared)
    found = gains(graph, prepared)
    alone = selection({"lm.perplexity": 2.0, "kind.accuracy": 0.0}, None, figures, (), found)
    assert alone is not None
    assert alone.score({"lm": {"perplexity": 250_000.0}, "kind": {"accuracy": 0.5}}) == -250_000


def test_a_loss_that_is_wanted_high_counts_against(tmp_path: Path) -> None:
    graph, prepared = read(tmp_path)
    figures, _ = dev_figures(graph, prepared)
    weights = {"price.mean_absolute_error": -1.0, "kind.accuracy": 1.0}
    chosen = selection(weights, None, figures, (), gains(graph, prepared))
    assert chosen is not None
    measured = {"price": {"mean_absolute_error": 1.5}, "kind": {"accuracy": 0.5}}
    assert chosen.score(measured) == pytest.approx(0.25)
    assert chosen.score({**measured, "price": {"mean_absolute_error": 0.0}}) == pytest.approx(-0.25)


def test_where_all_numbers_are_equal_nothing_is_compared(tmp_path: Path) -> None:
    graph, prepared = read(tmp_path, ["a dog\t2\tpet", "a cat\t2\tpet"])
    found = gains(graph, prepared)
    assert {name for name, gain in found.items() if gain is not None} == {"lm.perplexity", "lm.bits_per_character"}
    assert MeanAbsoluteError().compute([2.0], [2.0]) == {"mean_absolute_error": 0.0}
    figures, first = dev_figures(graph, prepared)
    with pytest.raises(UsageError) as caught:
        selection({}, None, figures, first, found)
    assert str(caught.value) == (
        "train.select: should add up figures of one scale. Found 'price.mean_absolute_error', which has no bound, and "
        "on dev nothing to be compared with, so it would decide alone. Write 'select' without it, or 'bounded = True' "
        "in its metric if it has a bound."
    )
    alone = selection({"price.mean_absolute_error": 1.0, "kind.accuracy": 0.0}, None, figures, first, found)
    assert alone is not None


def test_of_labels_the_most_frequent_one_is_the_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._classes["metric"], "test_wrong", Wrong)
    graph, prepared = read(tmp_path, kind={"metrics": ["test_wrong"]})
    gain = gains(graph, prepared)["kind.wrong"]
    assert gain is not None
    assert gain.reference == 1  # `wild`, of four rows
    assert gain.of(0.0) == 1


def test_a_loss_has_no_bound_unless_it_says_so() -> None:
    assert not Wrong.bounded
    assert not MeanAbsoluteError.bounded
    assert not BitsPerCharacter.bounded
    assert ExpectedCalibrationError.bounded
    assert Metric.bounded


def test_a_model_of_characters_is_selected_by_bits_per_character(tmp_path: Path) -> None:
    graph, prepared = read(tmp_path, model=CHARACTERS)
    _, first = dev_figures(graph, prepared)
    assert first[-1] == "lm.bits_per_character"
    found = gains(graph, prepared)
    letters = len(prepared.fitted.targets["lm"].names())
    # A blank comes after each of 2 * 4 tokens, of 22 characters less the 4 ends; perplexity is of tokens.
    bits, perplexity = found["lm.bits_per_character"], found["lm.perplexity"]
    assert bits is not None and perplexity is not None
    assert bits.reference == pytest.approx(math.log2(letters))
    assert perplexity.reference > letters
