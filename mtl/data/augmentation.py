"""What training reads in the place of some texts: with slips in words, with other values of labelled spans, with masks.

Nothing of it is cached. What is read of a row is a pure function of (seed, pass, row), whatever batch the row is in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..base.errors import UsageError
from ..text.character_noise import CharacterNoise, noisy
from ..text.featurizer import Tokens, tokenize, tokens_from_lists
from .batch import Batch, fill_input
from .collate import grid, values_at
from .plan import SourcePlan
from .span_values import SWAPPED, SpanValues, Value

if TYPE_CHECKING:
    from ..graph.calls import InputKey
    from ..graph.sharing_graph import SharingGraph
    from .fitted import Fitted
    from .split import Split

_VALUES, _NOISE, _MASKS = 1, 2, 3  # of what the numbers of a row are drawn for


class Augmentation:
    """The changes that the trained tasks on a source ask for; `seed` is the recipe's.

    First spans get other values, of one task's tags; then words get slips, by the column of their text.
    """

    def __init__(
        self,
        split: Split,
        plan: SourcePlan,
        fitted: Fitted,
        seed: int,
        noise: Mapping[str, CharacterNoise],
        swapping: tuple[SpanValues, float] | None,
    ) -> None:
        self.split, self.plan, self.fitted, self.seed = split, plan, fitted, seed
        self.noise, self.swapping = noise, swapping

    @classmethod
    def of(cls, graph: SharingGraph, source: str, split: Split, fitted: Fitted) -> Augmentation | None:
        """Return the changes that a recipe asks for, None where it asks for none.

        Raises `UsageError` where values should be swapped and the tags, or answers of other tasks, do not allow it.
        """
        plan = SourcePlan.of(graph, source)
        trained = [task for task in plan.tasks if task.learn]
        noise = {given.column: given.noise for task in trained for given in task.inputs.values() if given.noise}
        rates = {task.name: rate for task in trained if (rate := task.task.swap_values)}
        if not noise and not rates and split.masks is None:
            return None
        swapping = None
        for task, rate in rates.items():
            along = _along(plan, fitted, task, list(rates))
            scheme = fitted.targets[task].found["scheme"]
            swapping = SpanValues(split, task, plan.labelled[task], scheme, along), rate
        return cls(split, plan, fitted, graph.recipe.seed, noise, swapping)

    def change(self, batch: Batch, texts: Mapping[InputKey, NDArray[np.int64]], *, epoch: int) -> None:
        """Change what a batch of a pass has of these texts, which are given by their numbers."""
        if self.split.masks is not None:  # its task is the only one on the source, and has neither slips nor spans
            self.split.masks.change(batch, texts, lambda number: self._generator(_MASKS, epoch, number))
        swapped = self._swap(batch, texts, epoch)
        changed: dict[InputKey, Tokens] = {}  # by the splitting, so that inputs with equal tokens read equal slips
        for key, numbers in texts.items():
            noise = self.noise.get(key.column)
            if noise is None and key.column not in swapped:
                continue
            if key.splitting not in changed:
                read = swapped.get(key.column) or self.split.items(key, numbers)
                tokens = tokenize(read, key.front_end.splitting)
                changed[key.splitting] = tokens if noise is None else self._noisy(tokens, noise, key, numbers, epoch)
            fill_input(batch, key, changed[key.splitting].under(key.front_end), self.plan.inputs[key], self.fitted)
        if swapped and not batch.index:
            batch.tokens = int(np.max([lengths.numpy() for lengths in batch.lengths.values()], axis=0).sum())

    def _noisy(
        self, tokens: Tokens, noise: CharacterNoise, key: InputKey, numbers: NDArray[np.int64], epoch: int
    ) -> Tokens:
        rows = [
            noisy([token for token in row if token], noise, self._generator(_NOISE, epoch, number))
            for row, number in zip(tokens.strings(), numbers.tolist(), strict=True)
        ]
        return tokens_from_lists(rows, key.front_end.splitting)

    def _swap(self, batch: Batch, texts: Mapping[InputKey, NDArray[np.int64]], epoch: int) -> dict[str, list[str]]:
        """Give a batch the targets of rows with other values of their spans; return their texts, by the column."""
        if self.swapping is None:
            return {}
        values, rate = self.swapping
        numbers = texts[values.key]
        rows = values.rows(numbers)
        drawn = [
            values.swapped(row, rate, self._generator(_VALUES, epoch, number))
            for row, number in zip(rows, numbers.tolist(), strict=True)
        ]
        most = values.key.front_end.max_tokens
        read = tokenize([row.text for row in drawn], values.key.front_end.splitting).strings()
        # Where values are not parted by white space, a tokenizer may cut them elsewhere than in their own texts.
        found = [
            self._as_read(row.value, new, [token for token in tokens if token], most)
            for new, row, tokens in zip(drawn, rows, read, strict=True)
        ]
        for task in values.along:
            self._set_target(batch, task, found, most)
        return {values.key.column: [row.text for row in found]}

    def _as_read(self, old: Value, new: Value, tokens: Sequence[str], most: int | None) -> Value:
        """Return a new text with the tokens that are read of it; the old one where its own are cut elsewhere.

        Where values are shorter than those they replace, more is read of the text: tokens without an answer.
        """
        known = new.tokens[:most]
        if list(tokens[: len(known)]) != list(known):
            return old
        more = len(tokens) - len(known)
        missing = {task: np.full(more, self.split.targets[task].missing, np.int32) for task in new.ids}
        return Value(new.text, tokens, {t: np.concatenate([of[:most], missing[t]]) for t, of in new.ids.items()})

    def _set_target(self, batch: Batch, task: str, rows: Sequence[Value], most: int | None) -> None:
        target = self.split.targets[task]
        # A text without tokens has one, of padding, and no answer for it.
        ids = [row.ids[task][:most] if len(row.tokens) else np.full(1, target.missing, np.int32) for row in rows]
        bounds = np.cumsum([0, *map(len, ids)])
        at = grid(bounds, np.arange(len(ids)))
        batch.targets[task], batch.labelled[task] = target.tensors(
            values_at(np.concatenate(ids), at, int(target.missing))
        )

    def _generator(self, purpose: int, epoch: int, number: int) -> np.random.Generator:
        return np.random.Generator(np.random.PCG64([self.seed % 2**64, purpose, epoch, number]))


def _along(plan: SourcePlan, fitted: Fitted, task: str, swapping: Sequence[str]) -> list[str]:
    """Return the tasks whose ids move with the tokens of a task that swaps values; raises `UsageError`."""
    where = f"tasks.{task}.swap_values: "
    scheme = fitted.targets[task].found.get("scheme")
    if scheme not in SWAPPED:
        raise UsageError(f"{where}should come with tags of {', '.join(SWAPPED)}. Found tags of {scheme}.")
    if len(swapping) > 1:
        raise UsageError(
            f"{where}should be of one task on the source '{plan.source}'. Found it of {' and '.join(swapping)}."
        )
    key, along = plan.labelled[task], []
    for other, read in plan.labelled.items():
        target = fitted.targets[other]
        if read.column != key.column or not target.of_tokens:
            continue
        if target.axes != ("T",) or read.splitting != key.splitting:
            raise UsageError(
                f"{where}should be left out where another task has answers about tokens of the column '{key.column}' "
                f"that are no tags of tokens cut alike. Found the task '{other}'."
            )
        along.append(other)
    return along
