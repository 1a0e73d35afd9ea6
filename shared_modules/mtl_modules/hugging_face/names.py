"""What weights are called in a file of Hugging Face's, by the names that modules here have for them."""

from __future__ import annotations

from collections.abc import Mapping

EMBEDDINGS = {
    "words": "embeddings.word_embeddings",
    "positions": "embeddings.position_embeddings",
    "segments": "embeddings.token_type_embeddings",
    "norm": "embeddings.LayerNorm",
}
_BERT = {
    "queries": "attention.self.query",
    "keys": "attention.self.key",
    "values": "attention.self.value",
    "out": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "ffn.0": "intermediate.dense",
    "ffn.2": "output.dense",
    "ffn_norm": "output.LayerNorm",
}
_DISTILBERT = {
    "queries": "attention.q_lin",
    "keys": "attention.k_lin",
    "values": "attention.v_lin",
    "out": "attention.out_lin",
    "attention_norm": "sa_layer_norm",
    "ffn.0": "ffn.lin1",
    "ffn.2": "ffn.lin2",
    "ffn_norm": "output_layer_norm",
}
ENCODERS = ("bert.", "camembert.", "distilbert.", "roberta.")  # what names begin with where an encoder has a head
OF_NO_USE = ("pooler.", "embeddings.position_ids")  # a head's, and numbers from 0
_OLD = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}  # of files made from TensorFlow's


def of_embeddings(name: str) -> str:
    """Return what a parameter of embeddings is called.

    >>> of_embeddings("norm.weight")
    'embeddings.LayerNorm.weight'
    """
    module, _, kind = name.rpartition(".")
    return f"{EMBEDDINGS[module]}.{kind}"


def of_layer(architecture: str, layer: int, name: str) -> str:
    """Return what a parameter of a layer is called.

    >>> of_layer("bert", 3, "ffn.0.weight"), of_layer("distilbert", 0, "out.bias")
    ('encoder.layer.3.intermediate.dense.weight', 'transformer.layer.0.attention.out_lin.bias')
    """
    module, _, kind = name.rpartition(".")
    own = _DISTILBERT if architecture == "distilbert" else _BERT
    return f"{layer_of(architecture, layer)}{own[module]}.{kind}"


def layer_of(architecture: str, layer: int) -> str:
    """Return what the names of a layer's parameters begin with."""
    return f"{'transformer' if architecture == 'distilbert' else 'encoder'}.layer.{layer}."


def in_file(names: list[str]) -> Mapping[str, str]:
    """Return the names that an encoder's tensors have in a file by what they are called; heads are left out.

    Where the encoder of a file is inside a model with a head, its names begin with the architecture.

    >>> dict(in_file(["bert.embeddings.LayerNorm.gamma", "cls.predictions.bias"]))
    {'embeddings.LayerNorm.weight': 'bert.embeddings.LayerNorm.gamma'}
    """
    prefix = next((encoder for encoder in ENCODERS if any(name.startswith(encoder) for name in names)), "")
    found = {}
    for name in names:
        own = name.removeprefix(prefix)
        if name.startswith(prefix) and not own.startswith(OF_NO_USE):
            for old, new in _OLD.items():
                own = own.replace(old, new)
            found[own] = name
    return found
