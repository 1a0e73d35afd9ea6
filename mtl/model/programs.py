"""How the values of calls are computed: programs, each a list of steps in topological order, and what runs them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from torch import Tensor, nn

from ..base.errors import UsageError
from ..graph.calls import ADAPTED, InputKey, Regroup, Step, TargetKey, steps_below, walk
from .adapters import Adapted
from .module import PaddedSequence, Pieces
from .search import Stepped

if TYPE_CHECKING:
    from ..data.batch import Index
    from ..data.carried import CarriedStates

Value = Any  # a tensor, a sequence of vectors, or what a search is to step
FeatureTensors = Mapping[tuple[str, int, InputKey], Tensor]


class Instruction(NamedTuple):
    """One step of a program: the component to apply, and where its arguments come from.

    `inputs` are the texts that a leaf embedding reads; `values` the positions of earlier steps; `target` is the task
    whose gold answers flow in; `method` is asked of the component in place of its `forward`; `place` names the call
    among those of the component. Without a component, the one earlier value is regrouped as the units of `inputs` ask.
    """

    component: str | None
    inputs: tuple[InputKey, ...]
    values: tuple[int, ...]
    target: str | None
    method: str = ""
    place: str = ""


class Program(NamedTuple):
    """Steps in topological order, each once, and the position at which every wanted value comes out.

    `pieces` are the positions among the wanted ones of those that may come as `Pieces`.
    """

    steps: tuple[Instruction, ...]
    wanted: tuple[int, ...]
    pieces: frozenset[int] = frozenset()


class KnownValues(NamedTuple):
    """What is known of a program's values before it runs, by their places, and the steps that are `needed`.

    `lower` is what the lowest layers of a component compute, and how many these are.
    """

    values: Mapping[int, Value]
    lower: Mapping[int, tuple[Value, int]]
    needed: frozenset[int]


def program(wanted: Sequence[Step], pieces: Iterable[int] = (), given: Sequence[Step] = ()) -> Program:
    """Return how to compute these calls: their ancestors in topological order, every one once.

    Values of the steps that are `given` are there before the first one.
    """
    order = walk(wanted, given)
    positions = {step: position for position, step in enumerate(order)}
    found = []
    applied: Counter[str] = Counter()
    for step in order[len(given) :]:
        values = tuple(positions[below] for below in steps_below(step))
        if isinstance(step, Regroup):
            found.append(Instruction(None, (step.input,), values, None))
            continue
        inputs = tuple(argument for argument in step.arguments if isinstance(argument, InputKey))
        target = next((argument.task for argument in step.arguments if isinstance(argument, TargetKey)), None)
        place = f"{step.component}/{applied[step.component]}"
        applied[step.component] += 1
        found.append(Instruction(step.component, inputs, values, target, step.method, place))
    return Program(tuple(found), tuple(positions[step] for step in wanted), frozenset(pieces))


def compute(
    program: Program,
    modules: Mapping[str, nn.Module],
    kinds: Mapping[str, str],
    lengths: Mapping[InputKey, Tensor],
    features: FeatureTensors,
    regroup: Callable[[Value, InputKey], Value],
    targets: Mapping[str, Any] | None = None,
    carried: CarriedStates | None = None,
    given: Iterable[Value] = (),
    known: KnownValues | None = None,
) -> list[Value]:
    """Run a program: apply every component to its arguments once and return the wanted values, in their order.

    `modules` are by component; an exporter hands in what their `exportable()` returned. Embeddings get lengths
    [B] first: a leaf its features' tensors, a composite its parts' sequences. `regroup` takes a value of each text of
    an input as units ask for it. A component that takes the target gets it last where there are `targets`; without,
    it is not applied, and what takes its value gets it `Stepped`; so is an encoder that an adapter runs, which gets it
    `Adapted`. Representations and poolings get sequences of pieces; to all other modules that do not take pieces, and
    to the caller where the program does not say otherwise, these come with one vector per token. Where rows are
    segments of a running text, representations that carry begin with what is `carried`, each call with its own.
    `given` are the values that the program does not compute, nor is what is
    `known`.
    """
    done: list[Value] = [*given]
    for place, step in enumerate(program.steps, len(done)):
        if known is not None and (place in known.values or place not in known.needed):
            done.append(known.values.get(place))
            continue
        lower, layers = (None, 0) if known is None else known.lower.get(place, (None, 0))
        arguments: list[Any] = [lower] if layers else [done[position] for position in step.values]
        if step.component is None:
            done.append(regroup(_of_tokens(arguments[0]), step.inputs[0]))
            continue
        module: Any = modules[step.component]
        if carried is not None and not step.method and module.carries:
            module = partial(module, carry=carried.at(step.place))
        if layers:
            module = partial(module, start=layers)
        elif step.method == ADAPTED:
            module = partial(Adapted, module)
        elif step.method:
            module = getattr(module, step.method)
        pieces = next((value for value in arguments if isinstance(value, Pieces)), None)
        if pieces is not None and not getattr(modules[step.component], "takes_pieces", False):
            sees_pieces = kinds[step.component] in ("representation", "pooling")
            arguments = [_sequence(value) if sees_pieces else _of_tokens(value) for value in arguments]
        if step.inputs:
            (key,) = step.inputs
            arguments = [lengths[key]]
            while (step.component, len(arguments) - 1, key) in features:
                arguments.append(features[step.component, len(arguments) - 1, key])
        elif kinds[step.component] == "embedding":
            first = arguments[0]
            arguments = [first.lengths if isinstance(first, (PaddedSequence, Pieces)) else first, *arguments]
        if step.target is None:
            value = module(*arguments)
            along = pieces is not None and kinds[step.component] == "representation"
            done.append(pieces._replace(sequence=value) if pieces is not None and along else value)
        elif targets is None:
            done.append(Stepped(module, tuple(arguments)))
        else:
            done.append(module(*arguments, targets[step.target]))
    found = [done[position] for position in program.wanted]
    return [value if number in program.pieces else _of_tokens(value) for number, value in enumerate(found)]


def _of_tokens(value: Value) -> Value:
    if isinstance(value, Pieces) and isinstance(value.sequence, PaddedSequence):
        return value.of_tokens()
    return _sequence(value)


def _sequence(value: Value) -> Value:
    return value.sequence if isinstance(value, Pieces) else value


def regrouped(value: Value, index: Index | None) -> Value:
    """Return a value of each unit, from one of each text; without an index, every unit has a text of its own.

    Texts of lists, whose value is a vector each, become a sequence per unit.
    """
    if index is None:
        return value
    rows, lengths = index
    if lengths is None:
        return taken(value, rows)
    if not isinstance(value, Tensor):
        raise UsageError("texts of a list should come as one vector each (a pooling makes it). Found their tokens.")
    return PaddedSequence(value[rows], lengths)


def taken(value: Value, rows: Tensor) -> Value:
    """Return some rows of a value, in their order and as often as they are named."""
    if isinstance(value, PaddedSequence):
        return PaddedSequence(value.values.index_select(0, rows), value.lengths.index_select(0, rows))
    return value.index_select(0, rows)
