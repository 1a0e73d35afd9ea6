"""Rows as one running text: every token in its place, whatever is read of it, and streams that go on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from mtl.base.errors import DataError, UsageError
from mtl.data.carried import CarriedStates
from mtl.data.running import in_one, in_streams
from mtl.data.running_feed import RunningFeed
from mtl.data.split import Split
from mtl.recipe.training import BatchConfig
from tests.mtl.running_text import prepared, recipe, words, write

CHARACTERS = {"embedding": {"type": "character", "dim": 6, "initial": 0.1}}


def split_of(folder: Path, name: str = "train", **more: object) -> Split:
    _, data = prepared(recipe(**more), write(folder))  # type: ignore[arg-type]
    found = data.split("lm", name)
    assert found is not None
    return found


@pytest.mark.parametrize(("tokens", "streams", "length", "first"), [(100, 4, 7, 3), (29, 7, 9, 9), (30, 3, 5, 5)])
def test_streams_are_parts_of_the_text_that_are_read_at_once(
    tokens: int, streams: int, length: int, first: int
) -> None:
    bounds, batches = in_streams(tokens, streams, length, first)
    own = tokens // streams
    read: list[list[int]] = [[] for _ in range(streams)]
    for numbers in batches:
        segments = [list(range(bounds[number], bounds[number + 1])) for number in numbers]
        assert len({len(segment) for segment in segments}) == 1
        for stream, segment in zip(read, segments, strict=True):
            stream += segment
    assert read == [list(range(stream * own, (stream + 1) * own)) for stream in range(streams)]
    sizes = [int(bounds[numbers[0] + 1] - bounds[numbers[0]]) for numbers in batches]
    assert sizes[0] == min(first, own)
    assert set(sizes[1:-1]) <= {length}


def test_segments_have_the_tokens_of_rows(tmp_path: Path) -> None:
    split = split_of(tmp_path)
    assert split.tokens == len(words("train")) == 800
    (word,) = (key for key in split.batch(np.arange(1)).features)
    whole = np.concatenate([split.batch(np.array([row])).features[word][0].numpy() for row in range(len(split))])
    segments = split.segments(in_one(split.tokens, 33))
    assert len(segments) == 25
    found, carried = [], CarriedStates()
    for number in range(len(segments)):
        batch = segments.batch(np.array([number]), carried)
        assert batch.carried is carried
        assert batch.rows.tolist() == [33 * number // 5]  # in which it begins, of rows of 5 words
        assert batch.tokens == int(batch.lengths[word[2]][0])
        assert batch.labelled["lm"].tolist() == [True]
        found.append(batch.features[word][0].numpy())
        assert batch.targets["lm"].shape == (1, batch.tokens)
    assert np.concatenate(found).tolist() == whole.tolist()


def test_pieces_are_cut_where_tokens_are(tmp_path: Path) -> None:
    split = split_of(tmp_path, "dev", model=CHARACTERS)
    segments = split.segments(in_one(split.tokens, 10))
    batch = segments.batch(np.array([0, 1]), CarriedStates())
    (ids, counts) = (value for _, value in sorted(batch.features.items(), key=lambda item: item[0][1]))
    lengths = [[len(word) + 1 for word in words("dev")[begin : begin + 10]] for begin in (0, 10)]
    assert counts.tolist() == lengths
    assert (ids != 0).sum(1).tolist() == [sum(row) for row in lengths]
    text = "".join(f"{word} " for word in words("dev")[:20])
    found = [at for row, own in zip(ids, lengths, strict=True) for at in row[: sum(own)].tolist()]
    by_character = dict(zip(text, found, strict=True))
    assert [by_character[character] for character in text] == found


def test_a_feed_reads_on_and_cuts_elsewhere_at_every_pass(tmp_path: Path) -> None:
    split = split_of(tmp_path)
    feed, other = (RunningFeed("lm", ("lm",), split, BatchConfig(size=6), 3, 7) for _ in range(2))
    firsts = set()
    for _ in range(5):
        carried, read = feed.carried, []
        for number in range(len(feed)):
            batch = feed.next()
            assert batch.carried is carried
            read.append(next(iter(batch.features.values())))
            if number == 0:
                firsts.add(batch.tokens // 6)
        assert torch.cat(read, 1).shape == (6, 133)
        other.seek(feed.state())
        assert next(iter(feed.next().features.values())).tolist() == next(iter(other.next().features.values())).tolist()
        assert feed.carried is not carried
        feed.seek({"pass": feed.passes, "index": 0})
    assert len(firsts) > 1
    assert firsts <= {*range(1, 8)}


def test_a_budget_of_tokens_has_as_many_streams_as_segments(tmp_path: Path) -> None:
    split = split_of(tmp_path)
    assert len(RunningFeed("lm", ("lm",), split, BatchConfig(tokens=30), 3, 7).next().rows) == 4
    assert len(RunningFeed("lm", ("lm",), split, BatchConfig(tokens=5), 3, 7).next().rows) == 1


def test_a_text_has_a_token_for_each_stream(tmp_path: Path) -> None:
    split = split_of(tmp_path, "dev")
    with pytest.raises(UsageError) as raised:
        RunningFeed("lm", ("lm",), split, BatchConfig(size=97), 3, 7)
    assert str(raised.value) == (
        "the source 'lm' should have at least 97 tokens in train, as a batch reads on at so many places of its text. "
        "Found 96. Lower the budget of a batch."
    )


def test_a_row_without_a_token_is_named_or_left_out(tmp_path: Path) -> None:
    source = {"format": "jsonl", "train": "rows.jsonl"}
    rows = [json.dumps({"text": text}) for text in ("one two", " ", "three")]
    (tmp_path / "rows.jsonl").write_text("\n".join(rows))
    with pytest.raises(DataError) as raised:
        prepared(recipe(source=source), tmp_path)
    assert str(raised.value) == (
        f"{tmp_path}/rows.jsonl:2: column 'text': should have a token, as rows are read as one running text. There "
        "is none. Leave the row out ('on_bad_row: skip' does); of plain text, 'rows: words' has no such rows."
    )
    _, data = prepared(recipe(source={**source, "on_bad_row": "skip"}), tmp_path)
    assert [split.tokens for split in data.splits.values()] == [3]
