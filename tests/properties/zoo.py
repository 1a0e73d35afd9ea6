"""Recipes in which registered representations and poolings are used: one task for each use.

Which modules there are is asked of the registry, so that none can be left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mtl_modules  # noqa: F401  # registers its modules
from mtl.base import registry

TASKS = {
    "representation": {"text_classification": "intent", "word_tagging": "slots"},
    "pooling": {"text_classification": "intent"},
}
BILSTM = {"type": "bilstm", "hidden": 3}
# Keys of modules that need some, or that are to be small, or in more than one configuration.
KEYS: dict[tuple[str, str], tuple[dict[str, Any], ...]] = {
    ("representation", "bigru"): ({"hidden": 4, "layers": 2, "dropout": 0.2},),
    ("representation", "bilstm"): ({"hidden": 4},),
    ("representation", "bseqcnn"): ({"dim": 6, "widths": [2, 3], "context": 3},),
    ("representation", "cnn"): ({"dim": 7, "widths": [1, 2, 3]},),
    ("representation", "concat"): ({"parts": {"one": {"type": "cnn", "dim": 5}, "two": BILSTM}},),
    ("representation", "cross_stitch"): (
        {"own": "one", "parts": {"one": {"type": "sru", "hidden": 3}, "two": BILSTM}},
    ),
    ("representation", "dilated_cnn"): ({"dim": 6, "dropout": 0.1},),
    ("representation", "mmoe"): ({"experts": {"type": "concat", "parts": {"one": BILSTM, "two": BILSTM}}},),
    ("representation", "multiplicative_lstm"): ({"hidden": 4, "layers": 2},),
    ("representation", "residual"): ({"part": BILSTM, "norm": True}, {"part": {"type": "sru", "hidden": 4}}),
    ("representation", "self_attention"): (
        {"dim": 8, "heads": 2, "ffn": 12, "layers": 1},
        {"dim": 6, "heads": 1, "ffn": 8, "positions": "learned", "max_length": 5},
    ),
    ("representation", "slot_attention"): ({"hidden": 3}, {"hidden": 3, "score": "additive", "dim": 5}),
    ("representation", "sru"): ({"hidden": 3},),
    ("representation", "stack"): ({"parts": {"low": {"type": "cnn", "dim": 5}, "own": BILSTM}},),
    ("pooling", "concat"): ({"parts": {"largest": {"type": "max"}, "ends": {"type": "boundary"}}},),
    ("pooling", "query_attention"): ({}, {"queries": 2}),
    ("pooling", "self_attention"): ({"dim": 4}, {"dim": 4, "hops": 3}),
}


@dataclass(frozen=True)
class Use:
    """A module in one of its configurations, in a task of some type."""

    kind: str
    module: str
    number: int
    task: str

    @property
    def name(self) -> str:
        """Name of the task that uses it."""
        return f"{self.kind}-{self.module}-{self.number}-{self.task}"

    @property
    def address(self) -> str:
        """The module's address."""
        return f"{self.name}.{self.kind}"


def configurations(kind: str, name: str) -> tuple[dict[str, Any], ...]:
    """Return the keys that a module is used with; raises where it needs some that `KEYS` does not have."""
    found = KEYS.get((kind, name), ({},))
    needed = {key for key, p in registry.recipe_keys(registry.lookup(kind, name)).items() if p.default is p.empty}
    for keys in found:
        lacking = ", ".join(sorted(needed - set(keys)))
        if lacking:
            raise LookupError(
                f"the {kind} '{name}' should have a line in KEYS of tests/properties/zoo.py, with {lacking}."
            )
    return found


def uses() -> list[Use]:
    """Return every module of the library in every configuration and task type."""
    return [
        Use(kind, name, number, task)
        for kind, tasks in TASKS.items()
        for name in registry.names(kind)
        if registry.lookup(kind, name).__module__.startswith("mtl_modules.")
        for number in range(len(configurations(kind, name)))
        for task in tasks
    ]


def sample() -> list[Use]:
    """Return every module once, in its first configuration, task types in turn."""
    found: dict[tuple[str, str], list[Use]] = {}
    for use in uses():
        if not use.number:
            found.setdefault((use.kind, use.module), []).append(use)
    return [group[position % len(group)] for position, group in enumerate(found.values())]


def recipe(chosen: Sequence[Use]) -> dict[str, Any]:
    """Return a recipe of two steps with a task for each use; all share their words' vectors, of size 8."""

    def task(use: Use) -> dict[str, Any]:
        module = {"type": use.module, **configurations(use.kind, use.module)[use.number]}
        return {
            "type": use.task,
            "source": "utterances",
            "inputs": {"text": {"column": "text", "lowercase": True}},
            "target": TASKS[use.kind][use.task],
            "model": {"embedding": {"type": "word", "dim": 8}, use.kind: module},
        }

    return {
        "name": "zoo",
        "seed": 5,
        "sources": {"utterances": {"format": "tsv", **{split: f"{split}.tsv" for split in ("train", "dev", "test")}}},
        "tasks": {use.name: task(use) for use in chosen},
        "share": {"words": ["*.embedding"]} if len(chosen) > 1 else {},
        "train": {
            "optimizer": {"type": "adam", "lr": 0.02},
            "batch": {"size": 16},
            "max_steps": 2,
            "gradients_every": 0,
        },
    }
