"""What a metric is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

Row = str | Sequence[str]


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

    def compute(self, gold: Sequence[Row | None], predicted: Sequence[Row]) -> dict[str, Any]:
        """Return figures (float) or reports (JSON-able) by name.

        `gold` and `predicted` hold a label a row, or a list of labels, one a token; of a ranking task the grade and the
        score of each judged pair (figures of queries: see `RankingMetric`). Rows whose gold is None are unlabelled and
        left out.
        """
        raise NotImplementedError


def labelled(gold: Sequence[Row | None], predicted: Sequence[Row]) -> list[tuple[Row, Row]]:
    """Return the labelled rows as (gold, predicted); raises `ValueError` where the two do not fit together."""
    if len(gold) != len(predicted):
        raise ValueError(f"there should be as many predictions as gold rows, {len(gold)}. Found {len(predicted)}.")
    rows = [(g, p) for g, p in zip(gold, predicted, strict=True) if g is not None]
    for g, p in rows:
        if isinstance(g, str) != isinstance(p, str):
            raise ValueError(
                f"gold and prediction should both belong to rows, or both to tokens. Found {g!r} and {p!r}."
            )
        if not isinstance(g, str) and len(g) != len(p):
            raise ValueError(f"a row of {len(g)} gold labels should have as many predictions. Found {len(p)}.")
    return rows


def pairs(gold: Sequence[Row | None], predicted: Sequence[Row]) -> list[tuple[str, str]]:
    """Return (gold, predicted) labels of all labelled rows, or of all their tokens one after the other."""
    found: list[tuple[str, str]] = []
    for g, p in labelled(gold, predicted):
        if isinstance(g, str) and isinstance(p, str):
            found.append((g, p))
        else:
            found.extend(zip(g, p, strict=True))
    return found
