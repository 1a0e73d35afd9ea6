from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from mtl.base.errors import DataError, UsageError
from mtl.base.progress import Note
from mtl.base.registry import InitialFile
from mtl.text.features import WordIds
from mtl.text.featurizer import tokenize
from mtl.text.listed_words import ListedWordIds
from mtl_modules import WordEmbedding

LENGTHS = torch.tensor([4])
IDS = torch.tensor([[2, 3, 1, 0]])


@pytest.fixture
def words() -> Any:
    (feature,) = WordEmbedding.features(min_count=1)
    feature.count(tokenize(["hey hey jude"], "whitespace"))
    feature.fit()
    return (feature,)


def test_a_vocabulary_of_a_file_has_no_limits(words: Any) -> None:
    (feature,) = WordEmbedding.features(vocabulary="words.txt")
    assert isinstance(feature, ListedWordIds)
    for limits, found in (({"min_count": 2}, "min_count"), ({"max_size": 5}, "max_size")):
        with pytest.raises(UsageError) as error:
            WordEmbedding(words, vocabulary="words.txt", **limits)
        assert str(error.value) == (
            "'vocabulary' should come without 'min_count' and 'max_size', as it says which words there are. "
            f"Found '{found}'."
        )


def test_features_take_the_limits_of_the_vocabulary() -> None:
    (feature,) = WordEmbedding.features(min_count=3, max_size=20)
    assert isinstance(feature, WordIds)
    assert (feature.min_count, feature.max_size) == (3, 20)


def test_a_row_a_word_and_padding_is_zero(words: Any) -> None:
    module = WordEmbedding(words, dim=3)
    values = module(LENGTHS, IDS).values
    assert values.shape == (1, 4, 3)
    assert values[0, 3].tolist() == [0.0, 0.0, 0.0]
    assert module.table.num_embeddings == 4


def test_word_dropout_replaces_words_by_the_unknown_one(words: Any) -> None:
    module = WordEmbedding(words, dim=3, word_dropout=0.5)
    ids = torch.randint(0, 4, (1, 2000), generator=torch.Generator().manual_seed(0))
    plain, unknown = module.table(ids), module.table(torch.tensor(1))
    torch.manual_seed(0)
    values = module.train()(torch.tensor([2000]), ids).values
    replaced = (values == unknown).all(-1) & (ids != 1)
    assert not bool(replaced[ids == 0].any())
    assert 0.4 < float(replaced[ids > 1].float().mean()) < 0.6
    assert torch.equal(values[~replaced], plain[~replaced])
    assert torch.equal(module.eval()(torch.tensor([2000]), ids).values, plain)


def test_pretrained_vectors_are_where_the_table_starts(words: Any, tmp_path: Path) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text("jude 1 2 3\nthe 4 5 6\n<unknown> 7 8 9\n")
    torch.manual_seed(0)
    plain = WordEmbedding(words, dim=3).table.weight
    torch.manual_seed(0)
    weight = WordEmbedding(words, dim=3, pretrained=InitialFile(path)).table.weight
    assert weight[3].tolist() == [1, 2, 3]
    assert torch.equal(weight[:3], plain[:3])


def test_how_many_words_the_file_has_is_noted(words: Any, tmp_path: Path) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text("jude 1 2 3\n")
    (note,) = WordEmbedding(words, dim=3, pretrained=InitialFile(path)).notes
    assert note == Note(f"pretrained: 1 of 2 words of the vocabulary has a vector in {path}.")
    path.write_text("Jude 1 2 3\n")
    (note,) = WordEmbedding(words, dim=3, pretrained=InitialFile(path)).notes
    assert note.warning
    assert note.message == (
        f"pretrained: 0 of 2 words of the vocabulary have a vector in {path}: all start at random. "
        "Its words should be written as the input's tokens are (language, lower case)."
    )
    assert WordEmbedding(words, dim=3).notes == ()


def test_words_that_the_file_lacks_start_as_declared(words: Any, tmp_path: Path) -> None:
    path = InitialFile(tmp_path / "vectors.txt")
    (tmp_path / "vectors.txt").write_text("jude 1 2 3\nthe 4 5 6\n")
    zero = WordEmbedding(words, dim=3, pretrained=path, unknown="zero").table.weight
    assert zero.tolist() == [[0, 0, 0], [0, 0, 0], [0, 0, 0], [1, 2, 3]]
    (tmp_path / "vectors.txt").write_text("jude 1 2 3\nhey 4 5 7\nthe 9 9 9\n")
    mean = WordEmbedding(words, dim=3, pretrained=path, unknown="mean").table.weight
    assert mean.tolist() == [[0, 0, 0], [2.5, 3.5, 5], [4, 5, 7], [1, 2, 3]]
    random = WordEmbedding(words, dim=3, pretrained=path).table.weight
    assert random[1].tolist() not in ([0, 0, 0], mean[1].tolist())


@pytest.mark.parametrize("unknown", ["mean", "zero"])
def test_without_any_vector_all_words_start_at_zero(words: Any, tmp_path: Path, unknown: Any) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text("Jude 1 2 3\n")
    module = WordEmbedding(words, dim=3, pretrained=InitialFile(path), unknown=unknown)
    assert not bool(module.table.weight.any())
    assert module.notes == (
        Note(
            f"pretrained: 0 of 2 words of the vocabulary have a vector in {path}: all start at zero. "
            "Its words should be written as the input's tokens are (language, lower case).",
            warning=True,
        ),
    )
    assert not bool(WordEmbedding(words, dim=3, unknown=unknown).table.weight.any())


def test_dim_should_be_that_of_the_file(words: Any, tmp_path: Path) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text("jude 1 2 3\n")
    with pytest.raises(DataError) as error:
        WordEmbedding(words, dim=100, pretrained=InitialFile(path))
    assert str(error.value) == (f"'dim' should be 3, the size of the vectors in {path}. Found 100. Write 'dim: 3'.")


def test_ids_are_tensors(words: Any) -> None:
    with pytest.raises(TypeError, match=r"^a word embedding takes ids\. Found PaddedSequence\.$"):
        WordEmbedding(words)(LENGTHS, WordEmbedding(words)(LENGTHS, IDS))


def test_ids_of_words_are_asked_for_with_ids(words: Any) -> None:
    assert torch.equal(WordEmbedding(words).ids(LENGTHS, IDS).values, IDS[:, :, None])
    with pytest.raises(TypeError, match=r"^a lexicon takes ids\. Found PaddedSequence\.$"):
        WordEmbedding(words).ids(LENGTHS, WordEmbedding(words)(LENGTHS, IDS))


def test_numbers_may_begin_small(words: Any) -> None:
    table = WordEmbedding(words, dim=50, initial=0.1).table.weight.detach()
    assert 0.09 < float(table[1:].abs().max()) <= 0.1
    assert not table[0].any()


def test_numbers_that_nothing_starts_at(words: Any) -> None:
    with pytest.raises(UsageError) as caught:
        WordEmbedding(words, unknown="zero", initial=0.1)
    assert str(caught.value) == (
        "'initial' should be left out where 'unknown' is zero, as no vector starts at random. Found 0.1. "
        "Leave it out, or write 'unknown: random'."
    )
