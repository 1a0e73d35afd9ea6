"""Subwords of real tokenizers: the package `tokenizers`, for texts as a whole, for words, and the graph agree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from benchmarks.fuzz import random_texts, text_model, text_session
from benchmarks.subword_files import VARIANTS
from benchmarks.subwords import Both, features_of, joined_pieces, lines
from benchmarks.subwords import fuzz as fuzz_subwords
from mtl.text.front_end import FrontEnd
from tests.string_scans import string_scans

from .conftest import Reads

ODD = [
    "",
    " ",
    "  \t\n ",
    "x",
    "Play Hey Jude!",
    "\u0301",
    " \u0301a\u0301\u0301 \u0301",
    "[CLS] <s> [UNK] [PAD]",
    "##ing ##",
    " two  spaces   and three ",
    "▁ ▁▁a▁ b▁c",
    "日本語中文한국어",
    "İstanbul ǅ ẞ Σας",
    "\x00\x01\u200d\ufeff\ufffd",
    "a" * 40 + " " + "a" * 41 + " " + "q" * 33,
    "\U000f0000\U0010fffd\U00040000",
    "e\u0301" * 300 + "中" * 300 + "x" * 1200 + " \u0301" * 300,
]


@pytest.mark.parametrize("most", [None, 1, 4])
@pytest.mark.parametrize("name", VARIANTS)
def test_they_agree(name: str, most: int | None, reads: Reads) -> None:
    front_end = replace(reads(name), max_pieces=most)
    generator = np.random.default_rng(7)
    texts = [*ODD, *random_texts(300, generator), *joined_pieces(front_end, 300, generator)]
    assert list(Both(front_end).differing(texts)) == []
    assert list(Both(replace(front_end, max_tokens=3, max_pieces=most)).differing([])) == []


@pytest.mark.parametrize("name", VARIANTS)
def test_no_loop_puts_strings_side_by_side(name: str, reads: Reads) -> None:
    front_end = reads(name)
    assert string_scans(onnx.load_from_string(text_model(front_end, features_of(front_end)))) == []


def run(front_end: FrontEnd, texts: list[str]) -> list[NDArray[np.generic]]:
    answers: list[NDArray[np.generic]] = text_session(front_end, features_of(front_end)).run(
        None, {"text": np.array(texts, object)}
    )
    return answers


@pytest.mark.parametrize("name", ["uncased", "marked"])
def test_empty_texts_have_one_piece_of_padding(name: str, reads: Reads) -> None:
    tokens, lengths, ids, counts = run(reads(name), ["", "x", ""])
    assert tokens.tolist() == [[""], ["x"], [""]]
    assert (lengths.tolist(), counts[[0, 2]].tolist()) == ([1, 1, 1], [[1], [1]])
    assert ids[[0, 2]].any() is np.False_
    assert all(answer.shape[0] == 1 for answer in run(reads(name), []))  # as every front end makes of no text


def test_spaces_that_begin_no_word_are_words(reads: Reads) -> None:
    tokens, _, _, counts = run(reads("marked"), ["  a ", " "])
    assert tokens.tolist() == [[" ", "a", " "], [" ", "", ""]]
    assert counts.tolist() == [[1, 1, 1], [1, 0, 0]]


def test_a_bound_on_tokens_comes_before_one_on_pieces(reads: Reads) -> None:
    front_end = replace(reads("uncased"), max_tokens=2)
    tokens, _, _, counts = run(front_end, ["unbelievable unbelievable x"])
    assert tokens.tolist() == [["unbelievable", "unbelievable"]]
    ((one, _),) = counts.tolist()
    assert one > 1
    tokens, _, ids, counts = run(replace(front_end, max_pieces=one + 1), ["unbelievable unbelievable x"])
    assert (tokens.tolist(), counts.tolist()) == ([["unbelievable", "unbelievable"]], [[one, 1]])
    assert ids.shape == (1, one + 1)
    tokens, lengths, _, counts = run(replace(front_end, max_pieces=one), ["unbelievable unbelievable x", "x"])
    assert (tokens.tolist(), lengths.tolist(), counts.tolist()) == ([["unbelievable"], ["x"]], [1, 1], [[one], [1]])


def test_a_batch_with_one_endless_word(reads: Reads) -> None:
    texts = ["play it", "a" * 20_000, "é" * 3_000 + "\u0301" * 3_000, "now"]
    for name in ("uncased", "plain"):
        assert list(Both(reads(name)).differing(texts)) == []


def test_the_fuzz_says_what_differs(reads: Reads, tmp_path: pytest.TempPathFactory) -> None:
    front_end = reads("uncased")
    both = Both(front_end)
    assert list(both.differing(["play it"])) == []
    both.whole = Both(reads("cased")).whole
    assert list(both.differing(["Play It", "play it"])) != []
    ((count, bad),) = fuzz_subwords(front_end, 40, seed=1)
    assert (count, bad) == (40, [])
    file = tmp_path / "a/b.txt"  # type: ignore[operator]
    file.parent.mkdir()
    file.write_text("one\ntwo\n")
    assert list(lines(tmp_path)) == ["one", "two"]  # type: ignore[arg-type]
