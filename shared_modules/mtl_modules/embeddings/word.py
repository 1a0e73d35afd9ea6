"""One trainable vector per word."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mtl.base.errors import DataError, WrongKeyError, counted
from mtl.base.progress import Note
from mtl.base.registry import InitialFile, register
from mtl.model.lexicon import Lexicon
from mtl.model.module import PaddedSequence
from mtl.text.features import Feature, WordIds
from mtl.text.listed_words import ListedWordIds
from mtl.text.vocabulary import FIRST, PADDING, UNKNOWN

from ..layers.limits import Count, Positive, Rate
from .pretrained import dimension, read_vectors

Start = Literal["random", "mean", "zero"]


@register("embedding", "word")
class WordEmbedding(Lexicon):
    """A table of word vectors, trained with the model.

    `dim` is their size D. `min_count` and `max_size` limit the vocabulary of training; `vocabulary` names a file of
    words in its place: one a line, or what torchtext has saved (`Vocab`, `Vectors`), written as tokens are after
    normalization, in the file's order (`adaptive_softmax` takes the first for the most frequent). `pretrained` names a
    file whose vectors the table starts from: of GloVe or fastText as text, or of word2vec in its binary form, packed by
    gzip or not, or torchtext's saved `Vectors` or `Vocab`. The vectors of words that no file has, and of the unknown
    word, start as `unknown` says: at `random`, at the `mean` of those of the vocabulary's words that the file has (zero
    where there are none), or at `zero`. The log says how many words the file has. Random numbers are those of a
    standard normal distribution, or lie between minus and plus `initial`, which is for `unknown: random`.
    `word_dropout` is the rate of words replaced by the unknown word in training, which is how the unknown word's vector
    learns.
    """

    file_only = {"unknown": "pretrained"}

    def __init__(
        self,
        features: tuple[Feature, ...],
        *,
        dim: Count = 100,
        min_count: Count = 1,
        max_size: Count | None = None,
        vocabulary: str | None = None,
        pretrained: InitialFile | None = None,
        unknown: Start = "random",
        word_dropout: Rate = 0.0,
        initial: Positive | None = None,
    ) -> None:
        super().__init__()
        if vocabulary is not None and (min_count != 1 or max_size is not None):
            raise WrongKeyError(
                "vocabulary",
                "'vocabulary' should come without 'min_count' and 'max_size', as it says which words there are. "
                f"Found '{'max_size' if min_count == 1 else 'min_count'}'.",
            )
        if initial is not None and unknown != "random":
            raise WrongKeyError(
                "initial",
                f"'initial' should be left out where 'unknown' is {unknown}, as no vector starts at random. "
                f"Found {initial:g}. Leave it out, or write 'unknown: random'.",
            )
        (words,) = features
        self.words = words
        size = self.words.size
        self.word_dropout = word_dropout
        self.table = nn.Embedding(FIRST if size is None else size, dim, padding_idx=PADDING)
        if initial is not None:
            with torch.no_grad():
                self.table.weight[FIRST - 1 :].uniform_(-initial, initial)
        found = np.zeros(0, np.int64) if pretrained is None else self._start_from(Path(pretrained), unknown)
        if unknown != "random" and not self.table.weight.is_meta:
            self._start_others(found, unknown)

    @classmethod
    def features(
        cls, min_count: int = 1, max_size: int | None = None, vocabulary: str | None = None
    ) -> tuple[Feature, ...]:
        """Word ids under a vocabulary of its own."""
        if vocabulary is not None:
            return (ListedWordIds(words=vocabulary),)
        return (WordIds(min_count=min_count, max_size=max_size),)

    def _start_from(self, path: Path, unknown: Start) -> NDArray[np.int64]:
        """Let the words that a file has start at their vectors; return the ids of these words."""
        size = dimension(path)
        if size != self.output_dim:
            raise DataError(
                f"'dim' should be {size}, the size of the vectors in {path}. Found {self.output_dim}. "
                f"Write 'dim: {size}'."
            )
        weight = self.table.weight
        if weight.is_meta or not isinstance(self.words, WordIds):
            return np.zeros(0, np.int64)
        ids = {word: i for i, word in enumerate(self.words.vocabulary.entries, FIRST)}
        rows, vectors = read_vectors(path, ids)
        with torch.no_grad():
            weight[torch.from_numpy(rows)] = torch.from_numpy(vectors).to(weight)
        self.notes = (covered(path, len(rows), len(ids), unknown),)
        return rows

    def _start_others(self, found: NDArray[np.int64], unknown: Start) -> None:
        """Let all words but those `found`, and the unknown one, start at one vector."""
        weight = self.table.weight
        others = torch.ones(len(weight), dtype=torch.bool)
        others[torch.from_numpy(found)] = False
        with torch.no_grad():
            mean = weight[~others].mean(0) if unknown == "mean" and len(found) else torch.zeros(self.output_dim)
            weight[others] = mean
            weight[PADDING] = 0.0

    def forward(self, lengths: Tensor, *features: Tensor | PaddedSequence) -> PaddedSequence:
        """Return [B, T, dim] for word ids [B, T]."""
        (ids,) = features
        if not isinstance(ids, Tensor):
            raise TypeError(f"a word embedding takes ids. Found {type(ids).__name__}.")
        if self.training and self.word_dropout:
            dropped = torch.rand(ids.shape, device=ids.device) < self.word_dropout
            ids = torch.where(dropped & (ids != PADDING), UNKNOWN, ids)
        return PaddedSequence(self.table(ids), lengths)

    @property
    def output_dim(self) -> int:
        """Size of a vector."""
        return self.table.embedding_dim


def covered(path: Path, found: int, words: int, unknown: Start) -> Note:
    """Return the note on a file that has vectors of `found` of a vocabulary's words.

    >>> covered(Path("glove.txt"), 812, 1024, "random").message
    'pretrained: 812 of 1,024 words of the vocabulary have a vector in glove.txt.'
    """
    verb = "has" if found == 1 or words == 1 else "have"
    share = f"pretrained: {found:,} of {counted(words, 'word')} of the vocabulary {verb} a vector in {path}"
    if found:
        return Note(f"{share}.")
    return Note(
        f"{share}: all start at "
        f"{'random' if unknown == 'random' else 'zero'}. "
        "Its words should be written as the input's tokens are (language, lower case).",
        warning=True,
    )
