"""What the model gets: the features and targets of some units of one source, padded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..base.errors import WrongValueError
from ..text.featurizer import Tokens, tokenize
from .collate import Grid, grid, pad, pad_at
from .plan import read_by

if TYPE_CHECKING:
    from ..graph.calls import InputKey
    from ..graph.sharing_graph import SharingGraph
    from ..text.features import Feature
    from .carried import CarriedStates
    from .fitted import Fitted
    from .soft_labels import SoftTargets

    FeaturePlace = tuple[str, int, InputKey]  # embedding component, position among its features, input

Text = str | bytes


class Index(NamedTuple):
    """Which texts of an input the units of a batch are made of, by their positions in the batch.

    `rows` int64: [P], one text of each of P pairs, or [B, U], the texts of B lists, of which `lengths` [B] are there.
    """

    rows: Tensor
    lengths: Tensor | None = None

    def to(self, device: torch.device | str) -> Index:
        """Return the index on another device."""
        return Index(self.rows.to(device), None if self.lengths is None else self.lengths.to(device))


@dataclass
class Batch:
    """B units of a source; T tokens of the longest text of an input, C values of its longest token.

    `lengths` of each input's texts, int64, at least 1. `features` [texts, T], [texts, T, C] or, of the pieces of
    all tokens of a text, [texts, P], or of its n-grams, [texts, G], int64 or float32, 0 where padding, by
    (component, position among its features, input). Where units have no text each of their own, `index` says which
    they are made of. `targets` are what each task's target makes of its values (tensors, or named tuples of them);
    `labelled` [B] bool: the unit has an answer that a loss can use. Batches of a split are planned by the longest
    axis, pieces among them; those of raw texts (`mtl.runs.predictor`) too. `tokens` counts the batch's tokens, of a
    unit's longest input, padding apart. `surface` holds the tokens themselves where the batch was made from raw
    texts. `soft` are the probabilities of tasks with a teacher, whose units are all `labelled`: the loss can use what
    the teacher says of them. With `carried` the rows are segments of a running text: each goes on where the same
    row of the batch before has ended.
    """

    source: str
    rows: NDArray[np.int64]
    lengths: dict[InputKey, Tensor]
    features: dict[FeaturePlace, Tensor]
    targets: dict[str, Any] = field(default_factory=dict)
    labelled: dict[str, Tensor] = field(default_factory=dict)
    tokens: int = 0
    surface: dict[InputKey, Tokens] = field(default_factory=dict)
    index: dict[InputKey, Index] = field(default_factory=dict)
    soft: dict[str, SoftTargets] = field(default_factory=dict)
    carried: CarriedStates | None = None

    def to(self, device: torch.device | str) -> Batch:
        """Return the batch on another device (lengths too)."""
        return Batch(
            self.source,
            self.rows,
            {key: value.to(device) for key, value in self.lengths.items()},
            {key: value.to(device) for key, value in self.features.items()},
            {task: moved(value, device) for task, value in self.targets.items()},
            {task: value.to(device) for task, value in self.labelled.items()},
            self.tokens,
            self.surface,
            {key: value.to(device) for key, value in self.index.items()},
            {task: moved(value, device) for task, value in self.soft.items()},
            self.carried,
        )

    def counts(self, axis: str, key: InputKey) -> Tensor:
        """Return how long each unit is along an axis: T, the tokens of its text, or U, the texts of its list."""
        if axis == "T":
            return self.lengths[key]
        lengths = self.index[key].lengths
        if lengths is None:
            raise WrongValueError(f"the input '{key}' should hold lists", "single texts")
        return lengths


def moved(value: Any, device: torch.device | str) -> Any:
    """Return a tensor, or a named tuple of tensors, on another device."""
    if isinstance(value, Tensor):
        return value.to(device)
    return type(value)(*(moved(part, device) for part in value))


def index_of_lists(at: Grid) -> Index:
    """Return which texts B lists are made of, where the texts of all lists come one after another."""
    numbers = np.cumsum(at.mask.reshape(-1)).reshape(at.mask.shape) - 1
    return Index(torch.from_numpy(numbers * at.mask), torch.from_numpy(at.lengths))


def raw_batch(
    graph: SharingGraph, fitted: Fitted, tasks: Sequence[str], texts: Mapping[str, Sequence[Text | Sequence[Text]]]
) -> Batch:
    """Return a batch of raw texts for tasks, without targets; `texts` are B texts (or lists) by the name of the input.

    Texts are tokenized once per tokenizer. The tokens are kept in `surface`. An input without texts is not in the
    batch; a list without texts counts as one of an empty text.
    """
    inputs = [(name, key) for task in tasks for name, key in graph.inputs(task).items() if name in texts]
    columns = {(key.source, key.column): _flat(texts[name], key.listed) for name, key in inputs}
    tokenized: dict[InputKey, Tokens] = {}
    source = graph.recipe.tasks[tasks[0]].source
    batch = Batch(source, np.arange(len(next(iter(texts.values()), ()))), {}, {})
    longest: NDArray[np.int64] | None = None
    for key, components in read_by(graph, list(tasks)).items():
        if (key.source, key.column) not in columns:
            continue
        listed, sizes = columns[key.source, key.column]
        if key.splitting not in tokenized:
            tokenized[key.splitting] = tokenize(listed, key.front_end)
        tokens = batch.surface[key] = tokenized[key.splitting].under(key.front_end)
        units = fill_input(batch, key, tokens, components, fitted)
        if sizes is not None:
            bounds = np.cumsum([0, *sizes])
            batch.index[key] = index_of_lists(grid(bounds, np.arange(len(sizes))))
            units = np.add.reduceat(units, bounds[:-1]) if sizes else units[:0]
        longest = units if longest is None else np.maximum(longest, units)
    batch.tokens = 0 if longest is None else int(longest.sum())
    return batch


def fill_input(
    batch: Batch, key: InputKey, tokens: Tokens, components: Sequence[str], fitted: Fitted
) -> NDArray[np.int64]:
    """Give a batch an input's lengths and features for some embeddings, computed of its tokens; return the lengths."""
    at = grid(tokens.row_offsets, np.arange(len(tokens)))
    batch.lengths[key] = torch.from_numpy(at.lengths)
    for component in components:
        for index, feature in enumerate(fitted.features[component]):
            ragged = feature.of_rows(feature.compute(tokens))
            by_token = ragged.offsets[0] is tokens.row_offsets
            batch.features[component, index, key] = torch.from_numpy(pad_at(ragged, at) if by_token else pad(ragged))
    return at.lengths


def token_counts(texts: Sequence[Any], key: InputKey, features: Sequence[Feature] = ()) -> NDArray[np.int64]:
    """Return how many tokens the model reads of each unit's text (or of the texts of its list).

    Where one of the features has an axis of pieces, it is the number of pieces if that is larger.
    """
    flat, sizes = _flat(texts, key.listed)
    tokens = tokenize(flat, key.front_end)
    bounds = np.cumsum([0, *sizes])[:-1] if sizes else None
    found = _of_units(tokens.lengths, bounds)
    for feature in features:
        if feature.dims == ("P",):
            pieces = np.diff(feature.of_rows(feature.compute(tokens)).offsets[0])
            found = np.maximum(found, _of_units(pieces, bounds))
    return found


def _of_units(counts: NDArray[np.int64], bounds: NDArray[np.int64] | None) -> NDArray[np.int64]:
    return counts if bounds is None else np.add.reduceat(counts, bounds)


def _flat(texts: Sequence[Any], listed: bool) -> tuple[list[Text], list[int] | None]:
    """Return texts one after another, and where units hold lists, how many each has."""
    if not listed:
        return list(texts), None
    lists = [list(found) or [""] for found in texts]
    return [text for found in lists for text in found], [len(found) for found in lists]
