"""Reading `tune:`: the form of what is searched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from ..base.declared import keys, plain, schema
from ..recipe.document import Steps, dotted, show
from ..recipe.overrides import steps_of
from ..recipe.schema import fitted_to
from ..recipe.tuning import Choices, Dimension, Range, TuneConfig
from .draft import Reading

HERE: Steps = ("tune",)
SPACE: Steps = (*HERE, "space")
FIXED = ("tune", "data", "sources", "plugins")  # sections that say what is measured, or on what
MEASURED = ("source", "target", "metrics")  # keys of a task that do so


def read_tune(reading: Reading, raw: Any) -> TuneConfig:
    """Return what is searched, without the keys whose faults were noted."""
    values = reading.mapping(raw, HERE, keys=keys(TuneConfig))
    checked, wrong = fitted_to(schema(TuneConfig), values, reading.document, HERE, "'tune'")
    reading.faults += wrong
    space = _read_space(reading, values)
    places = {key: reading.document.place((*SPACE, key)) for key in space}
    general = {key: checked[key] for key in plain(TuneConfig)} if checked is not None else {}
    return TuneConfig(space=space, places=places, **general)


def _read_space(reading: Reading, values: Mapping[str, Any]) -> dict[str, Dimension]:
    raw = values.get("space")
    if raw is None and isinstance(values, dict):
        if "space" in values or not any(fault.path == "tune" for fault in reading.faults):
            reading.key_fault(HERE, "should have a key 'space', a mapping to choices and ranges. There is none.")
        return {}
    if raw == {}:
        reading.fault(SPACE, "should name a key that is searched. Found an empty mapping.")
    found: dict[str, Dimension] = {}
    for key, value in reading.mapping(raw, SPACE, "choices and ranges by key").items():
        if _check_key(reading, key, found):
            dimension = _read_dimension(reading, value, (*SPACE, key))
            if dimension is not None:
                found[key] = dimension
    return found


def _check_key(reading: Reading, key: str, before: Mapping[str, Dimension]) -> bool:
    """Return whether a key can be searched; note why not."""
    here = (*SPACE, key)
    steps = steps_of(key)
    if not steps:
        reading.key_fault(here, f"should be the steps to a value, joined by dots. Found '{key}'.")
        return False
    if steps[0] in FIXED or (steps[0] == "tasks" and steps[2:3] and steps[2] in MEASURED) or _selects(steps):
        reading.key_fault(
            here,
            f"should be a key by which scores stay comparable. Found '{dotted(tuple(steps))}', which changes what is "
            "measured.",
        )
        return False
    for other in before:
        shorter, longer = sorted((steps_of(other), steps), key=len)
        if longer[: len(shorter)] == shorter:
            reading.key_fault(here, f"should not lie inside another key, or around one. Found '{other}' too.")
            return False
    return True


def _selects(steps: list[str]) -> bool:
    return steps[:2] == ["train", "select"]


def _read_dimension(reading: Reading, raw: Any, steps: Steps) -> Dimension | None:
    if isinstance(raw, list):
        return _read_choices(reading, raw, steps)
    if isinstance(raw, dict):
        return _read_range(reading, raw, steps)
    reading.fault(steps, f"should be a list of choices, or a range with 'low' and 'high'. Found {show(raw)}.")
    return None


def _read_choices(reading: Reading, raw: list[Any], steps: Steps) -> Choices | None:
    if len(raw) < 2:
        reading.fault(steps, f"should be a list of at least two choices. Found {len(raw)}.")
        return None
    for i, choice in enumerate(raw):
        if choice in raw[:i]:  # 1 and true too, which are equal in Python and so in Optuna
            other = show(raw[raw.index(choice)])
            reading.fault(steps, f"choices should differ from each other. Found {show(choice)} after {other}.")
            return None
    return tuple(raw)


def _read_range(reading: Reading, raw: Mapping[str, Any], steps: Steps) -> Range | None:
    checked, wrong = fitted_to(schema(Range), raw, reading.document, steps, "a range")
    reading.faults += wrong
    if checked is None:
        return None
    numbers: dict[str, Any] = {key: raw.get(key) for key in ("low", "high", "step")}  # as written: 1 is no 1.0 here
    found = Range(**{**checked, **numbers})
    faults = len(reading.faults)
    if found.low >= found.high:
        reading.fault((*steps, "high"), f"should be greater than 'low', {show(found.low)}. Found {show(found.high)}.")
    elif found.step is not None and not found.log:
        low, high, step = (Decimal(str(number)) for number in (found.low, found.high, found.step))
        if (high - low) % step:
            reach = low + (high - low) // step * step
            message = f"should be 'low' plus a multiple of 'step', as {reach} is. Found {show(found.high)}."
            reading.fault((*steps, "high"), message)
    if found.log and found.low <= 0:
        reading.fault((*steps, "low"), f"should be greater than 0 where 'log' is true. Found {show(found.low)}.")
    if found.log and found.step is not None:
        reading.fault((*steps, "step"), f"should be left out where 'log' is true. Found {show(found.step)}.")
    if len(reading.faults) > faults:
        return None
    return replace(found, whole=all(isinstance(number, int) for number in numbers.values() if number is not None))
