"""What comes out of a study: its trials by score and as a table, and how their keys and values are shown."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...recipe.overrides import steps_of
from ...recipe.yaml_core import dump
from .study import Trial


def csv_of(trials: Sequence[Trial], keys: Sequence[str]) -> str:
    """Return a table of trials: a row each, their values in full, as YAML.

    `score` is the best on dev, `steps` those after which training ended or was stopped.
    """
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow(["trial", "state", "score", "steps", "same_as", "error", *keys])
    for trial in trials:
        facts = [trial.number, trial.state, trial.score, trial.steps[-1] if trial.steps else None, trial.same_as]
        table.writerow([*facts, trial.error, *(as_yaml(trial.values[key]) for key in keys)])
    return written.getvalue()


def ranked(trials: Iterable[Trial]) -> list[Trial]:
    """Return the trials that were trained to their end, the highest score first; none twice."""
    found = [trial for trial in trials if trial.state == "complete" and trial.same_as is None]
    return sorted(found, key=lambda trial: -(trial.score or 0.0))


def short_names(keys: Sequence[str]) -> dict[str, str]:
    """Return keys by as few of their last steps, but two of them, as tell them apart.

    >>> list(short_names(["train.optimizer.lr", "tasks.a.weight", "tasks.b.weight", "train.clip"]).values())
    ['optimizer.lr', 'a.weight', 'b.weight', 'train.clip']
    """
    steps = {key: steps_of(key) for key in keys}
    count = 2
    while True:
        found = {key: ".".join(steps[key][-count:]) for key in keys}
        if len(set(found.values())) == len(found) or count > max(map(len, steps.values())):
            return found
        count += 1


def settings(values: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Return values as one line."""
    return "  ".join(f"{names[key]}={said(value)}" for key, value in values.items())


def said(value: Any) -> str:
    """Return a value for people: a number to four digits, all else as YAML.

    >>> said(0.00312345), said(None), said([64, 32])
    ('0.003123', 'null', '[64, 32]')
    """
    return f"{value:.4g}" if isinstance(value, float) else as_yaml(value)


def as_yaml(value: Any) -> str:
    """Return a value as one line of YAML: a list or a mapping as JSON, which is YAML."""
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False)
    return " ".join(dump(value).removesuffix("...\n").split())
