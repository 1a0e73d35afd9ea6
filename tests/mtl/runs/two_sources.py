"""Two tasks, each on a source of its own, that share embedding and encoder: what is compared with tasks alone."""

from __future__ import annotations

from pathlib import Path

from tests import small

OTHERS = """\
  others:
    format: tsv
    train: train.tsv
    dev: dev.tsv
    test: test.tsv

tasks:"""


def write(folder: Path, train: str = "") -> Path:
    """Write recipe and data into a folder; `train` are further lines under `train:`. Returns the recipe's path."""
    text = small.RECIPE.replace("epochs: 24", "epochs: 2").replace("\ntasks:", OTHERS)
    text = text.replace("word_tagging\n    source: utterances", "word_tagging\n    source: others")
    return small.write(folder, text + train)
