"""A source for MedQuAD as it is distributed: folders of XML documents with questions and answers, and no splits.

Ben Abacha and Demner-Fushman (2019), A Question-Entailment Approach to Question Answering, BMC Bioinformatics 20:511;
https://github.com/abachaa/MedQuAD. The example of a custom source: `plugins: [medquad.py]` makes it `format: medquad`.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

from mtl.base.errors import DataError, Fault
from mtl.base.registry import register
from mtl.sources import Row, Source
from mtl.sources.base import OnBadRow

COLUMNS = ("question", "answer", "question_type", "source", "focus", "document", "pair")


@register("source", "medquad")
class MedQuAD(Source):
    """One row a question with its answer; `folder` holds the collections' folders.

    `document` is the document's file without its ending (`5_NIDDK_QA/0000001`; the identifiers inside are not
    unique), `pair` that and the number of the pair. A document is in one split, by a hash of its name: 80 % train,
    10 % dev, 10 % test. `source` is None where a document does not say it. Pairs without an answer (of three
    collections they were removed for their copyright) and malformed documents are left out and listed in `skipped`;
    with `on_bad_row="error"` they end the reading.
    """

    def __init__(self, *, folder: str, on_bad_row: OnBadRow = "skip") -> None:
        super().__init__(
            train=folder, dev=folder, test=folder, on_bad_row=on_bad_row, options={"reader": "sha256, 80/10/10"}
        )

    def columns(self, split: str, base: Path) -> list[str]:
        return list(COLUMNS)

    def files(self, split: str, base: Path) -> list[Path]:
        """Return the files of a split's documents, by name; raises `DataError` where the folder has none."""
        folder = self.path(split, base)
        found = sorted(folder.glob("*/*.xml"))
        if not found:
            message = "should be a folder of MedQuAD's folders of XML documents (1_CancerGov_QA/…). Found no */*.xml."
            raise DataError(Fault(message, file=str(folder)))
        return [file for file in found if split_of(document_of(file)) == split]

    def rows(self, split: str, base: Path) -> Iterator[Row | Fault]:
        for file in self.files(split, base):
            yield from Document(file).rows()


def document_of(file: Path) -> str:
    """Return the name of the document in a file: `5_NIDDK_QA/0000001`."""
    return f"{file.parent.name}/{file.stem}"


def split_of(document: str) -> str:
    """Return the split that a document is in."""
    tenth = int.from_bytes(hashlib.sha256(document.encode()).digest()[:8], "big") % 10
    return {8: "dev", 9: "test"}.get(tenth, "train")


class Document:
    """Reads one XML document; expat, since it knows the line of a pair."""

    def __init__(self, file: Path) -> None:
        self.file, self.name = file, document_of(file)
        self.found: list[Row | Fault] = []
        self.values: dict[str, str | None] = {"source": None, "focus": None}
        self.text: list[str] = []
        self.line = self.count = 0
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self.text.append

    def rows(self) -> list[Row | Fault]:
        """Return the document's rows, with faults for pairs without question or answer and where it is malformed."""
        try:
            self.parser.Parse(self.file.read_bytes(), True)
        except expat.ExpatError as error:
            said = expat.ErrorString(error.code)
            self.found.append(Fault(f"should be XML. Found {said}.", file=str(self.file), line=error.lineno))
        return self.found

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.text.clear()
        if tag == "Document":
            self.values["source"] = attributes.get("source")
        elif tag == "QAPair":
            self.count, self.line = self.count + 1, self.parser.CurrentLineNumber
            self.values |= {"question": None, "answer": None, "question_type": None}
        elif tag == "Question":
            self.values["question_type"] = attributes.get("qtype")

    def _end(self, tag: str) -> None:
        text = " ".join("".join(self.text).split()) or None
        if tag in ("Question", "Answer", "Focus"):
            self.values[tag.lower()] = text
        elif tag == "QAPair":
            missing = next((name for name in ("question", "answer") if self.values[name] is None), None)
            if missing is not None:
                message = f"should have text. Found none in pair {self.count}."
                self.found.append(Fault(message, file=str(self.file), line=self.line, path=missing))
                return
            row = {**self.values, "document": self.name, "pair": f"{self.name}#{self.count}"}
            self.found.append(Row(row, str(self.file), self.line))


def main() -> None:
    """Write all answers of a folder of MedQuAD as lines `id<TAB>answer`, a collection for `mtl rank`."""
    if len(sys.argv) != 2:
        sys.exit("usage: python recipes/medquad.py DIR > answers.tsv   (DIR holds 1_CancerGov_QA/, …)")
    source = MedQuAD(folder=sys.argv[1])
    try:
        for split in source.splits:
            for row in source.read(split, Path()):
                sys.stdout.write(f"{row.values['pair']}\t{row.values['answer']}\n")
    except DataError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
