"""DropConnect on recurrent weights: which weights, what they become, and what learns."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from mtl.data.carried import Carry
from mtl.model.module import PaddedSequence
from mtl_modules import BiGRU, BiLSTM, OneWayGRU, OneWayLSTM
from mtl_modules.layers.weight_dropout import with_dropped_weights

VALUES = torch.randn(3, 5, 4, generator=torch.Generator().manual_seed(0))
Recurrent = BiLSTM | BiGRU | OneWayLSTM | OneWayGRU
WAYS = [(BiLSTM, False), (BiGRU, False), (OneWayLSTM, False), (OneWayGRU, False), (OneWayLSTM, True), (OneWayGRU, True)]
LENGTHS = {"full": [5, 5, 5], "nearly full": [5, 4, 5], "mostly padding": [5, 1, 1]}


def layers_of(module: nn.Module) -> nn.RNNBase:
    (found,) = (child for child in module.children() if isinstance(child, nn.RNNBase))
    return found


@pytest.mark.parametrize("cls", [nn.LSTM, nn.GRU])
def test_only_recurrent_weights_are_dropped(cls: type[nn.LSTM | nn.GRU]) -> None:
    rnn = cls(4, 50, 2, bidirectional=True)
    dropped = with_dropped_weights(rnn, 0.5)
    for name, weight in rnn.named_parameters():
        found = getattr(dropped, name)
        if not name.startswith("weight_hh"):
            assert found is weight
            continue
        gone = found == 0
        assert 0.4 < gone.float().mean() < 0.6
        torch.testing.assert_close(found[~gone], 2 * weight[~gone])
    assert [id(weight) for weight in rnn.parameters()] == [id(weight) for weight in dropped.parameters()]
    assert all(getattr(rnn, name) is weight for name, weight in rnn.named_parameters())
    assert all(flat is weight for flat, weight in zip(rnn._flat_weights, rnn.parameters(), strict=True))


def test_directions_and_layers_are_drawn_apart() -> None:
    dropped = with_dropped_weights(nn.LSTM(4, 50, 2, bidirectional=True), 0.5)
    masks = [getattr(dropped, name) == 0 for name in dropped._flat_weights_names if name.startswith("weight_hh")]
    assert len(masks) == 4
    assert not any(torch.equal(one, other) for i, one in enumerate(masks) for other in masks[:i])


@pytest.mark.parametrize("lengths", list(LENGTHS.values()), ids=list(LENGTHS))
@pytest.mark.parametrize(("cls", "carried"), WAYS)
def test_every_way_of_computing_drops_them(cls: type[Recurrent], carried: bool, lengths: list[int]) -> None:
    """Values and gradients are those of layers whose weights are multiplied by the mask beforehand."""
    module, plain = cls(4, hidden=6, layers=2, weight_dropout=0.4), cls(4, hidden=6, layers=2)
    torch.manual_seed(3)
    dropped = with_dropped_weights(layers_of(module), 0.4)
    masks = {
        name: (getattr(dropped, name) != 0) * (1 / 0.6)
        for name, _ in layers_of(module).named_parameters()
        if name.startswith("weight_hh")
    }
    plain.load_state_dict(module.state_dict())
    with torch.no_grad():
        for name, mask in masks.items():
            layers_of(plain).get_parameter(name).mul_(mask)
    inputs = PaddedSequence(VALUES, torch.tensor(lengths))
    weights = torch.randn(3, 5, module.output_dim, generator=torch.Generator().manual_seed(1))
    found: list[tuple[Tensor, dict[str, Tensor]]] = []
    for one in (module, plain):
        torch.manual_seed(3)
        values = one.train()(inputs, *([Carry(None)] if carried else [])).values
        (values * weights).sum().backward()
        gradients = {name: p.grad for name, p in layers_of(one).named_parameters() if p.grad is not None}
        found.append((values.detach(), gradients))
    torch.testing.assert_close(found[0][0], found[1][0], rtol=1e-4, atol=1e-5)
    assert len(found[0][1]) == len(list(module.parameters()))
    for name, gradient in found[0][1].items():
        wanted = found[1][1][name] * masks.get(name, 1.0)
        torch.testing.assert_close(gradient, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("cls", [BiLSTM, BiGRU, OneWayLSTM, OneWayGRU])
def test_nothing_is_dropped_outside_training(cls: type[Recurrent]) -> None:
    module = cls(4, hidden=6, weight_dropout=0.9).eval()
    inputs = PaddedSequence(VALUES, torch.tensor([5, 4, 5]))
    assert torch.equal(module(inputs).values, module(inputs).values)
    module.train()
    assert not torch.equal(module(inputs).values, module(inputs).values)
