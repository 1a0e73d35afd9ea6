"""Tokenizers that have a vocabulary of pieces: nothing is asked of it that it does not do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...base.errors import Fault
from ...text.own_pieces import OwnPieces
from ...text.pieces import PieceIds, reads_pieces

if TYPE_CHECKING:
    from ...text.front_end import FrontEnd
    from ..sharing_graph import SharingGraph

_COUNTING = {"min_count": 1, "max_size": None}
_NORMALIZING = ("lowercase", "strip_accents", "nfkc")


def vocabularies_of_pieces_are_not_counted(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: keys that say which pieces are counted are for pieces that are."""
    for name in graph.readers():
        made = next((key.front_end.made for key in graph.inputs_of(name)), None)
        if not isinstance(made, OwnPieces):
            continue
        config = graph.components[name].config
        for feature in graph.features_of(name):
            for key, value in _COUNTING.items() if isinstance(feature, PieceIds) else ():
                found = getattr(feature, key)
                if found != value and key in config.values:
                    yield config.place_of(key).fault(
                        f"should be left out, as the pieces are those of the tokenizer's own vocabulary. Found {found}."
                    )


def words_are_normalized_where_they_are_looked_up(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: an input of pieces alone says nothing of how words are normalized, as they are not looked up."""
    looking_up: set[FrontEnd] = set()
    for name in graph.readers():
        if not all(map(reads_pieces, graph.features_of(name))):
            looking_up |= {key.front_end.whole for key in graph.inputs_of(name)}
    for task in graph.recipe.tasks.values():
        for given in task.inputs.values():
            front_end = given.front_end
            if isinstance(front_end.made, OwnPieces) and front_end.whole not in looking_up:
                for key in (key for key in _NORMALIZING if getattr(front_end, key)):
                    written = str(getattr(front_end, key)).lower()
                    yield given.place.fault(
                        f"should say nothing of how words are looked up, as pieces alone are, which the tokenizer "
                        f"'{front_end.tokenizer}' normalizes itself. Found '{key}: {written}'. Leave it out."
                    )
