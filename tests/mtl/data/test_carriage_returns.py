"""A carriage return in a text or a token parts tokens, and tags fit them, whatever format they come in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mtl.compile.loading import recipe_from_dict
from mtl.data.prepare import prepare
from mtl.graph.build import build_graph
from mtl.sources.opening import open_sources

ROW = {"text": "a\rb c", "tags": "B-x\rI-x\rO"}
SOURCES: dict[str, tuple[str, dict[str, Any]]] = {
    "tsv": ("text\ttags\n{text}\t{tags}\n".format(**ROW), {}),
    "csv": ('text,tags\n{text},"{tags}"\n'.format(**ROW), {}),
    "jsonl": (json.dumps(ROW), {}),
    "conll": ("a\rb\tB-x\nc\tO\n", {"columns": ["text", "tags"]}),
}


@pytest.mark.parametrize("tokenizer", ["whitespace", "unicode_words"])
@pytest.mark.parametrize("format", SOURCES)
def test_tokens_and_tags(format: str, tokenizer: str, tmp_path: Path) -> None:
    content, keys = SOURCES[format]
    (tmp_path / "file").write_bytes(content.encode())
    task = {
        "type": "word_tagging",
        "source": {"format": format, "train": "file", **keys},
        "inputs": {"text": {"column": "text", "tokenizer": tokenizer}},
        "target": "tags",
    }
    graph = build_graph(recipe_from_dict({"name": "returns", "tasks": {"ner": task}}, data=tmp_path))
    prepared = prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
    ((_, split),) = prepared.splits.items()
    assert split.token_counts(graph.target_input("ner")).tolist() == [3]
    assert split.gold("ner") == [["B-x", "I-x", "O"]]
