from __future__ import annotations

import pytest
import torch

from mtl.module import Sequence
from mtl_modules import BiLSTM

INPUTS = Sequence(torch.randn(3, 5, 4, generator=torch.Generator().manual_seed(0)), torch.tensor([2, 5, 1]))


@pytest.mark.parametrize("layers", [1, 3])
def test_a_row_is_read_from_both_of_its_ends(layers: int) -> None:
    module = BiLSTM(4, hidden=3, layers=layers).eval()
    values = module(INPUTS).values
    assert values.shape == (3, 5, 6)
    for row, length in enumerate(INPUTS.lengths.tolist()):
        alone, _ = module.lstm(INPUTS.values[row : row + 1, :length])
        torch.testing.assert_close(values[row, :length], alone[0])
        assert values[row, length:].abs().sum() == 0


@pytest.mark.parametrize("layers", [1, 2])
def test_the_exported_stand_in_computes_the_same(layers: int) -> None:
    module = BiLSTM(4, hidden=3, layers=layers).eval()
    stand_in = module.exportable()
    torch.testing.assert_close(stand_in(INPUTS).values, module(INPUTS).values)
    names = [f"layer{n}.{w}" for n in range(layers) for w in "WRB"]
    assert [name for name, _ in stand_in.named_parameters()] == names
    sizes = sum(p.numel() for p in stand_in.parameters()), sum(p.numel() for p in module.parameters())
    assert sizes[0] == sizes[1]


def test_dropout_is_for_training_only() -> None:
    module = BiLSTM(4, hidden=3, dropout=0.5)
    torch.manual_seed(0)
    assert not torch.equal(module.train()(INPUTS).values, module(INPUTS).values)
    assert torch.equal(module.eval()(INPUTS).values, module(INPUTS).values)
