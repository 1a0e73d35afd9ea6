"""The embedded data of queries and documents: reproducible, split by query, graded as its texts are."""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from mtl.base.registry import import_file

FOLDER = Path(__file__).resolve().parents[2] / "recipes" / "data" / "query_doc"
SPLITS = ("train", "dev", "test")
CLASSIFIERS = ("query_class", "document_class")

Judgements = dict[str, dict[str, int]]  # query -> document -> grade


def table(name: str) -> list[tuple[str, str]]:
    rows = [line.split("\t") for line in (FOLDER / name).read_text("utf-8").splitlines()]
    return [(one, other) for one, other in rows]


def classified(name: str, split: str) -> list[tuple[str, str]]:
    header, *rows = table(f"{name}.{split}.tsv")
    assert header == ("text", name)
    return rows


@pytest.fixture(scope="module")
def queries() -> dict[str, str]:
    return dict(table("queries.tsv"))


@pytest.fixture(scope="module")
def documents() -> dict[str, str]:
    return dict(table("documents.tsv"))


@pytest.fixture(scope="module")
def qrels() -> dict[str, Judgements]:
    found: dict[str, Judgements] = {split: defaultdict(dict) for split in SPLITS}
    for split in SPLITS:
        for line in (FOLDER / f"qrels.{split}.txt").read_text("utf-8").splitlines():
            query, zero, document, grade = line.split(" ")
            assert zero == "0"
            assert document not in found[split][query]
            found[split][query][document] = int(grade)
    return found


@pytest.fixture(scope="module")
def generator() -> Any:
    return import_file(FOLDER / "generate.py")


def test_generator_makes_the_same_bytes(generator: Any) -> None:
    made = generator.files()
    classes = [f"{name}.{split}.tsv" for name in CLASSIFIERS for split in SPLITS]
    judged = [f"qrels.{split}.txt" for split in SPLITS]
    assert sorted(made) == sorted(["queries.tsv", "documents.tsv", *judged, *classes])
    for name, content in made.items():
        assert (FOLDER / name).read_bytes() == content, name


def test_counts(queries: dict[str, str], documents: dict[str, str], qrels: dict[str, Judgements]) -> None:
    assert len(queries) == len(set(queries.values())) >= 300
    assert len(documents) == len(set(documents.values())) >= 600
    for name in CLASSIFIERS:
        classes = {split: Counter(label for _, label in classified(name, split)) for split in SPLITS}
        assert len(classes["train"]) >= 6
        assert classes["train"].keys() == classes["dev"].keys() == classes["test"].keys()
        assert min(min(found.values()) for found in classes.values()) >= 15
    assert len(qrels["dev"]) >= 100
    assert len(qrels["test"]) >= 200
    assert all(len(re.findall(r"[.!]( |$)", text)) >= 4 for text in documents.values())


def test_every_judgement_is_of_a_text_and_every_text_is_judged(
    queries: dict[str, str], documents: dict[str, str], qrels: dict[str, Judgements]
) -> None:
    assert set().union(*qrels.values()) == set(queries)
    assert {document for found in qrels.values() for grades in found.values() for document in grades} == set(documents)


@pytest.mark.parametrize("split", SPLITS)
def test_every_query_has_documents_of_several_grades(split: str, qrels: dict[str, Judgements]) -> None:
    counts = [Counter(grades.values()) for grades in qrels[split].values()]
    assert all(count[2] == 1 and count[0] >= 5 for count in counts)
    assert sum(count[1] == 1 for count in counts) >= (0.25 if split == "dev" else 1) * len(counts)


def test_splits_share_no_query_no_pattern_and_no_document(
    queries: dict[str, str], documents: dict[str, str], qrels: dict[str, Judgements], generator: Any
) -> None:
    texts = {split: {queries[query].lower() for query in qrels[split]} for split in SPLITS}
    stored = {split: {documents[d] for grades in qrels[split].values() for d in grades} for split in SPLITS}
    for split in SPLITS:
        texts[split] |= {text.lower() for text, _ in classified("query_class", split)}
        stored[split] |= {text for text, _ in classified("document_class", split)}
    names = sorted((name for subject in generator.subjects() for name in subject.names), key=len, reverse=True)
    name = re.compile(rf"\b({'|'.join(map(re.escape, names))})\b")
    for one, other in itertools.combinations(SPLITS, 2):
        assert not texts[one] & texts[other]
        assert not stored[one] & stored[other]
        shapes = [{re.sub(r"\ban? ", "a ", name.sub("{s}", text)) for text in texts[split]} for split in (one, other)]
        assert not shapes[0] & shapes[1]


def test_patterns_are_divided(generator: Any) -> None:
    for aspect in generator.ASPECTS:
        divided = generator.patterns(aspect)
        everything = list(itertools.chain(*divided.values()))
        assert sorted(everything) == sorted(set(generator.grouped("queries.txt")[aspect]))
        assert all(divided[split] for split in SPLITS)


def test_names_belong_to_one_subject(generator: Any) -> None:
    subjects = generator.subjects()
    names = Counter(name for subject in subjects for name in subject.names)
    assert set(names.values()) == {1}
    assert len({subject.topic for subject in subjects}) >= 6


def test_grades_are_what_the_documents_say(generator: Any) -> None:
    writer = generator.Writer("test", "relevance")
    documents = list(writer.documents(generator.DOCUMENTS))
    for query in list(writer.queries(generator.QUERIES))[:40]:
        for document, grade in generator.judged(query, documents):
            about = document.subject == query.subject
            assert grade == (
                2 if about and document.main == query.aspect else int(about and document.side == query.aspect)
            )


def test_words_in_common_do_not_solve_it(
    queries: dict[str, str], documents: dict[str, str], qrels: dict[str, Judgements]
) -> None:
    """The share of a query's words that a document has puts the right document first for less than half the queries."""
    first = 0
    for query, grades in qrels["test"].items():
        asked = set(re.findall(r"\w+", queries[query].lower()))
        common = {d: len(asked & set(re.findall(r"\w+", documents[d].lower()))) for d in grades}
        best = [grades[d] for d in grades if common[d] == max(common.values())]
        first += best.count(2) / len(best)
    assert 0.1 < first / len(qrels["test"]) < 0.5
