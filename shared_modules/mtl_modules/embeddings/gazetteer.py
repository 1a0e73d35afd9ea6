"""A token's vector from the lists of names that it is in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch import Tensor, nn

from mtl.base.errors import WrongKeyError
from mtl.base.registry import register
from mtl.model.module import Embedding, PaddedSequence
from mtl.text.features import Feature
from mtl.text.gazetteer import POSITIONS, NameFlags
from mtl.text.name_lists import fault_if_unlisted

from ..layers.limits import Count, Positive

NONE: dict[str, str] = {}


@register("embedding", "gazetteer")
class Gazetteer(Embedding):
    """Vectors of the lists of names that a token is in a name of, and where in it, summed.

    `lists` are files by the name that a list has, relative to the recipe (or to `--data DIR`): `.csv` and `.tsv` with
    the column of the names under `columns`; `.json` (and `.jsonl`, an object per line) with the keys that lead to them
    there, dots between (`cities.city`; lists on the way are gone through); any other file with a name per line.
    A file may be compressed with gzip (`.csv.gz`). `encodings` are those of files that are not UTF-8.

    For each list by itself the longest names are taken, from the left, and looked for as the input's tokens are
    looked up. A token's position in a name is begin, inside, end or single (`bies`), or begin or inside (`bi`). Each
    list's positions have vectors of `dim` numbers, or, where `dim` is null, a number of their own that is 1. `factors`
    multiply those of lists, which count 1 otherwise. The names are kept with the run: its
    predictions and exports need the files no more, while a resumed run reads them and refuses other names.

    Source: names of lists as BIOES features, Chiu and Nichols (2016), section 2.4.2.
    """

    ordered_keys = ("lists",)

    def __init__(
        self,
        features: tuple[Feature, ...],
        *,
        lists: dict[str, str],
        columns: dict[str, str] = NONE,
        encodings: dict[str, str] = NONE,
        positions: Literal["bi", "bies"] = "bies",
        dim: Count | None = 8,
        factors: dict[str, Positive] = {},  # noqa: B006  # a recipe's default, never changed
    ) -> None:
        super().__init__()
        if not lists:
            raise WrongKeyError("lists", "'lists' should name at least one file. It names none.")
        fault_if_unlisted(lists, columns=columns, encodings=encodings, factors=factors)
        each = POSITIONS[positions]
        scales = torch.tensor([1.0, *(factors.get(name, 1.0) for name in lists for _ in range(each))])
        self.register_buffer("scales", scales, persistent=False)  # it follows from the recipe
        self.scaled = any(factor != 1 for factor in factors.values())
        self.table = None if dim is None else nn.Embedding(len(scales), dim, padding_idx=0)
        self._output_dim = len(scales) - 1 if dim is None else dim

    @classmethod
    def causal(cls, values: Mapping[str, Any]) -> bool:
        """Where a name begins, and which one is the longest, depends on the tokens after it."""
        return False

    @classmethod
    def features(
        cls,
        lists: dict[str, str] = NONE,
        columns: dict[str, str] = NONE,
        encodings: dict[str, str] = NONE,
        positions: str = "bies",
    ) -> tuple[Feature, ...]:
        """Where tokens are in names of the lists."""
        return (NameFlags(lists=lists, columns=columns, encodings=encodings, positions=positions),)

    def forward(self, lengths: Tensor, *features: Tensor | PaddedSequence) -> PaddedSequence:
        """Return [B, T, output_dim] for flags [B, T, C]."""
        (flags,) = features
        scales = self.scales
        if not isinstance(flags, Tensor) or not isinstance(scales, Tensor):
            raise TypeError("a gazetteer embedding takes flags. Found a sequence.")
        if self.table is not None:
            vectors = self.table(flags)
            return PaddedSequence((vectors * scales[flags][..., None] if self.scaled else vectors).sum(2), lengths)
        numbers = torch.arange(1, len(scales), device=flags.device)
        found = (flags[..., None] == numbers).any(2)
        return PaddedSequence(found.to(scales.dtype) * scales[1:], lengths)

    @property
    def output_dim(self) -> int:
        """Size of a vector: `dim`, or a number for every position in every list."""
        return self._output_dim
