"""The numbers that tokens are, scaled as those of training."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..base.registry import register
from .cells import NUMBER, number
from .features import Feature, Ragged
from .featurizer import Tokens

if TYPE_CHECKING:
    import onnx_ir as ir
    from onnx_ir.tape import Tape

    from .token_values import TokenValues

FURTHEST = 1000.0  # deviations from the mean: what is further away counts as this far
_LARGEST = 1e140  # of what mean and deviation are found from: sums of squares stay finite


@register("feature", "scaled_number")
class ScaledNumber(Feature):
    """The number that each token is, in deviations from the mean of training's numbers; 0 for other tokens.

    Where training has one number alone, its deviation counts as 1. Beyond 1e140 numbers count as this in mean and
    deviation.
    """

    dtype = np.float32
    needs_fit = True

    def __init__(self) -> None:
        self.mean, self.deviation = 0.0, 1.0
        self._count, self._mean, self._squares = 0, 0.0, 0.0  # while texts are counted
        self._least, self._most = math.inf, -math.inf

    def count(self, tokens: Tokens) -> None:
        found = _numbers(tokens)
        found = np.clip(found[~np.isnan(found)], -_LARGEST, _LARGEST)
        if len(found):  # merged as by Chan et al. (1979), which is exact for numbers far from 0, too
            mean, total = float(found.mean()), self._count + len(found)
            difference = mean - self._mean
            self._squares += float(np.square(found - mean).sum())
            self._squares += difference**2 * self._count * len(found) / total
            self._mean += difference * len(found) / total
            self._count = total
            self._least, self._most = min(self._least, float(found.min())), max(self._most, float(found.max()))

    def fit(self) -> None:
        deviation = math.sqrt(self._squares / self._count) if self._count else 0.0
        self.mean, self.deviation = self._mean, deviation or 1.0
        if self._least == self._most:  # sums of equal numbers are rounded, which would be a deviation
            self.mean, self.deviation = self._least, 1.0
        self._count, self._mean, self._squares = 0, 0.0, 0.0
        self._least, self._most = math.inf, -math.inf

    def compute(self, tokens: Tokens) -> Ragged:
        """Return [N] float32."""
        with np.errstate(over="ignore"):  # what is infinitely far counts as FURTHEST
            scaled = np.clip((_numbers(tokens) - self.mean) / self.deviation, -FURTHEST, FURTHEST)
        return Ragged(np.nan_to_num(scaled, nan=0.0).astype(self.dtype), (tokens.row_offsets,))

    def onnx(self, tape: Tape, tokens: TokenValues) -> ir.Value:
        """Return [B, T] float32."""
        import onnx_ir as ir

        from .token_values import FLOAT, typed  # it imports what only exporting needs

        def constant(value: float) -> ir.Value:
            return tape.op("Constant", [], {"value": ir.tensor(np.array(value, np.float64))})

        there = _is_number(tape, tokens)
        text = tape.op("Where", [there, tokens.surface, tape.op("Constant", [], {"value_string": "0"})])
        numbers = tape.op("Cast", [text], {"to": ir.DataType.DOUBLE.value})
        scaled = tape.op("Div", [tape.op("Sub", [numbers, constant(self.mean)]), constant(self.deviation)])
        near = tape.op("Clip", [scaled, constant(-FURTHEST), constant(FURTHEST)])
        known = tape.op("Where", [there, near, constant(0.0)])
        return typed(tape.op("Cast", [known], {"to": FLOAT.value}), FLOAT, 2)

    def state(self) -> dict[str, Any]:
        return {"mean": self.mean, "deviation": self.deviation}

    def load_state(self, state: dict[str, Any]) -> None:
        self.mean, self.deviation = float(state["mean"]), float(state["deviation"])


@register("feature", "is_number")
class IsNumber(Feature):
    """1 for a token that is a number, 0 for any other."""

    size = 2

    def compute(self, tokens: Tokens) -> Ragged:
        """Return [N] flags."""
        return Ragged((~np.isnan(_numbers(tokens))).astype(self.dtype), (tokens.row_offsets,))

    def onnx(self, tape: Tape, tokens: TokenValues) -> ir.Value:
        """Return [B, T] flags."""
        from .token_values import INT64, typed  # it imports what only exporting needs

        return typed(tape.op("Cast", [_is_number(tape, tokens)], {"to": INT64.value}), INT64, 2)


def _numbers(tokens: Tokens) -> NDArray[np.float64]:
    """Return [N]: the number that each token is, NaN for what is none."""
    found = (number(token) for row in tokens.strings() for token in row)
    return np.array([math.nan if value is None else value for value in found], np.float64)


def _is_number(tape: Tape, tokens: TokenValues) -> ir.Value:
    return tape.op("RegexFullMatch", [tokens.surface], {"pattern": NUMBER})
