"""What is odd about rows is reported as a warning, with its place, wherever a command reads them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands import within

RECIPE = """\
name: noted
sources:
  qa: {format: jsonl, train: train.jsonl, test: test.jsonl}
tasks:
  relevance:
    type: text_pair_ranking
    source: qa
    inputs: {query: {column: query}, document: {column: document}}
    target: label
    model:
      query: {embedding: {type: word, dim: 2}, pooling: max}
      document: {embedding: {type: word, dim: 2}, pooling: max}
train: {epochs: 1}
"""
SPLITS = {
    "train": [("who", "Ann", 1), ("who", "a tree", 0), ("who", "Ann", 1)],
    "test": [("when", "a tree", 0), ("where", "", 1), ("where", "far", 0)],
}


@pytest.mark.parametrize("command", [["check", "--sources"], ["train"]])
def test_odd_rows_are_warnings(command: list[str], tmp_path: Path) -> None:
    for split, rows in SPLITS.items():
        lines = (json.dumps({"query": q, "document": d, "label": label}) + "\n" for q, d, label in rows)
        (tmp_path / f"{split}.jsonl").write_text("".join(lines))
    (tmp_path / "noted.yaml").write_text(RECIPE)
    out = ["--out", tmp_path / "run"] if command == ["train"] else []
    done = within(command[0], tmp_path / "noted.yaml", *command[1:], *out)
    assert done.returncode == 0
    warnings = [line for line in done.stderr.splitlines() if "jsonl" in line]
    assert warnings == [
        f"warning: {tmp_path}/train.jsonl:3: qa/train: 1 repetition of earlier rows, the first here: "
        "a pair counts once.",
        f"warning: {tmp_path}/test.jsonl:1: qa/test: 1 of 2 queries without a document of a grade above 0, "
        "the first here: they count in no metric.",
        f"warning: {tmp_path}/test.jsonl:2: qa/test: column 'document': 1 empty text, the first here.",
        f"warning: {tmp_path}/test.jsonl:1: qa/test: relevance.document: 1 of 3 texts also in train, the first here.",
    ]
