"""Judgements that name their texts: a file of queries, a file of documents, and a file of judgements a split.

Such are TREC's collections (judgements `query 0 document grade`) and BEIR's (a header `query-id corpus-id score`). A
document is in its file once, however many queries it is judged for.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..base.encodings import is_wide
from ..base.errors import Fault, Wording, WrongKeyError
from ..base.registry import register
from .base import OnBadRow, Row, Source, open_all
from .named_texts import NamedTexts
from .text import read_lines

COLUMNS = ("query_id", "document_id", "query", "document", "label")
_HEADER = ["query-id", "corpus-id", "score"]


@register("source", "qrels")
class Qrels(Source):
    """One row a judgement, with the columns `query_id`, `document_id`, `query`, `document` and `label`, its grade.

    `queries` and `documents` are files of lines `id<TAB>text`, or of JSON objects with `_id`, `text` and perhaps
    `title`; `train`, `dev` and `test` are files of judgements, TREC's four columns or BEIR's three under a header. A
    row's `line` is that of its judgement.
    """

    named_files = ("queries", "documents")

    def __init__(
        self,
        *,
        queries: str,
        documents: str,
        train: str | None = None,
        dev: str | None = None,
        test: str | None = None,
        encoding: str = "utf-8",
        on_bad_row: OnBadRow = "error",
    ) -> None:
        super().__init__(train=train, dev=dev, test=test, on_bad_row=on_bad_row, options={"encoding": encoding})
        if is_wide(encoding):
            raise WrongKeyError(
                "encoding",
                "encoding should be one in which a line's end is one byte (utf-8, latin-1, …), as texts are found by "
                f"where their lines begin. Found '{encoding}'.",
            )
        self._encoding = encoding
        self._texts = {"query": queries, "document": documents}
        self._named: dict[Path, NamedTexts] = {}

    def columns(self, split: str, base: Path) -> list[str]:
        return list(COLUMNS)

    def files(self, split: str, base: Path) -> list[Path]:
        return [self.path(split, base), *(base / name for name in self._texts.values())]

    def rows(self, split: str, base: Path) -> Iterator[Row | Fault]:
        path = self.path(split, base)
        open_all(self.files(split, base))
        texts = {what: self._named_texts(base / name) for what, name in self._texts.items()}
        for named in texts.values():
            yield from named.faults
        header = False
        for number, line in read_lines(path, self._encoding):
            fields = _fields(line) if isinstance(line, str) else []
            if isinstance(line, Fault):
                yield line
            elif number == 1 and fields == _HEADER:
                header = True
            elif fields:
                yield _row(fields, header, texts, path, number)

    def _named_texts(self, path: Path) -> NamedTexts:
        if path not in self._named:
            self._named[path] = NamedTexts(path, self._encoding)
        return self._named[path]


def _fields(line: str) -> list[str]:
    """Return a line's fields: tabs separate BEIR's, any blanks TREC's."""
    return [field.strip() for field in line.split("\t")] if line.count("\t") == 2 else line.split()


def _row(fields: list[str], header: bool, texts: dict[str, NamedTexts], path: Path, line: int) -> Row | Fault:
    if len(fields) != (3 if header else 4):
        wanted = "3 columns (query, document, grade)" if header else "4 columns (query, 0, document, grade)"
        hint = "" if header else f"Judgements of 3 columns begin with the line '{' '.join(_HEADER)}', tabs between."
        return Wording(f"should have {wanted}", str(len(fields)), hint).fault(str(path), line)
    values = {"query_id": fields[0], "document_id": fields[-2], "label": fields[-1]}
    for what, named in texts.items():
        name = values[f"{what}_id"]
        text = named.text(name)
        if text is None:
            wrong = Wording(f"should name a {what} of {named.path}", f"'{name}', which is none of its {len(named):,}")
            return wrong.fault(str(path), line, f"column '{what}_id'")
        values[what] = text
    return Row(values, str(path), line)
