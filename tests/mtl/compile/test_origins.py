from __future__ import annotations

import json
from pathlib import Path

from mtl.compile.loading import run_graph
from mtl.compile.origins import Origin, kept_run, like


def test_a_run_and_a_component_of_it() -> None:
    assert Origin.of("../lm#encoder", Path("/data/recipes")) == (Path("/data/lm"), "encoder")
    assert str(Origin.of("../lm#encoder", Path("/data/recipes"))) == "/data/lm#encoder"
    assert str(Origin.of("/runs/lm")) == "/runs/lm"


def test_what_is_kept_of_a_run_is_found_by_where_the_run_was(tmp_path: Path) -> None:
    run = Path("/runs/lm")
    assert kept_run(None, run) == kept_run(tmp_path, run) == run
    (tmp_path / "index.json").write_text(json.dumps({"/runs/lm": "1"}))
    assert kept_run(tmp_path, run) == tmp_path / "1"
    assert kept_run(tmp_path, Path("/runs/other")) == Path("/runs/other")


def test_the_first_name_that_a_run_has(small_run: Path) -> None:
    graph = run_graph(small_run)
    assert like(graph, ["kind.embedding", "slots.embedding"]) == "words"
    assert like(graph, ["kind.embedding"]) is None
