"""The embedded utterances that no intent fits: reproducible, each once, in topics of one split."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mtl.base.registry import import_file

FOLDER = Path(__file__).resolve().parents[2] / "recipes" / "data" / "out_of_scope"


@pytest.fixture(scope="module")
def generator() -> Any:
    return import_file(FOLDER / "generate.py")


def test_generator_makes_the_same_bytes(generator: Any) -> None:
    files = generator.files()
    assert sorted(files) == ["dev.tsv", "test.tsv"]
    for name, content in files.items():
        assert (FOLDER / name).read_bytes() == content, name


def test_half_of_the_topics_are_in_each_split(generator: Any) -> None:
    topics = generator.topics()
    assert [len(topic) for topic in topics] == [10] * 10
    texts = [text for topic in topics for text in topic]
    assert len(set(texts)) == 100
    for split, number in (("dev", 0), ("test", 1)):
        lines = (FOLDER / f"{split}.tsv").read_text("utf-8").splitlines()
        outside = [line.split("\t")[0] for line in lines if line.endswith("\tout_of_scope")]
        assert outside == [text for topic in topics[number::2] for text in topic]
