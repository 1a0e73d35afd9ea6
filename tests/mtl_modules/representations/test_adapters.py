"""LoRA and bottleneck adapters: nothing at first, then their formulas; what they hold and what they refuse."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from mtl.base.errors import UsageError
from mtl.model.adapters import Adapted, Merged
from mtl.model.module import PaddedSequence
from mtl_modules import Adapter, Bottleneck, LoRA, TransformerEncoder, TransformerLayers
from tests.properties.cases import ENCODER

EVERY: tuple[tuple[type[Adapter], dict[str, Any]], ...] = (
    (LoRA, {"rank": 3}),
    (LoRA, {"rank": 2, "alpha": 1.0, "targets": ["queries", "keys", "values", "out", "ffn_in", "ffn_out"]}),
    (Bottleneck, {"size": 3}),
    (Bottleneck, {"size": 4, "after": ["attention", "ffn"]}),
)
every = pytest.mark.parametrize(("cls", "keys"), EVERY, ids=lambda value: getattr(value, "__name__", None) or "keys")
encoders = pytest.mark.parametrize(
    "encoder",
    [lambda: TransformerLayers(8, config=ENCODER), lambda: TransformerEncoder(8, dim=8, heads=2, ffn=12, layers=2)],
    ids=["transformer", "self_attention"],
)


def texts() -> PaddedSequence:
    values = torch.randn(3, 6, 8, generator=torch.Generator().manual_seed(1))
    return PaddedSequence(values, torch.tensor([6, 2, 4]))


def moved(adapter: Adapter) -> Adapter:
    """Return an adapter whose weights are no longer those it begins with."""
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for own in adapter.parameters():
            own.copy_(torch.randn(own.shape, generator=generator))
    return adapter


@every
@encoders
def test_at_first_answers_are_those_of_the_encoder_bit_for_bit(encoder: Any, cls: Any, keys: dict[str, Any]) -> None:
    built = encoder().eval()
    adapter = cls(8, encoder=built, **keys).eval()
    assert torch.equal(adapter(Adapted(built, texts())).values, built(texts()).values)
    changed = moved(adapter)(Adapted(built, texts())).values
    assert not torch.allclose(changed[0], built(texts()).values[0], atol=0.01)


@every
def test_gradients_reach_every_parameter_through_a_frozen_encoder(cls: Any, keys: dict[str, Any]) -> None:
    encoder = TransformerLayers(8, config=ENCODER).requires_grad_(False)
    adapter = moved(cls(8, encoder=encoder, **keys))
    inputs = texts()
    inputs.values.requires_grad_()
    found = adapter(Adapted(encoder, inputs))
    (found.values * found.mask()[:, :, None] * torch.randn(3, 6, 8)).sum().backward()
    assert all(own.grad is not None and bool(own.grad.abs().sum() > 0) for own in adapter.parameters())
    assert inputs.values.grad is not None
    assert all(own.grad is None for own in encoder.parameters())


@every
def test_it_holds_its_own_weights_alone_by_layer(cls: Any, keys: dict[str, Any]) -> None:
    encoder = TransformerLayers(8, config=ENCODER)
    adapter = cls(8, encoder=encoder, **keys)
    of_encoder = {id(own) for own in encoder.parameters()}
    assert not of_encoder & {id(own) for own in adapter.parameters()}
    layers = [list(layer) for layer in adapter.layered()]
    assert len(layers) == 2
    assert [id(own) for layer in layers for own in layer] == [id(own) for own in adapter.parameters()]


@every
def test_rows_and_padding_change_nothing(cls: Any, keys: dict[str, Any]) -> None:
    encoder = TransformerLayers(8, config=ENCODER).eval()
    adapter = moved(cls(8, encoder=encoder, **keys)).eval()
    together = adapter(Adapted(encoder, texts())).values
    for row, length in enumerate(texts().lengths.tolist()):
        alone = PaddedSequence(texts().values[row : row + 1, :length], texts().lengths[row : row + 1])
        torch.testing.assert_close(adapter(Adapted(encoder, alone)).values[0], together[row, :length])


def test_an_update_of_low_rank_is_as_weights_with_it() -> None:
    encoder = TransformerLayers(8, config=ENCODER).eval()
    names: Any = ["queries", "keys", "values", "out", "ffn_in", "ffn_out"]
    adapter: Any = moved(LoRA(8, encoder=encoder, rank=2, alpha=3.0, targets=names)).eval()
    found = adapter(Adapted(encoder, texts())).values
    with torch.no_grad():
        for layer, own in zip(encoder.layers, adapter.layers, strict=True):
            for name, linear in layer.projections.items():
                linear.weight += 3.0 / 2 * own.up[f"of_{name}"].weight @ own.down[f"of_{name}"].weight
    torch.testing.assert_close(found, encoder(texts()).values, atol=1e-5, rtol=1e-4)


def test_one_of_low_rank_may_be_in_the_weights_of_its_encoder() -> None:
    encoder = TransformerLayers(8, config=ENCODER).eval()
    before = {name: own.clone() for name, own in encoder.named_parameters()}
    names: Any = ["queries", "out", "ffn_in", "ffn_out"]
    adapter: Any = moved(LoRA(8, encoder=encoder, rank=2, alpha=3.0, targets=names)).eval()
    merged: Any = adapter.merged(encoder)
    torch.testing.assert_close(merged(texts()).values, adapter(Adapted(encoder, texts())).values, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(Merged()(Adapted(merged, texts())).values, merged(texts()).values, atol=0, rtol=0)
    assert all(torch.equal(own, before[name]) for name, own in encoder.named_parameters())
    for number, own in enumerate(adapter.layers):
        update = 3.0 / 2 * (own.up["of_out"].weight.double() @ own.down["of_out"].weight.double())
        assert torch.equal(merged.layers[number].out.weight, (encoder.layers[number].out.weight + update).float())
        assert torch.equal(merged.layers[number].keys.weight, encoder.layers[number].keys.weight)


def test_a_bottleneck_is_in_no_weights_of_its_encoder() -> None:
    encoder = TransformerLayers(8, config=ENCODER)
    assert Bottleneck(8, encoder=encoder).merged(encoder) is None


def test_a_bottleneck_goes_around_what_a_part_computes() -> None:
    adapter: Any = moved(Bottleneck(8, encoder=TransformerLayers(8, config=ENCODER), size=3)).layers[0]
    seen = texts().values

    def by_formula(seen: Tensor) -> Tensor:
        down: nn.Linear = adapter.down["ffn"]
        up: nn.Linear = adapter.up["ffn"]
        return seen + torch.clamp(seen @ down.weight.T + down.bias, min=0) @ up.weight.T + up.bias

    torch.testing.assert_close(adapter.added("ffn", seen), by_formula(seen))
    assert adapter.added("attention", seen) is seen


def test_dropout_is_on_what_flows_into_an_update() -> None:
    encoder = TransformerLayers(8, config=ENCODER).eval()
    adapter: Any = moved(LoRA(8, encoder=encoder, dropout=0.5))
    one, other = (adapter(Adapted(encoder, texts())).values for _ in range(2))
    assert not torch.equal(one, other)
    assert torch.equal(adapter.eval()(Adapted(encoder, texts())).values, adapter(Adapted(encoder, texts())).values)


@pytest.mark.parametrize(
    ("cls", "keys", "message"),
    [
        (LoRA, {"targets": []}, "'targets' should be linear layers, each once. Found none."),
        (LoRA, {"targets": ["keys", "keys"]}, "'targets' should be linear layers, each once. Found keys, keys."),
        (Bottleneck, {"after": []}, "'after' should be parts of a layer, each once. Found none."),
        (Bottleneck, {"after": ["ffn", "ffn"]}, "'after' should be parts of a layer, each once. Found ffn, ffn."),
    ],
)
def test_what_is_refused(cls: Any, keys: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        cls(8, encoder=TransformerLayers(8, config=ENCODER), **keys)
    assert str(caught.value) == message
