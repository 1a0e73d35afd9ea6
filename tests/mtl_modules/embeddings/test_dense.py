from __future__ import annotations

import pytest
import torch

from mtl.text.numbers import IsNumber, ScaledNumber
from mtl_modules import Dense

LENGTHS = torch.tensor([2, 1])
NUMBERS = torch.tensor([[0.5, 0.0], [-2.0, 0.0]])
THERE = torch.tensor([[1, 0], [1, 0]])


def test_numbers_are_vectors_of_one() -> None:
    module = Dense(Dense.features())
    assert [type(feature) for feature in Dense.features()] == [ScaledNumber]
    assert module(LENGTHS, NUMBERS).values.tolist() == [[[0.5], [0.0]], [[-2.0], [0.0]]]
    assert module.output_dim == 1


def test_an_indicator_says_what_is_missing() -> None:
    features = Dense.features(missing="indicator")
    assert [type(feature) for feature in features] == [ScaledNumber, IsNumber]
    module = Dense(features, missing="indicator")
    assert module(LENGTHS, NUMBERS, THERE).values.tolist() == [[[0.5, 0.0], [0.0, 1.0]], [[-2.0, 0.0], [0.0, 1.0]]]
    assert module.output_dim == 2


def test_numbers_are_tensors() -> None:
    module = Dense(())
    with pytest.raises(TypeError, match=r"^a dense embedding takes numbers\. Found PaddedSequence\.$"):
        module(LENGTHS, module(LENGTHS, NUMBERS))
