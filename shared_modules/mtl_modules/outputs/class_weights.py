"""Weights that multiply the losses of labels."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor

from mtl.base.errors import WrongKeyError, near_miss
from mtl.data.labels import Labels

ClassWeights = dict[str, float] | Literal["balanced"] | None


def class_weights_of(labels: Labels, given: ClassWeights) -> Tensor | None:
    """Return a weight per label, [C]: 1 where none is given; None where there are no weights at all.

    `balanced`: N / (C x count of the label), so that all labels add as much to the loss. Raises `UsageError` for
    unknown labels and weights below 0.
    """
    if given is None:
        return None
    if isinstance(given, str):
        total = sum(labels.counts)
        return torch.tensor([total / (len(labels) * max(count, 1)) for count in labels.counts])
    for name, weight in given.items():
        if name not in labels.names:
            raise WrongKeyError(
                "class_weights",
                f"'class_weights' should name labels of the task. Found '{name}'.{near_miss(name, labels.names)}",
            )
        if not 0 <= weight < math.inf:
            raise WrongKeyError(
                "class_weights", f"'class_weights' of '{name}' should be a finite number of at least 0. Found {weight}."
            )
    return torch.tensor([given.get(name, 1.0) for name in labels.names])
