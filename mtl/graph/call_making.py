"""What each task applies its modules to: calls, made slot by slot."""

from __future__ import annotations

from collections.abc import Mapping

from ..base.errors import UsageError
from ..recipe.config import Recipe, TaskConfig
from ..recipe.flow import flows, read_alike
from ..recipe.modules import ModuleConfig
from ..recipe.task import TARGET
from .calls import ADAPTED, Argument, Call, InputKey, TargetKey, keys_of, regrouped

ADDED = "added"  # what a wide module is asked for with a decoder's scores (see `mtl.model.module.Wide`)
PIECES = "pieces"  # what an embedding is asked for of each of two texts that it reads in one row
WORD_IDS = "ids"  # what a module asks of an embedding that is a part of it (see `mtl.model.lexicon`)


class CallMaker:
    """Makes the calls of tasks, equal ones once.

    `addresses` are all modules of the recipe, `names` the components that they are.
    """

    def __init__(self, recipe: Recipe, addresses: Mapping[str, ModuleConfig], names: Mapping[str, str]) -> None:
        self.recipe = recipe
        self._addresses, self._names = addresses, names
        self._calls: dict[Call, Call] = {}
        self._made_at: dict[Call, dict[str, None]] = {}

    def addresses_of(self, call: Call) -> tuple[str, ...]:
        """Return the addresses at which a call is made: several where tied modules are applied to the same values."""
        return tuple(self._made_at[call])

    def output(self, task: TaskConfig, inputs: Mapping[str, InputKey]) -> Call:
        """Return the last call of a task that reads these inputs: its output layer applied to its decoder's scores."""
        values: dict[str, Argument] = {**inputs, TARGET: TargetKey(task.name)}
        slots = {slot.name: slot for slot in task.slots}
        last: Call | None = None
        for slot, sources in flows(task).items():
            arguments = tuple(values[source] for source in sources)
            address, wide = f"{task.name}.{slot}", slots[slot].kind == "wide"
            if wide:
                texts = tuple(argument for argument in arguments if isinstance(argument, InputKey))
                last = self._apply(address, texts, inputs)
                arguments = tuple(argument for argument in arguments if argument not in texts)
                arguments = (*arguments, last) if arguments else ()
            if slots[slot].units or len(frozenset().union(*map(keys_of, arguments))) > 1:
                arguments = tuple(map(regrouped, arguments))
            if slots[slot].together:
                arguments = tuple(regrouped(self._made(address, (text,), PIECES)) for text in arguments)
                last = self._made(address, arguments, slots[slot].together)
            elif arguments or not wide:
                last = self._made(address, arguments, ADDED) if wide else self._apply(address, arguments, inputs)
            if last is not None:
                values[slot] = last
        if last is None:
            raise UsageError(f"task type '{task.type}' should have at least one slot. There is none.")
        return last

    def _apply(self, address: str, arguments: tuple[Argument, ...], inputs: Mapping[str, InputKey]) -> Call:
        config = self._addresses[address]
        if config.parts:
            arguments = self._inside(address, config, arguments, inputs)
        task = self.recipe.tasks[address.split(".")[0]]
        conditions = tuple(self._condition(condition, task, inputs) for condition in config.conditions)
        return self._made(address, arguments + conditions)

    def _made(self, address: str, arguments: tuple[Argument, ...], method: str = "") -> Call:
        call = Call(self._names[address], arguments, method)
        self._made_at.setdefault(call, {})[address] = None
        return self._calls.setdefault(call, call)

    def _inside(
        self, address: str, config: ModuleConfig, arguments: tuple[Argument, ...], inputs: Mapping[str, InputKey]
    ) -> tuple[Argument, ...]:
        """Apply the parts of a composite; return what flows into itself."""
        if config.chained:
            for part in config.parts:
                arguments = (self._apply(f"{address}.{part}", arguments, inputs),)
            return arguments
        if config.adapts:
            encoder = f"{address}.{config.adapts}"
            if not self._addresses[encoder].parts:
                return (self._made(encoder, arguments, ADAPTED),)
        if config.reader:
            arguments = (self._apply(f"{address}.{config.reader}", arguments, inputs),)
            others = (part for part in config.parts if part != config.reader)
            return tuple(self._apply(f"{address}.{part}", arguments, inputs) for part in others)
        if config.reading:
            return self._beside_words(address, config, arguments)
        found = tuple(self._apply(f"{address}.{part}", arguments, inputs) for part in config.parts)
        return found + arguments if config.takes_input else found

    def _beside_words(
        self, address: str, config: ModuleConfig, arguments: tuple[Argument, ...]
    ) -> tuple[Argument, ...]:
        """Return the ids of the words that a module's parts read, then what flows into itself but the text."""
        texts = tuple(argument for argument in arguments if isinstance(argument, InputKey))
        found = tuple(self._made(f"{address}.{part}", texts, WORD_IDS) for part in config.reading)
        return found + tuple(argument for argument in arguments if argument not in texts)

    def _condition(self, address: str, consumer: TaskConfig, inputs: Mapping[str, InputKey]) -> Call:
        """Apply the conditioning task to the texts of the conditioned one, tokenized as the former asks."""
        task = self.recipe.tasks[address.split(".")[0]]
        alike = {name: inputs[mine] for name, mine in read_alike(consumer, task).items()}
        keys = {name: InputKey.of(alike[name].source, alike[name].column, c) for name, c in task.inputs.items()}
        return self.output(task, keys)
