"""The rows whose predicted number is farthest from gold."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..base.errors import UsageError
from ..base.files import replace
from .table_cells import in_cell, one_field
from .worst_queries import measured_split

if TYPE_CHECKING:
    from .finished import Measurable


class FarRow(NamedTuple):
    """A row and how far its answer is `off`: answer minus gold; `number` counts the rows of the split from 1.

    `texts` are by input; `place` is the file and line that the row was read from, None where it is not known.
    """

    number: int
    off: float
    gold: float
    answer: float
    texts: dict[str, Any]
    place: tuple[str, int] | None = None


@dataclass(frozen=True)
class FarNumbers:
    """How far a task's numbers are off on a split: all `rows` that have gold, the farthest first."""

    task: str
    split: str
    inputs: tuple[str, ...]
    rows: tuple[FarRow, ...]

    def write_table(self, path: Path) -> None:
        """Write the rows as a table, texts escaped as in other tables of wrong answers; raises `OSError`."""
        content = io.StringIO()
        table = csv.writer(content, delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None, lineterminator="\n")
        table.writerow(["row", "file", "line", "off", "gold", "answer", *self.inputs])
        for row in self.rows:
            file, line = row.place or ("", "")
            texts = (one_field(in_cell(text)) for text in row.texts.values())
            table.writerow([row.number, one_field(file), line, row.off, row.gold, row.answer, *texts])
        replace(path, content.getvalue().encode("utf-8", "surrogatepass"))


def far_numbers(run: Measurable, task: str, split: str | None = None) -> FarNumbers:
    """Return how far the numbers of a run, an ensemble or an export are off; on test by default, without it on dev.

    Raises `UsageError` for a task that does not predict a number, and for a split that its source does not have.
    """
    kind = run.graph.recipe.tasks[task].task
    if not predicts_numbers(kind):
        raise UsageError(f"task '{task}' should predict a number. Found a {kind.target_class().element}.")
    encoded, split = measured_split(run, task, split)
    found = run.evaluate(split, tasks=[task])
    pairs = enumerate(zip(found.gold[task], found.predictions[task], strict=True))
    far = sorted(((i, a - g, g, a) for i, (g, a) in pairs if g is not None), key=lambda row: (-abs(row[1]), row[0]))
    numbers = [row[0] for row in far]
    texts = {name: encoded.texts(key, numbers) for name, key in run.graph.inputs(task).items()}
    rows = (
        FarRow(i + 1, off, gold, answer, {name: found[at] for name, found in texts.items()}, encoded.place(i))
        for at, (i, off, gold, answer) in enumerate(far)
    )
    return FarNumbers(task, split, tuple(texts), tuple(rows))


def predicts_numbers(kind: Any) -> bool:
    """Say whether a type of task gives each row a number; of a ranking, each pair has one that says nothing alone."""
    return bool(kind.target_class().element == "number" and kind.units != "pairs")
