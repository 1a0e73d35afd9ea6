"""Task types and modules whose shapes no shipped one has; registered for the length of one test only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch

from mtl.base import registry
from mtl.base.registry import Address
from mtl.model.module import Decoder, Embedding, Representation
from mtl.recipe.task import Slot, Task


class Pair(Task):
    """Two texts, each with an embedding and a representation, and one answer."""

    predicts = "class"
    default_metrics = ("accuracy",)

    def inputs(self) -> tuple[str, ...] | None:
        return ("query", "document")

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        return (
            *(Slot(f"{name}.embedding", "embedding", (name,)) for name in inputs),
            *(Slot(f"{name}.representation", "representation", (f"{name}.embedding",), True) for name in inputs),
            *(
                Slot(f"{name}.pooling", "pooling", (f"{name}.representation",), False, {"type": "max"})
                for name in inputs
            ),
            Slot("decoder", "decoder", tuple(f"{name}.pooling" for name in inputs), False, {"type": "mlp"}),
            Slot("output", "output", ("decoder",), False, {"type": "softmax"}),
        )


class Named(Pair):
    """As `Pair`, with inputs that the recipe names; `margin` has a bound of its own."""

    def __init__(self, *, margin: float = 1.0) -> None:
        if margin < 0:
            raise ValueError(f"margin should be a number of at least 0. Found {margin}.")

    def inputs(self) -> tuple[str, ...] | None:
        return None


class DeadEnd(Task):
    """A module that leads to no output, and an embedding that reads two inputs."""

    predicts = "class"
    default_metrics = ("accuracy",)

    def __init__(self, *, two: bool = False) -> None:
        self.two = two

    def inputs(self) -> tuple[str, ...] | None:
        return ("left", "right")

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        return (
            Slot("embedding", "embedding", tuple(inputs) if self.two else ("left",), False, {"type": "word"}),
            Slot("representation", "representation", ("embedding",), True),
            Slot("pooling", "pooling", ("embedding",), False, {"type": "max"}),
            Slot("decoder", "decoder", ("pooling",), False, {"type": "mlp"}),
            Slot("output", "output", ("decoder",), False, {"type": "softmax"}),
        )


class Scaled(Embedding):
    """A composite with one part that has no name of its own."""

    def __init__(self, *, inner: Embedding, by: float = 1.0) -> None:
        super().__init__()


class Beside(Representation):
    """A composite of representations side by side."""

    def __init__(self, input_dim: int, *, parts: dict[str, Representation]) -> None:
        super().__init__()


class Many(Decoder):
    """A decoder with any number of conditions."""

    def __init__(
        self, input_dim: int, condition_dim: int, output_dim: int, *, conditions: list[Address] | None = None
    ) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(input_dim + condition_dim, output_dim)


CLASSES: dict[tuple[str, str], Any] = {
    ("task", "fake_pair"): Pair,
    ("task", "fake_named"): Named,
    ("task", "fake_dead_end"): DeadEnd,
    ("embedding", "fake_scaled"): Scaled,
    ("representation", "fake_beside"): Beside,
    ("decoder", "fake_many"): Many,
}


def register(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the fakes visible to recipes until the test ends."""
    for (kind, name), cls in CLASSES.items():
        monkeypatch.setitem(registry._classes[kind], name, cls)
        monkeypatch.setattr(cls, "registered_name", name, raising=False)
