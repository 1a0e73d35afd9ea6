"""A vocabulary that comes from a file: ids in its order, the file read once and its words kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mtl.base.errors import DataError
from mtl.text.featurizer import tokenize
from mtl.text.listed_words import ListedWordIds


@pytest.fixture
def words(tmp_path: Path) -> ListedWordIds:
    (tmp_path / "words.txt").write_text("jude\nplay\n", "utf-8")
    feature = ListedWordIds(words="words.txt")
    assert list(feature.read_files(tmp_path)) == ["vocabulary (words.txt)"]
    feature.count(tokenize(["play the song"], "whitespace"))
    feature.fit()
    return feature


def test_ids_are_those_of_the_file_whatever_is_counted(words: ListedWordIds) -> None:
    assert words.compute(tokenize(["play the jude"], "whitespace")).values.tolist() == [3, 1, 2]
    assert words.size == 4


def test_a_mask_has_an_entry_after_the_words(words: ListedWordIds) -> None:
    words.count_mask(tokenize(["_ _"], "whitespace"))
    words.fit()
    assert words.vocabulary.entries == ("jude", "play", "_")


def test_a_file_without_any_word_of_the_texts_is_told(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("JUDE\nPLAY\n", "utf-8")
    feature = ListedWordIds(words="words.txt")
    feature.read_files(tmp_path)
    feature.fit()  # nothing was counted
    feature.count(tokenize(["play jude"], "whitespace"))
    with pytest.raises(DataError) as error:
        feature.fit()
    assert str(error.value) == (
        f"{tmp_path / 'words.txt'}: should have words of the training texts, written as tokens are after normalization "
        "(lower case, say). It has none of them."
    )


def test_what_is_kept_needs_no_file(words: ListedWordIds) -> None:
    again = ListedWordIds(words="words.txt")
    assert again.key != words.key
    again.load_state(json.loads(json.dumps(words.state())))
    assert (again.key, again.vocabulary.entries) == (words.key, ("jude", "play"))


def test_other_words_are_another_feature(words: ListedWordIds, tmp_path: Path) -> None:
    before = words.key
    (tmp_path / "words.txt").write_text("play\njude\n", "utf-8")
    words.read_files(tmp_path)
    assert words.key != before
