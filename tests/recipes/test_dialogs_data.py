"""The embedded sessions: reproducible, and asking for what training does not show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mtl.base.registry import import_file

FOLDER = Path(__file__).resolve().parents[2] / "recipes" / "data" / "dialogs"


@pytest.fixture(scope="module")
def generator() -> Any:
    return import_file(FOLDER / "generate.py")


@pytest.fixture(scope="module")
def rows() -> dict[str, list[dict[str, Any]]]:
    splits = ("train", "dev", "test")
    return {s: [json.loads(line) for line in (FOLDER / f"{s}.jsonl").read_text("utf-8").splitlines()] for s in splits}


def test_generator_makes_the_same_bytes(generator: Any) -> None:
    files = generator.files()
    assert sorted(files) == ["dev.jsonl", "test.jsonl", "train.jsonl"]
    for name, content in files.items():
        assert (FOLDER / name).read_bytes() == content, name


def test_an_utterance_means_what_was_said_before(rows: dict[str, list[dict[str, Any]]]) -> None:
    assert {split: len(found) for split, found in rows.items()} == {"train": 900, "dev": 150, "test": 240}
    meant: dict[str, set[str]] = {}
    for row in rows["train"]:
        assert len(row["tags"].split()) == len(row["text"].split())
        if row["context"]:
            meant.setdefault(row["text"], set()).add(row["tags"])
    assert sum(len(tags) > 1 for tags in meant.values()) > 100


def test_patterns_are_of_one_split_and_some_values_are_not_in_training(
    generator: Any, rows: dict[str, list[dict[str, Any]]]
) -> None:
    patterns = [pattern for found in generator.LAST.values() for pattern in found]
    assert len(set(patterns)) == len(patterns)
    trained = {row["text"] for row in rows["train"]}
    for split in ("dev", "test"):
        assert trained.isdisjoint(row["text"] for row in rows[split])
    words = {word for text in trained for word in text.split()}
    assert {"two", "oslo"}.isdisjoint(words)
    assert "two" in {word for row in rows["test"] for word in row["text"].split()}
