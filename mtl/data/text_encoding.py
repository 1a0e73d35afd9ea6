"""Texts as they come, to flat columns: the texts themselves, and for each input its tokens with their features.

Values go to scratch files, which are mapped, not read, when the file is put together: memory does not grow with the
data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..base.errors import UsageError
from ..base.registry import name_of
from ..text.featurizer import Tokens
from .store import Column, Scratch

if TYPE_CHECKING:
    from ..graph.calls import InputKey
    from ..text.features import Feature
    from .fitted import Fitted
    from .plan import SourcePlan

    _Place = tuple[InputKey, str, int]  # input, component, position among its features


def input_name(key: InputKey) -> str:
    """Return the name of an input's column."""
    return f"tokens:{key.column}|{key.front_end}"


class OffsetsWriter:
    """Offsets of rows (or tokens) of growing number."""

    def __init__(self, column: Column) -> None:
        self.column = column
        self.total = 0
        column.write(np.zeros(1, np.int64))

    def extend(self, offsets: NDArray[np.int64]) -> None:
        """Append further offsets; they may begin at any number."""
        self.column.write(np.ascontiguousarray(offsets[1:] + (self.total - offsets[0]), np.int64))
        self.total += int(offsets[-1] - offsets[0])


class TextEncoder:
    """Takes texts by column, some at a time; every column has a number of its own of them."""

    def __init__(self, plan: SourcePlan, fitted: Fitted, scratch: Scratch) -> None:
        self.plan = plan
        self.fitted = fitted
        self.counts = dict.fromkeys(plan.columns, 0)
        self._texts = {column: (OffsetsWriter(scratch.column()), scratch.column()) for column in plan.columns}
        self._bounds = {key: OffsetsWriter(scratch.column()) for key in plan.inputs}
        self._values: dict[_Place, Column] = {}
        self._inner: dict[_Place, OffsetsWriter] = {}
        for key, components in plan.inputs.items():
            for component in components:
                for index, feature in enumerate(fitted.features[component]):
                    self._values[key, component, index] = scratch.column()
                    if feature.nested():
                        self._inner[key, component, index] = OffsetsWriter(scratch.column())

    def add(
        self, texts: Mapping[str, Sequence[str]], tokens: Mapping[InputKey, Tokens]
    ) -> dict[str, NDArray[np.int64]]:
        """Encode some texts; return, by column, the tokens of each text where it is read at its longest."""
        lengths = {column: np.zeros(len(listed), np.int64) for column, listed in texts.items()}
        for key, components in self.plan.inputs.items():
            found = tokens[key.splitting].under(key.front_end)
            self._bounds[key].extend(found.row_offsets)
            lengths[key.column] = np.maximum(lengths[key.column], found.lengths)
            for component in components:
                for index, feature in enumerate(self.fitted.features[component]):
                    self._add_feature((key, component, index), feature, found)
        for name, (bounds, data) in self._texts.items():
            encoded = [text.encode("utf-8") for text in texts[name]]
            bounds.extend(np.cumsum([0, *map(len, encoded)]))
            data.write(b"".join(encoded))
            self.counts[name] += len(encoded)
        return lengths

    def _add_feature(self, place: _Place, feature: Feature, tokens: Tokens) -> None:
        ragged = feature.compute(tokens)
        if len(ragged.offsets) != 1 + feature.nested() or not np.array_equal(ragged.offsets[0], tokens.row_offsets):
            raise UsageError(
                f"the feature '{name_of(type(feature))}' should return its values with the tokens' own offsets"
                f"{' and those of the values in each token' if feature.nested() else ''}. Found other ones."
            )
        count = len(ragged.values) if not feature.nested() else len(ragged.offsets[1]) - 1
        if count != tokens.row_offsets[-1]:
            raise UsageError(
                f"the feature '{name_of(type(feature))}' should return values for {tokens.row_offsets[-1]} tokens. "
                f"Found {count}."
            )
        self._values[place].write(np.ascontiguousarray(ragged.values, feature.dtype))
        if place in self._inner:
            self._inner[place].extend(ragged.offsets[1])

    def arrays(self) -> dict[str, pa.Array]:
        """Return the columns, once what was written is complete."""
        arrays: dict[str, pa.Array] = {}
        for name, (bounds, data) in self._texts.items():
            buffers = bounds.column.buffer(), data.buffer()
            arrays[f"text:{name}"] = pa.LargeStringArray.from_buffers(self.counts[name], *buffers)
        for key, bounds in self._bounds.items():
            fields = {f"{c}/{i}": self._feature_array((k, c, i)) for (k, c, i) in self._values if k == key}
            if not fields:
                fields["none"] = pa.nulls(bounds.total)
            tokens = pa.StructArray.from_arrays(list(fields.values()), list(fields))
            offsets = flat(bounds.column, np.int64, self.counts[key.column] + 1)
            arrays[input_name(key)] = pa.LargeListArray.from_arrays(offsets, tokens)
        return arrays

    def _feature_array(self, place: _Place) -> pa.Array:
        key, component, index = place
        dtype = self.fitted.features[component][index].dtype
        if place not in self._inner:
            return flat(self._values[place], dtype, self._bounds[key].total)
        inner = self._inner[place]
        values = flat(self._values[place], dtype, inner.total)
        return pa.LargeListArray.from_arrays(flat(inner.column, np.int64, self._bounds[key].total + 1), values)


def flat(column: Column, dtype: np.dtype | type[np.generic], count: int) -> pa.Array:
    """Return a closed column's values as an Arrow array over its scratch file."""
    kind = pa.from_numpy_dtype(np.dtype(dtype))
    return pa.Array.from_buffers(kind, count, [None, column.buffer()])
