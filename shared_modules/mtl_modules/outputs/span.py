"""Two distributions over the tokens of a text: where the answer to a question begins, and where it ends."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from mtl.base.errors import WrongKeyError
from mtl.base.registry import register
from mtl.data.targets import Target
from mtl.model.module import PaddedSequence
from mtl.model.output import Losses, Output

from ..layers.limits import Count

NEVER = -1e9


@register("output", "span")
class SpanOutput(Output):
    """Softmax over the first tokens of answers and over the last ones (Devlin et al., 2019, sections 4.2 and 4.3).

    The answer is the span with the highest product of both, at most `max_length` tokens long. Where a question may have
    no answer, both distributions have one place more for that, whose score is the mean of the tokens' third scores;
    `margin` is added to its logarithms: above 0 for fewer answers, below 0 for more.
    """

    elements = ("span",)
    axes = (("A",),)

    def __init__(self, target: Target, *, max_length: Count = 30, margin: float = 0.0) -> None:
        super().__init__()
        self.no_answer = bool(getattr(target, "no_answer", False))
        if margin and not self.no_answer:
            raise WrongKeyError(
                "margin",
                "'margin' should come with a task that has 'no_answer: true'. Found a task without it: leave 'margin' "
                "out.",
            )
        self.max_length = max_length
        self.margin = margin

    @property
    def output_dim(self) -> int:
        """Two probabilities a token."""
        return 2

    def forward(self, *scores: Any) -> PaddedSequence:
        """Return [B, T, 2]: the probabilities that the answer begins and that it ends with a token."""
        return PaddedSequence(self._log(scores[0])[:, : scores[0].values.shape[1]].exp(), scores[0].lengths)

    def _log(self, scores: PaddedSequence) -> Tensor:
        """Return log probabilities [B, T, 2]; the last place of [B, T + 1, 2] is that of no answer."""
        inside = scores.mask()[:, :, None]
        places = torch.where(inside, scores.values[:, :, :2], NEVER)
        if self.no_answer:
            sums = torch.where(inside, scores.values[:, :, 2:], 0.0).sum(1)
            none = sums / scores.lengths[:, None].to(sums.dtype)
            places = torch.cat([places, none[:, :, None].expand(-1, -1, 2)], 1)
        return places.log_softmax(1)

    def loss(self, *scores_and_targets: Any) -> Losses:
        """Return [B]: the negative log likelihood of first and last token, -1 for no answer, of spans that are read."""
        scores, targets = scores_and_targets
        log = self._log(scores)
        last = log.shape[1] - 1
        counted = (targets >= (-1 if self.no_answer else 0)).all(1)
        places = torch.where(targets < 0, last, targets).clamp(max=last)
        found = log.gather(1, places[:, None, :])[:, 0]
        return Losses(-found.sum(1), counted)

    def _together(self, scores: PaddedSequence) -> tuple[Tensor, Tensor | None]:
        """Return log probabilities of spans [B, T, T], first token and last, and those of no answer [B]."""
        log = self._log(scores)
        count = scores.values.shape[1]
        starts, ends = log[:, :count, 0], log[:, :count, 1]
        places = torch.arange(count, device=log.device)
        length = places[None, :] - places[:, None]
        fits = (length >= 0) & (length < self.max_length)
        together = torch.where(fits[None], starts[:, :, None] + ends[:, None, :], 2 * NEVER)
        return together, log[:, count].sum(1) + self.margin if self.no_answer else None

    def answer(self, *scores: Any) -> dict[str, Tensor]:
        """Return the first and last token of the best span, [B] int64 each, -1 for no answer, and its probability."""
        together, nothing = self._together(scores[0])
        count = together.shape[2]
        flat = together.flatten(1)
        best, place = flat.amax(1), flat.argmax(1)
        start = torch.div(place, count, rounding_mode="floor")
        end = place - start * count
        if nothing is not None:
            none = nothing > best
            start, end = torch.where(none, -1, start), torch.where(none, -1, end)
            best = torch.where(none, nothing - self.margin, best)
        return {"start": start, "end": end, "score": best.exp()}

    def gap(self, scores: tuple[Any, ...], answer: str, row: int, wanted: Any, given: Any) -> float:
        """Return by how much the logarithms of the best spans with one first (or last) token and another differ."""
        together, nothing = self._together(scores[0])
        best = together[row].amax(1 if answer == "start" else 0)

        def of(place: int) -> float:
            if place >= 0:
                return float(best[place]) if place < len(best) else -math.inf
            return -math.inf if nothing is None else float(nothing[row])

        return abs(of(int(wanted)) - of(int(given)))
