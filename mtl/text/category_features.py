"""What embeddings read of lists of categories: the categories' ids and their weights."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from ..base.registry import register
from .category_entries import HEAVIEST, UNSIGNED, Entry, entry
from .features import Feature, Ragged, VocabularyFeature
from .featurizer import Tokens
from .vocabulary import Vocabulary
from .white_space import SPACES

if TYPE_CHECKING:
    import onnx_ir as ir
    from onnx_ir.tape import Tape

    from .token_values import TokenValues


@register("feature", "category_ids")
class CategoryIds(VocabularyFeature):
    """The id of each category of a list, under a vocabulary of those seen `min_count` times, `max_size` at most."""

    def __init__(self, *, min_count: int = 1, max_size: int | None = None) -> None:
        super().__init__()
        self.min_count = min_count
        self.max_size = max_size
        self._counts: Counter[str] = Counter()  # while texts are counted

    def count(self, tokens: Tokens) -> None:
        self._counts.update(found.category for found in _entries(tokens))

    def fit(self) -> None:
        self._vocabulary = Vocabulary.build(self._counts.items(), min_count=self.min_count, max_size=self.max_size)
        self._counts = Counter()

    def compute(self, tokens: Tokens) -> Ragged:
        """Return [N] ids."""
        ids = [self.vocabulary.id(found.category) for found in _entries(tokens)]
        return Ragged(np.array(ids, self.dtype), (tokens.row_offsets,))

    def onnx(self, tape: Tape, tokens: TokenValues) -> ir.Value:
        """Return [B, T] ids."""
        from .token_values import integers  # it imports what only exporting needs

        weighted = tape.op("Reshape", [_weighted(tape, tokens), integers(tape, [-1])])
        before = tape.op("Where", [weighted, _match(tape, tokens.flat, r"(?s)\A.*:"), tokens.flat])
        categories = _match(tape, before, rf"(?s)\A.*[^:{_SPACE}]")
        return tokens.grid(tape, tokens.look_up(tape, categories, self.vocabulary))


@register("feature", "category_weights")
class CategoryWeights(Feature):
    """The weight of each category of a list; 0 for padding."""

    dtype = np.float32

    def compute(self, tokens: Tokens) -> Ragged:
        """Return [N] float32."""
        weights = [found.weight if token else 0.0 for found, token in zip(_entries(tokens), _flat(tokens), strict=True)]
        return Ragged(np.array(weights, self.dtype), (tokens.row_offsets,))

    def onnx(self, tape: Tape, tokens: TokenValues) -> ir.Value:
        """Return [B, T] float32."""
        import onnx_ir as ir

        from .token_values import FLOAT, integers, label_encoder, strings, typed  # it imports what only exporting needs

        def constant(value: float) -> ir.Value:
            return tape.op("Constant", [], {"value": ir.tensor(np.array(value, np.float64))})

        tails = _match(tape, tape.op("Reshape", [tokens.surface, integers(tape, [-1])]), rf"{UNSIGNED}\z")
        written = tape.op("Where", [_weighted(tape, tokens), tokens.grid(tape, tails), strings(tape, ["1"])])
        numbers = tape.op("Cast", [written], {"to": ir.DataType.DOUBLE.value})
        weights = tape.op("Cast", [tape.op("Min", [numbers, constant(HEAVIEST)])], {"to": FLOAT.value})
        there = tape.op("Cast", [label_encoder(tape, tokens.surface, {"": 0}, 1)], {"to": FLOAT.value})
        return typed(tape.op("Mul", [weights, there]), FLOAT, 2)


def _entries(tokens: Tokens) -> list[Entry]:
    looked_up = (token for row in tokens.normalized() for token in row)
    return [entry(token, found) for token, found in zip(_flat(tokens), looked_up, strict=True)]


def _flat(tokens: Tokens) -> list[str]:
    return [token for row in tokens.strings() for token in row]


_SPACE = "".join(rf"\x{{{ord(space):X}}}" for space in SPACES)  # as RE2 writes them between brackets


def _weighted(tape: Tape, tokens: TokenValues) -> ir.Value:
    """Return bool [B, T]: whether a token has a weight."""
    pattern = rf"(?s).*[^:{_SPACE}][:{_SPACE}]*:[{_SPACE}]*{UNSIGNED}"
    return tape.op("RegexFullMatch", [tokens.surface], {"pattern": pattern})


def _match(tape: Tape, texts: ir.Value, expression: str) -> ir.Value:
    """Return the part of each text, string [N], that an expression matches, `""` where it does not.

    The expression matches `x:1`, and once at most, as one that names an end of the text does.
    """
    from .token_values import STRING, integers, strings, tokenizer, typed  # it imports what only exporting needs

    longer = tape.op("Concat", [texts, strings(tape, ["x:1"])], {"axis": 0})  # so that one matches
    found = tape.op("Reshape", [tokenizer(tape, longer, tokenexp=expression), integers(tape, [-1])])
    return typed(tape.op("Slice", [found, integers(tape, [0]), tape.op("Shape", [texts])]), STRING, 1)
