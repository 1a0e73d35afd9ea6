"""How long units are: in tokens, in pieces, and in what batches are planned by."""

from __future__ import annotations

import numpy as np
import pytest

from mtl.data.columns import TextColumns
from mtl.data.unit_sizes import UnitSizes
from mtl.graph.calls import InputKey
from mtl.text.features import Feature, Ragged
from mtl.text.front_end import FrontEnd
from mtl.text.own_pieces import PieceVocabulary
from mtl.text.pieces import PieceIds
from mtl.text.spelling import SpelledIds

KEY = InputKey("talk", "text", FrontEnd())
OWN = PieceIds()
OWN.own = PieceVocabulary(27, "letters", 0, None, (), (), {})
# three texts: of two tokens, of none (one that pads, of id 0), of one
TOKENS = np.array([0, 2, 3, 4])
PIECES = Ragged(np.array([5, 6, 7, 0, 8, 9], np.int32), (np.array([0, 3, 4, 6]),))
CHARACTERS = Ragged(np.array([2, 3, 1, 4, 1, 0, 2, 2, 2, 1], np.int32), (np.array([0, 5, 6, 10]),))


def sizes(
    read: dict[str, tuple[Feature, Ragged]],
    numbers: dict[str, np.ndarray] | None = None,
    items: dict[str, np.ndarray] | None = None,
) -> UnitSizes:
    texts = TextColumns(TOKENS, tuple(((name, 0, KEY), ragged) for name, (_, ragged) in read.items()))
    features = {name: [feature] for name, (feature, _) in read.items()}
    lengths = {"text": np.diff(TOKENS).astype(np.int32)}
    return UnitSizes({KEY: texts}, features, lengths, numbers or {}, items or {})


def test_pieces_are_those_of_the_tokenizer_whatever_reads_first() -> None:
    of_characters, of_pieces = ("characters", (SpelledIds(), CHARACTERS)), ("pieces", (OWN, PIECES))
    for read in ([of_characters, of_pieces], [of_pieces, of_characters]):
        found = sizes(dict(read))
        assert found.pieces(KEY) is not None
        assert found.pieces(KEY).tolist() == [3, 0, 2]  # type: ignore[union-attr]
        assert found.planned.tolist() == [5, 1, 4]


@pytest.mark.parametrize("feature", [SpelledIds(), PieceIds()])
def test_other_pieces_are_none(feature: Feature) -> None:
    assert sizes({"other": (feature, CHARACTERS)}).pieces(KEY) is None


def test_units_have_the_sizes_of_their_texts() -> None:
    read: dict[str, tuple[Feature, Ragged]] = {"pieces": (OWN, PIECES)}
    of_pairs = sizes(read, numbers={"text": np.array([2, 2, 1])})
    assert (of_pairs.pieces(KEY).tolist(), of_pairs.lengths.tolist()) == ([2, 2, 0], [1, 1, 1])  # type: ignore[union-attr]
    of_lists = sizes(read, items={"text": np.array([0, 2, 3])})
    assert (of_lists.pieces(KEY).tolist(), of_lists.lengths.tolist()) == ([3, 2], [3, 1])  # type: ignore[union-attr]
    assert of_lists.planned.tolist() == [4, 2]
