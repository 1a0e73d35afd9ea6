"""The numeric graph: names, sharing, and what is said of a module that torch cannot export."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx_ir as ir
import pytest
import torch
from torch import Tensor, nn

from mtl.base.errors import ExportError
from mtl.export.numeric import export_numeric, optimize, value_name
from mtl.model.module import PaddedSequence
from tests.mtl.export import tiny
from tests.mtl.export.conftest import Exported


@pytest.fixture(scope="module")
def softmax(tmp_path_factory: pytest.TempPathFactory) -> tiny.Model:
    return tiny.intent_slot("softmax", tmp_path_factory.mktemp("cache"))


def test_every_parameter_is_one_initializer(softmax: tiny.Model) -> None:
    found = export_numeric(softmax.model, softmax.graph, softmax.prepared.fitted.features, ["intent", "slots"])
    named = found.model.graph.initializers
    assert set(found.parameters) <= set(named)
    expected = {
        "words.word.table.weight",
        "words.char.characters.weight",
        "encoder.layer0.W",
        "encoder.layer1.B",
        "intent.pooling.query.weight",
        "intent.decoder.layers.0.weight",
        "slots.decoder.layers.0.bias",
    }
    assert expected <= set(found.parameters)
    count = sum(tensor.numel() for tensor in found.parameters.values())
    assert count == sum(parameter.numel() for parameter in softmax.model.parameters())
    assert all(value.const_value.size <= 64 for name, value in named.items() if name not in found.parameters)
    assert sum(node.op_type == "LSTM" for node in found.model.graph) == 2  # both tasks share the encoder's call


def test_the_model_keeps_its_mode(softmax: tiny.Model) -> None:
    softmax.model.train()
    try:
        export_numeric(softmax.model, softmax.graph, softmax.prepared.fitted.features, ["intent"])
        assert softmax.model.training
    finally:
        softmax.model.eval()


class Stubborn(nn.Module):
    """Computes something that depends on values: no graph can."""

    def forward(self, inputs: PaddedSequence) -> Tensor:
        if float(inputs.values.sum()) > 0:
            return inputs.values.sum(1)
        return inputs.values.amax(1)


@pytest.mark.slow
def test_a_module_that_cannot_be_exported_is_named(softmax: tiny.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(softmax.model.components["intent.pooling"], "exportable", Stubborn)
    with pytest.raises(ExportError) as caught:
        export_numeric(softmax.model, softmax.graph, softmax.prepared.fitted.features, ["slots", "intent"])
    message = str(caught.value)
    assert message.startswith("slots: numeric graph: 'intent.pooling' cannot be exported: ")
    assert "\n" not in message


class TiedWithin(nn.Module):
    """Holds one weight under three names, and a table that is no parameter."""

    def __init__(self, decoder: nn.Module) -> None:
        super().__init__()
        self.decoder = decoder
        layer = decoder.layers[0]
        self.again = nn.Linear(layer.in_features, layer.out_features)
        self.again.weight = layer.weight
        self.and_again = decoder
        self.table = torch.arange(500.0)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.decoder(inputs) + self.again(inputs).mean(-1, True) + self.and_again(inputs) + self.table.sum()


def test_a_weight_of_several_names_is_one_initializer(softmax: tiny.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exporter names it by whichever it saw last; because of that nothing is folded, or stored in every graph."""
    decoder = softmax.model.components["intent.decoder"]
    stand_in = TiedWithin(decoder)
    monkeypatch.setattr(decoder, "exportable", lambda: stand_in)
    found = export_numeric(softmax.model, softmax.graph, softmax.prepared.fitted.features, ["intent"])
    names = ("decoder.layers.0.weight", "decoder.layers.0.bias", "decoder.layers.2.weight", "decoder.layers.2.bias")
    own = {name for name in found.parameters if name.startswith("intent.decoder.")}
    assert own == {f"intent.decoder.{name}" for name in (*names, "again.bias", "table")}
    named = found.model.graph.initializers
    assert all(value.const_value.size <= 64 for name, value in named.items() if name not in found.parameters)


class Broken(nn.Module):
    """Computes nothing at all."""

    def forward(self, *given: object) -> Tensor:
        raise RuntimeError("no idea how")


@pytest.mark.slow
@pytest.mark.parametrize("component", ["words.char", "words", "encoder", "slots.decoder"])
def test_a_module_that_fails_by_itself_is_named(
    softmax: tiny.Model, component: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(softmax.model.components[component], "exportable", Broken)
    with pytest.raises(ExportError) as caught:
        export_numeric(softmax.model, softmax.graph, softmax.prepared.fitted.features, ["slots"])
    message = f"slots: numeric graph: '{component}' cannot be exported: RuntimeError: no idea how"
    assert str(caught.value) == message


class Speechless(nn.Module):
    """An output layer that has no answer."""

    def forward(self, scores: Tensor) -> Tensor:
        return scores.softmax(-1)

    def answer(self, scores: Tensor) -> dict[str, Tensor]:
        raise RuntimeError("no answer")


@pytest.mark.slow
def test_an_answer_that_cannot_be_exported(softmax: tiny.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(softmax.model.components["intent.output"], "exportable", Speechless)
    with pytest.raises(ExportError) as caught:
        export_numeric(softmax.model, softmax.graph, softmax.prepared.fitted.features, ["intent"])
    assert str(caught.value) == "intent: numeric graph: cannot be exported: RuntimeError: no answer"


def test_what_no_task_needs_is_not_asked_for_a_stand_in(softmax: tiny.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(softmax.model.components["slots.decoder"], "exportable", Broken().forward)
    found = export_numeric(softmax.model, softmax.graph, softmax.prepared.fitted.features, ["intent"])
    assert not [name for name in found.parameters if name.startswith("slots.")]


def test_an_exporter_that_returns_nothing(softmax: tiny.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.onnx, "export", lambda *_, **__: None)
    with pytest.raises(ExportError) as caught:
        export_numeric(softmax.model, softmax.graph, softmax.prepared.fitted.features, ["intent"])
    assert str(caught.value) == "numeric graph: should come out of torch.onnx.export. Found nothing."


def test_values_without_a_name() -> None:
    with pytest.raises(ExportError) as caught:
        value_name(ir.Value())
    told = "every value of a graph that is asked for should have a name. Found one without."
    assert str(caught.value) == told


def test_protected_initializers_are_not_folded() -> None:
    weight = ir.Value(name="weight", const_value=ir.tensor(np.eye(3, dtype=np.float32), name="weight"))
    weight.shape, weight.dtype = ir.Shape([3, 3]), ir.DataType.FLOAT
    text = ir.val("x", ir.DataType.FLOAT, ir.Shape(["B", 3]))
    turned = ir.node("Transpose", [weight], {"perm": [1, 0]})
    product = ir.node("MatMul", [text, turned.outputs[0]])
    turned.outputs[0].name, product.outputs[0].name = "turned", "y"
    graph = ir.Graph(
        [text], [product.outputs[0]], nodes=[turned, product], initializers=[weight], opset_imports={"": 20}, name="g"
    )
    optimize(ir.Model(graph, ir_version=10), [weight])
    assert [node.op_type for node in graph] == ["Transpose", "MatMul"]
    assert list(graph.initializers) == ["weight"]
    assert list(graph.inputs) == [text]


@torch.no_grad()
def test_buffers_are_weights_too(tagger: Exported, tmp_path: Path) -> None:
    module = tagger.model.model.components["intent.pooling"]
    project = module.project
    assert isinstance(project, nn.Linear)
    bias = project.bias
    del project.bias
    project.register_buffer("bias", bias.detach())
    try:
        fitted = tagger.model.prepared.fitted
        found = export_numeric(tagger.model.model, tagger.model.graph, fitted.features, ["intent"])
        assert "intent.pooling.project.bias" in found.parameters
    finally:
        del project.bias
        project.bias = bias
