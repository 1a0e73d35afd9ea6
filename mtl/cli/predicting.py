"""`mtl predict`: rows in, one JSON line per row out, in their order and in constant memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from ..base.errors import UsageError, counted, near_miss
from ..base.folders import fault_if_other, kind_of
from ..base.visible import visible
from ..recipe.names import chosen_task
from ..serve.encoder import MakesVectors
from .answer_lines import Answered, answer_line, stopped_at, written_to
from .checking import warn
from .decoding import Undecoded, decoded
from .half_trained import warn_if_unfinished
from .input_lines import StreamLines, opened
from .input_rows import batched, parsed_rows
from .table_columns import check_names, chosen_columns, columns_of_row
from .table_rows import NAMED, NO_HEADER, TABLES, InputTable, fault_if_lacking, inputs_of_row

FORMATS = ("text", "json", *TABLES)
TOP = 5  # scores of a row
AS_TEXT = " With --format text every line is text."


class AnyPredictor(MakesVectors, Protocol):
    """What a bundle and an eager predictor have in common."""

    @property
    def tasks(self) -> Sequence[str]:
        """Names of the tasks that can answer."""
        ...

    def inputs(self, task: str) -> Sequence[str]:
        """Names of a task's inputs."""
        ...

    def columns(self, task: str) -> Mapping[str, str]:
        """Return the column that each of a task's inputs had in training, its own name where that is not known."""
        ...

    def reads_lists(self, task: str) -> bool:
        """Say whether a row of a task's input is a list of texts."""
        ...

    def values(self, task: str) -> Mapping[str, str]:
        """Return the inputs of a task that are values, not texts, with their tokenizers."""
        ...

    def predict(self, task: str, texts: Any, *, batch_size: int = 64) -> list[dict[str, Any]]:
        """Return one answer per row."""
        ...


@dataclass(frozen=True)
class PredictRequest:
    """What `mtl predict` was asked for, beside the model: see its options."""

    task: str | None = None
    input: str = "-"
    out: Path | None = None
    batch_size: int = 64
    format: str | None = None
    columns: Sequence[str] | None = None
    column: Sequence[str] = ()
    top: int | None = None
    every_score: bool = False

    def check(self) -> None:
        """Raise `UsageError` for options that cannot be."""
        if self.format not in (None, *FORMATS):
            found = f"Found '{self.format}'.{near_miss(self.format, FORMATS)}"
            raise UsageError(f"--format should be one of {', '.join(FORMATS)}. {found}")
        if self.top is not None and self.every_score:
            raise UsageError("--top should come without --all. Found both.")
        for option, given in {"--columns": self.columns, "--column": self.column}.items():
            if given and self.format not in TABLES:
                found = f"Found {'no --format' if self.format is None else f'--format {self.format}'}."
                raise UsageError(
                    f"{option} should come with --format {', '.join(TABLES[:-1])} or {TABLES[-1]}. {found}"
                )
        if self.columns and self.format in NAMED:
            found = f"Found --format {self.format}."
            raise UsageError(f"--columns should come with a format that does not name them itself. {found}")
        check_names(self.columns or ())


class AskedRow(NamedTuple):
    """The texts of a row by input, and all of the row, where it is passed on with the answer."""

    texts: Mapping[str, Any]
    row: Mapping[str, Any] | None


def predict_command(folder: Path, asked: PredictRequest) -> None:
    """Answer every row of a file or of standard input, without waiting for those to come."""
    asked.check()
    predictor = load(folder)
    task = chosen_task(asked.task, predictor.tasks, folder, called="--task")
    name = "standard input" if asked.input == "-" else asked.input
    top = None if asked.every_score else asked.top or TOP
    undecoded = Undecoded()
    try:
        with (
            opened(asked.input) as stream,
            stopped_at(name, lambda: answered.rows, "row", asked.out),
            written_to(asked.out) as out,
        ):
            lines = StreamLines(stream, f"--input '{asked.input}'")
            answered = Answered(lines.share)
            rows = asked_rows(asked, predictor, task, decoded(lines, name, undecoded), name)
            for batch in batched(rows, asked.batch_size, lines.waiting):
                texts = {key: [row.texts[key] for row in batch] for key in batch[0].texts}
                answers = predictor.predict(task, texts, batch_size=asked.batch_size)
                for row, answer in zip(batch, answers, strict=True):
                    out.write(answer_line(answer, top, row.row))
                out.flush()  # a reader waits for no more than a batch
                answered.add(len(batch))
    finally:
        warn(filter(None, [undecoded.warning(name)]))
    if asked.out is not None and asked.out.is_file():  # a pipe or device may well be what this would be printed to
        print(visible(f"{asked.out}: {counted(answered.rows, 'row')} answered"))


def asked_rows(
    asked: PredictRequest, predictor: AnyPredictor, task: str, lines: Iterator[str], name: str
) -> Iterator[AskedRow]:
    """Yield the rows of a stream, those of a table with all that they hold."""
    listed = predictor.reads_lists(task)
    inputs, values = predictor.inputs(task), predictor.values(task)
    if asked.format not in TABLES:
        known = predictor.columns(task)
        for texts in parsed_rows(
            lines, inputs, name, format=asked.format, hint=AS_TEXT, listed=listed, columns=known, values=values
        ):
            yield AskedRow(texts, None)
        return
    if listed and asked.format != "jsonl":
        raise UsageError(f"--format should be json or jsonl, as '{task}' reads lists of texts. Found {asked.format}.")
    chosen, known = chosen_columns(asked.column, inputs), predictor.columns(task)
    there: dict[str, str] | None = None

    def check(header: Sequence[str], line: int) -> None:
        found = columns_of_row(dict.fromkeys(header), chosen, known)
        fault_if_lacking(found, header, name, line, values=values, hint=NO_HEADER)

    for row in InputTable(asked.format, name, asked.columns, check).rows(lines):
        if there is None or asked.format == "jsonl":  # objects may differ in their keys, rows of other tables do not
            there = columns_of_row(row.values, chosen, known)
        yield AskedRow(inputs_of_row(row, there, name, listed=listed, values=values), row.values)


def load(folder: Path) -> AnyPredictor:
    """Return what answers texts of a folder: a bundle or an eager predictor; raises `UsageError` where it has none."""
    fault_if_other([folder], "run", "ensemble", "export")
    warn_if_unfinished(folder)
    kind = kind_of(folder)
    if kind == "export":
        from ..serve.bundle import Bundle

        return Bundle(folder)
    if kind == "ensemble":
        from ..runs.ensembling.ensemble import Ensemble

        return Ensemble.open(folder).predictor
    from ..runs.predictor import Predictor

    return Predictor.load(folder)
