"""Encoders as their files say: against torch's own layers, which normalize after what they add, too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from mtl.base.errors import DataError, UsageError
from mtl.base.registry import InitialFolder
from mtl.model.meta import on_meta
from mtl.model.module import PaddedSequence, Pieces
from mtl.text.own_pieces import PieceVocabulary
from mtl.text.pieces import PieceCounts, PieceIds
from mtl_modules import Stack, TransformerEmbedding, TransformerLayers
from mtl_modules.hugging_face.config import EncoderConfig
from mtl_modules.hugging_face.folder import completed
from tests.encoder_files import BERT, DISTILBERT, LAYER, ROBERTA, tensors, write

CLS, SEP = 2, 3
ROWS = ([5, 6, 7, 8, 9], [], [10], [11, 12])
COUNTS = torch.tensor([[2, 3], [1, 0], [1, 0], [1, 1]])
LENGTHS = torch.tensor([2, 1, 1, 2])


def read(size: int = 800) -> tuple[PieceIds, PieceCounts]:
    """The features of texts whose tokenizer puts [CLS] before them and [SEP] after."""
    ids = PieceIds()
    ids.own = PieceVocabulary(size, "", 1, 0, (CLS,), (SEP,), {})
    return ids, PieceCounts()


def built(folder: Path, **keys: Any) -> tuple[TransformerEmbedding, TransformerLayers]:
    config = completed({"path": str(folder), "config": None}, Path())["config"]
    path = InitialFolder(folder)
    embedding = TransformerEmbedding(read(), path=path, config=config).eval()
    return embedding, TransformerLayers(embedding.output_dim, path=path, config=config, **keys).eval()


def embedded(embedding: TransformerEmbedding) -> Pieces:
    ids = torch.tensor([[own + 1 for own in row] + [0] * (5 - len(row)) for row in ROWS])
    return embedding(LENGTHS, ids, COUNTS)


def of_torch(
    config: dict[str, Any], weights: dict[str, Tensor], row: list[int], segments: list[int] | None = None
) -> Tensor:
    """Return what torch's layers make of one row, all of it in segment 0 or in those that are given."""
    read = EncoderConfig.of({**config, "vocab_size": 800})
    embeddings = {name.removeprefix("embeddings."): value for name, value in weights.items()}
    places = torch.arange(len(row)) + read.offset
    values = embeddings["word_embeddings.weight"][row] + embeddings["position_embeddings.weight"][places]
    if "token_type_embeddings.weight" in embeddings:
        values = values + embeddings["token_type_embeddings.weight"][segments or [0]]
    norm = (embeddings["LayerNorm.weight"], embeddings["LayerNorm.bias"])
    values = nn.functional.layer_norm(values, values.shape[-1:], *norm, read.layer_norm_eps)
    distilbert = config["model_type"] == "distilbert"
    q, k, v, out, wide, narrow, first, last = LAYER["distilbert" if distilbert else "bert"]
    for number in range(3):
        place = f"{'transformer' if distilbert else 'encoder'}.layer.{number}."
        own = {name.removeprefix(place): value for name, value in weights.items() if name.startswith(place)}
        layer = nn.TransformerEncoderLayer(16, 2, 24, 0.0, "gelu", read.layer_norm_eps, batch_first=True)
        state = {}
        for kind in ("weight", "bias"):
            state[f"self_attn.in_proj_{kind}"] = torch.cat([own[f"{name}.{kind}"] for name in (q, k, v)])
            for theirs, ours in zip(
                ("self_attn.out_proj", "linear1", "linear2", "norm1", "norm2"),
                (out, wide, narrow, first, last),
                strict=True,
            ):
                state[f"{theirs}.{kind}"] = own[f"{ours}.{kind}"]
        layer.load_state_dict(state)
        values = layer(values[None])[0]
    return values


@pytest.mark.parametrize("config", [BERT, DISTILBERT, ROBERTA], ids=["bert", "distilbert", "roberta"])
def test_an_encoder_is_that_of_its_files(
    config: dict[str, Any], folder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = write(tmp_path / "encoder", folder_of("uncased"), config)
    embedding, layers = built(folder)
    pieces = embedded(embedding)
    found = layers(pieces.sequence)
    assert found.lengths.tolist() == [7, 2, 3, 4]
    weights = load_file(folder / "model.safetensors")
    for number, row in enumerate(ROWS):
        wanted = of_torch(config, weights, [CLS, *row, SEP])
        torch.testing.assert_close(found.values[number, : len(wanted)], wanted, atol=2e-5, rtol=1e-4)
    of_words = pieces._replace(sequence=found).of_tokens().values
    # the first piece of each word; of the one word of an empty text, which has no piece, what comes after the text
    for row, word, place in ((0, 0, 1), (0, 1, 3), (1, 0, 1), (2, 0, 1), (3, 1, 2)):
        assert torch.equal(of_words[row, word], found.values[row, place])


def test_sums_over_words_leave_out_what_is_around_a_text(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    embedding, _ = built(write(tmp_path / "encoder", folder_of("uncased")))
    pieces = embedded(embedding)
    values = pieces.sequence.values
    wanted = torch.stack([values[0, 1:3].sum(0), values[0, 3:6].sum(0)])
    torch.testing.assert_close(pieces.sums(values)[0], wanted)
    assert bool((pieces.sums(values)[1] == 0).all())


def test_layers_in_two_modules_are_those_of_one(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    folder = write(tmp_path / "encoder", folder_of("uncased"))
    embedding, whole = built(folder)
    _, lower = built(folder, layers=2)
    _, upper = built(folder, start=2)
    sequence = embedded(embedding).sequence
    assert torch.equal(upper(lower(sequence)).values, whole(sequence).values)
    assert Stack(parts={"lower": lower, "upper": upper}).output_dim == 16


def test_frozen_layers_keep_their_weights(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    _, layers = built(write(tmp_path / "encoder", folder_of("uncased")), frozen_layers=2)
    assert [all(own.requires_grad for own in layer.parameters()) for layer in layers.layers] == [False, False, True]


def test_an_encoder_inside_a_model_with_a_head_and_old_names(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    folder = write(tmp_path / "encoder", folder_of("uncased"))
    sequence = embedded(built(folder)[0]).sequence.values
    file = folder / "model.safetensors"
    renamed = {
        "bert." + name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): own
        for name, own in load_file(file).items()
    }
    others = {"cls.predictions.bias": torch.zeros(3), "bert.pooler.dense.bias": torch.zeros(16)}
    save_file({**renamed, **others, "bert.embeddings.position_ids": torch.arange(40)}, file)
    assert torch.equal(embedded(built(folder)[0]).sequence.values, sequence)


def test_weights_that_do_not_fit(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    folder = write(tmp_path / "encoder", folder_of("uncased"))
    file = folder / "model.safetensors"
    weights = load_file(file)
    del weights["embeddings.LayerNorm.bias"], weights["encoder.layer.1.output.dense.bias"]
    weights["encoder.layer.2.output.dense.bias"] = torch.zeros(5)
    weights["embeddings.more"] = weights["encoder.layer.3.attention.self.query.bias"] = torch.zeros(5)
    save_file({name: own.clone() for name, own in weights.items()}, file)
    config = completed({"path": str(folder), "config": None}, Path())["config"]
    described = f"'{file}' should hold the weights of what its config.json describes"
    with on_meta(), pytest.raises(DataError) as caught:
        TransformerEmbedding(read(), path=InitialFolder(folder), config=config)
    assert str(caught.value).splitlines() == [
        f"{described}. Found no 'embeddings.LayerNorm.bias'.",
        f"{described} alone. Found also 'embeddings.more'.",
    ]
    with on_meta(), pytest.raises(DataError) as caught:
        TransformerLayers(16, path=InitialFolder(folder), config=config)
    assert str(caught.value).splitlines() == [
        f"{described}. Found no 'encoder.layer.1.output.dense.bias'.",
        f"{described} alone. Found also 'encoder.layer.3.attention.self.query.bias'.",
        f"'{file}': 'encoder.layer.2.output.dense.bias' should be 16, by its config.json. Found 5.",
    ]
    file.write_bytes(b"no tensors")
    with pytest.raises(DataError, match=r"^'.*' should hold tensors in the format safetensors\. Found: .+\.$"):
        TransformerLayers(16, path=InitialFolder(folder), config=config)


def test_keys_that_do_not_fit() -> None:
    config = {**BERT, "vocab_size": 30}

    def layers(size: int = 16, **keys: Any) -> str:
        with pytest.raises(UsageError) as caught:
            TransformerLayers(size, config=config, **keys)
        return str(caught.value)

    assert layers(start=3) == "'start' should be below 3, the number of layers of the encoder. Found 3."
    assert layers(start=1, layers=3) == (
        "'layers' should be at most 2, as the encoder has 3 and 'start' is 1. Found 3."
    )
    assert layers(layers=1, frozen_layers=2) == "'frozen_layers' should be at most 1, the layers used. Found 2."
    assert layers(100) == (
        "should get vectors of size 16, that of its layers: an embedding 'transformer' of the same folder makes them. "
        "Found 100."
    )
    with pytest.raises(UsageError) as caught:
        TransformerEmbedding(read(31), config=config)
    assert str(caught.value) == (
        "should read pieces with ids below 30, as many as the encoder has vectors of. Found a tokenizer with 31: "
        "'path' of the inputs' tokenizer should be the folder of the encoder."
    )
    with pytest.raises(UsageError) as caught:
        TransformerEmbedding((PieceIds(), PieceCounts()), config=config)
    assert str(caught.value) == (
        "should read pieces that have ids of their own. Found a tokenizer without a vocabulary of pieces. Write "
        "'tokenizer: {type: wordpiece, path: DIR}' (or unigram) at its inputs, with the folder of the encoder."
    )


def test_without_a_folder_weights_begin_at_random() -> None:
    config = {**BERT, "vocab_size": 30}
    torch.manual_seed(0)
    layers = TransformerLayers(16, config=config)
    assert 0.01 < float(layers.layers[0].queries.weight.detach().std()) < 0.03
    inputs = PaddedSequence(torch.randn(1, 4, 16), torch.tensor([4]))
    assert not torch.equal(layers(inputs).values, layers(inputs).values)  # dropout, as the config says
    assert tensors(config, 30)["embeddings.word_embeddings.weight"].shape == (30, 16)
