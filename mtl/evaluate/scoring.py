"""Scores of a split's pairs of texts: every text is encoded once, then the pairs are scored.

The input with fewer tokens is encoded first and held; the other one goes by in batches, and each batch is forgotten
once all pairs with its texts are scored. So memory holds one input's vectors, a batch, and a chunk of pairs. No score
depends on the cuts, because no module's answer depends on padding or on other rows.

P pairs, T tokens, D dimensions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..base.device import device_of
from ..data.batching import batches
from ..graph.calls import Call, walk
from ..model.module import PaddedSequence
from ..model.programs import Value, taken

if TYPE_CHECKING:
    from ..data.judgements import Pairs
    from ..data.split import Split
    from ..graph.calls import InputKey
    from ..model.multi_task import MultiTaskModel

Encoded = Mapping[int, Value]  # what some texts are where they meet, by the place there
CHUNK_VALUES = 1 << 20  # 4 MB of float32 go into a scorer at once; inside it they become a few times as many


def pair_scores(
    model: MultiTaskModel,
    split: Split,
    task: str,
    pairs: Pairs,
    *,
    batch_tokens: int,
    chunk_values: int = CHUNK_VALUES,
) -> NDArray[np.float32]:
    """Return the score of each pair, [P], in their order; `model` should be in evaluation mode.

    Texts are encoded in batches of up to `batch_tokens` tokens. A chunk of pairs has up to `chunk_values` values:
    those of its vectors, and one for each pair of tokens where texts are sequences of them. Of two texts that are read
    in one row only the pieces are found once; a vector of each of them counts, too.
    """
    first, second = model.sharing_graph.inputs(task).values()
    sides = [
        _Texts.of(split, first, pairs.query, batch_tokens),
        _Texts.of(split, second, pairs.document, batch_tokens),
    ]
    fewer, more = sorted(sides, key=lambda side: side.tokens)
    scores = np.empty(len(pairs.query), np.float32)
    width = _width(model, task)
    with torch.inference_mode():
        held = _hold(fewer.encode(model, split, task))
        for chosen, rows, encoded in more.passing(model, split, task):
            cost = _cost(held, fewer.rows[chosen], encoded, width)
            for part in batches(cost, tokens=chunk_values, seed=0, epoch=0, shuffle=False):
                arguments = {at: values.take(fewer.rows[chosen[part]]) for at, values in held.items()}
                arguments |= {at: taken(value, _index(rows[part], model)) for at, value in encoded.items()}
                scores[chosen[part]] = _score(model, task, arguments)
    return scores


def _score(model: MultiTaskModel, task: str, arguments: Encoded) -> NDArray[np.float32]:
    scores = model.scores_of_pairs(task, [arguments[position] for position in range(len(model.meeting(task)))])
    return model.output(task).answer(*scores)["score"].cpu().numpy()


def _width(model: MultiTaskModel, task: str) -> int:
    """Return the size of the vectors in a row of both texts, 0 where there is no such row."""
    met = model.meeting(task)
    calls = [step for step in walk(model.entering(task), met)[len(met) :] if isinstance(step, Call)]
    kinds = model.sharing_graph.components
    sizes = (model.components[call.component].output_dim for call in calls if kinds[call.component].kind == "embedding")
    return max(sizes, default=0)


def _index(rows: NDArray[np.int64], model: MultiTaskModel) -> Tensor:
    return torch.from_numpy(rows).to(device_of(model))


class _Texts(NamedTuple):
    """The distinct texts of one input in the batches that they are encoded in, and the place of each pair's text.

    `rows` [P] count through all batches, one after the other, from 0.
    """

    key: InputKey
    batches: list[NDArray[np.int64]]
    rows: NDArray[np.int64]
    tokens: int

    @classmethod
    def of(cls, split: Split, key: InputKey, texts: NDArray[np.int64], batch_tokens: int) -> _Texts:
        used, place = np.unique(texts, return_inverse=True)
        lengths = split.token_counts(key)[used]
        cut = batches(lengths, tokens=batch_tokens, seed=0, epoch=0, shuffle=False)
        row = np.empty(len(used), np.int64)
        row[np.concatenate([used[:0], *cut])] = np.arange(len(used))
        return cls(key, [used[part] for part in cut], row[place], int(lengths.sum()))

    def encode(self, model: MultiTaskModel, split: Split, task: str) -> Iterator[Encoded]:
        """Yield what each batch of texts is to the scorer."""
        for texts in self.batches:
            yield model.encoded(split.text_batch(self.key, texts).to(device_of(model)), task, self.key)

    def passing(
        self, model: MultiTaskModel, split: Split, task: str
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], Encoded]]:
        """Yield, for each batch, the pairs with its texts, the row in the batch of each, and what the rows are."""
        order = np.argsort(self.rows, kind="stable")
        starts = np.cumsum([0, *map(len, self.batches)])
        bounds = np.searchsorted(self.rows[order], starts)
        for i, encoded in enumerate(self.encode(model, split, task)):
            chosen = order[bounds[i] : bounds[i + 1]]
            yield chosen, self.rows[chosen] - starts[i], encoded


class _Held(NamedTuple):
    """One argument of the scorer for many texts, padding left out: vectors [N, D], or the tokens of all texts."""

    values: Tensor
    lengths: Tensor | None  # [N] where texts are sequences

    @classmethod
    def of(cls, parts: list[Value]) -> _Held:
        sequences = [part for part in parts if isinstance(part, PaddedSequence)]
        if sequences:
            return cls(torch.cat([part.values for part in sequences]), torch.cat([part.lengths for part in sequences]))
        return cls(torch.cat([part for part in parts if isinstance(part, Tensor)]), None)

    def take(self, rows: NDArray[np.int64]) -> Value:
        """Return some texts, padded to the longest of them."""
        wanted = torch.from_numpy(rows).to(self.values.device)
        if self.lengths is None:
            return self.values.index_select(0, wanted)
        lengths = self.lengths[wanted]
        starts = (self.lengths.cumsum(0) - self.lengths)[wanted]
        tokens = torch.arange(int(lengths.max()), device=lengths.device)
        there = tokens < lengths[:, None]
        values = self.values[torch.where(there, starts[:, None] + tokens, 0)]
        return PaddedSequence(values * there[:, :, None], lengths)


def _hold(batches: Iterator[Encoded]) -> dict[int, _Held]:
    """Return the values of all batches, one after the other, without their padding."""
    parts: dict[int, list[Value]] = {}
    for encoded in batches:
        for at, value in encoded.items():
            if isinstance(value, PaddedSequence):
                value = PaddedSequence(value.values[value.mask()], value.lengths)
            parts.setdefault(at, []).append(value)
    return {at: _Held.of(values) for at, values in parts.items()}


def _cost(held: Mapping[int, _Held], rows: NDArray[np.int64], passing: Encoded, width: int) -> NDArray[np.int64]:
    """Return how many values each pair of a batch gives what scores it, [P]; those that pass keep the batch's padding.

    Vectors in a row of both texts have `width` numbers.
    """
    lengths = [values.lengths.cpu().numpy() for values in held.values() if values.lengths is not None]
    one = np.max([length[rows] for length in lengths], axis=0) if lengths else np.ones(len(rows), np.int64)
    other = max((value.values.shape[1] for value in passing.values() if isinstance(value, PaddedSequence)), default=1)
    widths = sum(values.values.shape[-1] for values in held.values())
    other_widths = sum((v.values if isinstance(v, PaddedSequence) else v).shape[-1] for v in passing.values())
    cost: NDArray[np.int64] = one * other + one * (widths + width) + other * (other_widths + width)
    return cost
