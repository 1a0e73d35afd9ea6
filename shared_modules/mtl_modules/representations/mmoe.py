"""A mixture of experts with a gate of its own for each task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from torch import nn

from mtl.base.errors import WrongKeyError
from mtl.base.registry import name_of, register
from mtl.model.module import PaddedSequence, Representation


@register("representation", "mmoe")
class MMoE(Representation):
    """Experts that tasks share, mixed by a gate that each task has of its own (Ma et al., 2018, section 4.2).

    `experts` is a `concat` of representations of one size: tied as a whole, it is the pool that the tasks share; this
    module itself is the gate, a linear layer and a softmax over the experts. It sees what the experts see. By default
    that is the mean over the text's tokens, so that a text has one mixture, as an example has in the source. With
    `per: token` every token has one, by its own vector: for tasks whose answers differ from token to token.
    """

    takes_input: ClassVar[bool] = True

    def __init__(
        self, input_dims: tuple[int, ...], *, experts: Representation, per: Literal["text", "token"] = "text"
    ) -> None:
        super().__init__()
        sizes: tuple[int, ...] = getattr(experts, "sizes", ())
        if len(set(sizes)) != 1:
            found = f"vectors of {' and '.join(map(str, sizes))}" if sizes else f"a '{name_of(type(experts))}'"
            raise WrongKeyError(
                "experts", f"'experts' should be a 'concat' of representations of one size. Found {found}."
            )
        self.count, self.size = len(sizes), sizes[0]
        self.per = per
        self.gate = nn.Linear(input_dims[-1], len(sizes), bias=False)

    @classmethod
    def causal(cls, values: Mapping[str, Any]) -> bool:
        """Say whether each token has a mixture of its own."""
        return bool(values["per"] == "token")

    def forward(self, *given: PaddedSequence) -> PaddedSequence:
        """Return [B, T, D] for N experts' vectors side by side, [B, T, N x D], and what they were made of."""
        experts, inputs = given
        seen = inputs.values
        if self.per == "text":
            seen = seen.masked_fill(~inputs.mask()[:, :, None], 0.0).sum(1, keepdim=True)
            seen = seen / inputs.lengths[:, None, None].to(seen.dtype)
        weights = self.gate(seen).softmax(-1)
        rows, tokens = experts.values.shape[:2]
        values = experts.values.view(rows, tokens, self.count, self.size)
        return PaddedSequence((values * weights[:, :, :, None]).sum(2), experts.lengths)

    @property
    def output_dim(self) -> int:
        """Size of an expert's vectors."""
        return self.size
