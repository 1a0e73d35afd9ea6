"""Two texts that an encoder reads in one row: against torch's own layers, and whatever the padding."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from mtl.base.registry import InitialFolder
from mtl.model.module import PaddedSequence
from mtl.text.own_pieces import PieceVocabulary
from mtl.text.pieces import PieceCounts, PieceIds
from mtl_modules import TransformerEmbedding, TransformerLayers
from mtl_modules.hugging_face.folder import completed
from tests.encoder_files import BERT, DISTILBERT, ROBERTA, write
from tests.mtl_modules.hugging_face.test_weights import of_torch

CLS, SEP = 2, 3
FIRST = ([5, 6, 7, 8], [], [10], list(range(20, 39)))
SECOND = ([9, 11], [12, 13, 14], [], list(range(40, 70)))


def built(folder: Path, between: tuple[int, ...], second: int) -> tuple[TransformerEmbedding, TransformerLayers]:
    ids = PieceIds()
    ids.own = PieceVocabulary(800, "", 1, 0, (CLS,), (SEP,), {}, between, second)
    config = completed({"path": str(folder), "config": None}, Path())["config"]
    path = InitialFolder(folder)
    embedding = TransformerEmbedding((ids, PieceCounts()), path=path, config=config).eval()
    return embedding, TransformerLayers(embedding.output_dim, path=path, config=config).eval()


def text(embedding: TransformerEmbedding, rows: Any, width: int) -> PaddedSequence:
    ids = torch.tensor([[own + 1 for own in row] + [0] * (width - len(row)) for row in rows])
    return embedding.pieces(torch.ones(len(rows), dtype=torch.long), ids, (ids > 0).long())


@pytest.mark.parametrize(
    ("config", "between", "second"),
    [(BERT, (SEP,), 1), (DISTILBERT, (SEP,), 1), (ROBERTA, (SEP, SEP), 0)],
    ids=["bert", "distilbert", "roberta"],
)
def test_a_row_of_two_texts_is_read_as_its_files_say(
    config: dict[str, Any], between: tuple[int, ...], second: int, folder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = write(tmp_path / "encoder", folder_of("uncased"), config)
    embedding, layers = built(folder, between, second)
    weights = load_file(folder / "model.safetensors")
    ones, others = text(embedding, FIRST, 20), text(embedding, SECOND, 33)
    found = layers(embedding.longest_first(ones.lengths, ones, others))
    room = embedding.config.positions - 2 - len(between)
    for number, (one, other) in enumerate(zip(FIRST, SECOND, strict=True)):
        if len(one) + len(other) > room:  # the last row: both have more than half
            one, other = one[: room // 2], other[: room - room // 2]
        row = [CLS, *one, *between, *other, SEP]
        types = [0] * (len(row) - len(other) - 1) + [second] * (len(other) + 1)
        wanted = of_torch(config, weights, row, types)
        assert int(found.lengths[number]) == len(row)
        torch.testing.assert_close(found.values[number, : len(row)], wanted, atol=1e-5, rtol=1e-4)


def test_neither_padding_nor_other_rows_change_a_row(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    embedding, layers = built(write(tmp_path / "encoder", folder_of("uncased")), (SEP,), 1)
    whole = [text(embedding, rows, width) for rows, width in ((FIRST, 25), (SECOND, 31))]
    for cut in (embedding.longest_first, embedding.only_second):
        together = layers(cut(whole[0].lengths, *whole))
        for number in range(len(FIRST)):
            one, other = FIRST[number], SECOND[number]
            alone = [text(embedding, [row], max(1, len(row))) for row in (one, other)]
            found = layers(cut(alone[0].lengths, *alone))
            count = int(found.lengths)
            assert count == int(together.lengths[number])
            torch.testing.assert_close(found.values[0, :count], together.values[number, :count], atol=1e-5, rtol=1e-4)
