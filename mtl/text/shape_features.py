"""How a word is written, and how it begins and ends: what classical taggers know of words that training never had.

Dimensions: B rows of a batch, T tokens of its longest row, C affixes of a token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..base.errors import UsageError
from ..base.registry import register
from .counts import AffixCounts
from .features import MAX_CHARACTERS, Feature, Ragged
from .featurizer import Tokens
from .shapes import SHAPES
from .vocabulary import FIRST, PADDING, UNKNOWN, Vocabulary

if TYPE_CHECKING:
    import onnx_ir as ir
    from onnx_ir.tape import Tape

    from .token_values import TokenValues


@register("feature", "word_shapes")
class WordShapes(Feature):
    """The shape of each token as it is in the text, whatever normalizes it for look-up.

    Capitals and the pattern of digits, after the word features of Bikel et al. (1997, Nymble), section 3.2: without a
    letter or digit; no capital; one, the first letter; nothing but capitals; other capitals; digits and letters; two or
    four digits alone; digits and a dash, slash, comma, period or colon (the first of these that is there); others. A
    capital is a letter that has a lower case (Unicode's simple mapping), a digit any decimal one.
    """

    size = len(SHAPES)

    def compute(self, tokens: Tokens) -> Ragged:
        """Return [N] ids."""
        return Ragged(tokens.shapes(), (tokens.row_offsets,))

    def onnx(self, tape: Tape, tokens: TokenValues) -> ir.Value:
        """Return [B, T] ids."""
        from .shape_graph import word_shapes  # it imports what only exporting needs

        return word_shapes(tape, tokens)


@register("feature", "affix_ids")
class AffixIds(Feature):
    """The ids of each token's prefixes of 1 to `prefixes` characters, then of its suffixes, as it is looked up.

    Those that training tokens have at least `min_count` times have ids of their own; 0 where a token is too short.
    """

    dims = ("T", "C")
    needs_fit = True

    def __init__(self, *, prefixes: int = 3, suffixes: int = 3, min_count: int = 2) -> None:
        if not (0 <= prefixes <= MAX_CHARACTERS and 0 <= suffixes <= MAX_CHARACTERS and prefixes + suffixes):
            found = f"{prefixes} prefixes and {suffixes} suffixes"
            raise UsageError(
                f"prefixes and suffixes should be numbers from 0 to {MAX_CHARACTERS}, not both 0. Found {found}."
            )
        self.most = (prefixes, suffixes)
        self.min_count = min_count
        self._counts: AffixCounts | None = None  # while texts are counted
        self._vocabularies: tuple[Vocabulary, Vocabulary] | None = None

    @property
    def vocabularies(self) -> tuple[Vocabulary, Vocabulary]:
        """Those of prefixes and of suffixes; raises `UsageError` before `fit` or `load_state`."""
        if self._vocabularies is None:
            raise UsageError(f"{self!r} should be fitted before its vocabularies are used.")
        return self._vocabularies

    @property
    def size(self) -> int | None:  # type: ignore[override]  # a number that fitting gives
        """Number of ids, padding and unknown among them; None before fitting."""
        return None if self._vocabularies is None else FIRST + sum(len(v.entries) for v in self._vocabularies)

    def count(self, tokens: Tokens) -> None:
        self._counts = self._counts or AffixCounts()
        self._counts.add(tokens, self.most)

    def fit(self) -> None:
        counts = (self._counts.prefixes(), self._counts.suffixes()) if self._counts else ((), ())
        prefixes, suffixes = (Vocabulary.build(found, min_count=self.min_count) for found in counts)
        self._vocabularies = (prefixes, suffixes)
        self._counts = None

    def compute(self, tokens: Tokens) -> Ragged:
        """Return an id per length of an affix for every token, and their bounds in tokens and rows."""
        ids, offsets = tokens.affix_ids(*self.vocabularies, self.most)
        return Ragged(ids, (tokens.row_offsets, offsets))

    def onnx(self, tape: Tape, tokens: TokenValues) -> ir.Value:
        """Return [B, T, C] ids."""
        from .shape_graph import affixes  # it imports what only exporting needs
        from .token_values import INT64, integers, label_encoder, typed

        first, sides = FIRST, []
        for vocabulary, most, suffix in zip(self.vocabularies, self.most, (False, True), strict=True):
            ids = dict(zip(vocabulary.entries, range(first, first + len(vocabulary.entries)), strict=True))
            first += len(ids)
            if most:
                found = affixes(tape, tokens.flat, most, suffixes=suffix)
                sides.append(label_encoder(tape, found, {"": PADDING, **ids}, UNKNOWN))
        both = sides[0] if len(sides) == 1 else tape.op("Concat", sides, {"axis": 1})
        shape = tape.op("Concat", [tokens.shape, integers(tape, [sum(self.most)])], {"axis": 0})
        return typed(tape.op("Reshape", [both, shape]), INT64, 3)

    def state(self) -> dict[str, Any]:
        prefixes, suffixes = self.vocabularies
        return {"prefixes": list(prefixes.entries), "suffixes": list(suffixes.entries)}

    def load_state(self, state: dict[str, Any]) -> None:
        self._vocabularies = (Vocabulary(state["prefixes"]), Vocabulary(state["suffixes"]))
