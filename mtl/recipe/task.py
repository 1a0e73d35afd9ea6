"""What a task type is: the modules of a single-task model, the edges between them, and what it predicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from ..base import registry

TARGET = "<target>"  # what a slot takes that gets the gold answers; no input can have this name

Units = Literal["rows", "lists", "pairs"]


@dataclass(frozen=True)
class Slot:
    """A place in a task's model that a module fills.

    `name` is the module's address within the task (`embedding`; `query.embedding` where a task has several inputs).
    `takes` are the slots (or the input) whose values flow in, in order; `TARGET` among them is the gold answer, which
    flows in training only (teacher forcing). An optional slot that no recipe line fills is left out and its input flows
    on; from an empty `side` branch nothing does. `default` is the configuration used where neither the task nor a share
    group writes one; `bare` the one used where they say nothing of the task's modules but of its decoder and output
    layer. With `units`, values of single texts are regrouped before they flow in: a module over a list of texts gets a
    sequence of them. Where values of several inputs meet, that is done without asking. `passes` are those of the slots
    that it takes which flow on where it is left out; without it all do. With `together` an embedding reads the two
    texts that it takes in one row, by this method (see `mtl.model.module.Embedding`).
    """

    name: str
    kind: str
    takes: tuple[str, ...]
    optional: bool = False
    default: Mapping[str, Any] | None = None
    side: bool = False
    units: bool = False
    passes: tuple[str, ...] | None = None
    bare: Mapping[str, Any] | None = None
    together: str = ""


@dataclass(frozen=True)
class Masking:
    """How tokens of a text are masked: the share of them, and what becomes of these.

    Shares `masked` and `random` become the word `mask` and another word; the rest stay.
    """

    mask: str
    rate: float
    masked: float
    random: float


class Task:
    """A single-task model: which inputs it reads, which modules it has, what it predicts.

    Registered with `register("task", name)`. Keyword-only constructor arguments are recipe keys beside `source`,
    `inputs`, `target`, `model`, `weight` and `metrics`, which every task has.

    `predicts` names the registered kind of target (see `mtl.data.targets`): what a cell of the target column means,
    what the model's answers are, which output layers and metrics fit. `units` says what an example is: one text of
    every input (`rows`); a list of texts, where cells hold lists (`lists`); or judged pairs of distinct texts,
    which a `Judgements` object of the task describes (`pairs`).
    """

    kind: ClassVar[str] = "task"
    predicts: ClassVar[str]
    units: ClassVar[Units] = "rows"
    target_optional: ClassVar[bool] = False  # a recipe may leave `target` out
    target_column: ClassVar[str | None] = None  # what `target` is where a recipe leaves it out
    input_roles: ClassVar[tuple[str, ...]] = ()  # what inputs that the recipe names are, in order; (): any number
    default_metrics: Sequence[str | Mapping[str, Any]] | None = None  # None: those of the target
    swap_values: float = 0.0  # rate at which spans of its tags have another value of their label in training
    masking: Masking | None = None  # how tokens of its text are masked, where these are what it predicts
    bptt: int | None = None  # tokens that gradients go back, where the rows of its source are one running text
    draws_negatives: bool = False  # training pairs are also made of texts that no row judges together

    def columns(self) -> dict[str, str]:
        """Return the columns that the task's own keys name, by key; every split should have them."""
        return {}

    def inputs(self) -> tuple[str, ...] | None:
        """Return the names of the inputs, or None where the recipe names them."""
        return ("text",)

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        """Return the model's slots in order of data flow; the last one is the output layer."""
        raise NotImplementedError

    def target_options(self) -> dict[str, Any]:
        """Return the keyword arguments with which the task's target is built."""
        return {}

    def target_input(self, inputs: Sequence[str]) -> str:
        """Return the input that a target over tokens (or over the texts of a list) belongs to."""
        return inputs[0]

    def cell(self, value: Any) -> Any:
        """Return what the target reads, from a value of the target column: a task may translate it first."""
        return value

    def target(self) -> Any:
        """Return a new target of the kind that the task predicts (a `mtl.data.targets.Target`)."""
        return self.target_class()(**self.target_options())

    def target_class(self) -> Any:
        """Return the class of the target: which axes it has, and which answers."""
        return registry.lookup("target", self.predicts)
