"""A study drawn as one SVG file: the scores of its trials in their order, and against the values of each key."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from ...recipe.tuning import Dimension, Range
from .results import said
from .study import Trial

WIDTH, TOP, PANEL = 960, 300, 220  # of the drawing, of the first panel, and of each row of the others; in pixels
COLUMNS = 3
LEFT, RIGHT, ABOVE, BELOW = 56, 16, 34, 34  # margins of a panel
COLOURS = {"complete": "#2563a8", "pruned": "#c77d1e", "failed": "#b3261e"}
LONGEST = 14  # characters of a choice below its points


@dataclass(frozen=True)
class Axis:
    """Numbers from `low` to `high` on pixels from `start` to `end`; its line is longer by `margin` on both sides."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False
    margin: float = 0

    def at(self, value: float) -> float:
        """Return where a number is."""
        low, high, value = map(math.log, (self.low, self.high, value)) if self.log else (self.low, self.high, value)
        return self.start + (self.end - self.start) * (value - low) / (high - low)

    def ticks(self) -> list[float]:
        """Return round numbers on the axis: powers of ten on a logarithmic one that holds two of them."""
        if self.log:
            powers = range(math.ceil(math.log10(self.low)), math.floor(math.log10(self.high)) + 1)
            return [10.0**power for power in powers] if len(powers) > 1 else [self.low, self.high]
        most = (self.high - self.low) / 3
        power = 10.0 ** math.floor(math.log10(most))
        step = max(nice * power for nice in (1, 2, 5) if nice * power <= most)
        first = math.ceil(self.low / step - 1e-9)
        return [number * step for number in range(first, math.floor(self.high / step + 1e-9) + 1)]


def svg(title: str, trials: Sequence[Trial], space: Mapping[str, Dimension], names: Mapping[str, str]) -> str:
    """Return the drawing of trials that have ended; `names` are what the keys are called in it."""
    rows = math.ceil(len(space) / COLUMNS)
    height = TOP + rows * PANEL
    scored = [trial for trial in trials if trial.score is not None]
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="11" fill="#222">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        *_history(title, trials, scored),
    ]
    for index, (key, dimension) in enumerate(space.items()):
        width = WIDTH / COLUMNS
        left, top = index % COLUMNS * width, TOP + index // COLUMNS * PANEL
        lines += _slice(names[key], key, dimension, scored, (left, top, width))
    return "\n".join([*lines, "</svg>", ""])


def _history(title: str, trials: Sequence[Trial], scored: Sequence[Trial]) -> Iterator[str]:
    """Yield the first panel: each trial's score, and the best one so far."""
    yield f'<text x="{LEFT}" y="20" font-size="14" font-weight="bold">{escape(title)}</text>'
    x = Axis(0.5, max([trial.number for trial in trials], default=1) + 0.5, LEFT, WIDTH - RIGHT)
    y = _scores(scored, TOP - BELOW, ABOVE + 22)
    yield from _frame(x, y, [tick for tick in x.ticks() if tick == int(tick)], "trial")
    yield from _legend(trials)
    best: list[str] = []
    highest = -math.inf
    for trial in scored:
        score = trial.score if trial.score is not None else -math.inf
        if trial.state == "complete" and score > highest:
            begin = f"M{x.at(trial.number):.1f} {y.at(score):.1f}"
            best.append(f"H{x.at(trial.number):.1f} V{y.at(score):.1f}" if best else begin)
            highest = score
    if best:
        path = " ".join([*best, f"H{x.end:.1f}"])
        yield f'<path d="{path}" fill="none" stroke="{COLOURS["complete"]}" stroke-width="1.5" opacity="0.5"/>'
    for trial in trials:
        yield _mark(trial, x.at(trial.number), y.start if trial.score is None else y.at(trial.score))


def _slice(
    name: str, key: str, dimension: Dimension, scored: Sequence[Trial], place: tuple[float, float, float]
) -> Iterator[str]:
    """Yield the panel of one key: scores against its values."""
    left, top, width = place
    start, end = left + LEFT, left + width - RIGHT
    y = _scores(scored, top + PANEL - BELOW, top + ABOVE)
    yield f'<text x="{start:.1f}" y="{top + 20:.1f}" font-weight="bold">{escape(name)}</text>'
    if isinstance(dimension, Range):
        x = Axis(dimension.low, dimension.high, start + 8, end - 8, dimension.log, margin=8)
        yield from _frame(x, y, x.ticks(), "")
        for trial in scored:
            yield _mark(trial, x.at(trial.values[key]), y.at(trial.score or 0.0))
    else:
        x = Axis(-0.5, len(dimension) - 0.5, start, end)
        yield from _frame(x, y, [], "")
        for index, choice in enumerate(dimension):
            yield _text(x.at(index), y.start + 16, _short(said(choice)), "middle")
        for trial in scored:
            yield _mark(trial, x.at(dimension.index(trial.values[key])), y.at(trial.score or 0.0))


def _scores(scored: Sequence[Trial], start: float, end: float) -> Axis:
    scores = [trial.score for trial in scored if trial.score is not None] or [0.0, 1.0]
    low, high = min(scores), max(scores)
    margin = (high - low) * 0.06 or 0.01
    return Axis(low - margin, high + margin, start, end)


def _frame(x: Axis, y: Axis, ticks: Sequence[float], label: str) -> Iterator[str]:
    left, right = x.start - x.margin, x.end + x.margin
    for tick in y.ticks():
        at = y.at(tick)
        yield f'<path d="M{left:.1f} {at:.1f}H{right:.1f}" stroke="#e3e3e3"/>'
        yield _text(left - 6, at + 4, f"{tick:.4g}", "end")
    yield f'<path d="M{left:.1f} {y.start:.1f}H{right:.1f}" stroke="#888"/>'
    for tick in ticks:
        yield _text(x.at(tick), y.start + 16, f"{tick:.4g}", "middle")
    if label:
        yield _text((x.start + x.end) / 2, y.start + 30, label, "middle")


def _legend(trials: Sequence[Trial]) -> Iterator[str]:
    at = float(LEFT)
    for state in COLOURS:
        of = [trial for trial in trials if trial.state == state]
        if of:
            yield _mark(of[0], at + 5, 36)
            text = f"{state}: {len(of)}"
            yield _text(at + 14, 40, text, "start")
            at += 40 + 6.2 * len(text)


def _mark(trial: Trial, x: float, y: float) -> str:
    """Return a trial's mark, with a tooltip that says which one it is: a disc, pruned a ring, failed a cross."""
    score = "no score" if trial.score is None else f"{trial.score:.4f}"
    values = "".join(f"\n{key}: {said(value)}" for key, value in trial.values.items())
    tooltip = f"<title>{escape(f'trial {trial.number}, {trial.state}: {score}{values}')}</title>"
    colour = COLOURS.get(trial.state, "#888")
    if trial.state == "failed":
        shape = f'd="M{x - 4:.1f} {y - 4:.1f}l8 8m0 -8l-8 8" stroke="{colour}" stroke-width="1.6" fill="none"'
        return f"<path {shape}>{tooltip}</path>"
    fill = "#fff" if trial.state == "pruned" else colour
    shape = f'cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{fill}" stroke="{colour}" stroke-width="1.4"'
    return f"<circle {shape}>{tooltip}</circle>"


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
