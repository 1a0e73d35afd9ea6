"""The embedded trees: reproducible, valid, nested, each text once, each shape in one split."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mtl.base.registry import import_file
from mtl.text.trees import read_tree

FOLDER = Path(__file__).resolve().parents[2] / "recipes" / "data" / "semantic_parsing"


@pytest.fixture(scope="module")
def generator() -> Any:
    return import_file(FOLDER / "generate.py")


@pytest.fixture(scope="module")
def examples(generator: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = generator.examples()
    return found


def test_generator_makes_the_same_bytes(generator: Any) -> None:
    files = generator.files()
    assert sorted(files) == ["dev.tsv", "test.tsv", "train.tsv"]
    for name, content in files.items():
        assert (FOLDER / name).read_bytes() == content, name


def test_texts_are_there_once_and_shapes_in_one_split(examples: dict[str, list[Any]]) -> None:
    assert {split: len(rows) for split, rows in examples.items()} == {"train": 2400, "dev": 300, "test": 500}
    texts = [row.text.lower() for rows in examples.values() for row in rows]
    assert len(set(texts)) == len(texts)
    shapes = [{row.shape for row in rows} for rows in examples.values()]
    assert sum(map(len, shapes)) == len(set.union(*shapes))


def test_trees_are_nested_and_training_has_all_labels(examples: dict[str, list[Any]]) -> None:
    trees = {split: [read_tree(row.tree).tree for row in rows] for split, rows in examples.items()}
    labels = {split: {bracket.label for tree in some for bracket in tree} for split, some in trees.items()}
    assert labels["dev"] | labels["test"] <= labels["train"]
    for some in trees.values():
        nested = [sum(bracket.label.startswith("IN:") for bracket in tree) > 1 for tree in some]
        assert 0.4 < sum(nested) / len(nested) < 0.7


def test_some_values_are_not_in_training(generator: Any, examples: dict[str, list[Any]]) -> None:
    rules = generator.grammar()
    names = [name for name in rules["*name"] if all(f" {name} " not in row.tree for row in examples["train"])]
    assert names
    assert any(f" {name} " in row.tree for name in names for row in examples["test"])
