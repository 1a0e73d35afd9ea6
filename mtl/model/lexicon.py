"""An embedding over a vocabulary of words: it can say which word each token is, so that words can be predicted."""

from __future__ import annotations

from torch import Tensor, nn

from ..text.features import Feature
from .module import Embedding, PaddedSequence, Pieces


class Lexicon(Embedding):
    """An embedding whose first feature are ids of words (or of pieces), with a vector for each of them in its `table`.

    A module that predicts words has one as a part, by a key annotated `Embedding`: the ids of the text's words flow
    into it before all else.
    """

    words: Feature
    table: nn.Embedding

    def ids(self, lengths: Tensor, *features: Tensor | PaddedSequence) -> PaddedSequence | Pieces:
        """Return [B, T, 1] int64: the id of each token in the vocabulary of `words`, 0 where there is padding.

        Ids of pieces are returned as `Pieces`.
        """
        words, *_ = features
        if not isinstance(words, Tensor):
            raise TypeError(f"a lexicon takes ids. Found {type(words).__name__}.")
        return PaddedSequence(words[:, :, None], lengths)
