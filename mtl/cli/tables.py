"""The tables that commands end with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from ..export.export import ExportReport


def table(title: str, *columns: str) -> Table:
    """Return an empty table whose last column is for numbers."""
    made = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, justify="right" if column == columns[-1] else "left", no_wrap=True)
    return made


def figures(console: Console, split: str, metrics: Mapping[str, Mapping[str, float]]) -> None:
    """Print the figures of a split, a line each."""
    made = table(f"{split} split", "task", "figure", "value")
    for task, of in metrics.items():
        for name, value in of.items():
            made.add_row(task, name, f"{value:.4f}")
    console.print(made)
