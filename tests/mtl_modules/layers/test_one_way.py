"""LSTMs and GRUs of one direction, and self-attention that does not see ahead."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from mtl.base.registry import lookup, recipe_keys
from mtl.model.module import PaddedSequence
from mtl_modules import OneWayGRU, OneWayLSTM, TransformerEncoder
from mtl_modules.layers.both_ways import reversed_rows

LENGTHS = torch.tensor([4, 7, 1])


def sequence(size: int = 5) -> PaddedSequence:
    return PaddedSequence(torch.randn(3, 7, size, generator=torch.Generator().manual_seed(2)), LENGTHS)


@pytest.mark.parametrize("cls", [OneWayLSTM, OneWayGRU])
@torch.no_grad()
def test_forwards_they_are_torch_s_own(cls: Any) -> None:
    module, given = cls(5, hidden=4, layers=2).eval(), sequence()
    assert isinstance(module.layers, (nn.LSTM, nn.GRU))
    found = module(given)
    for row, length in enumerate(LENGTHS.tolist()):
        wanted = module.layers(given.values[row : row + 1, :length])[0]
        torch.testing.assert_close(found.values[row : row + 1, :length], wanted)
        assert not found.values[row, length:].any()


@pytest.mark.parametrize("cls", [OneWayLSTM, OneWayGRU])
@torch.no_grad()
def test_backwards_they_read_each_row_in_reverse(cls: Any) -> None:
    one, other, given = cls(5, hidden=4), cls(5, hidden=4, direction="backward"), sequence()
    other.load_state_dict(one.state_dict())
    turned = PaddedSequence(reversed_rows(given.values, LENGTHS), LENGTHS)
    wanted = reversed_rows(one(turned).values, LENGTHS)
    torch.testing.assert_close(other(given).values, wanted)


@pytest.mark.parametrize(
    "module", [OneWayLSTM(5, hidden=4), OneWayGRU(5, hidden=4, layers=2), TransformerEncoder(5, dim=8, causal=True)]
)
@torch.no_grad()
def test_what_is_causal_sees_no_later_token(module: Any) -> None:
    given = sequence()
    changed = given.values.clone()
    changed[:, 4:] += 1
    before, after = (module.eval()(PaddedSequence(values, LENGTHS)).values for values in (given.values, changed))
    torch.testing.assert_close(before[1, :4], after[1, :4])
    assert not torch.isclose(before[1, 4:], after[1, 4:]).any()


def causal(name: str, **values: Any) -> bool:
    cls: Any = lookup("representation", name)
    keys = {key: parameter.default for key, parameter in recipe_keys(cls).items()}
    return bool(cls.causal({**keys, **values}))


def anticausal(name: str, **values: Any) -> bool:
    cls: Any = lookup("representation", name)
    keys = {key: parameter.default for key, parameter in recipe_keys(cls).items()}
    return bool(cls.anticausal({**keys, **values}))


def test_representations_say_whether_they_are_anticausal() -> None:
    for name in ("lstm", "gru"):
        assert anticausal(name, direction="backward")
        assert not anticausal(name)
    assert not anticausal("self_attention", causal=True)
    assert not anticausal("bilstm")


@pytest.mark.parametrize("cls", [OneWayLSTM, OneWayGRU])
@torch.no_grad()
def test_what_is_anticausal_sees_no_earlier_token(cls: Any) -> None:
    given, module = sequence(), cls(5, hidden=4, direction="backward").eval()
    changed = given.values.clone()
    changed[:, :2] += 1
    before, after = (module(PaddedSequence(values, LENGTHS)).values for values in (given.values, changed))
    torch.testing.assert_close(before[1, 2:], after[1, 2:])
    assert not torch.isclose(before[1, :2], after[1, :2]).any()


def test_representations_say_whether_they_are_causal() -> None:
    assert causal("lstm")
    assert causal("gru")
    assert not causal("lstm", direction="backward")
    assert causal("self_attention", causal=True)
    assert not causal("self_attention")
    assert not causal("bilstm")
    assert not causal("cnn")
    assert not causal("mmoe")
    assert causal("mmoe", per="token")
    assert all(causal(name) for name in ("stack", "concat", "residual", "cross_stitch"))
