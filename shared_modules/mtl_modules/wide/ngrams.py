"""A weight for each n-gram and each label."""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from mtl.base.errors import WrongKeyError
from mtl.base.registry import register
from mtl.model.module import Wide
from mtl.text.features import Feature
from mtl.text.ngram_features import MAX_NGRAM, Ngrams

from ..layers.limits import Count, Positive, Rate

Sizes = Annotated[list[Annotated[int, Field(ge=1, le=MAX_NGRAM)]], Field(min_length=2, max_length=2)]
Values = Literal["tfidf", "count", "binary"]


TINY = 1e-12  # a text without n-grams has a norm of 0


@register("wide", "ngrams")
class NgramScores(Wide):
    """A linear classifier of n-grams: a weight for each n-gram of a text and each label, which begin at 0, and a bias.

    N-grams of words have the shortest and the longest number of tokens that `words` names, n-grams of characters those
    of `characters`, inside single tokens with a space before and after them; null leaves either out. Known are the
    n-grams that `min_count` training texts have, `max_size` at most. An n-gram that a text has k times counts 1 +
    log(k), times its inverse document frequency in training (`tfidf`), k (`count`) or 1 (`binary`); with `norm` the
    squares of a text's n-grams of words add up to 1, and so do those of its n-grams of characters. All of it is
    multiplied by `scale`: the larger it is, the faster weights learn. `dropout` is the rate of n-grams left out in
    training.

    In a step only weights of n-grams that its texts have are updated, with their state in the optimizer; of all others
    nothing changes: no momentum, no decay. Its optimizer is SGD with momentum where `train.components` gives it no
    other: Adam makes weights of rare n-grams too large. Source: the wide part of Cheng et al. (2016), section 3.1.
    """

    optimizer = "sgd", {"lr": 0.03, "momentum": 0.9}

    def __init__(
        self,
        features: tuple[Feature, ...],
        output_dim: int,
        *,
        words: Sizes | None = [1, 2],  # noqa: B006  # a recipe's default, never changed
        characters: Sizes | None = [2, 4],  # noqa: B006  # likewise
        min_count: Count = 1,
        max_size: Count | None = None,
        values: Values = "tfidf",
        norm: bool = True,
        scale: Positive = 10.0,
        dropout: Rate = 0.0,
    ) -> None:
        super().__init__()
        if words is None and characters is None:
            raise WrongKeyError("words", "'words' or 'characters' should be sizes of n-grams. Found null at both.")
        for key, sizes in (("words", words), ("characters", characters)):
            if sizes is not None and sizes[0] > sizes[1]:
                raise WrongKeyError(
                    key, f"'{key}' should be the shortest and the longest size of n-grams. Found {sizes}."
                )
        (ngrams,) = features
        self.kind_of_values, self.norm, self.scale, self.dropout = values, norm, scale, dropout
        self.of_words = len(ngrams.ngrams[0]) if isinstance(ngrams, Ngrams) else 0  # their ids come first
        self.table = nn.Parameter(torch.zeros(ngrams.size or 1, output_dim))
        self.bias = nn.Parameter(torch.zeros(output_dim))
        if values == "tfidf" and isinstance(ngrams, Ngrams):
            rarities = torch.from_numpy(ngrams.inverse_document_frequencies()).to(self.table.device)
            self.register_buffer("rarities", rarities, persistent=False)  # what was fitted says it

    @classmethod
    def features(
        cls,
        words: list[int] | None = [1, 2],  # noqa: B006  # as that of the constructor
        characters: list[int] | None = [2, 4],  # noqa: B006  # likewise
        min_count: int = 1,
        max_size: int | None = None,
    ) -> tuple[Feature, ...]:
        """The ids of a text's n-grams."""
        return (Ngrams(words=words, characters=characters, min_count=min_count, max_size=max_size),)

    def forward(self, lengths: Tensor, *features: Tensor) -> Tensor:
        """Return scores [B, output_dim] for ids [B, G], equal ones next to each other and 0 last."""
        (ids,) = features
        values = self.worth(ids)
        if self.training and self.dropout:
            values = nn.functional.dropout(values, self.dropout)
        summed = nn.functional.embedding_bag(
            ids, self.table, mode="sum", per_sample_weights=values.to(self.table.dtype), sparse=True
        )
        return summed + self.bias

    def worth(self, ids: Tensor) -> Tensor:
        """Return what each n-gram of a text counts [B, G]: at the first of its places, 0 at all others."""
        known = ids > 0
        first = known & nn.functional.pad(ids[:, 1:] != ids[:, :-1], (1, 0), value=True)
        number = torch.where(known, first.to(torch.int64).cumsum(1), 0)  # of distinct n-grams, from 1
        ones = known.to(torch.float32)
        counts = torch.zeros_like(ones, dtype=torch.float32)
        counts = nn.functional.pad(counts, (1, 0)).scatter_add(1, number, ones).gather(1, number)
        if self.kind_of_values == "binary":
            counts = torch.ones_like(counts)
        elif self.kind_of_values == "tfidf":
            counts = (1 + counts.clamp(min=1).log()) * self.get_buffer("rarities")[ids]
        values = torch.where(first, counts, 0.0)
        if self.norm:
            of_words = ids <= self.of_words
            size_of_words = torch.where(of_words, values, 0.0).norm(dim=1, keepdim=True)
            size_of_others = torch.where(of_words, 0.0, values).norm(dim=1, keepdim=True)
            values = values / torch.where(of_words, size_of_words, size_of_others).clamp(min=TINY)
        return values * self.scale

    def set_prior(self, scores: Tensor) -> None:
        """Set the bias."""
        self.bias.data.copy_(scores)

    def exportable(self) -> nn.Module:
        """Return what sums rows of the table that were taken one by one: ONNX has no sum of bags."""
        return ExportedNgramScores(self)

    @property
    def output_dim(self) -> int:
        """Number of labels."""
        return self.table.shape[1]


class ExportedNgramScores(nn.Module):
    """The scores of `NgramScores`, by a product of what n-grams count with their rows of the table."""

    def __init__(self, module: NgramScores) -> None:
        super().__init__()
        self.table, self.bias, self.module = module.table, module.bias, module

    def forward(self, lengths: Tensor, ids: Tensor) -> Tensor:
        """Return scores [B, output_dim] for ids [B, G]."""
        return torch.bmm(self.module.worth(ids)[:, None, :], self.table[ids])[:, 0] + self.bias

    def added(self, scores: Tensor, own: Tensor) -> Tensor:
        """Return a decoder's scores [B, output_dim] with those that `forward` has returned."""
        return self.module.added(scores, own)
