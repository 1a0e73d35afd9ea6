"""What targets have in common whose values are labels: these are counted, and have ids in the order of their names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import torch
from numpy.typing import NDArray
from torch import Tensor

from ...base.errors import UsageError, WrongValueError, some
from ..labels import Labels
from .base import Target


class OtherLabelsError(WrongValueError):
    """Data has labels that a head from a run was not trained with."""

    def advised(self, grows: bool) -> str:
        """Return the message with what to change, where labels can be added to the head's output layer or cannot."""
        if not grows:
            return f"{self} Without 'from' in the decoder and the output layer, the head is trained anew."
        return (
            f"{self} With 'extend: true' in the decoder and the output layer, beside 'from', they are added to its "
            "labels; without 'from' there, the head is trained anew."
        )


class LabelTarget(Target):
    """A target whose values are ids of labels that training has."""

    element = "label"
    example_names: ClassVar[tuple[str, ...]] = ("B-a", "I-a", "O")  # of a placeholder: some layers know tags

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    @property
    def size(self) -> int:
        """Number of labels."""
        return len(self.names())

    @property
    def tally(self) -> Mapping[str, int]:
        """How many units (or tokens) have each label."""
        return {} if self.labels is None else dict(zip(self.labels.names, self.labels.counts, strict=True))

    def labels_of(self, gold: Any) -> Iterable[str]:
        """Return the labels of a unit's answer."""
        raise NotImplementedError

    def count(self, gold: Any) -> None:
        for label in self.labels_of(gold):
            self._counts[label] = self._counts.get(label, 0) + 1

    def fit(self, alike: Sequence[Target]) -> None:
        """Make labels in the order of their names; one output layer weighs by the counts of all its tasks."""
        if not self._counts:
            raise WrongValueError("should have a label in at least one row", None)
        names = tuple(sorted(self._counts))
        others = [other._counts for other in alike if isinstance(other, LabelTarget)]
        self.labels = Labels(names, tuple(sum(counts.get(name, 0) for counts in others) for name in names))

    def unlearned(self, gold: Sequence[Any]) -> list[Any] | None:
        """Return the most frequent label of each unit, or of each of its parts; None where answers are no labels."""
        counts = Counter(label for unit in gold if unit is not None for label in self.labels_of(unit))
        if self.element != "label" or not counts:
            return None
        most = counts.most_common(1)[0][0]
        return [[most] * len(unit or ()) if self.axes else most for unit in gold]

    def tensors(self, values: NDArray[Any]) -> tuple[Tensor, Tensor]:
        """Return ids [B, …] int64; ids at or above C are of labels that training never had."""
        ids = torch.from_numpy(values)
        known = (ids >= 0) & (ids < self.size)
        return ids, known.any(dim=1) if known.dim() > 1 else known

    def state(self) -> dict[str, Any]:
        if self.labels is None:
            raise UsageError("a target should be fitted before its state is asked for.")
        earlier = {"earlier": dict(self.earlier)} if self.earlier else {}
        return {"names": list(self.labels.names), "counts": list(self.labels.counts), **earlier}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self.labels = Labels(tuple(state["names"]), tuple(state["counts"]))
        self.earlier = dict(state.get("earlier", {}))

    def adopt(self, state: Mapping[str, Any], more: Sequence[str] = ()) -> None:
        """Take over labels with their ids, and `more` after them; raises `ValueError` where the data has others.

        A label that the run has renamed may have the name that it had.
        """
        known, earlier = [*state["names"], *more], state.get("earlier", {})
        counts: dict[str, int] = {}
        for name, count in self.tally.items():
            label = earlier.get(name, name)
            counts[label] = counts.get(label, 0) + count
        others = [name for name in counts if name not in known]
        if others:
            raise OtherLabelsError(
                f"should have labels of the run alone that the head comes from: {some(known)}", f"{some(others)}"
            )
        self.load_state({**state, "names": known, "counts": [counts.get(name, 0) for name in known]})

    def placeholder(self, also: Iterable[str] = ()) -> None:
        names = tuple(dict.fromkeys([*self.example_names, *also]))
        self.labels = Labels(names, (1,) * len(names))
