"""What a metric is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ...base.errors import WrongValueError

UnitLabels = str | Sequence[str | None]


class Metric:
    """Compares the predictions of a split with its gold labels.

    Registered with `register("metric", name)`; keyword-only constructor arguments are recipe keys. `elements` and
    `axes` say which targets it is made for (see `mtl.data.targets`; `axes` None: any). `figures` are the names of the
    numbers it can give, the first of which is taken where the metric has to be one number. A metric without figures
    gives a report: a value for people to read.
    """

    kind: ClassVar[str] = "metric"
    elements: ClassVar[tuple[str, ...]] = ("label",)
    axes: ClassVar[tuple[tuple[str, ...], ...] | None] = ((), ("T",), ("U",))
    figures: tuple[str, ...] = ()  # of the class, or of an instance whose keys decide
    higher_is_better: ClassVar[bool] = True
    bounded: ClassVar[bool] = True  # False: figures may be as high as they like, as of what is wanted low by default
    needs_scope: ClassVar[bool] = False  # measures what is out of scope, for which the task has a label
    of_rejections: ClassVar[tuple[str, ...]] = ()  # those of the figures that need answers that are out of scope
    needs_spans: bool = False  # of tags, which should mark spans; of the class, or of an instance whose keys decide

    def __init_subclass__(cls) -> None:
        """A loss has no bound, unless the class says that it has one."""
        super().__init_subclass__()
        if "higher_is_better" in vars(cls) and "bounded" not in vars(cls):
            cls.bounded = cls.higher_is_better

    def fitted(self, state: Mapping[str, Any]) -> Metric:
        """Return the metric as it measures a target of which training has shown `state` (see `Target.found`).

        Raises `WrongKeyError` where a key does not fit it.
        """
        return self

    def gain(self, value: float, reference: float) -> float:
        """Return how much better than a `reference` a figure without bound is: 0 where it is as good, 1 where perfect.

        The reference is the figure of a model that has learned nothing (see `Target.unlearned`). Raises
        `ZeroDivisionError` where that one is perfect.
        """
        return 1 - value / reference

    def compute(self, gold: Sequence[UnitLabels | None], predicted: Sequence[UnitLabels]) -> dict[str, Any]:
        """Return figures (float) or reports (JSON-able) by name.

        `gold` and `predicted` hold a label per row, or a list of labels, one per token; of a ranking task the grade and
        the score of each judged pair (figures of queries: see `RankingMetric`). Rows and tokens whose gold is None are
        unlabelled and left out.
        """
        raise NotImplementedError


def labelled(
    gold: Sequence[UnitLabels | None], predicted: Sequence[UnitLabels]
) -> list[tuple[str | list[str], str | list[str]]]:
    """Return what is labelled of the rows as (gold, predicted): unlabelled rows and tokens are left out.

    Raises `ValueError` where the two do not fit together.
    """
    if len(gold) != len(predicted):
        raise WrongValueError(f"there should be as many predictions as gold rows, {len(gold)}", str(len(predicted)))
    found: list[tuple[str | list[str], str | list[str]]] = []
    for g, p in zip(gold, predicted, strict=True):
        if g is None:
            continue
        if isinstance(g, str) and isinstance(p, str):
            found.append((g, p))
            continue
        if isinstance(g, str) or isinstance(p, str):
            raise WrongValueError(
                "gold and prediction should both belong to rows, or both to tokens", f"{g!r} and {p!r}"
            )
        if len(g) != len(p):
            raise WrongValueError(f"a row of {len(g)} gold labels should have as many predictions", str(len(p)))
        known = [(label, str(guess)) for label, guess in zip(g, p, strict=True) if label is not None]
        found.append(([label for label, _ in known], [guess for _, guess in known]))
    return found


def pairs(gold: Sequence[UnitLabels | None], predicted: Sequence[UnitLabels]) -> list[tuple[str, str]]:
    """Return (gold, predicted) labels of all labelled rows, or of all their tokens one after the other."""
    found: list[tuple[str, str]] = []
    for g, p in labelled(gold, predicted):
        if isinstance(g, str) and isinstance(p, str):
            found.append((g, p))
        else:
            found.extend(zip(g, p, strict=True))
    return found
