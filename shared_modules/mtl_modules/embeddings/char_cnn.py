"""A word's vector from its characters."""

from __future__ import annotations

import functools
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mtl.base.errors import WrongKeyError
from mtl.base.registry import register
from mtl.model.module import Embedding, PaddedSequence
from mtl.text.features import CharacterIds, Feature
from mtl.text.vocabulary import FIRST, PADDING

from ..layers.limits import Count, CountFromZero, WordLength
from .highway import Highway

TABLES = 2**20  # numbers of an exported graph's tables: each session has them, in 4 MB


@register("embedding", "char_cnn")
class CharCNN(Embedding):
    """Convolutions over a word's characters, the largest value of each filter (Ma and Hovy, 2016, section 2.1).

    `dim` filters in all are shared out over windows of `widths` characters; characters are vectors of `char_dim`.
    A window is centred on a character of the word and sees zeros beyond its ends, so that every word has as many
    windows as characters. Words are cut to `max_length` characters; characters seen fewer than `min_count` times
    share one vector. `highway` is the number of highway layers over the filters (Kim et al., 2016, section 2.3).
    """

    def __init__(
        self,
        features: tuple[Feature, ...],
        *,
        dim: Count = 50,
        widths: list[Count] = [3],  # noqa: B006  # a recipe's default, never changed
        char_dim: Count = 30,
        max_length: WordLength = 32,
        min_count: Count = 1,
        highway: CountFromZero = 0,
    ) -> None:
        super().__init__()
        if not 1 <= len(widths) <= dim:
            raise WrongKeyError(
                "widths", f"'widths' should have 1 to {dim} numbers, which share out 'dim'. Found {len(widths)}."
            )
        size = features[0].size
        self.characters = nn.Embedding(FIRST if size is None else size, char_dim, padding_idx=PADDING)
        share, rest = divmod(dim, len(widths))
        self.convolutions = nn.ModuleList(nn.Conv1d(char_dim, share + (i < rest), w) for i, w in enumerate(widths))
        self.highway = Highway(dim, highway)
        self._output_dim = dim

    @classmethod
    def features(cls, min_count: int = 1, max_length: int = 32) -> tuple[Feature, ...]:
        """Character ids under an alphabet of its own."""
        return (CharacterIds(min_count=min_count, max_length=max_length),)

    def forward(self, lengths: Tensor, *features: Tensor | PaddedSequence) -> PaddedSequence:
        """Return [B, T, dim] for character ids [B, T, C]; zeros where a token has no character."""
        (ids,) = features
        if not isinstance(ids, Tensor):
            raise TypeError(f"a character embedding takes ids. Found {type(ids).__name__}.")
        words = ids.flatten(0, 1)
        if ids.is_meta:  # what is distinct depends on values, which are not there
            vectors = self._every_window(words)
        else:
            distinct, places = distinct_rows(words)
            vectors = self._windows_of_words(distinct).index_select(0, places)
        return PaddedSequence(vectors.view(*ids.shape[:2], self._output_dim), lengths)

    def _every_window(self, words: Tensor) -> Tensor:
        """Return [N, dim] for words [N, C]; windows over padding are computed and masked."""
        mask = (words != PADDING)[:, None, :]
        characters = self.characters(words).transpose(1, 2)
        maxima = []
        for filters in self._filters():
            values = filters(F.pad(characters, _margins(filters)))
            maxima.append(values.masked_fill(~mask, float("-inf")).amax(2))
        return _carried(maxima, ~mask[:, :, 0], self.highway)

    def _windows_of_words(self, words: Tensor) -> Tensor:
        """Return equal vectors; computes windows over characters only, as one matrix product."""
        mask = words != PADDING
        inside = mask.flatten().nonzero().squeeze(1)
        counts = mask.sum(1)
        maxima = []
        for filters in self._filters():
            windows = F.pad(words, _margins(filters)).unfold(1, filters.kernel_size[0], 1).flatten(0, 1)[inside]
            weight = filters.weight.transpose(1, 2).flatten(1)
            values = F.linear(self.characters(windows).flatten(1), weight, filters.bias)
            maxima.append(torch.segment_reduce(values, "max", lengths=counts))
        return _carried(maxima, (counts == 0)[:, None], self.highway)

    def _filters(self) -> list[nn.Conv1d]:
        return cast("list[nn.Conv1d]", list(self.convolutions))

    @property
    def output_dim(self) -> int:
        """Number of filters."""
        return self._output_dim

    def exportable(self) -> nn.Module:
        """Return the same vectors from tables of what characters add to filters."""
        return ExportedCharCNN(self)


class ExportedCharCNN(nn.Module):
    """The convolutions as sums of what each character of a window adds to all filters, which tables say.

    A table [characters, dim] for each place of a window is made of weights alone: onnxruntime computes it once, as it
    loads the graph, and keeps it in memory. Of more than `TABLES` numbers there are none, but products. `width0.weight`
    [char_dim, characters of a window x filters] is the first convolution's weight, turned.
    """

    def __init__(self, cnn: CharCNN) -> None:
        super().__init__()
        self.characters = cnn.characters
        self.highway = cnn.highway
        self.dim = cnn.output_dim
        self.margins = [_margins(filters) for filters in cnn._filters()]
        for number, filters in enumerate(cnn._filters()):
            turned = nn.Module()
            weight = filters.weight.detach().permute(1, 2, 0).flatten(1).contiguous()
            turned.register_parameter("weight", nn.Parameter(weight, requires_grad=False))
            turned.register_parameter("bias", cast("nn.Parameter", filters.bias))  # a convolution without is never made
            self.add_module(f"width{number}", turned)

    def forward(self, lengths: Tensor, ids: Tensor) -> PaddedSequence:
        """Return [B, T, dim] for character ids [B, T, C]; zeros where a token has no character."""
        before, after = self._reach()
        reach = before + after
        padded = F.pad(ids, (before, after))
        places = [padded[:, :, start : start - reach if start < reach else None] for start in range(reach + 1)]
        if len(self.characters.weight) * len(places) * self.dim <= TABLES:
            sums = functools.reduce(torch.add, map(F.embedding, places, self._tables()))
        else:
            products = [self.characters(place) @ own for place, own in zip(places, self._by_place(), strict=True)]
            sums = functools.reduce(torch.add, products, torch.cat(self._biases()))
            sums = sums.masked_fill((ids == PADDING)[..., None], float("-inf"))
        return PaddedSequence(_carried([sums.amax(2)], ids[:, :, :1] == PADDING, self.highway), lengths)

    def _reach(self) -> tuple[int, int]:
        """Return how many characters before and after one the widest windows have."""
        before, after = zip(*self.margins, strict=True)
        return max(before), max(after)

    def _tables(self) -> list[Tensor]:
        """Return what each character [characters, dim] adds to the filters, by its place in a window."""
        count = len(self.characters.weight)
        tables = self._in_places([(self.characters.weight @ weight).view(count, -1) for weight in self._weights()])
        furthest = self._reach()[0]
        middle = tables[furthest] + torch.cat(self._biases())
        # A window in the middle of which is padding, the first row, is none.
        tables[furthest] = F.pad(middle[PADDING + 1 :], (0, 0, PADDING + 1, 0), value=float("-inf"))
        return tables

    def _by_place(self) -> list[Tensor]:
        """Return the filters [char_dim, dim] by their place in a window."""
        return self._in_places(self._weights())

    def _in_places(self, parts: list[Tensor]) -> list[Tensor]:
        """Return [N, dim] by the place in a window, from [N, characters of a window x filters] of each width."""
        furthest, last = self._reach()
        padded = [
            F.pad(part.view(len(part), before + after + 1, -1), (0, 0, furthest - before, last - after))
            for part, (before, after) in zip(parts, self.margins, strict=True)
        ]
        return list(torch.cat(padded, 2).unbind(1))

    def _weights(self) -> list[Tensor]:
        return [self.get_parameter(f"width{number}.weight") for number in range(len(self.margins))]

    def _biases(self) -> list[Tensor]:
        return [self.get_parameter(f"width{number}.bias") for number in range(len(self.margins))]


def _margins(filters: nn.Conv1d) -> tuple[int, int]:
    """Return how many zeros before and after a word give it as many windows as characters."""
    width = filters.kernel_size[0]
    return (width - 1) // 2, width // 2


def _carried(maxima: list[Tensor], empty: Tensor, highway: Highway) -> Tensor:
    """Return [..., dim] for the largest values of filters; zeros where a word has no character, `empty` [..., 1]."""
    vectors = torch.cat(maxima, -1).masked_fill(empty, 0.0)
    # Before, because the maximum of nothing is infinite and so would gradients be; after, because a layer has biases.
    return highway(vectors).masked_fill(empty, 0.0) if len(highway.gates) else vectors


def distinct_rows(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Return the distinct rows of ids [N, C] and, for each of the N, which of them it is.

    Most tokens of a batch are frequent words, so that half of the work or less is left to do. Rows are distinguished by
    a 64-bit hash; should two collide, all rows count as distinct.
    """
    hashes = (rows * _factors(rows.shape[1]).to(rows.device)).sum(1)
    found, places = torch.unique(hashes, return_inverse=True)
    numbers = torch.arange(len(rows), device=rows.device)
    distinct = rows[torch.empty_like(found).scatter_(0, places, numbers)]
    return (distinct, places) if torch.equal(distinct[places], rows) else (rows, numbers)


@functools.cache
def _factors(count: int) -> Tensor:
    """Return odd 64-bit numbers [count]: powers of a multiplier that Steele and Vigna (2021) found to scatter well."""
    factors = [pow(0xD1342543DE82EF95, power, 2**64) for power in range(1, count + 1)]
    return torch.tensor([factor - 2**64 if factor >= 2**63 else factor for factor in factors])
