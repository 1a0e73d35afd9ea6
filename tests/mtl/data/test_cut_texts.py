"""Texts that are cut, by column and by what cuts them."""

from __future__ import annotations

from typing import Any

from mtl.data.cut_texts import CutTextCounts, CutTexts
from mtl.graph.calls import InputKey
from mtl.text.front_end import FrontEnd


class Read:
    def __init__(self, cut: int) -> None:
        self.cut = cut


def counted(*front_ends: FrontEnd) -> list[CutTexts]:
    """Return what is kept of two chunks, of whose texts the first way cuts 1, the second 2, and so on."""
    keys = [InputKey("talk", "text", front_end) for front_end in front_ends]
    counts = CutTextCounts(keys)
    for _ in range(2):
        tokens: dict[InputKey, Any] = {key: Read(number) for number, key in enumerate(keys, 1)}
        counts.add(tokens)
    return counts.kept()


def test_one_way_has_no_need_of_a_name() -> None:
    assert counted(FrontEnd("wordpiece", max_pieces=9)) == [CutTexts("text", "", 9, 2)]


def test_several_ways_of_one_bound_are_told_apart() -> None:
    found = counted(
        FrontEnd("wordpiece", max_pieces=9), FrontEnd("unigram", max_pieces=9, max_tokens=3), FrontEnd("whitespace")
    )
    assert found == [CutTexts("text", "wordpiece", 9, 2), CutTexts("text", "unigram, first 3 tokens", 9, 4)]


def test_other_columns_do_not_count() -> None:
    keys = [InputKey("talk", column, FrontEnd("wordpiece", max_pieces=9)) for column in ("text", "other")]
    counts = CutTextCounts(keys)
    tokens: dict[InputKey, Any] = {keys[0]: Read(1), keys[1]: Read(0)}
    counts.add(tokens)
    assert counts.kept() == [CutTexts("text", "", 9, 1)]
