"""What is computed: the inputs of a graph, calls of its components, and the one walk over them.

Calls are hash-consed: two tasks that apply one component to one value hold the same `Call` object, so a walk over
them computes what several heads need once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from ..recipe.config import InputConfig, TaskConfig
from ..text.front_end import FrontEnd

ADAPTED = "adapted"  # what is asked of an encoder that is handed to its adapter (see `mtl.model.adapters`)


@dataclass(frozen=True)
class InputKey:
    """A text input: equal keys are one input.

    In the graph that is exported the source is empty, and the column is the input's name where a task has several
    inputs and empty where it has one: heads that read their text alike then share one input. `listed` says that a
    unit holds a list of texts, not one.
    """

    source: str
    column: str
    front_end: FrontEnd
    listed: bool = False

    @classmethod
    def of(cls, source: str, column: str, config: InputConfig) -> InputKey:
        """Return the key of a text that is read as an input says."""
        return cls(source, column, config.front_end, config.listed)

    @property
    def splitting(self) -> InputKey:
        """The input with equal tokens, looked up as they are: texts are split once for all inputs that agree in it."""
        return replace(self, front_end=self.front_end.splitting)

    def __lt__(self, other: InputKey) -> bool:
        return self._order() < other._order()

    def _order(self) -> tuple[object, ...]:
        return self.source, self.column, str(self.front_end), self.listed

    def __str__(self) -> str:
        place = f"{self.source}.{self.column}".strip(".")
        return f"{place or 'text'} ({self.front_end}{', lists' if self.listed else ''})"


def input_keys(task: TaskConfig) -> dict[str, InputKey]:
    """Return the inputs of a task as columns of its source, by their names."""
    return {name: InputKey.of(task.source, given.column, given) for name, given in task.inputs.items()}


@dataclass(frozen=True)
class TargetKey:
    """The gold answers of a task where they flow into one of its modules, which they do in training only."""

    task: str


@dataclass(frozen=True)
class Call:
    """One application of a component to values.

    `arguments` are what flows in, in order: the one `InputKey` of a leaf embedding, the parts of a composite, what a
    slot takes; then the conditions. `method` is what is asked of the component where that is not its `forward`.
    """

    component: str
    arguments: tuple[Argument, ...]
    method: str = ""
    _hash: int = field(init=False, repr=False, compare=False)  # kept: a call hashes all that it depends on

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.component, self.arguments, self.method)))

    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True)
class Regroup:
    """Where items become units: `value` is computed for each distinct text of `input`, and taken as units ask for it.

    A pair asks for one text of each of its inputs, a dialog for the texts of a list, in their order.
    """

    value: Call
    input: InputKey
    _hash: int = field(init=False, repr=False, compare=False)  # kept, as that of a call

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.value, self.input)))

    def __hash__(self) -> int:
        return self._hash


Step = Call | Regroup
Argument = Call | Regroup | InputKey | TargetKey


def steps_below(step: Step) -> tuple[Step, ...]:
    """Return the calls and regroupings whose values flow into one directly, in order."""
    if isinstance(step, Regroup):
        return (step.value,)
    return tuple(argument for argument in step.arguments if isinstance(argument, (Call, Regroup)))


def walk(wanted: Iterable[Step], given: Iterable[Step] = ()) -> list[Step]:
    """Return these steps and all that they depend on, each once, arguments before what takes them.

    Those that are `given` come first, without what they depend on.
    """
    found: dict[Step, None] = dict.fromkeys(given)

    def visit(step: Step) -> None:
        if step not in found:
            for below in steps_below(step):
                visit(below)
            found[step] = None

    for step in wanted:
        visit(step)
    return list(found)


def encoders_of_adapters(calls: Iterable[Call]) -> dict[str, str]:
    """Return the encoder of every adapter among some calls, by component (see `mtl.model.adapters`)."""
    return {
        call.component: argument.component
        for call in calls
        for argument in call.arguments
        if isinstance(argument, Call) and argument.method == ADAPTED
    }


def adapters_alone(calls: Iterable[Call]) -> dict[str, str]:
    """Return the encoders that one adapter alone uses, by the adapter; nothing else among the calls uses them."""
    calls = list(calls)
    encoders = encoders_of_adapters(calls)
    adapted = Counter(encoders.values())
    plain = {call.component for call in calls if call.method != ADAPTED}
    return {a: encoder for a, encoder in encoders.items() if adapted[encoder] == 1 and encoder not in plain}


def keys_of(value: Argument) -> frozenset[InputKey]:
    """Return the inputs that a value depends on."""
    if isinstance(value, InputKey):
        return frozenset({value})
    if isinstance(value, TargetKey):
        return frozenset()
    if isinstance(value, Regroup):
        return keys_of(value.value)
    return frozenset().union(*map(keys_of, value.arguments))


def leaves(steps: Iterable[Step]) -> Iterator[tuple[str, InputKey]]:
    """Yield each component that reads an input, with the input."""
    for step in steps:
        if isinstance(step, Call):
            for argument in step.arguments:
                if isinstance(argument, InputKey):
                    yield step.component, argument


def regrouped(argument: Argument) -> Argument:
    """Return the value of each unit: that of one text alone is taken as units ask for it."""
    keys = keys_of(argument)
    if isinstance(argument, Call) and len(keys) == 1 and not _in_units(argument):
        return Regroup(argument, next(iter(keys)))
    return argument


def producer_of(argument: Argument) -> str | None:
    """Return the component that computes a value; None for inputs and targets."""
    value = argument.value if isinstance(argument, Regroup) else argument
    return value.component if isinstance(value, Call) else None


def _in_units(call: Call) -> bool:
    return any(
        isinstance(argument, Regroup) or (isinstance(argument, Call) and _in_units(argument))
        for argument in call.arguments
    )
