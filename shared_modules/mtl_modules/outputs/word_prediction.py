"""The word after each word: what output layers of language models have in common.

They get which words a text has, ids [B, T, 1], and what a causal representation makes of it, states [B, T, D]. The
state after `t` words predicts word `t + 1`; before the first word there is one that is learned or, of a running text,
the last one of the segment before. Where the target is predicted backwards, all rows are reversed, and their ends are
the beginnings of texts. Where words are pieces of tokens (characters), T counts pieces, and tokens get the sums of
theirs. Shapes: N predicted words, V words of the vocabulary, K most probable ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from mtl.base.errors import UsageError, WrongKeyError
from mtl.base.registry import name_of
from mtl.data.targets import NextToken
from mtl.model.lexicon import Lexicon
from mtl.model.module import Embedding, PaddedSequence, Pieces
from mtl.model.output import Losses, Output
from mtl.text.vocabulary import FIRST

from ..layers.both_ways import reversed_rows
from ..layers.dropout import Dropout
from ..layers.limits import Count, Rate

if TYPE_CHECKING:
    from mtl.data.carried import Carry

END = 0  # id of what follows a text's last word: that of padding, which is no word


class Predicted(NamedTuple):
    """States [B, T + 1, D], what follows each of them, [B, T + 1] (`END` after the last word), and the words [B]."""

    states: Tensor
    wanted: Tensor
    counts: Tensor


class WordPrediction(Output):
    """An output layer over the words of a vocabulary, that of its part `words`; subclasses say how words are scored."""

    elements = ("next token",)
    axes = (("T",),)
    takes_input: ClassVar[bool] = True
    takes_pieces: ClassVar[bool] = True
    carries: ClassVar[bool] = True

    def __init__(
        self, input_dims: tuple[int, ...], target: NextToken, words: Embedding, dropout: Rate, top: Count
    ) -> None:
        super().__init__()
        self.ends = target.ends
        self.backward = target.backward
        self.size = self.lexicon(words).words.size or 0
        self.top = top
        self.start = nn.Parameter(torch.randn(input_dims[-1]) / 10)
        self.made_up = self.start.is_meta  # the vocabulary, before any data is read
        if self.size <= FIRST and not self.made_up:
            raise UsageError("the vocabulary of 'words' should have words. There are none. Lower its 'min_count'.")
        self.dropout = Dropout(dropout)

    @staticmethod
    def lexicon(words: Embedding) -> Lexicon:
        """Return an embedding as one that has a vector per word; raises `UsageError` for another."""
        if not isinstance(words, Lexicon):
            found = name_of(type(words))
            raise WrongKeyError(
                "words", f"'words' should be an embedding that has a vector per word, as 'word' has. Found '{found}'."
            )
        return words

    @property
    def output_dim(self) -> int:
        """Size of the vocabulary."""
        return self.size

    def likelihoods(self, states: Tensor, wanted: Tensor) -> Tensor:
        """Return [N]: the logarithm of the probability of each of these words [N] after its state [N, D]."""
        raise NotImplementedError

    def distribution(self, states: Tensor) -> Tensor:
        """Return [N, V]: the logarithms of the probabilities of all words after states [N, D]."""
        raise NotImplementedError

    def forward(self, *given: Any) -> PaddedSequence | Pieces:  # type: ignore[override]  # decoders get it of tokens
        """Return the probabilities of all words at each token (or piece), [B, T, V], given those before it."""
        states, _, _ = self._predicted(*given)
        rows, steps, size = states[:, :-1].shape
        found = self.distribution(states[:, :-1].reshape(-1, size)).exp().view(rows, steps, -1)
        lengths = _sequence(given[0]).lengths
        sequence = PaddedSequence(self._turned(found, lengths), lengths)
        return given[0]._replace(sequence=sequence) if isinstance(given[0], Pieces) else sequence

    def continued(self, carry: Carry, *scores: Any) -> tuple[Any, ...]:
        """Return what flows in and, where rows go on, the last states of those before them, [B, D]."""
        ids, states = scores
        values, lengths = _sequence(_alike(ids, states))
        carry.after = (values.gather(1, (lengths - 1)[:, None, None].expand(-1, 1, values.shape[2]))[:, 0],)
        return scores if carry.before is None else (*scores, *carry.before)

    def _predicted(
        self, ids: PaddedSequence | Pieces, states: PaddedSequence | Pieces, before: Tensor | None = None
    ) -> Predicted:
        states = _alike(ids, states)
        if isinstance(ids, Pieces) and not isinstance(states, Pieces):
            raise WrongKeyError(
                "words",
                "'words' should be what the states are made of. Found states of whole tokens, and 'words' that are "
                "pieces of them: leave other embeddings out of the task's, or let 'words' be an embedding of words.",
            )
        words, lengths = _sequence(ids)
        values = self._turned(_sequence(states).values, lengths)
        words = self._turned(words, lengths)[:, :, 0]
        first = self.start if before is None else before[:, None]
        first = first.to(values.dtype).expand(len(values), 1, values.shape[2])
        wanted = torch.cat([words, torch.full_like(words[:, :1], END)], 1)
        return Predicted(self.dropout(torch.cat([first, values], 1)), wanted, (words != END).sum(1))

    def _turned(self, values: Tensor, lengths: Tensor) -> Tensor:
        return reversed_rows(values, lengths) if self.backward else values

    def count(self, targets: Tensor, answered: Tensor, lengths: Tensor, ids: Any = None) -> Tensor:
        """Return the number of predicted words, with the ends of texts where they are predicted."""
        words = (_sequence(ids).values[:, :, 0] != END).sum(1) + int(self.ends)
        return torch.where(targets.any(1), words, 0).sum()

    def loss(self, *given: Any) -> Losses:
        """Return a loss for each predicted word of the batch, the ends of texts among them where they are predicted."""
        *flowing, there = given
        states, wanted, counts = self._predicted(*flowing)
        last = counts + int(self.ends)
        counted = torch.arange(wanted.shape[1], device=wanted.device) < last[:, None]
        counted &= there.any(1)[:, None]
        values = -self.likelihoods(states[counted], wanted[counted])
        return Losses(values, torch.ones_like(values, dtype=torch.bool))

    def answer(self, *given: Any) -> dict[str, Tensor]:
        """Return what a `next_token` target answers with.

        `log_probability` [B, T] of each token, `end` [B] of the text's end, `total` [B]: their sum; `next` [B, K]: the
        most probable words after the text, ids, and `next_probability` [B, K]. Backwards, `end` is the text's beginning
        and `next` is before it.
        """
        states, wanted, counts = self._predicted(*given)
        scores = self.likelihoods(states.flatten(0, 1), wanted.flatten()).view(wanted.shape)
        words = scores[:, :-1].masked_fill(wanted[:, :-1] == END, 0.0)
        end = scores.gather(1, counts[:, None])[:, 0]
        after = states.gather(1, counts[:, None, None].expand(-1, 1, states.shape[2]))[:, 0]
        best = self.distribution(after).topk(min(self.top, self.size - 1))
        total = words.sum(1) + (end if self.ends else 0.0)
        return {
            "log_probability": self._of_tokens(words, given[0]),
            "end": end,
            "total": total,
            "next": best[1],
            "next_probability": best[0].exp(),
        }

    def _of_tokens(self, words: Tensor, ids: PaddedSequence | Pieces) -> Tensor:
        """Return a number per token, [B, T], in the order of the text; of pieces, [B, P], their sums."""
        if self.backward:
            words = reversed_rows(words[:, :, None], _sequence(ids).lengths)[:, :, 0]
        return ids.sums(words[:, :, None])[:, :, 0] if isinstance(ids, Pieces) else words

    def gap(self, scores: tuple[Any, ...], answer: str, row: int, wanted: Any, given: Any) -> float:
        """Return by how much the logarithms of the probabilities of two lists of words [K] differ, where they do."""
        states, _, counts = self._predicted(*scores)
        found = self.distribution(states[row, counts[row]][None])[0].numpy()
        odd = wanted != given
        return float(abs(found[wanted[odd]] - found[given[odd]]).max())


def _alike(ids: PaddedSequence | Pieces, states: PaddedSequence | Pieces) -> PaddedSequence | Pieces:
    """Return states as those of tokens where these are predicted as a whole."""
    return states.of_tokens() if isinstance(states, Pieces) and not isinstance(ids, Pieces) else states


def _sequence(value: PaddedSequence | Pieces) -> PaddedSequence:
    return value.sequence if isinstance(value, Pieces) else value
