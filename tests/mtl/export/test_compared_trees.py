"""The n best trees of a graph against those of the model: what is a near tie, and what is wrong."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mtl.base.errors import ExportError
from mtl.export.compare import GraphComparison
from mtl.export.graphs import build
from mtl.export.head import Head
from mtl.runs.runner import Run
from tests.mtl.runs.test_tree_run import recipe, rows

TEXT = ["weather in Oslo today"]
Changed = Callable[[np.ndarray], np.ndarray]


class Lying(Head):
    """A head whose trees are changed."""

    change: Changed

    def run(self, *arguments: object) -> dict[str, np.ndarray]:
        found = super().run(*arguments)  # type: ignore[arg-type]  # passed on
        return {**found, "trees": self.change(found["trees"])}


@pytest.fixture(scope="module")
def compare(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Changed], GraphComparison]:
    """Return what compares a graph of random weights with changed trees to its model."""
    folder = tmp_path_factory.mktemp("compared")
    for split in ("train", "dev", "test"):
        lines = ["text\ttree", *itertools.islice(rows(), 20)]
        (folder / f"{split}.tsv").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    small = recipe("transition", beam=4, nbest=3)
    run = Run.start({**small, "train": {**small["train"], "epochs": 1}}, folder / "run", data=folder)
    for _ in run.train():
        pass
    run.export(verify="none")
    real = Head.load(Path(run.out) / "export" / "parse.onnx", "parse")
    graphs = build(run.model, run.graph, run.prepared, ["parse"])

    def compared(change: Changed) -> GraphComparison:
        made = GraphComparison(run.model, run.graph, run.prepared.fitted, graphs)
        head = Lying("parse", "lying.onnx", real.session)
        head.__dict__["change"] = change
        made.compare([head], {"text": TEXT}, [5])
        return made

    return compared


def turned(trees: np.ndarray) -> np.ndarray:
    """Return trees whose last two have changed places."""
    return trees[:, [0, 2, 1]]


@pytest.mark.slow
def test_trees_of_a_graph_are_those_of_the_model(compare: Callable[[Changed], GraphComparison]) -> None:
    assert compare(lambda trees: trees).ties == []


@pytest.mark.slow
def test_trees_in_another_order_are_a_tie_where_they_are_as_probable(
    compare: Callable[[Changed], GraphComparison], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ExportError) as error:
        compare(turned)
    assert str(error.value).startswith(
        "parse: verification: lying.onnx: row 5 ('weather in Oslo today'), batch of 1: 'trees' should be ['[IN:"
    )
    monkeypatch.setattr("mtl.export.expected.TIE", 100.0)
    (tie,) = compare(turned).ties
    assert (tie.file, tie.task, tie.row, tie.batch) == ("lying.onnx", "parse", 5, 1)
    assert tie.gap > 2e-5


@pytest.mark.slow
@pytest.mark.parametrize("tree", ["", "[IN:GO weather", "[IN:GO weather in Oslo ]", "[IN:NONE weather in Oslo today ]"])
def test_what_is_no_tree_over_the_text_is_no_tie(
    compare: Callable[[Changed], GraphComparison], monkeypatch: pytest.MonkeyPatch, tree: str
) -> None:
    monkeypatch.setattr("mtl.export.expected.TIE", 100.0)
    found: list[np.ndarray] = []

    def changed(trees: np.ndarray) -> np.ndarray:
        found.append(trees)
        return np.concatenate([trees[:, :2], np.array([[tree]], object)], 1)

    with pytest.raises(ExportError) as error:
        compare(changed)
    (trees,) = found[0].tolist()
    shown, given = (
        text if len(text := repr(values)) <= 100 else text[:97] + "..." for values in (trees, [*trees[:2], tree])
    )
    assert f"'trees' should be {shown}. Found {given}. First to differ: " in str(error.value)
