"""Reading `train:`: how the recipe is trained."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple

import pydantic

from ..base.errors import MtlError, listing, near_miss
from ..recipe.document import Steps, show
from ..recipe.modules import ModuleConfig
from ..recipe.names import JOINT, matching
from ..recipe.schema import fitted_to
from ..recipe.training import BatchConfig, ComponentTraining, TrainConfig
from .components import read_component, told
from .draft import Reading, TaskDraft
from .sections import STRICT

Count = Annotated[int, pydantic.Field(gt=0)]
Positive = Annotated[float, pydantic.Field(gt=0)]
HERE: Steps = ("train",)
PARTS = {"mixture": "round_robin", "optimizer": "adamw", "schedule": "constant"}  # kind -> default type
SECTIONS = (*PARTS, "batch", "components", "select")
DEVICE = re.compile(r"auto|cpu|cuda(:(0|[1-9]\d{0,2}))?")
OWN_PLACE = re.compile(r"train\.(?:mixture|schedule)(?:\.(\w+))?: ")


def _part(kind: str, meaning: str) -> Any:
    return pydantic.Field(default=None, description=f"{meaning}; {PARTS[kind]} (`mtl components {kind}`)")


class TrainModel(pydantic.BaseModel):
    """The keys of `train:`; those of `SECTIONS` are read on their own."""

    model_config = STRICT
    mixture: Any = _part("mixture", "which source the next batch is from")
    optimizer: Any = _part("optimizer", "how weights change, at rate `lr`")
    schedule: Any = _part("schedule", "how rates change during training")
    batch: Any = pydantic.Field(default=None, description="budget of a batch; see 'a batch'")
    epochs: Count = pydantic.Field(default=10, description="passes over the data, as the mixture counts them")
    max_steps: Count | None = pydantic.Field(default=None, description="steps after which training ends, if not before")
    clip: Positive | None = pydantic.Field(
        default=5.0, description="norm that gradients are clipped to; null: no clipping"
    )
    components: Any = pydantic.Field(
        default=None, description="by name, address or glob: rate, freezing; see 'a line of train.components'"
    )
    select: Any = pydantic.Field(
        default=None,
        description="{TASK.FIGURE: WEIGHT}: best mean, errors negated; null: first of each task",
    )
    patience: Count | None = pydantic.Field(default=None, description="evaluations without progress that end training")
    evaluate_every: Count | None = pydantic.Field(default=None, description="steps between evaluations; null: an epoch")
    checkpoint_every: Count | None = pydantic.Field(
        default=None, description="steps between checkpoints; null: at each evaluation"
    )
    threads: Count | None = pydantic.Field(
        default=None, description="threads that torch computes with; null: its default"
    )
    device: str = pydantic.Field(default="cpu", description="where it computes: auto, cpu, cuda or cuda:N")
    precision: Literal["fp32", "bf16"] = pydantic.Field(
        default="fp32", description="precision of the forward pass in training; see below"
    )
    accumulate: Count = pydantic.Field(default=1, description="batches that make one step; see below")
    minutes: Positive | None = pydantic.Field(default=None, description="time budget for training; see below")


class BatchModel(pydantic.BaseModel):
    """The keys of `batch:`."""

    model_config = STRICT
    size: Count | None = pydantic.Field(default=None, description="sentences; 32 where neither is written")
    tokens: Count | None = pydantic.Field(default=None, description="tokens, in place of sentences")


class ComponentModel(pydantic.BaseModel):
    """The keys of a line under `components:`."""

    model_config = STRICT
    lr: Positive | None = pydantic.Field(default=None, description="its own rate, absolute; null: the optimizer's")
    freeze: bool = pydantic.Field(default=False, description="whether it is left unchanged")


class Stream(NamedTuple):
    """What a mixture knows of a source, here without having read it."""

    name: str
    rows: int
    batches: int


class Known(NamedTuple):
    """What `train:` may name: tasks, components with their addresses, sources in use; names that may be in `broken`."""

    tasks: Sequence[TaskDraft]
    components: Collection[str]
    sources: Sequence[str]
    seed: int
    broken: Collection[str]


def read_train(reading: Reading, raw: Any, known: Known) -> TrainConfig | None:
    """Return how the recipe is trained, or None after noting faults."""
    faults = len(reading.faults)
    values = reading.mapping(raw, HERE)
    checked, wrong = fitted_to(TrainModel, values, reading.document, HERE, "'train'")
    reading.faults += wrong
    _check_device(reading, values)
    parts = {kind: _read_kind(reading, values.get(kind), kind, default) for kind, default in PARTS.items()}
    batch = _read_batch(reading, values.get("batch"))
    components = _read_components(reading, values.get("components"), known)
    select = _read_select(reading, values.get("select"), known)
    if checked is None or len(reading.faults) > faults:
        return None
    numbers = {key: value for key, value in checked.items() if key not in SECTIONS}
    mixture, optimizer, schedule = (parts[kind] for kind in PARTS)
    if mixture is None or optimizer is None or schedule is None:
        return None
    _try(reading, mixture, ([Stream(name, 1, 1) for name in known.sources], known.seed, numbers["epochs"]), known)
    _try(reading, schedule, (1, 1), known)
    places = {key: reading.document.place((*HERE, key)) for key in ("device", "precision") if key in values}
    return TrainConfig(
        mixture, optimizer, schedule, batch, components=components, select=select, places=places, **numbers
    )


def _check_device(reading: Reading, values: Mapping[str, Any]) -> None:
    """Note a fault where the device has no name of one; a check of the machine finds whether it is there."""
    device = values.get("device", "cpu")
    if isinstance(device, str) and not DEVICE.fullmatch(device):
        message = f"should be 'auto', 'cpu', 'cuda' or 'cuda:N', N the number of a device. Found {show(device)}."
        reading.fault((*HERE, "device"), message)


def _read_kind(reading: Reading, raw: Any, kind: str, default: str) -> ModuleConfig | None:
    return read_component(reading, kind, raw, (*HERE, kind), default)


def _try(reading: Reading, config: ModuleConfig, arguments: tuple[Any, ...], known: Known) -> None:
    """Build a mixture or schedule: its constructor knows the bounds of its values.

    An optimizer is not built: that imports torch's compiler, which takes longer than reading the recipe. The bounds of
    its values are part of its keys' types.
    """
    if known.broken or not known.sources:
        return
    try:
        config.cls(*arguments, **config.values)
    except (MtlError, ValueError) as error:
        for message in told(error):
            match = OWN_PLACE.match(message)
            key = (match.group(1),) if match and match.group(1) else ()
            reading.fault((*HERE, config.kind, *key), message[match.end() :] if match else message)


def _read_batch(reading: Reading, raw: Any) -> BatchConfig:
    steps: Steps = (*HERE, "batch")
    if raw is None:
        return BatchConfig()
    checked, wrong = fitted_to(BatchModel, reading.mapping(raw, steps), reading.document, steps, "a batch")
    reading.faults += wrong
    if checked is not None and isinstance(raw, Mapping):
        if (checked["size"] is None) == (checked["tokens"] is None):
            found = "neither" if checked["size"] is None else "both"
            reading.key_fault(steps, f"should have one budget, 'size' (sentences) or 'tokens'. Found {found}.")
        return BatchConfig(**checked)
    return BatchConfig()


def _read_components(reading: Reading, raw: Any, known: Known) -> dict[str, ComponentTraining]:
    steps: Steps = (*HERE, "components")
    found = {}
    shared = reading.document.tree.get("share")
    shared = shared if isinstance(shared, Mapping) else {}
    for pattern, value in reading.mapping(raw, steps).items():
        here: Steps = (*steps, pattern)
        # Of what is broken the parts are not known; a name without a dot is a group's.
        group = isinstance(pattern, str) and not {".", "*"} & set(pattern) and pattern not in shared
        if not matching(pattern, known.components) and (group or not known.broken):
            what = "matches no component" if "*" in pattern else "is not a component"
            reading.key_fault(here, f"'{pattern}' {what}.{near_miss(pattern, known.components)}")
        if not isinstance(value, Mapping):
            reading.fault(here, f"should be a mapping with 'lr' or 'freeze'. Found {show(value)}.")
            continue
        checked, wrong = fitted_to(ComponentModel, value, reading.document, here, "a component's training")
        reading.faults += wrong
        if checked is None:
            continue
        if checked["freeze"] and checked["lr"] is not None:
            lr = f"{checked['lr']:g}"
            reading.fault((*here, "lr"), f"should be left out: a frozen component does not change. Found {lr}.")
        found[pattern] = ComponentTraining(**checked, place=reading.document.key_place(here))
    return found


def _read_select(reading: Reading, raw: Any, known: Known) -> dict[str, float]:
    steps: Steps = (*HERE, "select")
    figures = selectable(known.tasks)
    found = {}
    for name, value in reading.mapping(raw, steps).items():
        here: Steps = (*steps, name)
        if name not in figures and name.split(".")[0] not in known.broken:
            hint = near_miss(name, figures) or f" There are: {listing(figures)}."
            reading.key_fault(here, f"no figure named '{name}'.{hint}")
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
            message = "should be a number above 0, even where less is better"
            reading.fault(here, f"{message}: the metric says which. Found {show(value)}.")
        else:
            found[name] = float(value)
    return found


def selectable(tasks: Sequence[TaskDraft]) -> list[str]:
    """Return the figures that can be selected by: each task's; `joint.exact_match` where tasks share a source."""
    found = [
        f"{task.name}.{figure}"
        for task in tasks
        for metric in task.metrics
        for figure in metric.cls(**metric.values).figures
    ]
    sources = [task.source for task in tasks]
    if any(sources.count(source) > 1 for source in sources):
        found.append(f"{JOINT}.exact_match")
    return found
