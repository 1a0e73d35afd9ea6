from __future__ import annotations

from pathlib import Path

from mtl.compile.loading import load_recipe
from mtl.graph.build import build_graph
from mtl.graph.parts import parts_of
from tests import small


def test_parts_go_by_their_place_in_the_whole(tmp_path: Path) -> None:
    share = "share:\n  chars: [intent.embedding.char]\n"
    graph = build_graph(load_recipe(small.write(tmp_path, small.RECIPE.replace("share:\n", share))))
    assert parts_of(graph, "words") == {"words": "words", "words.word": "words.word", "chars": "words.char"}
    assert parts_of(graph, "encoder") == {"encoder": "encoder"}
