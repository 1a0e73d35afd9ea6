"""What frozen modules compute of a text, computed once in a run: `train.cache_frozen`.

A text's values are computed of it alone, not beside the other texts of a batch, whose number and lengths show in their
last digits. So they are a function of the text and of weights that never change: a run repeats and is resumed bit for
bit, whatever the memory holds. Frozen modules compute as in prediction, without dropout, and in fp32.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from ..graph.calls import InputKey
from .programs import FeatureTensors, Instruction, KnownValues, Program, compute
from .sequences import PaddedSequence, Pieces

if TYPE_CHECKING:
    from ..data.batch import Batch
    from ..text.features import Feature
    from .module import Module

MEGABYTE = 1_000_000


class Frontier(NamedTuple):
    """A value that frozen modules compute: its place in a program, and the program of it alone.

    With `layers` it is what the lowest layers of the last module compute, which are frozen, and the others go on.
    """

    place: int
    program: Program
    layers: int = 0


class BuiltComponents(NamedTuple):
    """The components of a model, their kinds, the names of those that are frozen, and the features of embeddings."""

    components: Mapping[str, Module]
    kinds: Mapping[str, str]
    frozen: frozenset[str]
    features: Mapping[str, Sequence[Feature]]


class FrozenValues:
    """The values of texts that are kept, up to `megabytes` of them; others are computed anew, to the same numbers."""

    def __init__(self, built: BuiltComponents, megabytes: int) -> None:
        self.built = built
        self.left = megabytes * MEGABYTE
        self.kept: dict[tuple[Program, bytes], Any] = {}
        self._frontiers: dict[Program, tuple[Frontier, ...]] = {}

    def known(self, program: Program, batch: Batch) -> KnownValues:
        """Return what of a program is known of a batch's texts, and the steps that need not be computed."""
        if program not in self._frontiers:
            self._frontiers[program] = tuple(frontiers(program, self.built))
        found = self._frontiers[program]
        values = {frontier.place: self._values(frontier, batch) for frontier in found if not frontier.layers}
        lower = {f.place: (self._values(f, batch), f.layers) for f in found if f.layers}
        return KnownValues(values, lower, needed(program, {*values, *lower}))

    def _values(self, frontier: Frontier, batch: Batch) -> Any:
        (key,) = {key for step in frontier.program.steps for key in step.inputs}
        lengths = batch.lengths[key].tolist()
        return together([self._value(frontier, key, batch, row, length) for row, length in enumerate(lengths)])

    def _value(self, frontier: Frontier, key: InputKey, batch: Batch, row: int, length: int) -> Any:
        features = self._features_of_row(frontier.program, key, batch, row, length)
        digest = hashlib.blake2b(str(length).encode(), digest_size=16)
        for place, tensor in features.items():
            digest.update(f"{place[0]}/{place[1]}/{tuple(tensor.shape)}".encode())
            digest.update(tensor.cpu().numpy().tobytes())
        name = frontier.program, digest.digest()
        if name not in self.kept:
            value = self._computed(frontier, key, batch.lengths[key][row : row + 1], features)
            size = sum(tensor.nbytes for tensor in tensors(value))
            if size > self.left:
                return value
            self.left -= size
            self.kept[name] = value
        return self.kept[name]

    def _features_of_row(
        self, program: Program, key: InputKey, batch: Batch, row: int, length: int
    ) -> dict[tuple[str, int, InputKey], Tensor]:
        """Return the features of one text without padding, as a batch of it alone has them."""
        found = {}
        for component in dict.fromkeys(step.component for step in program.steps if step.component and step.inputs):
            for index, feature in enumerate(self.built.features[component]):
                tensor = batch.features[component, index, key][row : row + 1]
                for axis, name in enumerate(feature.dims, 1):
                    others = [other for other in range(tensor.dim()) if other != axis]
                    ends = tensor.ne(0).any(dim=others).nonzero() if name != "T" else None
                    size = length if ends is None else int(ends[-1]) + 1 if len(ends) else 1
                    tensor = tensor.narrow(axis, 0, size)
                found[component, index, key] = tensor.contiguous()
        return found

    def _computed(self, frontier: Frontier, key: InputKey, length: Tensor, features: FeatureTensors) -> Any:
        """Return the value of one text, as in prediction."""
        components = [step.component for step in frontier.program.steps if step.component is not None]
        modules: dict[str, Any] = dict(self.built.components)
        was = {name: modules[name].training for name in components}
        last = components[-1]
        for name in components:
            modules[name].eval()
        if frontier.layers:
            modules[last] = partial(modules[last], stop=frontier.layers)
        try:
            with torch.no_grad(), torch.autocast(length.device.type, enabled=False):
                kinds = self.built.kinds
                (value,) = compute(frontier.program, modules, kinds, {key: length}, features, lambda value, _: value)
        finally:
            for name, training in was.items():
                self.built.components[name].train(training)
        return value


def frontiers(program: Program, built: BuiltComponents) -> Iterator[Frontier]:
    """Yield what frozen modules compute, where others take it, and a representation is among them."""
    still: dict[int, bool] = {}
    lower: dict[int, int] = {}
    for place, step in enumerate(program.steps):
        below = all(still[value] for value in step.values) and (bool(step.values) or bool(step.inputs))
        plain = step.component is not None and step.target is None and not step.method
        still[place] = plain and below and step.component in built.frozen
        if plain and below and not still[place] and step.component is not None:
            lower[place] = int(getattr(built.components[step.component], "frozen_layers", 0))
    others = [step for place, step in enumerate(program.steps) if not still[place] and not lower.get(place)]
    taken = {value for step in others for value in step.values}
    for place in range(len(program.steps)):
        layers = lower.get(place, 0)
        if not layers and not (still[place] and (place in taken or place in program.wanted)):
            continue
        alone = _alone(program, place)
        kinds = {built.kinds[own.component] for own in alone.steps if own.component is not None}
        if "representation" in kinds and len({key for own in alone.steps for key in own.inputs}) == 1:
            yield Frontier(place, alone, layers)


def needed(program: Program, known: Iterable[int]) -> frozenset[int]:
    """Return the steps that wanted values need, those that are known among them, but not what these are made of."""
    found: set[int] = set()
    ends = set(known)
    rest = list(program.wanted)
    while rest:
        place = rest.pop()
        if place not in found:
            found.add(place)
            rest += () if place in ends else program.steps[place].values
    return frozenset(found)


def _alone(program: Program, place: int) -> Program:
    """Return the program of one value, whose places in other programs it does not depend on."""
    inside = sorted(needed(program._replace(wanted=(place,)), ()))
    at = {old: new for new, old in enumerate(inside)}
    steps: list[Instruction] = [
        program.steps[old]._replace(values=tuple(at[value] for value in program.steps[old].values), place="")
        for old in inside
    ]
    return Program(tuple(steps), (len(steps) - 1,), frozenset({0}))


def together(values: Sequence[Any]) -> Any:
    """Return the values of several texts as that of a batch: tensors, sequences or pieces."""
    first = values[0]
    if isinstance(first, Pieces):
        return first._replace(
            sequence=together([value.sequence for value in values]),
            counts=pad_sequence([value.counts[0] for value in values], batch_first=True),
            lengths=torch.cat([value.lengths for value in values]),
        )
    if isinstance(first, PaddedSequence):
        padded = pad_sequence([value.values[0] for value in values], batch_first=True)
        return PaddedSequence(padded, torch.cat([value.lengths for value in values]))
    return torch.cat(list(values))


def tensors(value: Any) -> list[Tensor]:
    """Return the tensors that a value is made of."""
    if isinstance(value, Tensor):
        return [value]
    return [tensor for part in value if isinstance(part, (Tensor, tuple)) for tensor in tensors(part)]
