"""Trains the recipe once in one go and once stopped and resumed: `python resumed.py FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

from mtl.compile.loading import load_recipe
from mtl.data.prepare import prepare
from mtl.graph.build import build_graph
from mtl.sources.opening import open_sources
from mtl.train.trainer import Trainer

STOPPED = 90  # a step after the first checkpoint and before the second


def main(folder: Path) -> None:
    recipe = load_recipe(folder / "all.yaml")
    graph = build_graph(recipe)
    prepared = prepare(graph, open_sources(recipe), folder / "cache")
    list(Trainer(graph, prepared, folder / "whole").train())
    for report in Trainer(graph, prepared, folder / "stopped").train():
        if report.step == STOPPED:
            break
    resumed = Trainer(graph, prepared, folder / "stopped", resume=True)
    if not 0 < resumed.step < STOPPED:
        sys.exit(f"the run should go on from a checkpoint before step {STOPPED}. Found step {resumed.step}.")
    list(resumed.train())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
