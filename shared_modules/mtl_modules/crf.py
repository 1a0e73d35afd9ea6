"""A distribution over whole label sequences."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mtl.labels import Labels
from mtl.module import Output, Sequence
from mtl.registry import register

from .linear_chain import Chain, best_path, log_partition, marginals, path_score


@register("output", "crf")
class CRF(Output):
    """Linear-chain conditional random field (Lafferty et al., 2001; Lample et al., 2016, section 2.2).

    A label sequence's score is the sum of its tokens' scores, of a learned transition between neighbours, and of
    learned scores for its first and last label.
    """

    def __init__(self, labels: Labels) -> None:
        super().__init__()
        self.labels = labels
        count = len(labels)
        self.transitions = nn.Parameter(torch.empty(count, count).uniform_(-0.1, 0.1))
        self.start = nn.Parameter(torch.empty(count).uniform_(-0.1, 0.1))
        self.end = nn.Parameter(torch.empty(count).uniform_(-0.1, 0.1))

    def _chain(self, scores: Tensor | Sequence) -> Chain:
        if not isinstance(scores, Sequence):
            raise TypeError("a CRF scores sequences of tokens. Found scores of whole rows.")
        return Chain(scores.values, scores.lengths, self.transitions, self.start, self.end)

    def forward(self, scores: Tensor | Sequence) -> Sequence:
        """Return the marginal probabilities [B, T, C]."""
        chain = self._chain(scores)
        return Sequence(marginals(chain), chain.lengths)

    def loss(self, scores: Tensor | Sequence, targets: Tensor) -> Tensor:
        """Return [B]: the negative log-likelihood of each row's labels, over the number of labelled tokens.

        Unlabelled tokens are summed out: the likelihood is that of all sequences which agree where there are labels.
        """
        chain = self._chain(scores)
        inside = torch.arange(targets.shape[1], device=targets.device)[None, :] < chain.lengths[:, None]
        known = inside & (targets >= 0) & (targets < len(self.labels))
        count = known.sum(1)
        complete = (count == chain.lengths) | (count == 0)
        gold = path_score(chain, torch.where(known, targets, 0))
        if not bool(complete.all()):
            others = torch.arange(len(self.labels), device=targets.device) != targets[:, :, None]
            agreeing = chain._replace(scores=chain.scores.masked_fill(known[:, :, None] & others, float("-inf")))
            gold = torch.where(complete, gold, log_partition(agreeing))
        losses = (log_partition(chain) - gold) / count.clamp(min=1)
        return torch.where(count > 0, losses, 0.0)

    def answer(self, scores: Tensor | Sequence) -> dict[str, Tensor]:
        """Return the labels of the best sequence and the marginal probability of each."""
        chain = self._chain(scores)
        best = best_path(chain)
        score = marginals(chain).gather(2, best[:, :, None]).squeeze(2)
        return {"best": best, "score": score}
