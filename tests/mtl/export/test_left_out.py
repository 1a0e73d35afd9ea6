"""Tasks that an export leaves out: what they are, what a check warns of, what a task named is refused with.

Here they are trees, as no target of the library is left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mtl.base.errors import ExportError
from mtl.compile.loading import recipe_from_dict
from mtl.data.targets import TreeOfTokens
from mtl.export.left_out import fault_if_left_out, left_out, left_out_warnings
from mtl.graph.build import build_graph
from mtl.graph.sharing_graph import SharingGraph


@pytest.fixture(autouse=True)
def trees_that_are_not_exported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TreeOfTokens, "exportable", False)


def graph(folder: Path) -> SharingGraph:
    task: dict[str, Any] = {"source": "said", "inputs": "text"}
    tasks = {
        "parse": {"type": "semantic_parsing", "target": "tree", **task},
        "intent": {"type": "text_classification", "target": "intent", **task},
    }
    sources = {"said": {"format": "tsv", "train": "train.tsv"}}
    return build_graph(recipe_from_dict({"name": "both", "sources": sources, "tasks": tasks}, data=folder))


def test_trees_are_left_out_and_a_check_says_so(tmp_path: Path) -> None:
    both = graph(tmp_path)
    assert left_out(both) == {"parse": "trees [B, S]"}
    (warning,) = left_out_warnings(both)
    assert (warning.path, warning.message) == (
        "tasks.parse",
        "predicts trees [B, S], which cannot be exported yet: it is trained and tested, 'mtl predict' answers with the "
        "run, and the export leaves it out.",
    )


def test_what_is_to_be_exported_and_cannot_be() -> None:
    fault_if_left_out({})
    with pytest.raises(ExportError) as error:
        fault_if_left_out({"parse": "trees [B, S]"})
    assert str(error.value) == (
        "parse: should predict what can be exported. Found trees [B, S], which cannot yet: "
        "'mtl train', 'mtl test' and 'mtl predict' answer with its run."
    )
