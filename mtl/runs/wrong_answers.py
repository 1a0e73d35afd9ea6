"""Where a trained model answers otherwise than gold says: which rows, how certainly, and what is taken for what."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..base.errors import UsageError
from ..base.files import replace
from ..evaluate.rightness import is_right, right_or_wrong
from ..recipe.names import chosen_task
from .far_numbers import predicts_numbers
from .reported import ERRORS
from .table_cells import NOTHING, in_cell, one_field
from .table_notes import write_note
from .worst_queries import measured_split

if TYPE_CHECKING:
    from ..data.split import Split
    from ..data.targets.base import Target
    from .finished import Measurable


class WrongRow(NamedTuple):
    """A row that is answered wrongly: its number in the split, from 1, and how certain (0 to 1) the wrong answer was.

    Of tokens, listed texts and labels it is the most certain one of those that are wrong; None where answers have no
    scores. `texts` are by input; `place` is the file and line that the row was read from, None where it is not known.
    Where answers are parts of a text, `gold` is a tuple of all right ones, and `answer` is None for no answer.
    """

    number: int
    certainty: float | None
    gold: Any
    answer: Any
    texts: dict[str, Any]
    place: tuple[str, int] | None = None


class Disagreement(NamedTuple):
    """A row of the split whose texts are those of rows of train, where none of them has its gold answer."""

    number: int
    gold: Any
    in_train: tuple[Any, ...]  # each answer once
    texts: dict[str, Any]
    place: tuple[str, int] | None = None


@dataclass(frozen=True)
class WrongAnswers:
    """What is wrong with a task's answers on a split: `rows`, most certain first, of `labelled` ones that have gold.

    `confusions` count (gold, answer) of rows, tokens or listed texts, the most frequent first; there are none of parts
    of texts.
    """

    task: str
    split: str
    inputs: tuple[str, ...]
    labelled: int
    rows: tuple[WrongRow, ...]
    confusions: tuple[tuple[tuple[str, str], int], ...]
    disagreements: tuple[Disagreement, ...]
    data: Mapping[str, str]  # SHA-256 of the split, by `source/split`

    def write(self, run: Path) -> Path:
        """Write the rows as a table, `errors/TASK.SPLIT.tsv` in the run's folder, and return it; raises `OSError`.

        A note beside it, `errors/TASK.SPLIT.json`, says which weights, names of labels and data it was made of.
        """
        path = run / ERRORS / f"{self.task}.{self.split}.tsv"
        path.parent.mkdir(exist_ok=True)
        self.write_table(path)
        write_note(run, path, self.data)
        return path

    def write_table(self, path: Path) -> None:
        """Write the rows as a table; raises `OSError`.

        Tabs, ends of lines and backslashes inside texts are written as Python escapes them (`\\t`, `\\u2028`, `\\\\`).
        `row` counts the rows of the split; `file` and `line` are where each was read, empty where that is not known.
        """
        content = io.StringIO()
        table = csv.writer(content, delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None, lineterminator="\n")
        table.writerow(["row", "file", "line", "certainty", "gold", "answer", *self.inputs])
        for row in self.rows:
            certainty = "" if row.certainty is None else f"{row.certainty:.4f}"
            values = [in_cell(value) for value in (row.gold, row.answer, *row.texts.values())]
            file, line = row.place or ("", "")
            table.writerow([row.number, one_field(file), line, certainty, *map(one_field, values)])
        replace(path, content.getvalue().encode("utf-8", "surrogatepass"))


def wrong_answers(run: Measurable, task: str | None = None, split: str | None = None) -> WrongAnswers:
    """Return where a run, an ensemble or an export answers otherwise than gold; on test by default, without it on dev.

    The task may be left out where there is only one. Raises `UsageError` for a task that does not exist or whose
    answers are not right or wrong, and for a split that its source does not have.
    """
    task = _task(run, task)
    encoded, split = measured_split(run, task, split)
    source = encoded.source
    found = run.evaluate(split, tasks=[task])
    gold, answers = found.gold[task], found.predictions[task]
    target = encoded.targets[task]
    pairs = enumerate(zip(gold, answers, strict=True))
    wrong = [i for i, (g, a) in pairs if g is not None and not is_right(target, g, a)]
    texts = {name: encoded.texts(key, wrong) for name, key in run.graph.inputs(task).items()}
    scored = run.predict(task, texts) if wrong else []
    rows = [
        WrongRow(
            i + 1,
            _certainty(gold[i], answers[i], answer),
            gold[i],
            answers[i] or None if target.quotes else answers[i],
            {k: v[at] for k, v in texts.items()},
            encoded.place(i),
        )
        for at, (i, answer) in enumerate(zip(wrong, scored, strict=True))
    ]
    rows.sort(key=lambda row: (row.certainty is None, -(row.certainty or 0.0), row.number))
    confusions = Counter(pair for i in wrong for pair in _confused(target, gold[i], answers[i]))
    return WrongAnswers(
        task,
        split,
        tuple(texts),
        sum(g is not None for g in gold),
        tuple(rows),
        tuple(sorted(confusions.items(), key=lambda item: (-item[1], item[0]))),
        tuple(_disagreements(run, task, encoded, gold)) if split != "train" else (),
        {f"{source}/{split}": run.prepared.hashes[f"{source}/{split}"]},
    )


def _task(run: Measurable, task: str | None) -> str:
    task = chosen_task(task, run.tasks, run.out)
    kind = run.graph.recipe.tasks[task].task
    target = kind.target_class()
    instead = None
    if not right_or_wrong(target):
        instead = f"which predicts a {target.element}: `mtl test` says how far off it is"
    if predicts_numbers(kind):
        instead = "a number: `mtl errors` and `far_numbers` list how far off each row is"
    if kind.units == "pairs":
        instead = "a ranking: `mtl errors` and `worst_queries` list its worst queries"
    if instead is not None:
        raise UsageError(f"task should name one whose answers are right or wrong. Found '{task}', {instead}.")
    return task


def _confused(target: Target, gold: Any, answer: Any) -> Iterator[tuple[str, str]]:
    """Yield what was taken for what: (gold, answer)."""
    if target.quotes:
        return
    if target.axes == ("C",):
        yield from ((label, NOTHING) for label in gold if label not in answer)
        yield from ((NOTHING, label) for label in answer if label not in gold)
    elif isinstance(gold, list) and isinstance(answer, list):
        yield from ((str(g), str(a)) for g, a in zip(gold, answer, strict=False) if g is not None and g != a)
    else:
        yield in_cell(gold), in_cell(answer)


def _certainty(gold: Any, answer: Any, scored: dict[str, Any]) -> float | None:
    score, scores = scored.get("score"), scored.get("scores")
    if isinstance(answer, list) and isinstance(gold, list) and isinstance(scores, dict) and score is None:
        missed = [1 - scores[label] for label in gold if label not in answer and label in scores]
        added = [scores[label] for label in answer if label not in gold and label in scores]
        return max([*missed, *added], default=None)
    if isinstance(score, list) and isinstance(gold, list):
        wrong = [s for s, g, a in zip(score, gold, answer, strict=False) if g is not None and g != a]
        return max(wrong, default=None)
    return score if isinstance(score, float) else None


def _disagreements(run: Measurable, task: str, encoded: Split, gold: Sequence[Any]) -> Iterator[Disagreement]:
    """Yield rows whose texts, as far as the task reads them, train has too, and only with other gold answers."""
    train = run.prepared.split(encoded.source, "train")
    if train is None:
        return
    columns = list(dict.fromkeys(key.column for key in run.graph.inputs(task).values()))
    of_train, of_split = train.hashes_of(columns), encoded.hashes_of(columns)
    shared = np.flatnonzero(np.isin(of_train, of_split))
    known: dict[int, list[Any]] = {}
    target = encoded.targets[task]
    for text, answer in zip(of_train[shared].tolist(), train.gold(task, shared), strict=True):
        if answer is not None and answer not in known.setdefault(text, []):
            known[text].append(answer)
    for i, text in enumerate(of_split.tolist()):
        others = known.get(text, [])
        if gold[i] is not None and others and not any(_agree(target, gold[i], other) for other in others):
            texts = {name: encoded.texts(key, [i])[0] for name, key in run.graph.inputs(task).items()}
            yield Disagreement(i + 1, gold[i], tuple(others), texts, encoded.place(i))


def _agree(target: Target, gold: Any, other: Any) -> bool:
    """Say whether two gold answers agree: of parts of a text, whether one of each does."""
    return any(is_right(target, gold, part) for part in other or ("",)) if target.quotes else bool(gold == other)
