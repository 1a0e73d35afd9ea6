"""What a checkpoint keeps of a training beside its weights: the state of everything that has one, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..base.tensors import read_tensors
from ..evaluate.selection import Selection
from .average import WeightAverage
from .balance import Balance
from .checkpoint import Snapshot
from .draws import Draws
from .gradient_facts import GradientFacts
from .optimizer import Rates
from .several_optimizers import Optimizers


@dataclass(frozen=True)
class TrainingState:
    """The parts of a training that have a state; `owned` are the tensors of each component."""

    owned: Mapping[str, Mapping[str, Tensor]]
    optimizers: Optimizers
    average: WeightAverage
    draws: Draws
    balance: Balance
    rates: Rates
    facts: GradientFacts | None
    selection: Selection | None

    def snapshot(self, step: int, beside: Mapping[str, Any], meanings: Mapping[str, Mapping[str, str]]) -> Snapshot:
        """Return what a checkpoint of a step holds: what is `beside` these parts, and their states.

        `meanings` say of every component's tensors what they mean.
        """
        tensors, plain = self.optimizers.state(named(self.owned))
        state = {
            **beside,
            "draws": self.draws.state(),
            "balance": self.balance.state(),
            "gradients": None if self.facts is None else self.facts.state(),
            "schedule": self.rates.schedule.state(),
            "average": self.average.state(),
            "selection": None if self.selection is None else self.selection.state(),
            "optimizer": plain,
        }
        raw, carried = self.average.tensors(), self.draws.tensors()
        return Snapshot(step, self.average.averaged(self.owned), meanings, tensors, state, raw, carried)

    def load(self, state: Mapping[str, Any], folder: Path, device: torch.device) -> None:
        """Go on from a checkpoint's folder and its `state`; of a training that has ended raw weights are not needed."""
        tensors = read_tensors(folder / "optimizer.safetensors")[0]
        self.optimizers.load_state(named(self.owned), tensors, state["optimizer"])
        if self.average.parameters and not state["finished"]:
            self.average.load_state(state["average"], read_tensors(folder / "raw.safetensors")[0])
        self.draws.load_state(state["draws"])
        if self.draws.carrying:
            carried = read_tensors(folder / "carried.safetensors")[0]
            self.draws.load_tensors({name: tensor.to(device) for name, tensor in carried.items()})
        self.balance.load_state(state["balance"])
        self.rates.schedule.load_state(state.get("schedule", {}))
        for part, kept in ((self.facts, state["gradients"]), (self.selection, state["selection"])):
            if part is not None:
                part.load_state(kept)


def named(owned: Mapping[str, Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Return the tensors of all components, each once, by `component/name`."""
    return {f"{name}/{key}": tensor for name, tensors in owned.items() for key, tensor in tensors.items()}
