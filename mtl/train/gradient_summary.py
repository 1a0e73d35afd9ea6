"""What all looks at the gradients of a training showed, as lines for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any

OFTEN = 0.5  # share of the looks in which two tasks disagree from which on they are named


def looks(log: Path) -> list[dict[str, Any]]:
    """Return the records of a log of JSON lines that are looks at gradients."""
    if not log.exists():
        return []
    with log.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.startswith('{"event": "gradients"')]


def gradient_lines(records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a heading and, for each component in which tasks met, who moved it and which tasks mostly disagreed.

    Two tasks disagree in a look where the cosine of their gradients is below 0.
    """
    met: dict[str, list[Mapping[str, Any]]] = {}
    for record in records:
        for component, meeting in record["components"].items():
            met.setdefault(component, []).append(meeting)
    if met:
        yield "where tasks meet, by looks at their gradients (`gradients` in log.jsonl):"
    for component, meetings in met.items():
        yield f"  {component}: moved by {_moved(meetings)}"
        yield from (f"    {line}" for line in _disagreements(meetings))


def _moved(meetings: Iterable[Mapping[str, Any]]) -> str:
    """Return the share of each task in all updates of a component."""
    ways: dict[str, float] = {}
    for meeting in meetings:
        for task, way in meeting["updates"].items():
            ways[task] = ways.get(task, 0.0) + max(0.0, way)
    total = sum(ways.values()) or 1.0
    return ", ".join(f"{task} {way / total:.0%}" for task, way in ways.items())


def _disagreements(meetings: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    cosines: dict[tuple[str, str], list[float]] = {}
    for meeting in meetings:
        for one, others in meeting["cosines"].items():
            for other, cosine in others.items():
                pair = (other, one) if (other, one) in cosines else (one, other)
                cosines.setdefault(pair, []).append(cosine)
    for (one, other), found in cosines.items():
        apart = sum(cosine < 0 for cosine in found) / len(found)
        if apart > OFTEN:
            yield f"{one} and {other} disagree in {apart:.0%} of {len(found)} looks, median cosine {median(found):.2f}"
