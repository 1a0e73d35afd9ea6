"""Streams at rest: those that have converged are left out, and woken when one of their figures falls."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from ..recipe.training import RestConfig, TrainingStream
from .adaptive_mixture import figure_of


class Change(NamedTuple):
    """What happens to a stream, and why."""

    source: str
    change: Literal["rests", "woken", "spent"]
    reason: str


class Rest:
    """Says after each evaluation which streams rest from then on, and which are woken (see `train.rest`)."""

    def __init__(self, config: RestConfig, streams: Sequence[TrainingStream]) -> None:
        self.config = config
        self.streams = {stream.name: stream.figures for stream in streams if stream.figures}
        self.best: dict[str, float] = {}
        self.waited = dict.fromkeys(self.streams, 0)
        self.resting: dict[str, dict[str, float]] = {}  # by stream, its figures when the rest began

    def add(self, metrics: Mapping[str, Mapping[str, float]], spent: Collection[str]) -> list[Change]:
        """Take in an evaluation; return what changes. Streams in `spent` are drawn no more anyhow."""
        found = []
        for name, figures in self.streams.items():
            now = {figure: value for figure in figures if (value := figure_of(metrics, figure)) is not None}
            better = [figure for figure in now if self._ahead(figure, now, self.best, figures[figure])]
            fallen = [figure for figure in now if name in self.resting and self._fallen(name, figure, now)]
            self.best |= {figure: now[figure] for figure in better}
            self.waited[name] = 0 if better or fallen else self.waited[name] + 1
            if name in spent:
                continue
            if fallen:
                del self.resting[name]
                found.append(Change(name, "woken", self._woken(fallen[0], now[fallen[0]], figures[fallen[0]])))
            elif name not in self.resting and self.waited[name] >= self.config.patience:
                self.resting[name] = now
                count = self.config.patience
                last = "the last evaluation" if count == 1 else f"the last {count} evaluations"
                found.append(Change(name, "rests", f"no dev figure of its tasks was better than its best in {last}"))
        return found

    @staticmethod
    def _ahead(figure: str, now: Mapping[str, float], best: Mapping[str, float], more_is_better: bool) -> bool:
        return figure not in best or (now[figure] > best[figure] if more_is_better else now[figure] < best[figure])

    def _fallen(self, name: str, figure: str, now: Mapping[str, float]) -> bool:
        sign = 1 if self.streams[name][figure] else -1
        value, best = sign * now[figure], sign * self.best.get(figure, now[figure])
        begun = sign * self.resting[name].get(figure, now[figure])
        return value < min(best - self.config.tolerance * abs(best), begun)

    def _woken(self, figure: str, value: float, more_is_better: bool) -> str:
        side = "below" if more_is_better else "above"
        tolerance = f"more than {self.config.tolerance:g} of its best"
        return f"{figure} is {value:.4f}, {tolerance} {side} that best, {self.best[figure]:.4f}"

    def state(self) -> dict[str, Any]:
        """Return what has been found so far, fit for JSON."""
        return {"best": dict(self.best), "waited": dict(self.waited), "resting": dict(self.resting)}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Continue from where `state` was taken."""
        self.best, self.waited, self.resting = dict(state["best"]), dict(state["waited"]), dict(state["resting"])
