"""A comparison as a page that needs nothing else: HTML or Markdown, by the ending of its file's name."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...base.errors import UsageError
from ...base.files import replace
from ...base.visible import visible
from .matching import MATCHES
from .rows import difference_rows, mean_and_spread, trained_rows

STYLE = (
    "body { font-family: sans-serif; margin: 2em; } table { border-collapse: collapse; } "
    "th, td { border: 1px solid #bbb; padding: 0.3em 0.6em; text-align: left; } "
    ".better { color: #060; } .worse { color: #a00; }"
)
READING = (
    "Figures are of the test split: mean ± standard deviation over the seeds. A difference is the mean of the "
    "differences seed by seed, with its two-sided 95 % interval by Student's t. A verdict is better or worse where "
    "that interval leaves out 0, and equal where there is no difference at all."
)


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is the page's."""

    level: int
    text: str


@dataclass(frozen=True)
class Cells:
    """A table: its header and its rows."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]


Block = Heading | str | Cells  # a text is a paragraph


def check_report(file: Path) -> None:
    """Raise `UsageError` where a page cannot be written to a file: its ending names no kind, or there is no folder."""
    if file.suffix.lower() not in KINDS:
        *most, last = KINDS
        raise UsageError(
            f"--report should end with {', '.join(most)} or {last}, which is the kind of the page. Found '{file}'."
        )
    if not file.absolute().parent.is_dir():
        raise UsageError(f"--report should be a file in a folder that is there. Found no folder '{file.parent}'.")


def write_report(result: Mapping[str, Any], file: Path) -> None:
    """Write what `RecipeComparison.result` gives as a page; raises as `check_report` does."""
    check_report(file)
    replace(file, KINDS[file.suffix.lower()](list(blocks(result))).encode())


def blocks(result: Mapping[str, Any]) -> Iterator[Block]:
    """Yield all that the page says, in order."""
    runs = {run["name"]: run for run in result["runs"]}
    yield Heading(1, f"Comparison of {', '.join(name for name, run in runs.items() if run['matched'] is None)}")
    yield READING
    for difference in result["differences"]:
        name, minus = difference["name"], difference["minus"]
        yield Heading(2, f"{name} − {minus}")
        if runs[minus]["matched"]:
            yield f"Matched: {runs[minus]['matched']}. {MATCHES[runs[minus]['matched']]}"
        yield Cells(
            ("task", "figure", name, minus, "difference", "95 % interval", f"{name} is", "seeds"),
            [
                (
                    task,
                    figure,
                    mean_and_spread(runs[name]["test"][task][figure]),
                    mean_and_spread(runs[minus]["test"][task][figure]),
                    *found,
                    _seeds(runs[name]),
                )
                for task, figure, *found in difference_rows(difference)
            ],
        )
    yield Heading(2, "Trained on")
    yield "Steps and rows of each task's source, on average over the seeds."
    yield Cells(("task", "source", *runs), list(trained_rows(result)))
    yield Heading(2, "Made with")
    recipes = [(f"recipe {name}", f"SHA-256 {run['recipe']}") for name, run in runs.items() if run["matched"] is None]
    packages = [(package, ", ".join(versions)) for package, versions in result["versions"].items()]
    yield Cells(("what", "which"), [*recipes, *packages])


def _seeds(run: Mapping[str, Any]) -> str:
    first, last = run["first_seed"], run["first_seed"] + run["seeds"] - 1
    return f"1 ({first})" if first == last else f"{run['seeds']} ({first} to {last})"


def as_html(found: Sequence[Block]) -> str:
    """Return a page of HTML, its style within it."""
    title = next(block.text for block in found if isinstance(block, Heading))
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        f'<head><meta charset="utf-8"><title>{_plain(title)}</title><style>{STYLE}</style></head>',
        "<body>",
    ]
    for block in found:
        if isinstance(block, Heading):
            lines.append(f"<h{block.level}>{_plain(block.text)}</h{block.level}>")
        elif isinstance(block, str):
            lines.append(f"<p>{_plain(block)}</p>")
        else:
            lines.append("<table>")
            lines.append(f"<tr>{''.join(f'<th>{_plain(cell)}</th>' for cell in block.header)}</tr>")
            lines += [f"<tr>{''.join(map(_cell, row))}</tr>" for row in block.rows]
            lines.append("</table>")
    return "\n".join([*lines, "</body>", "</html>", ""])


def _cell(text: str) -> str:
    kind = f' class="{text}"' if text in ("better", "worse") else ""
    return f"<td{kind}>{_plain(text)}</td>"


def _plain(text: str) -> str:
    return html.escape(visible(text))


def as_markdown(found: Sequence[Block]) -> str:
    """Return a page of Markdown with GitHub's tables."""
    parts = []
    for block in found:
        if isinstance(block, Heading):
            parts.append(f"{'#' * block.level} {_marked(block.text)}")
        elif isinstance(block, str):
            parts.append(_marked(block))
        else:
            rows = [block.header, ["---"] * len(block.header), *block.rows]
            cells = [[text if index == 1 else _marked(text) for text in row] for index, row in enumerate(rows)]
            parts.append("\n".join(f"| {' | '.join(row)} |" for row in cells))
    return "\n\n".join(parts) + "\n"


def _marked(text: str) -> str:
    r"""Return a text with backslashes before what Markdown, or HTML inside it, would read as markup.

    >>> print(_marked("a|b <c> *d*"))
    a\|b \<c\> \*d\*
    """
    return re.sub(r"([\\`*_\[\]<>|~&#])", r"\\\1", visible(text))


KINDS: Mapping[str, Callable[[Sequence[Block]], str]] = {
    ".html": as_html,
    ".htm": as_html,
    ".md": as_markdown,
    ".markdown": as_markdown,
}
