"""Labels in an order: ratings, levels, degrees."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mtl.base.progress import Note
from mtl.base.registry import register
from mtl.data.label_order import fault_if_no_label, in_order
from mtl.data.labels import MISSING, Labels
from mtl.model.output import Output

from .priors import label_counts

SHOWN = 12  # labels of a note


@register("output", "ordinal")
class Ordinal(Output):
    """Whether a label is higher than each but the highest, by one score and a threshold each (Cao et al., 2020, CORAL).

    The score is a weighted sum of what flows in; thresholds are kept in order, so that no probability of a label is
    below 0. Learned are all of these yes-or-no answers, each a logistic regression (`coral`), or the label's own
    probability, the proportional odds of McCullagh (1980) (`likelihood`). The answer is the label above whose lower
    neighbour the true one is more probably than not, the median. Labels that are numbers are in their order, others in
    that of their names; `ranks` gives labels other numbers to be ordered by. With `prior`, thresholds begin at the
    frequencies in training.
    """

    axes = ((),)
    answers_median = True
    order: Tensor
    rank: Tensor

    def __init__(
        self,
        labels: Labels,
        *,
        ranks: dict[str, float] = {},  # noqa: B006  # a recipe's default, never changed
        learn: Literal["coral", "likelihood"] = "coral",
        prior: bool = True,
    ) -> None:
        super().__init__()
        self.labels = labels
        self.learn = learn
        self.begins_at_prior = prior
        fault_if_no_label(ranks, labels.names)
        names = in_order(labels.names, ranks)
        ids = [labels.names.index(name) for name in names]
        self.register_buffer("order", torch.tensor(ids), persistent=False)  # it follows from the recipe and the labels
        self.register_buffer("rank", torch.tensor(sorted(range(len(ids)), key=ids.__getitem__)), persistent=False)
        self.score = nn.Linear(len(labels), 1, bias=False)
        self.first = nn.Parameter(torch.zeros(1))
        self.steps = nn.Parameter(torch.zeros(max(len(labels) - 2, 0)))
        shown = names[:SHOWN] + ["…"] * (len(names) > SHOWN)
        self.notes = (Note(f"labels from the lowest to the highest: {', '.join(shown)}"),)

    def _above(self, scores: Tensor) -> Tensor:
        """Return [B, C - 1]: the log odds that the label is higher than each but the highest."""
        falls = torch.cat([self.first.new_zeros(1), F.softplus(self.steps).cumsum(0)])
        score: Tensor = self.score(scores)
        return score + (self.first - falls)[: len(self.labels) - 1]

    def _probabilities(self, above: Tensor) -> Tensor:
        """Return the probabilities of labels [B, C] in the order of their ids."""
        higher = above.sigmoid()
        ends = higher.new_ones(len(higher), 1), higher.new_zeros(len(higher), 1)
        by_rank = torch.cat([ends[0], higher], 1) - torch.cat([higher, ends[1]], 1)
        return by_rank.index_select(1, self.rank)

    def _logarithms(self, above: Tensor) -> Tensor:
        """Return the logarithms of what `_probabilities` returns [B, C], with gradients however small that is.

        With a step s, softplus(s), between neighbouring log odds a and b, sigmoid(a) - sigmoid(b) is
        sigmoid(a) sigmoid(-b) sigmoid(s).
        """
        end, one = above.new_zeros(len(above), 1), self.steps.new_zeros(1)
        within = torch.cat([one, F.logsigmoid(self.steps), one])[: len(self.labels)]
        by_rank = torch.cat([end, F.logsigmoid(above)], 1) + torch.cat([F.logsigmoid(-above), end], 1)
        return (by_rank + within).index_select(1, self.rank)

    def forward(self, *scores: Any) -> Tensor:
        """Return label probabilities [B, C]."""
        return self._probabilities(self._above(scores[0]))

    def prior(self, targets: Iterable[tuple[Any, Tensor]]) -> tuple[Tensor | None, ...]:
        """Set the thresholds by the log odds of higher labels; half a unit more on either side keeps them finite."""
        if self.begins_at_prior and len(self.labels) > 1:
            counts = label_counts(targets, len(self.labels))[self.order]
            higher = counts.sum() - counts.cumsum(0)[:-1] + 0.5
            odds = (higher / (counts.sum() + 1 - higher)).log()
            falls = (odds[:-1] - odds[1:]).clamp(min=1e-3)
            self.first.data.copy_(odds[:1])
            self.steps.data.copy_(falls.expm1().log())
        return ()

    def loss(self, *scores_and_targets: Any) -> Tensor:
        """Return [B]: the sum of the logistic losses, or the negative log likelihood; 0 where there is no label."""
        scores, targets = scores_and_targets
        known = (targets >= 0) & (targets < len(self.labels))
        above = self._above(scores)
        labels = torch.where(known, targets, 0)
        if self.learn == "likelihood":
            logs, wanted = self._logarithms(above), torch.where(known, targets, MISSING)
            losses = F.nll_loss(logs, wanted, ignore_index=MISSING, reduction="none")
        else:
            levels = torch.arange(len(self.labels) - 1, device=targets.device)
            higher = (self.rank[labels][:, None] > levels).to(above.dtype)
            losses = F.binary_cross_entropy_with_logits(above, higher, reduction="none").sum(1)
        return torch.where(known, losses, 0.0)

    def answer(self, *scores: Any) -> dict[str, Tensor]:
        """Return the median label, its probability, and those of all labels."""
        above = self._above(scores[0])
        # Of a single label there is nothing to sum: onnxruntime before 1.27 makes a wrong number of it.
        alone = len(self.labels) == 1
        steps = torch.zeros(len(above), dtype=torch.int64, device=above.device) if alone else (above > 0).sum(1)
        best = self.order[steps]
        probabilities = self._probabilities(above)
        return {"best": best, "score": probabilities.gather(1, best[:, None])[:, 0], "scores": probabilities}

    def gap(self, scores: tuple[Any, ...], answer: str, row: int, wanted: Any, given: Any) -> float:
        """Return the largest of the log odds that two labels differ by the signs of."""
        low, high = sorted((int(self.rank[int(wanted)]), int(self.rank[int(given)])))
        return float(self._above(scores[0])[row, low:high].abs().max())
