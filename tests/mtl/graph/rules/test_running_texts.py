"""Running texts: what reads them on, and what would take something out of them."""

from __future__ import annotations

from typing import Any

import pytest

from mtl.base import registry
from mtl.model.output import Output
from tests.mtl.recipe.texts import faults

RECIPE = """name: lm
sources:
  book: {format: plain_text, rows: words, length: 10, train: book.txt}
tasks:
  lm:
    type: language_model
    ends: false
    bptt: 35
    source: book
    inputs: {text: {column: text}}
    model: {embedding: word, representation: lstm, output: {words: {}}}
share:
  words: [lm.embedding, lm.output.words]
"""
WHY = "as 'lm' reads all rows as one text ('bptt: 35')"
MODEL = "tasks.lm.model"


@pytest.mark.parametrize(
    "representation",
    [
        "gru",
        "null",
        "{type: stack, parts: {low: lstm, high: {type: residual, part: {type: gru, hidden: 20}}}}",
        "{type: mmoe, per: token, experts: {type: concat, parts: {a: lstm, b: gru}}}",
    ],
)
def test_what_carries_reads_on_and_so_does_what_is_made_of_it(representation: str) -> None:
    assert faults(RECIPE, f"{MODEL}.representation={representation}") == []


def test_what_begins_anew_with_each_segment_is_refused() -> None:
    text = RECIPE.replace("lm.embedding, ", "").replace("{words: {}}", "{words: word}")
    text = text.replace("embedding: word", "embedding: {type: concat, parts: {word: word, place: positional}}")
    parts = "{low: lstm, high: {type: self_attention, causal: true}}"
    assert faults(text.replace("representation: lstm", f"representation: {{type: stack, parts: {parts}}}")) == [
        f"r.yaml:11: {MODEL}.embedding.parts.place: should look at each token alone, {WHY}. Found 'positional', whose "
        "vectors depend on the tokens before. Choose another embedding, or leave 'bptt' out.",
        f"r.yaml:11: {MODEL}.representation.parts.high: should carry a state, {WHY}. Found 'self_attention', which "
        "begins anew with each segment. Representations that carry one: gru, lstm. Choose one of them, or leave 'bptt' "
        "out.",
    ]


def test_what_sees_ahead_is_told_so_alone() -> None:
    (fault,) = faults(RECIPE, f"{MODEL}.representation=bilstm")
    assert "should be causal" in fault


class Forgets(Output):
    """An output layer of words that carries nothing."""

    elements = ("next token",)
    axes = (("T",),)
    takes_input = True

    def __init__(self, input_dims: tuple[int, ...], target: Any, *, words: Any = None) -> None:
        super().__init__()


def test_an_output_layer_carries_the_state_that_it_predicts_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._classes["output"], "forgets", Forgets)
    text = RECIPE.replace("output: {words: {}}", "output: forgets").replace(", lm.output.words", "")
    (fault,) = (fault for fault in faults(text) if "carry" in fault)
    assert fault == (
        f"r.yaml:11: {MODEL}.output: should carry a state, {WHY}. Found 'forgets', which begins anew with each "
        "segment. Outputs that carry one: adaptive_softmax, language_model. Choose one of them, or leave 'bptt' out."
    )


def test_a_running_text_is_of_one_task() -> None:
    text = RECIPE.replace("share:", "  tags: {type: word_tagging, source: book, inputs: text, target: text}\nshare:")
    assert faults(text) == [
        f"r.yaml:5: tasks.lm: should be the only task on its source, {WHY}. Found on 'book' also 'tags'. Give 'lm' a "
        "source of its own, which may name the same files."
    ]


def test_nothing_is_taken_out_of_a_running_text() -> None:
    text = RECIPE.replace("{column: text}", "{column: text, max_tokens: 9}")
    text = text.replace("train: book.txt", "train: book.txt, dev: 10%, test: 5%")
    assert faults(text) == [
        f"r.yaml:3: sources.book: should have files of their own for dev and test, {WHY}, and rows that are drawn from "
        "it leave gaps. Found 'dev: 10%' and 'test: 5%'. Name files, or keep documents whole by 'group_by'.",
        f"r.yaml:10: tasks.lm.inputs.text: should be read whole, {WHY}. Found 'max_tokens: 9'. Leave it out.",
    ]


def test_whole_documents_may_be_held_out() -> None:
    source = "{format: jsonl, train: book.jsonl, dev: 10%, group_by: chapter}"
    assert faults(RECIPE, f"sources.book={source}") == []


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            "ends: true",
            "'bptt' should come with 'ends: false', as the text goes on where a row ends. Found 'ends: true'.",
        ),
        (
            "direction: backward, ends: false",
            "'bptt' should come with 'direction: forward', as the text is read on. Found 'direction: backward'.",
        ),
        ("bptt: 0", "tasks.lm.bptt: should be a whole number of at least 1, or null. Found 0."),
    ],
)
def test_what_a_running_text_comes_with(keys: str, message: str) -> None:
    settings = [f"tasks.lm.{key}" for key in keys.replace(": ", "=").split(", ")]
    (fault,) = faults(RECIPE, *settings)
    assert fault.endswith(message)
