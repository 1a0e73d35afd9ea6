"""A learned mixture of what several representations make of the same tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pydantic
import torch
from torch import nn

from mtl.base.errors import UsageError, WrongKeyError, near_miss
from mtl.base.registry import register
from mtl.model.module import PaddedSequence, Representation

Weight = Annotated[float, pydantic.Field(ge=0, le=1)]


@register("representation", "cross_stitch")
class CrossStitch(Representation):
    """A task's row of a cross-stitch unit: weights for all tasks' representations, its own first (Misra et al., 2016).

    `parts` are the representations of all tasks, tied task by task; `own` is the task's. Each is applied to this task's
    tokens, as tasks may read different ones. The weights begin near identity, with `own_weight` for the task's own and
    equal parts of what lacks to 1 for the others; nothing keeps them there. A part has one weight `per: unit` of its
    vectors, as in the source one for each channel, or one for whole vectors (`per: task`).
    """

    def __init__(
        self,
        *,
        parts: dict[str, Representation],
        own: str,
        own_weight: Weight = 0.9,
        per: Literal["unit", "task"] = "unit",
    ) -> None:
        super().__init__()
        if own not in parts:
            raise WrongKeyError("own", f"'own' should be one of the parts. Found '{own}'.{near_miss(own, parts)}")
        sizes = [part.output_dim for part in parts.values()]
        if len(set(sizes)) > 1:
            found = " and ".join(map(str, sizes))
            raise UsageError(f"parts of a cross-stitch should make vectors of one size. Found {found}.")
        self._output_dim = sizes[0]
        rest = (1 - own_weight) / max(1, len(parts) - 1)
        first = torch.tensor([own_weight if name == own else rest for name in parts])
        self.weights = nn.Parameter(first[:, None].repeat(1, sizes[0] if per == "unit" else 1))

    @classmethod
    def causal(cls, values: Mapping[str, Any]) -> bool:
        """Say that it adds nothing to what its parts see."""
        return True

    def forward(self, *parts: PaddedSequence) -> PaddedSequence:
        """Return [B, T, D]: the weighted sum of the parts' sequences, each [B, T, D]."""
        values = torch.stack([part.values for part in parts])  # [N, B, T, D]
        return PaddedSequence((values * self.weights[:, None, None, :]).sum(0), parts[0].lengths)

    @property
    def output_dim(self) -> int:
        """Size of a part's vectors."""
        return self._output_dim
