from __future__ import annotations

import math

import pytest
import torch

from mtl.base.errors import UsageError
from mtl_modules import PositionalEmbedding
from mtl_modules.layers.positions import Sinusoids

NUMBERS = torch.tensor([[1, 2, 3, 4], [1, 0, 0, 0], [0, 0, 0, 0]])
LENGTHS = torch.tensor([4, 1, 1])


def test_sinusoids_are_those_of_the_source() -> None:
    values = PositionalEmbedding((), dim=6)(LENGTHS, NUMBERS).values
    for place in range(4):
        for i in range(3):
            angle = place / 10000 ** (2 * i / 6)
            assert values[0, place, i].item() == pytest.approx(math.sin(angle), abs=1e-6)
            assert values[0, place, 3 + i].item() == pytest.approx(math.cos(angle), abs=1e-6)


@pytest.mark.parametrize("dim", [1, 5, 6])
def test_sinusoids_are_those_of_a_transformer(dim: int) -> None:
    values = PositionalEmbedding((), dim=dim)(LENGTHS, NUMBERS).values
    assert torch.equal(values[0], Sinusoids(dim)(values))


def test_learned_vectors_are_one_a_position_and_the_last_one_after_these() -> None:
    module = PositionalEmbedding((), dim=5, positions="learned", max_length=3)
    assert module.table is not None
    values = module(LENGTHS, NUMBERS).values
    assert torch.equal(values[0], module.table.weight[[0, 1, 2, 2]])


@pytest.mark.parametrize("max_length", [None, 3])
def test_padding_is_zero(max_length: int | None) -> None:
    positions = "sinusoid" if max_length is None else "learned"
    values = PositionalEmbedding((), dim=5, positions=positions, max_length=max_length)(LENGTHS, NUMBERS).values
    assert bool(values[1, 0].any())
    assert not bool(values[1:, 1:].any())
    assert not bool(values[2].any())


def test_learned_positions_need_their_number() -> None:
    with pytest.raises(UsageError) as error:
        PositionalEmbedding((), positions="learned")
    assert str(error.value) == (
        "'positions: learned' should come with 'max_length', the number of positions that have a vector of their own. "
        "There is none."
    )


def test_sinusoids_have_no_last_position() -> None:
    with pytest.raises(UsageError) as error:
        PositionalEmbedding((), max_length=20)
    assert str(error.value) == (
        "'max_length' should come with 'positions: learned': sinusoids have no last position. "
        "Found 'positions: sinusoid'."
    )


def test_numbers_are_tensors() -> None:
    module = PositionalEmbedding(())
    with pytest.raises(TypeError, match=r"^a positional embedding takes numbers of tokens\. Found PaddedSequence\.$"):
        module(LENGTHS, module(LENGTHS, NUMBERS))
