from __future__ import annotations

import pytest
import torch

from mtl_modules.layers.dropout import Dropout, DroppedLinear, dropout, locked_dropout


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.5, 0.9])
def test_a_share_is_dropped_and_the_sum_is_kept(rate: float) -> None:
    torch.manual_seed(0)
    found = dropout(torch.ones(1000, 500), rate)
    assert float((found == 0).float().mean()) == pytest.approx(rate, abs=0.003)
    assert float(found.mean()) == pytest.approx(1.0, abs=0.05)
    assert len(found.unique()) == 2


def test_values_are_dropped_independently_of_each_other() -> None:
    torch.manual_seed(0)
    dropped = (dropout(torch.ones(400_000), 0.5) == 0).float() - 0.5
    for distance in (1, 2, 3, 4, 8):
        assert abs(float((dropped[distance:] * dropped[:-distance]).mean())) < 0.002


def test_the_seed_decides() -> None:
    values = torch.randn(3, 5, 7)
    torch.manual_seed(1)
    one = dropout(values, 0.5)
    torch.manual_seed(1)
    assert torch.equal(dropout(values, 0.5), one)
    assert not torch.equal(dropout(values, 0.5), one)


def test_gradients_are_dropped_alike() -> None:
    values = torch.ones(1000, requires_grad=True)
    found = dropout(values, 0.4)
    found.sum().backward()
    assert values.grad is not None
    assert torch.equal(values.grad, found)


@pytest.mark.parametrize("shape", [(0,), (1,), (3, 0), (2, 3)])
def test_any_shape_goes(shape: tuple[int, ...]) -> None:
    assert dropout(torch.ones(shape), 0.5).shape == shape


def test_the_layer_does_nothing_outside_training() -> None:
    values = torch.randn(4, 4)
    assert Dropout(0.5).eval()(values) is values
    assert not torch.equal(Dropout(0.5).train()(values), values)


def test_locked_dropout_drops_dimensions_of_a_row() -> None:
    torch.manual_seed(0)
    found = locked_dropout(torch.ones(200, 5, 100), 0.3)
    assert torch.equal(found, found[:, :1].expand_as(found))
    assert float((found[:, 0] == 0).float().mean()) == pytest.approx(0.3, abs=0.02)
    assert not torch.equal(found[0], found[1])
    assert found.unique().tolist() == pytest.approx([0.0, 1 / 0.7], rel=1e-4)


def test_a_linear_layer_drops_what_flows_in_and_only_in_training() -> None:
    torch.manual_seed(0)
    layer = DroppedLinear(3, 2, 0.5)
    values = torch.randn(4, 3)
    torch.manual_seed(1)
    found = layer(values)
    torch.manual_seed(1)
    assert torch.equal(found, dropout(values, 0.5) @ layer.weight.t() + layer.bias)
    torch.testing.assert_close(layer.eval()(values), values @ layer.weight.t() + layer.bias)
    assert layer.extra_repr() == "in_features=3, out_features=2, bias=True, rate=0.5"
