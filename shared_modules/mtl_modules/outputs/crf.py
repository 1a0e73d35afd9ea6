"""A distribution over whole label sequences."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from mtl.base.registry import register
from mtl.data.labels import Labels
from mtl.data.targets import Target
from mtl.model.distribution import softened
from mtl.model.module import PaddedSequence
from mtl.model.output import Output
from mtl.model.precision import in_float32

from .linear_chain import Chain, log_partition, marginals, path_score
from .priors import ChainCounts
from .tag_grammar import barriers
from .viterbi import Viterbi

EXACT = 100.0  # single precision knows larger sums of scores less exactly than the nearest sequences are apart


@register("output", "crf")
class CRF(Output):
    """Linear-chain conditional random field (Lafferty et al., 2001; Lample et al., 2016, section 2.2).

    A label sequence's score is the sum of its tokens' scores, of a learned transition between neighbours, and of
    learned scores for its first and last label. With `constrained`, answers (not the loss) leave out sequences that
    tags of the scheme that `target` has (BIO, BIOES, BILOU, IOB1) cannot form. With `prior`, scores begin as those of a
    Markov chain that is counted from the training sequences.
    """

    axes = (("T",), ("U",))
    grows = True
    learns_soft = True
    transitions_barrier: Tensor | None
    start_barrier: Tensor | None
    end_barrier: Tensor | None

    def __init__(
        self, labels: Labels, target: Target | None = None, *, constrained: bool = False, prior: bool = True
    ) -> None:
        super().__init__()
        self.labels = labels
        self.search = Viterbi()
        self.begins_at_prior = prior
        count = len(labels)
        self.transitions = nn.Parameter(torch.empty(count, count).uniform_(-0.1, 0.1))
        self.start = nn.Parameter(torch.empty(count).uniform_(-0.1, 0.1))
        self.end = nn.Parameter(torch.empty(count).uniform_(-0.1, 0.1))
        scheme = None if target is None else target.found.get("rule")
        grammar = barriers(labels.names, scheme) if constrained else (None, None, None)
        for name, barrier in zip(("transitions", "start", "end"), grammar, strict=True):
            # Not saved: it follows from the labels.
            self.register_buffer(f"{name}_barrier", barrier, persistent=False)

    @classmethod
    def constraint(cls, values: Mapping[str, Any]) -> str | None:
        """Return `constrained` where it is set."""
        return "constrained" if values["constrained"] else None

    def forward(self, scores: Tensor | PaddedSequence) -> PaddedSequence:
        """Return the marginal probabilities [B, T, C]."""
        return in_float32(self._marginals, scores)

    def _marginals(self, scores: Tensor | PaddedSequence) -> PaddedSequence:
        chain = self._chain(scores, *self.answering())
        return PaddedSequence(marginals(chain), chain.lengths)

    def prior(self, targets: Iterable[tuple[Any, Tensor]]) -> tuple[Tensor | None, ...]:
        """Set the scores of transitions, of first and of last labels; return the log frequencies of the labels."""
        if not self.begins_at_prior:
            return ()
        labels, first, last, following = ChainCounts.of(targets, len(self.labels)).scores()
        self.start.data.copy_(first)
        self.end.data.copy_(last)
        self.transitions.data.copy_(following)
        return (labels,)

    def loss(self, scores: Tensor | PaddedSequence, targets: Tensor) -> Tensor:
        """Return [B]: the negative log-likelihood of each row's labels, over the number of labelled tokens.

        Unlabelled tokens are summed out: the likelihood is that of all sequences which agree where there are labels.
        """
        chain = self._chain(scores, self.transitions, self.start, self.end)
        known = chain.mask() & (targets >= 0) & (targets < len(self.labels))
        count = known.sum(1)
        whole = (count == chain.lengths) | (count == 0)
        gold = path_score(chain, torch.where(known, targets, 0))
        if not bool(whole.all()):
            others = torch.arange(len(self.labels), device=targets.device) != targets[:, :, None]
            agreeing = chain.scores.masked_fill(known[:, :, None] & others, float("-inf"))
            gold = torch.where(whole, gold, log_partition(chain._replace(scores=agreeing)))
        losses = (log_partition(chain) - gold) / count.clamp(min=1)
        return torch.where(count > 0, losses, 0.0)

    def soft_loss(self, scores: Tensor | PaddedSequence, probabilities: Tensor, temperature: float) -> Tensor:
        """Return [B]: the cross-entropy, per token, of the sequences that a teacher's softened probabilities make.

        Those are taken as independent of each other: the expected score of a sequence is then a sum over tokens and
        neighbours.
        """
        parts = (self.transitions, self.start, self.end)
        chain = self._chain(scores, *(part / temperature for part in parts))
        chain = chain._replace(scores=chain.scores / temperature)
        wanted = softened(probabilities, temperature) * chain.mask()[:, :, None]
        last = wanted.gather(1, (chain.lengths - 1)[:, None, None].expand(-1, 1, wanted.shape[2]))[:, 0]
        following = torch.einsum("bti,ij,btj->b", wanted[:, :-1], chain.transitions, wanted[:, 1:])
        expected = (wanted * chain.scores).sum((1, 2)) + following + wanted[:, 0] @ chain.start + last @ chain.end
        return (log_partition(chain) - expected) / chain.lengths

    def answer(self, scores: Tensor | PaddedSequence) -> dict[str, Tensor]:
        """Return the labels of the best sequence and the marginal probability of each."""
        chain = self._chain(scores, *self.answering())
        best: Tensor = self.search(chain)
        return {"best": best, "score": marginals(chain).gather(2, best[:, :, None]).squeeze(2)}

    @staticmethod
    def _chain(scores: Tensor | PaddedSequence, transitions: Tensor, start: Tensor, end: Tensor) -> Chain:
        if not isinstance(scores, PaddedSequence):
            raise TypeError("a CRF should get the scores of tokens. Found those of whole rows.")
        return Chain(*scores, transitions, start, end)

    def answering(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return the transition, start and end scores of answers, forbidden ones among them."""
        if self.transitions_barrier is None or self.start_barrier is None or self.end_barrier is None:
            return self.transitions, self.start, self.end
        return (
            self.transitions + self.transitions_barrier,
            self.start + self.start_barrier,
            self.end + self.end_barrier,
        )

    def gap(self, scores: tuple[Any, ...], answer: str, row: int, wanted: Any, given: Any) -> float:
        """Return the difference in log-likelihood, relative to the score where that is above `EXACT`."""
        values = scores[0].values[row : row + 1, : len(wanted)].double()
        chain = Chain(values, scores[0].lengths[row : row + 1], *(value.double() for value in self.answering()))
        better, worse = (float(path_score(chain, torch.from_numpy(labels)[None])) for labels in (wanted, given))
        return abs(better - worse) / max(1.0, abs(better) / EXACT)

    def exportable(self) -> nn.Module:
        """Return the same answers from the loops of the exported graph."""
        exported = importlib.import_module("mtl_modules.outputs.exported_crf")  # needs onnxscript: not for training
        stand_in: nn.Module = exported.ExportedCRF(self)
        return stand_in
