"""What a recipe says, checked and filled: frozen values that all other parts of the library read.

`line`, `file` and `path` say where a value was written, for messages; they take no part in comparisons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic

from ..base import registry
from ..base.declared import FromZero, Inside, Key, Natural, Positive
from ..base.errors import Fault
from ..text.character_noise import CharacterNoise
from ..text.front_end import FrontEnd
from .beside import all_slots
from .modules import ModuleConfig
from .place import NOWHERE, Place
from .task import Slot, Task
from .training import TrainConfig
from .tuning import TuneConfig


@dataclass(frozen=True)
class InputConfig:
    """One input of a task: its column, and how its texts become tokens, or that it holds values."""

    column: Annotated[str, Key("column of the text; an input may be that alone")]
    front_end: Annotated[FrontEnd, Inside()] = field(default_factory=FrontEnd)
    noise: Annotated[
        CharacterNoise | None,
        Key(
            "slips in training; see 'an input's noise'",
            apart=True,
            note="Words get other slips at every pass, a pure function of seed, pass and row; dev, test and exported "
            "graphs read texts as they are. All inputs of one column have one noise, as they read one text.",
        ),
    ] = None
    listed: bool = False  # the column holds a list of texts: the task type says so
    place: Place = field(default=NOWHERE, compare=False)

    @property
    def reads(self) -> str:
        """What a cell is read as: `texts`, `lists of texts` or `values`; models that do so alike get equal rows."""
        return "lists of texts" if self.listed else "values" if self.front_end.of_value else "texts"


@dataclass(frozen=True)
class SourceConfig:
    """A data source; `values` holds every key of its format, defaults filled in.

    `group_by`, `stratify_by` and `share_seed` say how rows are divided where dev or test is a share of train.
    """

    name: str
    format: Annotated[
        str, Key("the format; `mtl components source FORMAT` lists its own keys", apart=True, written=str)
    ]
    values: Mapping[str, Any]
    group_by: Annotated[
        str | None,
        Key(
            "where dev or test is a share of train: column whose values stay whole",
            note="Such a share is written 'dev: 10%'. All rows with one value of `group_by` are in one split; those of "
            "a ranking's query always are.",
        ),
    ] = None
    stratify_by: Annotated[
        str | None,
        Key("where dev or test is a share of train: column whose values are spread evenly"),
    ] = None
    share_seed: Annotated[
        int | None,
        Key(
            "where dev or test is a share of train: seed of that draw; without it, 1",
            note="The recipe's `seed` has no part in it: runs with other seeds have the same division.",
        ),
    ] = None
    place: Place = field(default=NOWHERE, compare=False)

    @property
    def line(self) -> int | None:
        """Line of the recipe on which the source begins."""
        return self.place.line

    @property
    def path(self) -> str:
        """Dotted path of the source inside the recipe."""
        return self.place.path

    @property
    def cls(self) -> type[Any]:
        """The registered source class."""
        return registry.lookup("source", self.format)


@dataclass(frozen=True)
class TeacherConfig:
    """A finished run whose probabilities a task learns from, beside its own labels."""

    run: Annotated[str, Key("folder of a finished run, or of an ensemble; a teacher may be that alone")]
    task: Annotated[str | None, Key("which task of that run teaches; null: the one of the same name")] = None
    temperature: Annotated[Positive, Key("what scores of both are divided by, so that small probabilities count")] = 2.0
    weight: Annotated[
        float, pydantic.Field(gt=0, le=1), Key("share of the teacher in the loss; 1: labels are not learned")
    ] = 0.5
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, kw_only=True)
class TaskConfig:
    """One single-task model: what it reads, its modules, what it predicts.

    `target` is the column of the gold answers, None where the task type needs none and the recipe names none. `model`
    has an entry for each slot of the task type, None where an optional one is left out. `task` is the built task
    type; `values` are its own recipe keys.
    """

    name: str
    type: Annotated[str, Key("the task type; `mtl components task TYPE` lists its own keys", apart=True, written=str)]
    source: Annotated[str, Key("name of a source, or a source written here, inline", apart=True)]
    inputs: Annotated[Mapping[str, InputConfig], Key("text inputs by name; see 'an input'", apart=True, default=None)]
    target: Annotated[str | None, Key("column with the gold labels; some types need none", written=str)]
    weight: Annotated[Positive, Key("what its loss is multiplied by")] = 1.0
    learn: Annotated[
        bool,
        Key(
            "whether it is trained; see below",
            note="`false`: nothing is learned for the task, whose modules all come from a run (`from`). It is "
            "evaluated, tested and exported with the others, and has no say in which checkpoint is the best unless "
            "`train.select` names it.",
        ),
    ] = True
    teacher: Annotated[
        TeacherConfig | None,
        Key(
            "finished run that it learns from; see 'a teacher'",
            apart=True,
            note="The loss of a row is `1 - weight` times that of its label plus `weight * temperature^2` times the "
            "cross-entropy of the teacher's probabilities and the task's own, both at `temperature` (Hinton et al., "
            "2015); of tokens, its mean. A row whose label is missing has the second part alone, so texts without "
            "labels teach, too. The teacher answers the training rows once, before training.",
        ),
    ] = None
    metrics: Annotated[
        tuple[ModuleConfig, ...], Key("list of metrics, in place of the type's own", apart=True, default=None)
    ]
    values: Mapping[str, Any]
    model: Annotated[
        Mapping[str, ModuleConfig | None],
        Key("modules by slot: embedding, representation, ..., output; see 'a module'", apart=True, default=None),
    ]
    task: Task = field(compare=False, repr=False)
    place: Place = field(default=NOWHERE, compare=False)

    @property
    def line(self) -> int | None:
        """Line of the recipe on which the task begins."""
        return self.place.line

    @property
    def path(self) -> str:
        """Dotted path of the task inside the recipe."""
        return self.place.path

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """The slots of the model in order of data flow; the last one is the output layer."""
        return all_slots(self.task, self.inputs)

    @property
    def output(self) -> str:
        """Address of the output layer."""
        return f"{self.name}.{self.slots[-1].name}"


@dataclass(frozen=True)
class ShareGroup:
    """Addresses that are one module or, where the group is soft, modules alike whose parameters are pulled together.

    `members` is complete: globs are expanded, and where a tied composite brings further addresses of a tied part
    with it, they are here too.
    """

    name: str
    members: Annotated[tuple[str, ...], Key("addresses and globs; a group may be this list alone", apart=True)]
    kind: Annotated[
        Literal["hard", "soft", "cross_stitch"],
        Key(
            "how its members are shared",
            note="Members of a hard group are one module; those of a soft one are modules alike whose parameters are "
            "pulled together; those of a cross_stitch are representations, mixed by learned weights at each of them.",
        ),
    ] = "hard"
    strength: Annotated[FromZero | None, Key("of a soft group: factor of half the squared distances to its mean")] = (
        None
    )
    complete: bool = field(default=True, compare=False)  # False: members may be missing, as their tasks are
    place: Place = field(default=NOWHERE, compare=False)

    @property
    def soft(self) -> bool:
        """Whether its members stay modules of their own."""
        return self.kind == "soft"


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A checked recipe: sources, tasks, what is shared, how it is trained; all defaults filled in.

    `data` is the directory that relative data paths start from. `file` is where the recipe was read, if it was;
    `document` is its name in messages. `settings` say which keys were set by patterns given beside it.
    """

    name: Annotated[str, Key("name of the run's folder; without it the file's", written=str | None, default=None)]
    seed: Annotated[Natural, Key("seed of all random numbers")] = 1
    data: Annotated[
        Path, Key("folder that relative paths start from; the recipe's", written=str | None, default=None)
    ] = Path()
    plugins: Annotated[
        tuple[str, ...], Key("Python files and modules that register components", written=list[str])
    ] = ()
    sources: Annotated[Mapping[str, SourceConfig], Key("data by name; see 'a source'", apart=True, default=None)]
    tasks: Annotated[
        Mapping[str, TaskConfig], Key("single-task models by name; see 'a task'", apart=True, default=None)
    ]
    share: Annotated[
        Mapping[str, ShareGroup], Key("which modules are one; see 'a share group'", apart=True, default=None)
    ]
    train: Annotated[TrainConfig, Key("how it is trained; see 'train'", apart=True, default=None)]
    tune: Annotated[
        TuneConfig | None, Key("which values `mtl tune` searches; see 'tune'. Runs do without", apart=True)
    ] = field(default=None, compare=False)
    file: Path | None = field(default=None, compare=False)
    kept: Path | None = field(default=None, compare=False)  # folder with what is kept of runs that modules come from
    document: str = field(default="", compare=False)
    settings: tuple[Fault, ...] = field(default=(), compare=False)

    @property
    def title(self) -> str:
        """How messages call the recipe."""
        return self.document or self.name
