"""Figures without bound beside others: what they count in a score of several."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from mtl.compile.loading import recipe_from_dict
from mtl.data.prepare import prepare
from mtl.data.prepared import Prepared
from mtl.evaluate.evaluation import dev_figures
from mtl.evaluate.gains import gains
from mtl.evaluate.metrics import BitsPerCharacter, MeanAbsoluteError, Perplexity
from mtl.evaluate.selection import selection
from mtl.graph.build import build_graph
from mtl.graph.sharing_graph import SharingGraph
from mtl.sources.opening import open_sources

ROWS = ["a dog\t1\tpet", "a cat\t2\tpet", "the fox\t4\twild", "a hen\t5\tpet"]
CHARACTERS: dict[str, Any] = {"embedding": {"type": "character", "dim": 4}, "output": {"words": {}}}


def read(folder: Path, rows: list[str] = ROWS, **lm: Any) -> tuple[SharingGraph, Prepared]:
    for split in ("train", "dev"):
        (folder / f"{split}.tsv").write_text("\n".join(["text\tprice\tkind", *rows, ""]), "utf-8")
    task: dict[str, Any] = {"source": "animals", "inputs": "text"}
    tasks = {
        "kind": {"type": "text_classification", "target": "kind", **task},
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
    assert {name: gain.reference for name, gain in found.items()} == {
        "price.mean_absolute_error": pytest.approx(1.5),
        "price.root_mean_squared_error": pytest.approx(math.sqrt(2.5)),
        "lm.perplexity": pytest.approx(size),
        "lm.bits_per_character": pytest.approx(math.log2(size) * 12 / (4 * 1 + 2 + 4 * 3 + 4)),
    }
    assert found["lm.perplexity"].of(size) == pytest.approx(0)
    assert found["lm.perplexity"].of(1.0) == 1
    assert found["price.mean_absolute_error"].of(0.75) == pytest.approx(0.5)


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
    assert set(gains(graph, prepared)) == {"lm.perplexity", "lm.bits_per_character"}
    assert MeanAbsoluteError().compute([2.0], [2.0]) == {"mean_absolute_error": 0.0}


def test_a_model_of_characters_is_selected_by_bits_per_character(tmp_path: Path) -> None:
    graph, prepared = read(tmp_path, model=CHARACTERS)
    _, first = dev_figures(graph, prepared)
    assert first[-1] == "lm.bits_per_character"
    found = gains(graph, prepared)
    letters = len(prepared.fitted.targets["lm"].names())
    # A blank comes after each of 2 * 4 tokens, of 22 characters less the 4 ends; perplexity is of tokens.
    assert found["lm.bits_per_character"].reference == pytest.approx(math.log2(letters))
    assert found["lm.perplexity"].reference > letters
