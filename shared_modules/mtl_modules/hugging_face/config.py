"""What a `config.json` says of an encoder.

Of the architectures that can be read, layers are those of BERT (Devlin et al., 2019). RoBERTa (Liu et al., 2019) counts
positions from the id after that of padding; DistilBERT (Sanh et al., 2019) has no segments, and its own keys.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from torch import nn

from mtl.base.errors import UsageError, listing

ROBERTA = ("camembert", "roberta", "xlm-roberta")
ARCHITECTURES = ("bert", "distilbert", *ROBERTA)
_OF_DISTILBERT = {
    "hidden_size": "dim",
    "num_hidden_layers": "n_layers",
    "num_attention_heads": "n_heads",
    "intermediate_size": "hidden_dim",
    "hidden_act": "activation",
    "hidden_dropout_prob": "dropout",
    "attention_probs_dropout_prob": "attention_dropout",
}
_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "gelu": nn.GELU,
    "gelu_new": lambda: nn.GELU("tanh"),
    "gelu_pytorch_tanh": lambda: nn.GELU("tanh"),
    "relu": nn.ReLU,
}


@dataclass(frozen=True)
class EncoderConfig:
    """How large an encoder is, and of which architecture, by BERT's keys of a `config.json`."""

    model_type: str
    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    max_position_embeddings: int
    type_vocab_size: int = 2
    hidden_act: str = "gelu"
    layer_norm_eps: float = 1e-12
    pad_token_id: int = 0
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1

    @classmethod
    def of(cls, tree: Mapping[str, Any]) -> EncoderConfig:
        """Return what a `config.json` says, or what `vars` said of one; raises `UsageError` with all that is wrong."""
        known = {field.name for field in fields(cls)}
        values = {key: value for key, value in tree.items() if key in known and value is not None}
        if tree.get("model_type") == "distilbert":
            values |= {key: tree[own] for key, own in _OF_DISTILBERT.items() if own in tree}
            values["type_vocab_size"] = 0
        if tree.get("model_type") in ROBERTA:
            values.setdefault("pad_token_id", 1)  # where a file does not say it: positions begin after it
        found = [*_faults(tree, values)]
        if found:
            raise UsageError(*found)
        return cls(**values)

    @property
    def offset(self) -> int:
        """The number of the first position."""
        return self.pad_token_id + 1 if self.model_type in ROBERTA else 0

    @property
    def positions(self) -> int:
        """How many positions a text may have."""
        return self.max_position_embeddings - self.offset

    def activation(self) -> nn.Module:
        """Return the activation of the feed-forward networks."""
        return _ACTIVATIONS[self.hidden_act]()


def _faults(tree: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[str]:
    kind = tree.get("model_type")
    if kind not in ARCHITECTURES:
        yield f"'model_type' should be one of {listing(ARCHITECTURES)}. Found {_shown(kind)}."
        return
    own = _OF_DISTILBERT if kind == "distilbert" else {}
    for key, kinds, least, most in _NUMBERS:
        value = values.get(key, getattr(EncoderConfig, key, None))
        if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= most:
            what = "a whole number" if kinds is int else "a number"
            bounds = f"of at least {least}" if math.isinf(most) else f"from {least} to {most}"
            yield f"'{own.get(key, key)}' should be {what} {bounds}. Found {_shown(value)}."
    act = values.get("hidden_act", "gelu")
    if not isinstance(act, str) or act not in _ACTIVATIONS:
        yield f"'{own.get('hidden_act', 'hidden_act')}' should be one of {listing(_ACTIVATIONS)}. Found {_shown(act)}."
    size, heads = values.get("hidden_size"), values.get("num_attention_heads")
    if isinstance(size, int) and isinstance(heads, int) and heads > 0 and size % heads:
        keys = (own.get(key, key) for key in ("hidden_size", "num_attention_heads"))
        yield "'{}' should be a multiple of '{}' ({}). Found {}.".format(*keys, heads, size)
    position = tree.get("position_embedding_type", "absolute")
    if position not in ("absolute", None):
        yield f"'position_embedding_type' should be 'absolute'. Found {_shown(position)}."
    if tree.get("is_decoder"):
        yield "'is_decoder' should be false, as every token sees the whole text. Found true."


_NUMBERS: tuple[tuple[str, Any, int, float], ...] = (
    *((key, int, 1, math.inf) for key in ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads")),
    *((key, int, 1, math.inf) for key in ("intermediate_size", "max_position_embeddings")),
    *((key, int, 0, math.inf) for key in ("type_vocab_size", "pad_token_id")),
    *((key, (int, float), 0, 1) for key in ("layer_norm_eps", "hidden_dropout_prob", "attention_probs_dropout_prob")),
)


def _shown(value: Any) -> str:
    return "nothing" if value is None else f"'{value}'" if isinstance(value, str) else str(value).lower()
