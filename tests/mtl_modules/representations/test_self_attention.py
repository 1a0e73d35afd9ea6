from __future__ import annotations

import pytest
import torch
from torch import nn

from mtl.base.errors import UsageError
from mtl.model.module import PaddedSequence
from mtl_modules import TransformerEncoder
from mtl_modules.layers.positions import LearnedPositions, Sinusoids
from mtl_modules.layers.transformer_layer import TransformerLayer

INPUTS = PaddedSequence(torch.randn(2, 7, 6, generator=torch.Generator().manual_seed(0)), torch.tensor([7, 3]))


def test_a_layer_is_that_of_torch() -> None:
    torch.manual_seed(0)
    layer = TransformerLayer(6, 2, 8, 0.0)
    wanted = nn.TransformerEncoderLayer(6, 2, 8, 0.0, batch_first=True, norm_first=True)
    attention = wanted.self_attn
    with torch.no_grad():
        for own, place in (("weight", "in_proj_weight"), ("bias", "in_proj_bias")):
            parts = [getattr(part, own) for part in (layer.queries, layer.keys, layer.values)]
            getattr(attention, place).copy_(torch.cat(parts))
    for theirs, ours in (
        (attention.out_proj, layer.out),
        (wanted.linear1, layer.ffn[0]),
        (wanted.linear2, layer.ffn[2]),
    ):
        theirs.load_state_dict(ours.state_dict())
    padding = ~INPUTS.mask()
    found = layer(INPUTS.values, padding[:, None, None, :])
    torch.testing.assert_close(found, wanted(INPUTS.values, src_key_padding_mask=padding), atol=1e-5, rtol=1e-5)


def test_sinusoids_are_sines_and_cosines_of_positions() -> None:
    found = Sinusoids(6)(torch.zeros(1, 50, 6))
    places = torch.arange(50.0)
    assert found.shape == (50, 6)
    torch.testing.assert_close(found[:, 0], places.sin())
    torch.testing.assert_close(found[:, 4], (places / 10000 ** (1 / 3)).cos())
    assert Sinusoids(5)(torch.zeros(1, 3, 5)).shape == (3, 5)


def test_later_tokens_have_the_last_learned_position() -> None:
    module = LearnedPositions(4, max_length=3)
    found = module(torch.zeros(1, 5, 4))
    assert torch.equal(found, module.table.weight[[0, 1, 2, 2, 2]])


def test_the_order_of_tokens_matters() -> None:
    module = TransformerEncoder(6, dim=8).eval()
    turned = PaddedSequence(INPUTS.values[:1].flip(1), INPUTS.lengths[:1])
    straight = module(PaddedSequence(INPUTS.values[:1], INPUTS.lengths[:1])).values
    assert not torch.allclose(module(turned).values.flip(1), straight, atol=1e-3)


def test_heads_share_a_vector() -> None:
    with pytest.raises(UsageError) as raised:
        TransformerEncoder(6, dim=10)
    assert str(raised.value) == "'dim' should be a multiple of 'heads' (4), among which it is divided. Found 10."
