from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from mtl.text.features import CharacterIds
from mtl.text.featurizer import tokenize
from mtl_modules import CharLSTM

WORDS = torch.tensor([[[2, 3, 4, 0], [5, 0, 0, 0]], [[2, 3, 4, 0], [0, 0, 0, 0]]])
LENGTHS = torch.tensor([2, 1])


@pytest.fixture
def characters() -> Any:
    (feature,) = CharLSTM.features(min_count=1)
    feature.count(tokenize(["abcdefgh"], "whitespace"))
    feature.fit()
    return (feature,)


def test_features_take_the_limits_of_the_alphabet() -> None:
    (feature,) = CharLSTM.features(min_count=3, max_length=20)
    assert isinstance(feature, CharacterIds)
    assert (feature.min_count, feature.max_length) == (3, 20)


@pytest.mark.parametrize("training", [False, True])
def test_a_vector_is_the_last_state_of_each_direction(characters: Any, training: bool) -> None:
    module = CharLSTM(characters, hidden=3, char_dim=4).train(training)
    values = module(LENGTHS, WORDS).values
    assert values.shape == (2, 2, 6)
    lstm: nn.LSTM = module.encoder.lstm
    for row, token, ids in ((0, 0, [2, 3, 4]), (0, 1, [5])):
        states = lstm(module.characters(torch.tensor([ids])))[1][0]  # [2, 1, 3]: forward at the end, backward at 0
        torch.testing.assert_close(values[row, token], states[:, 0].flatten())


def test_equal_words_get_equal_vectors_and_none_gets_zeros(characters: Any) -> None:
    values = CharLSTM(characters, hidden=3)(LENGTHS, WORDS).values
    assert torch.equal(values[0, 0], values[1, 0])
    assert values[1, 1].tolist() == [0.0] * 6


def test_a_batch_of_padding_alone(characters: Any) -> None:
    module = CharLSTM(characters, hidden=3)
    values = module(torch.tensor([1, 1]), torch.zeros(2, 1, 1, dtype=torch.int64)).values
    values.sum().backward()
    assert not bool(values.any())
    assert all(bool(torch.isfinite(p.grad).all()) for p in module.parameters() if p.grad is not None)


def test_ids_are_tensors(characters: Any) -> None:
    module = CharLSTM(characters)
    with pytest.raises(TypeError, match=r"^a character embedding takes ids\. Found PaddedSequence\.$"):
        module(LENGTHS, module(LENGTHS, WORDS))
