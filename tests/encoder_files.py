"""Small encoders with random weights, as folders of Hugging Face's: for tests, made without any package of theirs.

Names and shapes are those of the files that `save_pretrained` of transformers writes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

SIZES = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 24}
BERT = {
    "model_type": "bert",
    **SIZES,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "attention_probs_dropout_prob": 0.1,
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": 40,
    "type_vocab_size": 2,
    "pad_token_id": 0,
}
DISTILBERT = {
    "model_type": "distilbert",
    "dim": 16,
    "n_layers": 3,
    "n_heads": 2,
    "hidden_dim": 24,
    "activation": "gelu",
    "dropout": 0.1,
    "attention_dropout": 0.1,
    "max_position_embeddings": 40,
    "pad_token_id": 0,
}
ROBERTA = {**BERT, "model_type": "roberta", "type_vocab_size": 1, "pad_token_id": 1, "layer_norm_eps": 1e-5}
LAYER = {
    "bert": (
        *(f"attention.self.{name}" for name in ("query", "key", "value")),
        *("attention.output.dense", "intermediate.dense", "output.dense"),
        *("attention.output.LayerNorm", "output.LayerNorm"),
    ),
    "distilbert": (
        *(f"attention.{name}_lin" for name in ("q", "k", "v", "out")),
        *("ffn.lin1", "ffn.lin2", "sa_layer_norm", "output_layer_norm"),
    ),
}


def tensors(config: dict[str, Any], size: int, prefix: str = "") -> dict[str, Tensor]:
    """Return random weights of an encoder with `size` pieces, by their names in a file."""
    distilbert = config["model_type"] == "distilbert"
    dim = config["dim" if distilbert else "hidden_size"]
    ffn = config["hidden_dim" if distilbert else "intermediate_size"]
    layers = config["n_layers" if distilbert else "num_hidden_layers"]
    generator = torch.Generator().manual_seed(3)
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (size, dim),
        "embeddings.position_embeddings.weight": (config["max_position_embeddings"], dim),
    }
    if not distilbert:
        shapes["embeddings.token_type_embeddings.weight"] = (config["type_vocab_size"], dim)
    norms = ["embeddings.LayerNorm"]
    for number in range(layers):
        place = f"{'transformer' if distilbert else 'encoder'}.layer.{number}."
        *four, wide, narrow, first, last = LAYER["distilbert" if distilbert else "bert"]
        linear = {**dict.fromkeys(four, (dim, dim)), wide: (ffn, dim), narrow: (dim, ffn)}
        for name, shape in linear.items():
            shapes |= {f"{place}{name}.weight": shape, f"{place}{name}.bias": shape[:1]}
        norms += [place + first, place + last]
    found = {name: torch.randn(shape, generator=generator) * 0.3 for name, shape in shapes.items()}
    for name in norms:
        found[f"{name}.weight"] = 1 + 0.3 * torch.randn(dim, generator=generator)
        found[f"{name}.bias"] = 0.3 * torch.randn(dim, generator=generator)
    return {prefix + name: value for name, value in found.items()}


def write(folder: Path, tokenizer: Path, config: dict[str, Any] = BERT) -> Path:
    """Write an encoder with the tokenizer of another folder into a folder, which is returned."""
    content = (tokenizer / "tokenizer.json").read_bytes()
    size = len(json.loads(content)["model"]["vocab"])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_bytes(content)
    (folder / "config.json").write_text(json.dumps({**config, "vocab_size": size}), "utf-8")
    save_file(tensors(config, size), folder / "model.safetensors")
    return folder
