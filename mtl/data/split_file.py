"""The memory-mapped file of a split: its columns as arrays, and the facts that are kept beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..text.features import Ragged
from .columns import TargetColumns, TextColumns, offsets_of, values
from .encoding import METADATA
from .text_encoding import input_name

if TYPE_CHECKING:
    from ..graph.calls import InputKey
    from .batch import FeaturePlace
    from .fitted import Fitted
    from .plan import SourcePlan
    from .targets import Target


class SplitFile:
    """What `mtl.data.encoding` wrote of one split; `facts` are counts and notes, as JSON-able values."""

    def __init__(self, path: Path) -> None:
        self._batch = pa.ipc.open_file(pa.memory_map(str(path))).get_batch(0)
        self.facts: dict[str, Any] = json.loads(self._batch.schema.metadata[METADATA])

    def column(self, name: str) -> pa.Array:
        """Return a column, whose values are strings or lists."""
        return self._batch.column(name).values

    def numbers(self, name: str, dtype: Any) -> NDArray[Any]:
        """Return a column of numbers."""
        return values(self.column(name), dtype)

    def target(self, task: str, target: Target) -> TargetColumns:
        """Return the values of a task's target."""
        found = self.numbers(f"target:{task}", target.dtype)
        if target.axes:
            return TargetColumns(found, self.numbers(f"bounds:{task}", np.int64))
        return TargetColumns(found if target.width == 1 else found.reshape(-1, target.width), None)

    def input(
        self, key: InputKey, plan: SourcePlan, fitted: Fitted, bounds: NDArray[np.int64] | None = None
    ) -> TextColumns:
        """Return the tokens of an input's texts, as the features of all components that read it.

        With `bounds`, those of texts that begin and end there instead.
        """
        column = self.column(input_name(key))
        bounds = offsets_of(column) if bounds is None else bounds
        features: list[tuple[FeaturePlace, Ragged]] = []
        for component in plan.inputs[key]:
            for index, feature in enumerate(fitted.features[component]):
                found = column.values.field(f"{component}/{index}")
                offsets: tuple[NDArray[np.int64], ...] = (bounds,)
                if feature.nested():
                    offsets += (offsets_of(found),)
                    found = found.values
                ragged = feature.of_rows(Ragged(values(found, feature.dtype), offsets))
                features.append(((component, index, key), ragged))
        return TextColumns(bounds, tuple(features))
