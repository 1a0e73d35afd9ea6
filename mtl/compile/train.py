"""Reading `train:`: how the recipe is trained."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from ..base import registry
from ..base.declared import keys, plain, schema
from ..base.errors import Fault, MtlError, listing, near_miss, some
from ..recipe.document import Steps, show
from ..recipe.modules import ModuleConfig
from ..recipe.names import JOINT, selects
from ..recipe.schema import fitted_to, sound_keys
from ..recipe.training import (
    AdversarialConfig,
    AverageConfig,
    BatchConfig,
    ComponentTraining,
    RestConfig,
    StreamTraining,
    TrainConfig,
    TrainingStream,
)
from .components import read_component
from .draft import Reading, TaskDraft

HERE: Steps = ("train",)
DEVICE = re.compile(r"auto|cpu|cuda(:(0|[1-9]\d{0,2}))?")
*_FIRST, _LAST = (f"'{key}'" for key in keys(ComponentTraining))
HALF = re.compile(r"(fp|float|f)?16(-mixed|-true)?|half|amp", re.IGNORECASE)  # names of torch's float16, here and there


class Known(NamedTuple):
    """What `train:` may name: tasks, components, addresses, sources of trained tasks; names that may be in `broken`.

    These are tasks and addresses of which nothing more is known; `sourced` says whether the sources are all.
    """

    tasks: Sequence[TaskDraft]
    components: Collection[str]
    addresses: Collection[str]
    sources: Sequence[str]
    sourced: bool
    seed: int
    broken: Collection[str]


def read_train(reading: Reading, raw: Any, known: Known) -> TrainConfig:
    """Return how the recipe is trained, with the defaults of keys whose faults were noted."""
    written = reading.mapping(raw, HERE, keys=keys(TrainConfig))
    values = _with_device(reading, _with_precision(reading, written))
    checked, wrong = fitted_to(schema(TrainConfig), values, reading.document, HERE, "'train'")
    reading.faults += wrong
    general = checked or sound_keys(TrainConfig, values)[0]
    parts = _read_parts(reading, values)
    batch = _read_batch(reading, values.get("batch"), (*HERE, "batch")) or keys(TrainConfig)["batch"].default
    streams = _read_streams(reading, values.get("streams"), known)
    rest = _read_section(reading, values.get("rest"), "rest", RestConfig)
    averaged: Any = {} if len(known.sources) > 1 else None  # each step pulls shared weights towards one source
    average = _read_section(reading, values.get("average", averaged), "average", AverageConfig)
    adversarial = _read_section(reading, values.get("adversarial"), "adversarial", AdversarialConfig)
    components = _read_components(reading, values.get("components"), known)
    select = _read_select(reading, values.get("select"), known)
    _try_parts(reading, parts, general["epochs"], known)
    if general["step"] == "all" and values.get("mixture") is not None and "mixture" in parts:
        message = "should be left out: with 'step: all' every stream is in every step. Found "
        reading.fault((*HERE, "mixture"), f"{message}'{parts['mixture'].type}'.")
    found: dict[str, Any] = {**_default_parts(), **parts, **{key: general[key] for key in plain(TrainConfig)}}
    places = {key: reading.document.place((*HERE, key)) for key in values}
    found |= {"batch": batch, "streams": streams, "rest": rest, "average": average}
    found["adversarial"] = adversarial
    found |= {"components": components, "select": select}
    return TrainConfig(places=places, **found)


def _try_parts(reading: Reading, parts: Mapping[str, ModuleConfig], epochs: int, known: Known) -> None:
    """Build a mixture, a schedule and a balance: their constructors know the bounds of their values.

    Not a mixture of streams that are not all known or, where it follows figures, of tasks with faults. An optimizer is
    not built: that imports torch's compiler, which takes longer than reading the recipe. The bounds of its values are
    part of its keys' types.
    """
    tasks = [task.name for task in known.tasks if task.general["learn"]]
    given: dict[str, tuple[Any, ...]] = {"schedule": (1, 1)}
    mixture = parts.get("mixture")
    if mixture and known.sourced and known.sources and not (known.broken and mixture.cls.adaptive):
        given["mixture"] = [_unread(name, known) for name in known.sources], known.seed, epochs
    if tasks:
        given["balance"] = tasks, known.seed
    for kind, arguments in given.items():
        if kind in parts:
            _try(reading, parts[kind], arguments)


def _unread(name: str, known: Known) -> TrainingStream:
    """Return what is known of a stream before its source is read; its figures are those that metrics may give."""
    tasks = [task for task in known.tasks if task.source == name and task.general["learn"]]
    figures = {
        f"{task.name}.{figure}": metric.cls.higher_is_better
        for task in tasks
        for metric in task.metrics
        for figure in metric.cls(**metric.values).figures
    }
    return TrainingStream(name, 1, 1, tuple(task.name for task in tasks), figures)


def _with_device(reading: Reading, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the values, without a device whose name is none after noting that; a check looks whether it is there."""
    device = values.get("device")
    if not isinstance(device, str) or DEVICE.fullmatch(device):
        return values
    message = f"should be 'auto', 'cpu', 'cuda' or 'cuda:N', N the number of a device. Found {show(device)}."
    reading.fault((*HERE, "device"), message)
    return {key: value for key, value in values.items() if key != "device"}


def _with_precision(reading: Reading, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the values after noting a precision that there is not, though there is another one of as many bits."""
    precision = values.get("precision")
    if isinstance(precision, bool) or not HALF.fullmatch(str(precision)):
        return values
    message = f"should be 'fp32' or 'bf16', the one format of 16 bits that is offered. Found {show(precision)}."
    reading.fault((*HERE, "precision"), message)
    return {**values, "precision": "bf16"}


def _read_parts(reading: Reading, values: Mapping[str, Any]) -> dict[str, ModuleConfig]:
    """Return the components that training is made of, by kind; those with faults are left out."""
    read = {
        kind: read_component(reading, kind, values.get(kind), (*HERE, kind), config.type)
        for kind, config in _default_parts().items()
    }
    return {kind: config for kind, config in read.items() if config is not None}


def _default_parts() -> dict[str, ModuleConfig]:
    """Return the components that training is made of where nothing is written."""
    found = {}
    for kind, key in keys(TrainConfig).items():
        if key.component:
            values = registry.schema(registry.lookup(kind, key.component))().model_dump()
            found[kind] = ModuleConfig(kind, key.component, values)
    return found


def _try(reading: Reading, config: ModuleConfig, arguments: tuple[Any, ...]) -> None:
    try:
        config.cls(*arguments, **config.values)
    except (MtlError, ValueError) as error:
        for fault in error.faults if isinstance(error, MtlError) else (Fault(str(error)),):
            reading.fault(tuple((fault.path or f"train.{config.kind}").split(".", 3)), fault.message)


def _read_batch(reading: Reading, raw: Any, steps: Steps) -> BatchConfig | None:
    if raw is None:
        return None
    values = reading.mapping(raw, steps, keys=keys(BatchConfig))
    checked, wrong = fitted_to(schema(BatchConfig), values, reading.document, steps, "a batch")
    reading.faults += wrong
    if checked is not None and isinstance(raw, Mapping):
        if (checked["size"] is None) == (checked["tokens"] is None):
            found = "neither" if checked["size"] is None else "both"
            reading.key_fault(steps, f"should have one budget, 'size' (sentences) or 'tokens'. Found {found}.")
        return BatchConfig(**checked)
    return None


def _read_streams(reading: Reading, raw: Any, known: Known) -> dict[str, StreamTraining]:
    steps: Steps = (*HERE, "streams")
    found = {}
    for name, value in reading.mapping(raw, steps, "streams by source", known.sources).items():
        here: Steps = (*steps, name)
        if name not in known.sources and known.sourced:
            hint = near_miss(name, known.sources)
            message = f"'{name}' should be a source that a task trains on: {listing(known.sources)}.{hint}"
            reading.key_fault(here, message)
        values = reading.mapping(value, here, keys=keys(StreamTraining))
        checked, wrong = fitted_to(schema(StreamTraining), values, reading.document, here, "a source's training")
        reading.faults += wrong
        batch = _read_batch(reading, values.get("batch"), (*here, "batch"))
        if checked is not None:
            found[name] = StreamTraining(**{**checked, "batch": batch})
    return found


def _read_section(reading: Reading, raw: Any, name: str, section: type) -> Any:
    """Return a section of `train:` that may be left out, None where it is or after noting its faults."""
    steps: Steps = (*HERE, name)
    if raw is None:
        return None
    values = reading.mapping(raw, steps, keys=keys(section))
    if not isinstance(raw, Mapping):
        return None
    checked, wrong = fitted_to(schema(section), values, reading.document, steps, f"'train.{name}'")
    reading.faults += wrong
    return None if checked is None else section(**checked)


def _read_components(reading: Reading, raw: Any, known: Known) -> dict[str, ComponentTraining]:
    steps: Steps = (*HERE, "components")
    found = {}
    shared = reading.document.tree.get("share")
    shared = shared if isinstance(shared, Mapping) else {}
    for pattern, value in reading.mapping(raw, steps, "rates by component").items():
        here: Steps = (*steps, pattern)
        names = dict.fromkeys((*known.components, *known.addresses))
        if not any(selects(pattern, name) for name in names) and not _is_beyond(pattern, known, shared):
            what = "matches no component" if "*" in pattern else "is not a component"
            hint = near_miss(pattern, names)
            reading.key_fault(here, f"'{pattern}' {what}.{hint} There are: {some(known.components)}.")
        if not isinstance(value, Mapping):
            reading.fault(here, f"should be a mapping with {', '.join(_FIRST)} or {_LAST}. Found {show(value)}.")
            continue
        checked, wrong = fitted_to(schema(ComponentTraining), value, reading.document, here, "a component's training")
        reading.faults += wrong
        own = value.get("optimizer")
        optimizer = None if own is None else read_component(reading, "optimizer", own, (*here, "optimizer"))
        if checked is None:
            continue
        frozen = "should be left out: a frozen component does not change. Found"
        for key in ("lr", "layer_decay") if checked["freeze"] else ():
            if checked[key] is not None:
                reading.fault((*here, key), f"{frozen} {checked[key]:g}.")
        if checked["freeze"] and optimizer is not None:
            reading.fault((*here, "optimizer"), f"{frozen} '{optimizer.type}'.")
        place = reading.document.key_place(here)
        found[pattern] = ComponentTraining(**{**checked, "optimizer": optimizer}, place=place)
    return found


def _is_beyond(pattern: str, known: Known, shared: Collection[str]) -> bool:
    """Return whether a pattern may mean something inside what could not be read; a name without a dot is a group's."""
    steps = pattern.split(".")
    if "*" in steps:
        return bool(known.broken)
    if steps[0] in shared:
        return bool(known.broken)
    return len(steps) > 1 and any(".".join(steps[:n]) in known.broken for n in range(1, len(steps) + 1))


def _read_select(reading: Reading, raw: Any, known: Known) -> dict[str, float]:
    steps: Steps = (*HERE, "select")
    figures = selectable(known.tasks)
    unsure = {*known.broken, *_unmeasured(reading), *([JOINT] if known.broken else [])}
    found = {}
    for name, value in reading.mapping(raw, steps, "weights by figure", figures).items():
        here: Steps = (*steps, name)
        if name not in figures and name.split(".")[0] not in unsure and not reading.strangers:
            hint = near_miss(name, figures) or f" There are: {listing(figures)}."
            reading.key_fault(here, f"no figure named '{name}'.{hint}")
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
            message = "should be a number above 0, even where less is better"
            reading.fault(here, f"{message}: the metric says which. Found {show(value)}.")
        else:
            found[name] = float(value)
    return found


def _unmeasured(reading: Reading) -> set[str]:
    """Return the tasks with a metric that could not be read."""
    steps = [(fault.path or "").split(".") for fault in reading.faults]
    return {found[1] for found in steps if found[0] == "tasks" and found[2:3] == ["metrics"]}


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
