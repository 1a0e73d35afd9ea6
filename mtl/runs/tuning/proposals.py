"""How values are proposed and trials are stopped early: by Optuna, imported where something is searched."""

from __future__ import annotations

import hashlib
import json
import warnings
from typing import TYPE_CHECKING, Any

from ...base.errors import UsageError
from ...recipe.tuning import Choices, Dimension, Range

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler


def load_optuna() -> Any:
    """Import Optuna, which is silent then but for errors; raises `UsageError` where it is not installed."""
    try:
        import optuna
        import optuna.storages.journal
    except ImportError as error:
        raise UsageError(
            "`mtl tune` should have the package 'optuna'. Found no such package. "
            "Install it: pip install 'mtl-nlp[tune]'."
        ) from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def distribution(dimension: Dimension) -> BaseDistribution:
    """Return what Optuna draws a dimension's values from."""
    distributions = load_optuna().distributions
    if not isinstance(dimension, Range):
        found: BaseDistribution = distributions.CategoricalDistribution(_labels(dimension))
    elif dimension.whole:
        found = distributions.IntDistribution(
            int(dimension.low), int(dimension.high), log=dimension.log, step=int(dimension.step or 1)
        )
    else:
        found = distributions.FloatDistribution(dimension.low, dimension.high, log=dimension.log, step=dimension.step)
    return found


def value_of(dimension: Dimension, param: Any) -> Any:
    """Return the value that a recipe gets for what Optuna has drawn."""
    return param if isinstance(dimension, Range) else dimension[_labels(dimension).index(param)]


def _labels(choices: Choices) -> list[Any]:
    """Return choices as Optuna takes them: as they are, or as JSON where one is a list or a mapping."""
    if not any(isinstance(choice, (list, dict)) for choice in choices):
        return list(choices)
    return [json.dumps(choice, ensure_ascii=False) for choice in choices]


def pruner(name: str) -> BasePruner:
    """Return the pruner that a recipe names."""
    pruners = load_optuna().pruners
    made = {"median": pruners.MedianPruner, "halving": pruners.SuccessiveHalvingPruner, "none": pruners.NopPruner}
    found: BasePruner = made[name]()
    return found


def sampler(name: str, seed: int, number: int) -> BaseSampler:
    """Return the sampler that a recipe names, for the trial of this number alone: its seed follows from both."""
    optuna = load_optuna()
    own = int.from_bytes(hashlib.sha256(f"{seed}/{number}".encode()).digest()[:4], "big")
    if name == "random":
        found: BaseSampler = optuna.samplers.RandomSampler(seed=own)
        return found
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)  # of `multivariate`, in some releases
        found = optuna.samplers.TPESampler(seed=own, multivariate=True, constant_liar=True)
    return found
