"""The tables that commands end with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..base.errors import counted
from ..base.visible import visible

if TYPE_CHECKING:
    from ..runs.eight_bits import Loss

WIDE = 240  # characters of a table where there is no terminal


class PlainTable(Table):
    """A table whose cells are shown as they are, control characters written out: nothing in them is markup."""

    def add_row(self, *cells: Any, **how: Any) -> None:
        """Add a row of texts."""
        super().add_row(*(Text(visible(cell)) if isinstance(cell, str) else cell for cell in cells), **how)


def table(*columns: str) -> Table:
    """Return an empty table whose last column is for numbers."""
    made = PlainTable(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for number, column in enumerate(columns, 1):
        last = number == len(columns)  # an input may have its name
        made.add_column(Text(visible(column)), justify="right" if last else "left", no_wrap=last, overflow="fold")
    return made


Figures = Mapping[str, Mapping[str, float]]
Reports = Mapping[str, Mapping[str, Any]]


def metrics_table(split: str, metrics: Figures, reports: Reports) -> Table:
    """Return the figures of a split, a row each, and what its reports count."""
    made = table("task", "figure", split)
    for row in figures_of(metrics, reports):
        made.add_row(*row)
    return made


def figures_of(metrics: Figures, reports: Reports) -> Iterator[tuple[str, str, str]]:
    """Yield (task, name, text) of every figure; after a task's figures what its reports count."""
    for task, figures in metrics.items():
        for name, value in figures.items():
            yield task, name, f"{value:.4f}"
        for name, count in reports.get(task, {}).items():
            if isinstance(count, int):
                yield task, name.replace("_", " "), f"{count:,}"


def results(
    metrics: Mapping[str, Figures],
    reports: Mapping[str, Reports],
    folder: Path,
    files: Mapping[str, int],
    verified: Mapping[str, Any],
    manifest: Mapping[str, Any] = {},
) -> Table:
    """Return the one table at the end of a run: test figures, files with their sizes, what verification found.

    Of the export's `manifest`, each joint graph gets a line with its tasks, and how it reads their texts; where there
    are adapters, each component with weights gets one, with their size.
    """
    from ..export.pairs import by_count

    made = table("what", "", "value")
    split = next((name for name in ("test", "dev") if name in metrics), "")
    for task, name, text in figures_of(metrics.get(split, {}), reports.get(split, {})):
        made.add_row(f"{split} {task}", name, text)
    for name, size in files.items():
        made.add_row("exported", str(folder / name), size_text(size))
    for what, size in _weights(manifest):
        made.add_row("weights", what, size_text(size))
    joint = manifest.get("joint", ())
    for entry in joint:
        made.add_row("joint", f"{entry['file']}: {', '.join(entry['tasks'])}; reads {' and '.join(entry['reads'])}", "")
    if len(joint) > 1:
        why = "several graphs, as one has the tasks that read their inputs in the same way"
        made.add_row("joint", why, str(len(joint)))
    if not verified:
        return made
    if verified.get("how") == "none":
        made.add_row("verified", "nothing, as --verify none asked", "")
        return made
    for task, compared in verified["compared"].items():
        for sizes, count in by_count(compared):
            what = f"{task}: {verified['split'][task]} rows answered as by torch, batch {sizes}"
            made.add_row("verified", what, f"{count}/{verified['rows'][task]}")
    for what, answered in _joint_rows(verified):
        made.add_row("verified", what, answered)
    for task, apart in verified["towers"].items():
        made.add_row("verified", f"{task}: largest difference between vectors' inner product and score", f"{apart:.1e}")
    made.add_row("verified", "largest difference between scores", f"{verified['largest_difference']:.1e}")
    made.add_row("verified", "near ties (eager torch's two best within 0.002 %)", str(len(verified["ties"])))
    return made


def _joint_rows(verified: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield for each joint graph, and of its tasks for those that were asked as much, what rows it answered."""
    for file, compared in verified["joint"].items():
        alike: dict[tuple[Any, ...], list[str]] = {}
        for task, counts in compared.items():
            alike.setdefault((verified["split"][task], verified["rows"][task], *counts.items()), []).append(task)
        for (split, rows, *counts), tasks in alike.items():
            sizes = " and ".join(size for size, _ in counts)
            what = f"{file}, {' and '.join(tasks)}: {split} rows answered as by torch, batch {sizes}"
            yield what, ", ".join(f"{count}/{rows}" for _, count in counts)


def _weights(manifest: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Yield every component of an export with adapters, described, and the bytes of its weights."""
    adapters = manifest.get("adapters")
    if not adapters:
        return
    merged = {own["encoder"]: adapter for adapter, own in adapters.items() if own["weights"] == "merged"}
    for name, size in manifest["weights_of"].items():
        what = name
        if name in merged:
            what = f"{name}, the adapter {merged[name]} merged into it"
        elif name in adapters:
            what = f"{name}, an adapter of {adapters[name]['encoder']}, apart"
        yield what, size


def eight_bit_table(losses: Sequence[Loss]) -> Table:
    """Return what the figures of an export and of its eight-bit variant are."""
    made = table("figure", "split", "export", "int8", "points lost")
    for loss in losses:
        made.add_row(loss.figure, loss.split, f"{loss.before:.4f}", f"{loss.after:.4f}", f"{loss.points:+.2f}")
    return made


def size_text(size: float) -> str:
    """Return a size for people.

    >>> size_text(999), size_text(12_345), size_text(4_200_000)
    ('999 B', '12.3 kB', '4.2 MB')
    """
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def width_of(console: Console) -> int:
    """Return how wide a table may be: without a terminal, as wide as one needs to be."""
    return console.width if console.is_terminal else WIDE


def print_table(console: Console, made: Table) -> None:
    """Print a table: where there is no terminal, as wide as it needs to be."""
    if not console.is_terminal:
        console = Console(file=console.file, width=WIDE)
    console.print(made, highlight=False)


def reading(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield lines about what was read: rows, labels, vocabularies, overlaps, labels never seen in training."""
    ranking = {task for split in report["splits"].values() if "pairs" in split for task in split["labelled"]}
    for name, split in report["splits"].items():
        yield f"read {name}: {counted(split['rows'], 'row')}, {counted(split['tokens'], 'token')}{_left_out(split)}"
        if "held_out" in split:
            yield f"  {split['held_out']}"
        if "pairs" in split:
            yield f"  {_pairs(split['pairs'])}"
        for task, labelled in split["labelled"].items():
            if task not in ranking and labelled < split["rows"]:
                yield f"  {task}: {counted(split['rows'] - labelled, 'row')} without a label"
        for task, unseen in split["unseen"].items():
            if task not in ranking:  # whose labels are grades: an unseen number is no fault
                yield f"  {task}: {_unseen(unseen)}"
        for earlier, count in split["overlap"].items():
            if count:
                yield f"  {counted(count, 'row')} with the text of a row of {earlier}"
    for task, labels in report["labels"].items():
        if task in ranking:
            yield f"grades of {task}: {', '.join(f'{count:,} of {grade}' for grade, count in labels.items())}"
        else:
            yield f"labels of {task}: {len(labels)}"
    for component, sizes in report["vocabularies"].items():
        found = ", ".join(f"{size:,}" for size in sizes if size is not None)
        if found:
            yield f"vocabulary of {component}: {found}"


def _pairs(pairs: Mapping[str, int]) -> str:
    queries, documents = pairs["queries"], pairs["documents"]
    without = f", {pairs['without_positive']:,} of them without a positive," if pairs["without_positive"] else ""
    return f"{queries:,} {'query' if queries == 1 else 'queries'}{without} and {counted(documents, 'document')}"


def _left_out(split: Mapping[str, Any]) -> str:
    return f", {counted(split['skipped'], 'malformed row')} left out" if split["skipped"] else ""


def _unseen(unseen: Any) -> str:
    names = ", ".join(str(name) for name in unseen)
    return f"never seen in training, so counted as wrong: {names}"
