"""A recipe and data small enough to train in a second: for tests of what surrounds training."""

from __future__ import annotations

import itertools
from pathlib import Path

RECIPE = """\
name: small
seed: 1

sources:
  utterances:
    format: tsv
    train: train.tsv
    dev: dev.tsv
    test: test.tsv

tasks:
  intent:
    type: text_classification
    source: utterances
    inputs: {text: {column: text, lowercase: true}}
    target: intent
    model:
      embedding:
        type: concat
        parts:
          word: {type: word, dim: 8}
          char: {type: char_cnn, dim: 4, char_dim: 4}
      representation: {type: bilstm, hidden: 8}
      pooling: max
  slots:
    type: word_tagging
    source: utterances
    inputs: {text: {column: text, lowercase: true}}
    target: slots

share:
  words: [intent.embedding, slots.embedding]
  encoder: [intent.representation, slots.representation]

train:
  optimizer: {type: adam, lr: 0.02}
  batch: {size: 16}
  epochs: 24
  gradients_every: 0
"""

SONGS = ("hey jude", "yesterday", "blackbird")
TIMES = ("seven", "noon", "six thirty")
PATTERNS = {
    "play": (("play", "put on", "let me hear"), SONGS, "song"),
    "wake": (("wake me at", "set an alarm for"), TIMES, "time"),
}


def rows() -> list[tuple[str, str, str]]:
    """Return (text, intent, slots) of all that the patterns make, the same every time."""
    found = []
    for intent, (openings, values, slot) in PATTERNS.items():
        for opening, value, end in itertools.product(openings, values, ("", " please", " now")):
            words = value.split()
            tags = ["O"] * len(opening.split()) + [f"B-{slot}"] + [f"I-{slot}"] * (len(words) - 1)
            found.append((f"{opening} {value}{end}", intent, " ".join([*tags, *["O"] * len(end.split())])))
    return found


def write(folder: Path, recipe: str = RECIPE) -> Path:
    """Write recipe and data into a folder; return the recipe's path."""
    folder.mkdir(parents=True, exist_ok=True)
    made = rows()
    for split, chosen in {"train": made, "dev": made[::3], "test": made[1::3]}.items():
        lines = ["text\tintent\tslots", *("\t".join(row) for row in chosen)]
        (folder / f"{split}.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    path = folder / "small.yaml"
    path.write_text(recipe, "utf-8")
    return path
