"""Lists of categories, and embeddings that do not fit them."""

from __future__ import annotations

import pytest

from tests.mtl.recipe.texts import faults

RECIPE = """\
name: lists
sources:
  songs: {format: jsonl, train: train.jsonl}
tasks:
  kind:
    type: TYPE
    source: songs
    inputs:
      text: text
      genres: {column: genres, tokenizer: TOKENIZER}
    target: kind
    model:
      genres: {embedding: {EMBEDDING}}
"""


def recipe(tokenizer: str, embedding: str) -> str:
    found = RECIPE.replace("TYPE", "text_classification").replace("TOKENIZER", tokenizer)
    return found.replace("EMBEDDING", embedding)


@pytest.mark.parametrize("embedding", ["type: categorical, lists: sum", "type: categorical", "lists: mean"])
def test_what_fits(embedding: str) -> None:
    assert faults(recipe("categories", embedding)) == []


@pytest.mark.parametrize(("found", "written"), [("categorical", "lists: null"), ("word", "type: word")])
def test_lists_need_an_embedding_of_lists(found: str, written: str) -> None:
    assert faults(recipe("categories", written)) == [
        "r.yaml:13: tasks.kind.model.genres.embedding: an input with 'tokenizer: categories' should have an embedding "
        f"of lists, {{type: categorical, lists: mean}} (or sum). Found '{found}' for tasks.kind.inputs.genres."
    ]


def test_an_embedding_of_lists_needs_lists() -> None:
    assert faults(recipe("value", "lists: mean")) == [
        "r.yaml:13: tasks.kind.model.genres.embedding: the embedding 'categorical' of lists should read an input with "
        "'tokenizer: categories'. Found 'value', of tasks.kind.inputs.genres."
    ]


def test_lists_in_the_place_of_a_text() -> None:
    text = """\
name: lists
sources:
  songs: {format: jsonl, train: train.jsonl}
tasks:
  kind:
    type: TYPE
    source: songs
    inputs: {text: {column: genres, tokenizer: categories}}
    target: kind
    model: {embedding: {type: categorical, lists: mean}}
"""
    assert faults(text.replace("TYPE", "text_classification")) == []
    assert faults(text.replace("TYPE", "word_tagging")) == [
        "r.yaml:8: tasks.kind.inputs.text: should be a text, as 'kind' has answers about tokens. Found 'tokenizer: "
        "categories', whose list becomes one vector."
    ]


@pytest.mark.parametrize("tokenizer", ["categories", "number"])
def test_a_wide_module_of_n_grams_reads_texts(tokenizer: str) -> None:
    text = """\
name: lists
sources:
  songs: {format: jsonl, train: train.jsonl}
tasks:
  kind:
    type: text_classification
    source: songs
    inputs: {text: {column: genres, tokenizer: TOKENIZER}}
    target: kind
    model: {embedding: null, pooling: null, decoder: null, wide: ngrams}
"""
    assert faults(text.replace("TOKENIZER", "whitespace")) == []
    assert faults(text.replace("TOKENIZER", tokenizer)) == [
        f"r.yaml:10: tasks.kind.model.wide: a wide module of n-grams should read a text. Found 'tokenizer: "
        f"{tokenizer}', of tasks.kind.inputs.text. Leave the wide module out, or read a column of texts."
    ]
