"""A comparison as the rows of tables: figures with their verdicts, and what each task was trained on."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from typing import Any


def rows(result: Mapping[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """Yield a comparison's figures: task, figure, and mean ± spread of each run."""
    runs = [run["test"] for run in result["runs"]]
    names = dict.fromkeys((task, name) for run in runs for task, figures in run.items() for name in figures)
    for task, name in names:
        figures = [run.get(task, {}).get(name) for run in runs]
        yield task, name, ["" if figure is None else mean_and_spread(figure) for figure in figures]


def difference_rows(difference: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield a difference's table: task, figure, mean difference, its interval, the verdict."""
    for task, figures in difference["test"].items():
        for name, figure in figures.items():
            yield task, name, f"{figure['mean']:+.4f}", interval(figure), figure["verdict"]


def mean_and_spread(figure: Mapping[str, Any]) -> str:
    """Return a run's figure as a table shows it."""
    spread = f" ± {figure['std']:.4f}" if figure["std"] is not None else ""
    return f"{figure['mean']:.4f}{spread}"


def interval(figure: Mapping[str, Any]) -> str:
    """Return the interval of a difference as a table shows it; `none` where there is none."""
    return "none" if figure["low"] is None else f"{figure['low']:+.4f} to {figure['high']:+.4f}"


def trained_rows(result: Mapping[str, Any]) -> Iterator[list[str]]:
    """Yield what was trained on: task, source, and for each run steps and rows, on average; last the minutes, if kept.

    Minutes are of whole joint runs, and of all tasks alone together.
    """
    runs = [
        {(task, part["source"]): part for part in run["trained"] for task in part["tasks"]} for run in result["runs"]
    ]
    for task, source in dict.fromkeys(key for run in runs for key in run):
        yield [task, source, *(_counts(run.get((task, source))) for run in runs)]
    if any("minutes" in run for run in result["runs"]):
        yield ["all tasks", "", *(f"{statistics.fmean(run['minutes']):.2f} minutes" for run in result["runs"])]


def _counts(part: Mapping[str, Any] | None) -> str:
    if part is None:
        return ""
    return ", ".join(f"{statistics.fmean(part[key]):,.0f} {key}" for key in ("steps", "rows"))
