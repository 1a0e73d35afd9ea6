"""Two texts in one row: as the package `tokenizers` puts them, and cuts them where there is no room for all."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer

from mtl_modules.layers.piece_rows import in_one_row, longest_first, only_second

CUTS = {"longest_first": longest_first, "only_second": only_second}


def test_parts_come_one_after_another() -> None:
    first, second = torch.tensor([[5, 6, 7], [8, 0, 0], [9, 9, 0]]), torch.tensor([[11, 12], [13, 14], [0, 0]])
    row = in_one_row([2, (first, torch.tensor([3, 1, 0])), 3, (second, torch.tensor([1, 2, 0])), 4])
    assert row.ids.tolist() == [[2, 5, 6, 7, 3, 11, 4, 0], [2, 8, 3, 13, 14, 4, 0, 0], [2, 3, 4, 0, 0, 0, 0, 0]]
    assert row.lengths.tolist() == [7, 6, 3]
    assert [begin.tolist() for begin in row.begins] == [[0, 0, 0], [1, 1, 1], [4, 2, 1], [5, 3, 2], [6, 5, 2]]


@pytest.mark.parametrize("room", [1, 2, 5, 8])
@pytest.mark.parametrize("strategy", CUTS)
def test_texts_are_cut_as_the_package_cuts_them(strategy: str, room: int, folder_of: Callable[[str], Path]) -> None:
    tokenizer = Tokenizer.from_str(json.dumps({**json.loads((folder_of("uncased") / "tokenizer.json").read_bytes())}))
    tokenizer.enable_truncation(room + 3, strategy=strategy)  # [CLS] and twice [SEP]
    lengths = [(n, m) for n in range(10) for m in range(10)]
    if strategy == "only_second":  # the package refuses what it cannot do
        lengths = [(n, m) for n, m in lengths if n < room]
    found = CUTS[strategy](torch.tensor([n for n, _ in lengths]), torch.tensor([m for _, m in lengths]), room)
    for number, (n, m) in enumerate(lengths):
        segments = tokenizer.encode(["a"] * n, ["b"] * m, is_pretokenized=True).sequence_ids
        assert (int(found[0][number]), int(found[1][number])) == (segments.count(0), segments.count(1)), (n, m)


def test_a_first_text_without_room_leaves_none_for_the_second() -> None:
    first, second = only_second(torch.tensor([9, 5]), torch.tensor([3, 3]), 5)
    assert (first.tolist(), second.tolist()) == ([5, 5], [0, 0])
