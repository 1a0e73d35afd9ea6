"""What a recipe says of the search for its best values: the keys of `tune:`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from ..base.declared import Key, Positive
from .place import Place

Choices = tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class Range:
    """Numbers from `low` to `high`, both included, as they are written; `whole` where all of them are integers."""

    low: Annotated[float, Key("the lowest value")]
    high: Annotated[float, Key("the highest value")]
    log: Annotated[bool, Key("whether values are drawn from the logarithms")] = False
    step: Annotated[Positive | None, Key("distance between values, counted from `low`; null: all are possible")] = None
    whole: bool = False


Dimension = Range | Choices


@dataclass(frozen=True, kw_only=True)
class TuneConfig:
    """What is searched, and how; `places` says where each key of the space was written."""

    space: Annotated[
        Mapping[str, Dimension],
        Key(
            "{KEY: CHOICES}, keys as --set has them; see below and 'a range'",
            apart=True,
            note="Each key is one of the recipe, its steps joined by dots, as --set has them (`train.optimizer.lr`, "
            "`tasks.slots.model.decoder.dropout`). Its value is a list of choices (categorical) or a range, `{low: "
            "1e-4, high: 1e-1, log: true}`. A range is of whole numbers where its key takes no others, and where low, "
            "high and step are whole.",
        ),
    ]
    sampler: Annotated[
        Literal["tpe", "random"],
        Key(
            "how values are proposed; see below",
            note="`tpe` is the tree-structured Parzen estimator (Bergstra et al., 2011), at random for the first 10 "
            "trials; `random` draws every trial independently.",
        ),
    ] = "tpe"
    pruner: Annotated[
        Literal["median", "halving", "none"],
        Key(
            "which trials are stopped early; see below",
            note="A trial reports its score on the dev split at every evaluation, and trials are compared by the "
            "number of evaluations. `median` stops one whose best score is below the median of those trained to "
            "their end, once there are 5; `halving` is asynchronous successive halving (Li et al., 2018), which lets "
            "the best quarter go on from each rung; `none` lets all train to the end.",
        ),
    ] = "median"
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)
