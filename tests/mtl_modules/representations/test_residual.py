from __future__ import annotations

import torch

from mtl.model.module import PaddedSequence
from mtl_modules import CNN, Residual

LENGTHS = torch.tensor([3, 2])
COMPUTED = PaddedSequence(torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(0)), LENGTHS)


def inputs(size: int) -> PaddedSequence:
    return PaddedSequence(torch.randn(2, 3, size, generator=torch.Generator().manual_seed(1)), LENGTHS)


def test_what_flows_in_is_added() -> None:
    module = Residual((4, 4), part=CNN(4, dim=4))
    assert not list(module.parameters())  # the part is a component of its own
    assert torch.equal(module(COMPUTED, inputs(4)).values, COMPUTED.values + inputs(4).values)


def test_another_size_is_brought_to_that_of_the_part() -> None:
    module = Residual((4, 6), part=CNN(6, dim=4), norm=True)
    assert module.shortcut is not None
    total = COMPUTED.values + inputs(6).values @ module.shortcut.weight.T
    wanted = (total - total.mean(-1, keepdim=True)) / (total.var(-1, unbiased=False, keepdim=True) + 1e-5).sqrt()
    torch.testing.assert_close(module(COMPUTED, inputs(6)).values, wanted)


def test_dropout_leaves_out_what_the_part_computes() -> None:
    module = Residual((4, 4), part=CNN(4, dim=4), dropout=0.5)
    torch.manual_seed(0)
    added = module(COMPUTED, inputs(4)).values - inputs(4).values
    dropped = added.abs() < 1e-6
    assert 0 < dropped.sum() < added.numel()
    torch.testing.assert_close(added[~dropped], 2 * COMPUTED.values[~dropped], atol=1e-5, rtol=1e-4)
