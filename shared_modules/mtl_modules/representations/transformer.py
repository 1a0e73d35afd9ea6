"""The layers of a pretrained encoder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import repeat
from pathlib import Path
from typing import Any, ClassVar

from torch import nn

from mtl.base.errors import UsageError, WrongKeyError
from mtl.base.registry import InitialFolder, register
from mtl.model.adapters import UNCHANGED, LayerAdapter
from mtl.model.module import PaddedSequence, Representation

from ..hugging_face.config import EncoderConfig
from ..hugging_face.folder import WEIGHTS, completed
from ..hugging_face.names import layer_of, of_layer
from ..hugging_face.weights import start_from
from ..layers.limits import Count, CountFromZero, Rate
from ..layers.transformer_layer import PostNormLayer


@register("representation", "transformer")
class TransformerLayers(Representation):
    """Layers of a pretrained encoder: BERT (Devlin et al., 2019), MiniLM, DistilBERT, RoBERTa.

    `path` is a folder of Hugging Face's with the weights to begin with; an embedding `transformer` of the same folder
    should come before it. `layers` of them are used, all by default, from the one after the first `start`: two modules
    may have the lower and the upper ones (`stack`), which other tasks share or not. The lowest `frozen_layers` keep
    their weights (`freeze: true` keeps those of all). `dropout` and `attention_dropout` are, by default, as in the
    folder's config.json, and `config` is what that file says, which a run's recipe has. With a `config` and no `path`
    all weights begin at random.
    """

    adaptable: ClassVar[bool] = True

    def __init__(
        self,
        input_dim: int,
        *,
        path: InitialFolder | None = None,
        layers: Count | None = None,
        start: CountFromZero = 0,
        frozen_layers: CountFromZero = 0,
        dropout: Rate | None = None,
        attention_dropout: Rate | None = None,
        config: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.config = EncoderConfig.of(config or {})
        used = _used(self.config, start, layers, frozen_layers)
        size = self.config.hidden_size
        if input_dim != size:
            raise UsageError(
                f"should get vectors of size {size}, that of its layers: an embedding 'transformer' of the same folder "
                f"makes them. Found {input_dim}."
            )
        rate = self.config.hidden_dropout_prob if dropout is None else dropout
        self.layers = nn.ModuleList(
            PostNormLayer(
                size,
                self.config.num_attention_heads,
                self.config.intermediate_size,
                rate,
                attention_rate=self.config.attention_probs_dropout_prob
                if attention_dropout is None
                else attention_dropout,
                activation=self.config.activation(),
                eps=self.config.layer_norm_eps,
            )
            for _ in used
        )
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=0.02)  # as BERT's
                nn.init.zeros_(module.bias)
        if path is not None:
            start_from(Path(path) / WEIGHTS, self._in_file(used), self._elsewhere(used))
        self.frozen_layers = frozen_layers
        for layer in self.layers[:frozen_layers]:
            layer.requires_grad_(False)

    def _in_file(self, used: range) -> dict[str, nn.Parameter]:
        """Return the parameters by what they are called in a file."""
        return {
            of_layer(self.config.model_type, number, name): own
            for number, layer in zip(used, self.layers, strict=True)
            for name, own in layer.named_parameters()
        }

    def _elsewhere(self, used: range) -> tuple[str, ...]:
        """Return what the names of tensors begin with that are no weights of these layers."""
        others = set(range(self.config.num_hidden_layers)).difference(used)
        return ("embeddings.", *(layer_of(self.config.model_type, number) for number in others))

    def layered(self) -> list[Iterator[nn.Parameter]]:
        """Return the parameters of each layer that is used."""
        return [layer.parameters() for layer in self.layers]

    @classmethod
    def completed(cls, values: Mapping[str, Any], data: Path) -> Mapping[str, Any]:
        """What the folder's config.json says is kept as `config`."""
        return completed(values, data)

    def forward(
        self,
        inputs: PaddedSequence,
        adapters: Iterable[LayerAdapter] = (),
        start: int = 0,
        stop: int | None = None,
    ) -> PaddedSequence:
        """Return [B, T, D] for [B, T, D]; without the layers before `start`, and those from `stop` on."""
        values, hidden = inputs.values, ~inputs.mask()[:, None, None, :]
        for layer, adapter in [*zip(self.layers, tuple(adapters) or repeat(UNCHANGED), strict=False)][start:stop]:
            values = layer(values, hidden, adapter)
        return PaddedSequence(values, inputs.lengths)

    @property
    def output_dim(self) -> int:
        """Size of a vector."""
        return self.config.hidden_size


def _used(config: EncoderConfig, start: int, layers: int | None, frozen: int) -> range:
    """Return the numbers of the layers that are used; raises `UsageError` where there are none such."""
    count = config.num_hidden_layers
    if start >= count:
        raise WrongKeyError(
            "start", f"'start' should be below {count}, the number of layers of the encoder. Found {start}."
        )
    used = range(start, count if layers is None else start + layers)
    if used.stop > count:
        raise WrongKeyError(
            "layers",
            f"'layers' should be at most {count - start}, as the encoder has {count} and 'start' is {start}. "
            f"Found {layers}.",
        )
    if frozen > len(used):
        raise WrongKeyError(
            "frozen_layers", f"'frozen_layers' should be at most {len(used)}, the layers used. Found {frozen}."
        )
    return used
