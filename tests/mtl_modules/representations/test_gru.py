from __future__ import annotations

import pytest
import torch

from mtl.model.module import PaddedSequence
from mtl_modules import BiGRU

INPUTS = PaddedSequence(torch.randn(3, 5, 4, generator=torch.Generator().manual_seed(0)), torch.tensor([2, 5, 1]))


@pytest.mark.parametrize("layers", [1, 3])
def test_a_row_is_read_from_both_of_its_ends(layers: int) -> None:
    module = BiGRU(4, hidden=3, layers=layers).eval()
    values = module(INPUTS).values
    assert values.shape == (3, 5, 6)
    for row, length in enumerate(INPUTS.lengths.tolist()):
        alone, _ = module.gru(INPUTS.values[row : row + 1, :length])
        torch.testing.assert_close(values[row, :length], alone[0])
        assert values[row, length:].abs().sum() == 0
