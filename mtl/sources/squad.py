"""SQuAD's JSON (https://rajpurkar.github.io/SQuAD-explorer): articles, their paragraphs, questions about each.

Source: Rajpurkar et al. (2016) for version 1.1, Rajpurkar, Jia and Liang (2018) for version 2.0.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..base.errors import DataError, Fault, Wording
from ..base.file_kinds import LOOKED_AT
from ..base.registry import register
from ..base.unpacking import DAMAGED, damaged, unpacked
from .base import OnBadRow, Row, Source, open_binary
from .other_kinds import TEXT, fault_if_other_kind
from .values import whole

COLUMNS = ("id", "title", "context", "question", "answers")


@register("source", "squad")
class SquadSource(Source):
    """One row per question: `id`, `title`, `context`, `question`, and `answers`, a list of dicts with text and start.

    Questions that version 2.0 calls impossible have an empty list, and those without answers, as in test files, have
    None. Paragraphs without questions have no row. A row's `line` is its number in the file, which is read whole.
    """

    def __init__(
        self,
        *,
        train: str | None = None,
        dev: str | None = None,
        test: str | None = None,
        on_bad_row: OnBadRow = "error",
    ) -> None:
        super().__init__(train=train, dev=dev, test=test, on_bad_row=on_bad_row)

    def columns(self, split: str, base: Path) -> list[str]:
        """Return the columns, which are the same of every file."""
        self.path(split, base)
        return list(COLUMNS)

    def rows(self, split: str, base: Path) -> Iterator[Row | Fault]:
        path = self.path(split, base)
        number = 0
        for article in _read(path)["data"]:
            for paragraph in _listed(article, "paragraphs"):
                for asked in _listed(paragraph, "qas"):
                    number += 1
                    yield _row(article, paragraph, asked, path, number)


def _read(path: Path) -> Mapping[str, Any]:
    """Return a file's content; raises `DataError` where it is not SQuAD's."""
    with open_binary(path) as packed:
        file = unpacked(packed)
        try:
            fault_if_other_kind(path, file.peek(LOOKED_AT)[:LOOKED_AT], "JSON as SQuAD has it", (TEXT,))
            found = json.load(file)
        except DAMAGED as error:
            raise DataError(Fault(damaged(error), file=str(path))) from error
        except (ValueError, RecursionError) as error:
            raise DataError(Fault(f"should be JSON as SQuAD has it. Found: {error}.", file=str(path))) from error
    if not isinstance(found, Mapping) or not isinstance(found.get("data"), list):
        raise DataError(Fault("should be a JSON object with a list 'data' of articles. Found another.", file=str(path)))
    return found


def _listed(value: Any, key: str) -> list[Any]:
    """Return a list, which may be empty; where there is none, one of None, for which a row's fault is noted."""
    found = value.get(key) if isinstance(value, Mapping) else None
    return found if isinstance(found, list) else [None]


def _row(article: Any, paragraph: Any, asked: Any, path: Path, number: int) -> Row | Fault:
    context = paragraph.get("context") if isinstance(paragraph, Mapping) else None
    question = asked.get("question") if isinstance(asked, Mapping) else None
    if not isinstance(context, str) or not isinstance(question, str):
        wrong = Wording("should be a question in 'qas' of a paragraph with a 'context'", "another form")
        return wrong.fault(str(path), number)
    impossible = asked.get("is_impossible", False)
    known = impossible is True or "answers" in asked
    answers = [] if impossible is True else asked.get("answers")
    if known and not (isinstance(answers, list) and all(_is_answer(answer) for answer in answers)):
        wrong = Wording("'answers' should be a list of objects with 'text' and 'answer_start'", "another form")
        return wrong.fault(str(path), number)
    values = {
        "id": whole(str(asked.get("id", number))),
        "title": whole(str(article.get("title", ""))),
        "context": whole(context),
        "question": whole(question),
        "answers": [_answer(answer) for answer in answers] if known else None,
    }
    return Row(values, str(path), number)


def _answer(found: Mapping[str, Any]) -> dict[str, Any]:
    return {"text": whole(found["text"]), "start": found["answer_start"]}


def _is_answer(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("text"), str) and type(value.get("answer_start")) is int
