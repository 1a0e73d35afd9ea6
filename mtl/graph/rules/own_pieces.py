"""Tokenizers that have a vocabulary of pieces: nothing is asked of it that it does not do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...base.errors import Fault
from ...recipe.config import InputConfig
from ...recipe.modules import ModuleConfig
from ...text.own_pieces import OwnPieces
from ...text.pieces import PieceIds, reads_own_pieces
from ..sharing_graph import READING, declared_features

if TYPE_CHECKING:
    from ...text.front_end import FrontEnd
    from ..sharing_graph import SharingGraph

_COUNTING = {"min_count": 1, "max_size": None}
_NORMALIZING = ("lowercase", "strip_accents", "nfkc")


def vocabularies_of_pieces_are_not_counted(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: keys that say which pieces are counted are for pieces that are."""
    found: dict[Fault, None] = {}  # a tied module is at several addresses
    for config, inputs in _readers(graph):
        if any(isinstance(given.front_end.made, OwnPieces) for given in inputs):
            for feature in declared_features(config):
                for key, value in _COUNTING.items() if isinstance(feature, PieceIds) else ():
                    if getattr(feature, key) != value and key in config.values:
                        fault = config.place_of(key).fault(
                            "should be left out, as the pieces are those of the tokenizer's own vocabulary. "
                            f"Found {getattr(feature, key)}."
                        )
                        found[fault] = None
    yield from found


def words_are_normalized_where_they_are_looked_up(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: an input of pieces alone says nothing of how words are normalized, as they are not looked up."""
    looking_up: set[FrontEnd] = set()
    for config, inputs in _readers(graph):
        read = (given.front_end for given in inputs)
        features = declared_features(config)
        looking_up |= {front_end.whole for front_end in read if not reads_own_pieces(front_end, features)}
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


def vectors_of_pieces_are_all_in_use(graph: SharingGraph) -> Iterator[Fault]:
    """Warning: an embedding has vectors of more pieces than its texts are cut into."""
    found: dict[Fault, None] = {}  # a tied module is at several addresses
    for config, inputs in _readers(graph):
        size = config.cls.own_pieces(config.values) if config.kind == "embedding" else None
        for made in (given.front_end.made for given in inputs):
            if size is not None and isinstance(made, OwnPieces) and made.vocabulary.size < size:
                fault = config.place.fault(
                    f"has vectors of {size:,} pieces, and its tokenizer knows {made.vocabulary.size:,}. If it is not "
                    "that of the encoder, its texts are read as other pieces: name the encoder's folder as 'path' of "
                    "both."
                )
                found[fault] = None
    yield from found


def _readers(graph: SharingGraph) -> Iterator[tuple[ModuleConfig, Sequence[InputConfig]]]:
    """Yield the modules that read features of an input, with their inputs."""
    for address, config in graph.addresses().items():
        if config.kind in READING and not config.parts:
            yield config, graph.inputs_at(address)
