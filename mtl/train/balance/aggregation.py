"""Gradients apart, a row each, made one by an aggregator of torchjd (Quinton and Rey, 2024).

For every component the rows are those of the tasks (or streams) whose gradients meet there in this update. A component
that one of them reaches alone has its plain gradient, an idle one has none.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from ...base.errors import Fault, UsageError
from ...base.registry import name_of, register
from .base import Balance

if TYPE_CHECKING:
    from torch import Tensor

RowKind = Literal["tasks", "streams"]


class Aggregation(Balance):
    """An aggregator of torchjd, one for each component and set of rows that meet there.

    `rows` are gradients of `tasks`, or of `streams`: then the tasks on one source count as one, and an update takes one
    backward pass a stream. Raises `UsageError` where torchjd, or a solver that the aggregator needs, is not installed.
    """

    compares_rows = True
    aggregator: ClassVar[str]  # the class in torchjd.aggregation
    solvers: ClassVar[tuple[str, ...]] = ()

    def __init__(self, tasks: Sequence[str], seed: int, *, rows: RowKind = "tasks") -> None:
        super().__init__(tasks, seed)
        self.rows = rows
        missing = [name for name in ("torchjd", *self.solvers) if importlib.util.find_spec(name) is None]
        if missing:
            raise UsageError(
                Fault(
                    f"'{name_of(type(self))}' should have the package '{missing[0]}'. Found no such "
                    "package. Install it: pip install 'mtl-nlp[balance]'.",
                    path="train.balance",
                )
            )
        self._made: dict[str, Any] = {}

    def arguments(self, count: int) -> dict[str, Any]:
        """Return what the aggregator of `count` rows is made with."""
        return {}

    def combine(self, component: str, names: Sequence[str], rows: Tensor) -> Tensor:
        found: Tensor = self._aggregator(f"{component}: {', '.join(names)}", len(names))(rows)
        return found

    def _aggregator(self, place: str, count: int) -> Any:
        if place not in self._made:
            cls = getattr(importlib.import_module("torchjd.aggregation"), self.aggregator)
            self._made[place] = cls(**self.arguments(count))
        return self._made[place]


@register("balance", "upgrad")
class UPGrad(Aggregation):
    """Each row is projected to where it conflicts with none, then they are averaged (Quinton and Rey, 2024)."""

    aggregator = "UPGrad"
    solvers = ("qpsolvers", "quadprog")


@register("balance", "dualproj")
class DualProj(Aggregation):
    """The mean of the rows, projected to where it conflicts with none (GEM: Lopez-Paz and Ranzato, 2017)."""

    aggregator = "DualProj"
    solvers = ("qpsolvers", "quadprog")


@register("balance", "pcgrad")
class PCGrad(Aggregation):
    """Each row loses what conflicts with the others, in random order (gradient surgery: Yu et al., 2020)."""

    aggregator = "PCGrad"


@register("balance", "cagrad")
class CAGrad(Aggregation):
    """The direction near the mean that helps the worst-off row most (Liu et al., 2021); `c` says how near, 0: there."""

    aggregator = "CAGrad"
    solvers = ("cvxpy", "clarabel")

    def __init__(
        self, tasks: Sequence[str], seed: int, *, rows: RowKind = "tasks", c: Annotated[float, Field(ge=0)] = 0.5
    ) -> None:
        super().__init__(tasks, seed, rows=rows)
        self.c = c

    def arguments(self, count: int) -> dict[str, Any]:
        return {"c": self.c}


@register("balance", "mgda")
class MGDA(Aggregation):
    """The shortest vector between the rows: none of them gets worse (Désidéri, 2012; Sener and Koltun, 2018)."""

    aggregator = "MGDA"


@register("balance", "aligned_mtl")
class AlignedMTL(Aggregation):
    """The rows' principal components, brought to one length (Senushkin et al., 2023)."""

    aggregator = "AlignedMTL"


@register("balance", "config")
class ConFIG(Aggregation):
    """A direction with one angle to all rows (Liu et al., 2024)."""

    aggregator = "ConFIG"


@register("balance", "imtl_g")
class IMTLG(Aggregation):
    """A direction on which the projections of all rows have one length (Liu et al., 2021)."""

    aggregator = "IMTLG"


@register("balance", "graddrop")
class GradDrop(Aggregation):
    """Every number keeps one sign, drawn by how the rows vote (Chen et al., 2020)."""

    aggregator = "GradDrop"


@register("balance", "fairgrad")
class FairGrad(Aggregation):
    """Gains shared out fairly, by `alpha` (Ban and Ji, 2024): 1 is proportional, larger ones near max-min fairness."""

    aggregator = "FairGrad"
    solvers = ("scipy",)

    def __init__(
        self, tasks: Sequence[str], seed: int, *, rows: RowKind = "tasks", alpha: Annotated[float, Field(gt=0)] = 1.0
    ) -> None:
        super().__init__(tasks, seed, rows=rows)
        self.alpha = alpha

    def arguments(self, count: int) -> dict[str, Any]:
        return {"alpha": self.alpha}


@register("balance", "gradvac")
class GradVac(Aggregation):
    """Cosines between rows are raised to their moving averages (Wang et al., 2021), which move at the rate `beta`."""

    aggregator = "GradVac"

    def __init__(
        self,
        tasks: Sequence[str],
        seed: int,
        *,
        rows: RowKind = "tasks",
        beta: Annotated[float, Field(ge=0, le=1)] = 0.5,
    ) -> None:
        super().__init__(tasks, seed, rows=rows)
        self.beta = beta
        self._averages: dict[str, Any] = {}

    def arguments(self, count: int) -> dict[str, Any]:
        return {"beta": self.beta}

    def _aggregator(self, place: str, count: int) -> Any:
        made = super()._aggregator(place, count)
        if place in self._averages:
            weighting = made.gramian_weighting
            average = importlib.import_module("torch").tensor(self._averages.pop(place))
            weighting._phi_t, weighting._state_key = average, (count, average.dtype)
        return made

    def state(self) -> dict[str, Any]:
        """Return the moving averages by component and rows."""
        made = {place: found.gramian_weighting._phi_t for place, found in self._made.items()}
        return {"averages": self._averages | {place: of.tolist() for place, of in made.items() if of is not None}}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self._averages = dict(state["averages"])
        self._made = {}
