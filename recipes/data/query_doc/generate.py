"""Make the queries, documents and judgements, and the rows of the two classifiers, from the lists beside this file.

A document has a subject, a topic (its class), a main aspect that three sentences speak of and a side aspect that gets
one; it names another subject in passing. A query asks for one aspect of one subject. A document of that subject is
relevant to it (2) where the aspect is its main one, partly relevant (1) where it is its side one, and not otherwise
(0): those are judged, and documents of other subjects on the same aspect. Patterns of queries, queries and documents
belong to one split each. The same input gives the same bytes everywhere: all choices come from `random.Random.random`,
whose sequence Python guarantees, and SHA-256.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

HERE = Path(__file__).parent
SPLITS = ("train", "dev", "test")
ASPECTS = ("how_to", "cause", "choice", "cost", "timing", "safety")
PATTERNS = {"train": 20, "dev": 4, "test": 6}  # of the patterns of an aspect's queries
QUERIES = {"train": 10, "dev": 2, "test": 4}  # about each subject
DOCUMENTS = {"train": 6, "dev": 3, "test": 6}  # about each subject, each with another main aspect
CLASSIFIED = {  # rows of a classifier about each subject
    "query_class": {"train": 12, "dev": 3, "test": 3},
    "document_class": {"train": 6, "dev": 3, "test": 3},
}
UNSEEN = 1  # sentences of a topic's aspect that no training document has
OWN_NAME = 0.45  # how often a query uses the name that documents use
OTHERS, FAR = 3, 2  # judged documents on the same aspect: of other subjects of the topic, of other topics

CHOICE = re.compile(r"\(([^()]*\|[^()]*)\)")
HEADING = re.compile(r"\[([\w.]+)\]")


class Subject(NamedTuple):
    """What texts are about: its names, the first one used by documents, and its topic."""

    names: tuple[str, ...]
    topic: str
    number: int


class Document(NamedTuple):
    """A text about a subject, with the aspect of most of its sentences and the aspect of one."""

    id: str
    text: str
    subject: Subject
    main: str
    side: str

    def grade(self, subject: Subject, aspect: str) -> int:
        """How relevant the document is to who asks for an aspect of a subject: 0, 1, 2."""
        return 0 if subject != self.subject else 2 if aspect == self.main else int(aspect == self.side)


class Query(NamedTuple):
    """A question, the subject and the aspect that it asks for."""

    id: str
    text: str
    subject: Subject
    aspect: str


def grouped(name: str) -> dict[str, list[str]]:
    """Return heading -> its lines, of a file's lines that are no comments."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in (HERE / name).read_text("utf-8").splitlines():
        if heading := HEADING.fullmatch(line):
            lines = found.setdefault(heading[1], [])
        elif line and not line.startswith("#"):
            lines.append(line)
    return found


def order(values: Sequence[str], salt: str) -> list[str]:
    """Return values in an order that is arbitrary but always the same."""
    return sorted(values, key=lambda value: hashlib.sha256(f"{salt}\n{value}".encode()).digest())


def pick(random: Random, options: Sequence[str]) -> str:
    """Return one of the options."""
    return options[int(random.random() * len(options))]


def subjects() -> list[Subject]:
    """Return all subjects, numbered."""
    lines = [(topic, line) for topic, found in grouped("subjects.txt").items() for line in found]
    return [Subject(tuple(n.strip() for n in line.split(";")), topic, i) for i, (topic, line) in enumerate(lines)]


def patterns(aspect: str) -> dict[str, list[str]]:
    """Return the patterns of an aspect's queries by split."""
    ordered = order(grouped("queries.txt")[aspect], aspect)
    dev = PATTERNS["train"] + PATTERNS["dev"]
    return {"train": ordered[: PATTERNS["train"]], "dev": ordered[PATTERNS["train"] : dev], "test": ordered[dev:]}


def sentences(split: str) -> dict[str, list[str]]:
    """Return the patterns of sentences by heading that a split's documents are made of."""
    return {
        heading: order(found, heading)[: len(found) - (UNSEEN if split == "train" and heading[-5:] != "intro" else 0)]
        for heading, found in grouped("sentences.txt").items()
    }


class Writer:
    """Writes the documents and queries of one split; `salt` tells its texts from those of another writer."""

    def __init__(self, split: str, salt: str) -> None:
        self.split, self.salt = split, salt
        self.subjects = subjects()
        self.sentences = sentences(split)
        self.patterns = {aspect: patterns(aspect)[split] for aspect in ASPECTS}
        self.texts: set[str] = set()

    def document(self, id: str, subject: Subject, main: str, side: str) -> Document:
        """Return a document that says three things on its main aspect and one on its side aspect."""
        random = Random(f"{self.salt}\n{self.split}\n{id}")
        others = [other for other in self.subjects if other.topic == subject.topic and other != subject]
        names = {"{o}": others[int(random.random() * len(others))].names[0]}
        names["{s}"] = subject.names[int(random.random() < 0.25)]

        def written(heading: str, count: int) -> list[str]:
            chosen = order(self.sentences[heading], f"{random.random()}")[:count]
            return [sentence(pattern, names, random) for pattern in chosen]

        body = written(f"{subject.topic}.{main}", 3)
        body.insert(int(random.random() * 4), written(f"{subject.topic}.{side}", 1)[0])
        text = " ".join([*written(f"{subject.topic}.intro", 1), *body, *written("closing", 1)])
        return Document(id, text, subject, main, side)

    def documents(self, counts: dict[str, int]) -> Iterator[Document]:
        """Yield documents of all subjects, each of a subject's with another main aspect."""
        for subject in self.subjects:
            for i in range(counts[self.split]):
                main = (subject.number + i) % len(ASPECTS)
                side = (main + 1 + subject.number % (len(ASPECTS) - 1)) % len(ASPECTS)
                yield self.document(f"{self.split}-d{subject.number:02}{i}", subject, ASPECTS[main], ASPECTS[side])

    def queries(self, counts: dict[str, int]) -> Iterator[Query]:
        """Yield queries about all subjects; each text once."""
        for subject in self.subjects:
            for i in range(counts[self.split]):
                aspect = ASPECTS[(subject.number + i % DOCUMENTS[self.split]) % len(ASPECTS)]
                random = Random(f"{self.salt}\n{self.split}\n{subject.number}\n{i}")
                text = ""
                while not text or text in self.texts:
                    own = random.random() < OWN_NAME
                    name = subject.names[0] if own else pick(random, subject.names[1:])
                    text = named(pick(random, self.patterns[aspect]), {"{s}": name})
                self.texts.add(text)
                yield Query(f"{self.split}-q{subject.number:02}{i}", text, subject, aspect)


def sentence(pattern: str, names: dict[str, str], random: Random) -> str:
    """Return a sentence with its choices made and its subjects named."""
    text = named(CHOICE.sub(lambda found: pick(random, found[1].split("|")), pattern), names)
    return re.sub(r" ([,.;:!?])", r"\1", text)


def named(text: str, names: dict[str, str]) -> str:
    """Return a text with the subjects' names in their places, and the article that goes with them."""
    for place, name in names.items():
        text = text.replace(place, name)
    return re.sub(r"\b([Aa])(?= [aeio])", r"\1n", text)


def judged(query: Query, documents: Sequence[Document]) -> Iterator[tuple[Document, int]]:
    """Yield the documents that are judged for a query, with their grades."""
    random = Random(f"judged\n{query.id}")
    same = [d for d in documents if d.subject == query.subject]
    rest = [d for d in documents if d.subject != query.subject and d.main == query.aspect]
    near = [d.id for d in rest if d.subject.topic == query.subject.topic]
    far = [d.id for d in rest if d.subject.topic != query.subject.topic]
    chosen = order(near, f"{random.random()}")[:OTHERS] + order(far, f"{random.random()}")[:FAR]
    for document in [*same, *(d for d in rest if d.id in chosen)]:
        yield document, document.grade(query.subject, query.aspect)


def table(rows: Sequence[tuple[str, str]]) -> bytes:
    """Return the content of a file of tab-separated columns."""
    return "".join(f"{one}\t{other}\n" for one, other in rows).encode()


def files() -> dict[str, bytes]:
    """Return the name and content of each file."""
    made: dict[str, bytes] = {}
    queries: list[Query] = []
    documents: list[Document] = []
    for split in SPLITS:
        writer = Writer(split, "relevance")
        asked, found = list(writer.queries(QUERIES)), list(writer.documents(DOCUMENTS))
        lines = [f"{query.id} 0 {document.id} {grade}\n" for query in asked for document, grade in judged(query, found)]
        made[f"qrels.{split}.txt"] = "".join(lines).encode()
        queries, documents = queries + asked, documents + found
        for name, classified in classifiers(writer, split).items():
            made[f"{name}.{split}.tsv"] = table([("text", name), *classified])
    made["queries.tsv"] = table([(query.id, query.text) for query in queries])
    made["documents.tsv"] = table([(document.id, document.text) for document in documents])
    return made


def classifiers(relevance: Writer, split: str) -> dict[str, list[tuple[str, str]]]:
    """Return the rows of the two classifiers: texts that the relevance data does not have, with their classes."""
    writer = Writer(split, "classes")
    writer.texts |= relevance.texts
    queries = {query.text: query.aspect for query in writer.queries(CLASSIFIED["query_class"])}
    documents = {document.text: document.subject.topic for document in writer.documents(CLASSIFIED["document_class"])}
    return {
        name: [(text, rows[text]) for text in order(list(rows), split)]
        for name, rows in (("query_class", queries), ("document_class", documents))
    }


def main() -> None:
    """Write the files beside this one."""
    for name, content in files().items():
        (HERE / name).write_bytes(content)


if __name__ == "__main__":
    main()
