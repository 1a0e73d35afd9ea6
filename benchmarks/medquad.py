"""Does the model find the answer that belongs to a question better than BM25 does? On MedQuAD, side by side.

    python -m benchmarks.medquad RUN [--data DIR] [--split test]

RUN is the folder of a finished run of `recipes/medquad.yaml`. Two ways to choose the candidates of a question, and the
mean reciprocal rank of its own answer among them, for the model and for BM25 on the same candidates:

- `others`: 99 answers of other documents, always the same (what the recipe's `candidates: 99` draws);
- `same`: all other answers of the question's own document; questions whose document has no other are left out.

Answers that belong to a question of the same words are no candidates in either. BM25 is `bm25s` with its defaults:
English stop words left out, k1 = 1.5, b = 0.75; it sees whole answers, and counts its frequencies over all answers of
all splits. Answers of equal score rank as trec_eval ranks them.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import bm25s
import numpy as np
from numpy.typing import NDArray

from mtl.base.errors import UsageError
from mtl.data.judgements import Pairs
from mtl.data.negatives import Negatives
from mtl.data.split import Split
from mtl.evaluate.answerers import BATCH_TOKENS
from mtl.evaluate.metrics import Ranked
from mtl.evaluate.metrics.ranking import MeanReciprocalRank
from mtl.evaluate.scoring import pair_scores
from mtl.runs.runner import Run
from mtl.sources.opening import open_sources

TASK = "relevance"
Scores = NDArray[np.float32]


class Texts(NamedTuple):
    """The texts of one row: a question and its answer."""

    question: str
    answer: str


class BM25:
    """Scores of pairs by `bm25s`; `collection` are the texts of every split by the name of the pair."""

    def __init__(self, collection: Mapping[str, Texts]) -> None:
        self.collection = collection
        self.place = {name: place for place, name in enumerate(collection)}
        self.index = bm25s.BM25()
        words = bm25s.tokenize([texts.answer for texts in collection.values()], show_progress=False)
        self.index.index(words, show_progress=False)

    def scores(self, split: Split, pairs: Pairs) -> Scores:
        """Return the score of each pair of a split, [P]."""
        names = np.array(split.document_ids())
        answers = np.array([self.place[name] for name in names[first_rows(judgements(split).document)]])
        questions = [self.collection[name].question for name in names[first_rows(judgements(split).query)]]
        found = np.empty(len(pairs.query), np.float32)
        for number in np.unique(pairs.query).tolist():
            words = bm25s.tokenize(questions[number], return_ids=False, show_progress=False)[0]
            chosen = np.flatnonzero(pairs.query == number)
            found[chosen] = self.index.get_scores(words)[answers[pairs.document[chosen]]]
        return found


def collection(run: Run) -> dict[str, Texts]:
    """Return the texts of all rows of all splits by the name of the pair."""
    source = open_sources(run.recipe)[run.recipe.tasks[TASK].source]
    rows = (row.values for split in source.splits for row in source.read(split, run.recipe.data))
    return {row["pair"]: Texts(row["question"], row["answer"]) for row in rows}


def judgements(split: Split) -> Negatives:
    """Return the judged pairs of a split by number; raises `UsageError` where it has none."""
    if split.negatives is None:
        raise UsageError(f"'{TASK}' should be a ranking task. Found another.")
    return split.negatives


def same_document(split: Split) -> Pairs:
    """Return each question with its own answer and all others of its document, where there are any."""
    judged = judgements(split)
    parts: list[tuple[int, int, float]] = []
    for row, group in enumerate(judged.group.tolist()):
        documents = judged.pool_documents(group)
        others = documents[~judged.is_judged(judged.query[row], documents)]
        if len(others):
            parts.append((row, int(judged.document[row]), 1.0))
            parts += [(row, document, 0.0) for document in others.tolist()]
    rows, documents, grades = (np.array(column) for column in zip(*parts, strict=True))
    names = split.document_ids(first_rows(judged.document)[documents])
    return Pairs(judged.query[rows], documents, grades.astype(np.float32), rows, names)


def first_rows(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first row that holds each text, by the text's number."""
    return np.unique(numbers, return_index=True)[1]


def reciprocal_rank(scores: Scores, pairs: Pairs) -> float:
    """Return the mean reciprocal rank of the answers that belong to the questions."""
    return MeanReciprocalRank().rank(Ranked.of(scores, pairs.grades, pairs.groups, pairs.document_ids))["mrr"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--data", type=Path, help="folder that holds medquad/, where the run's recipe does not say it")
    parser.add_argument("--split", default="test", choices=("dev", "test"))
    arguments = parser.parse_args()
    run = Run.open(arguments.run, data=arguments.data)
    split = run.prepared.splits[run.recipe.tasks[TASK].source, arguments.split]
    model = run.model.eval()
    bm25 = BM25(collection(run))
    print(f"{'candidates':<12}{'questions':>10}{'answers each':>14}{'model':>9}{'BM25':>9}{'difference':>12}")
    for title, pairs in {"others": split.pairs(TASK), "same": same_document(split)}.items():
        ours = reciprocal_rank(pair_scores(model, split, TASK, pairs, batch_tokens=BATCH_TOKENS), pairs)
        theirs = reciprocal_rank(bm25.scores(split, pairs), pairs)
        questions = len(np.unique(pairs.groups))
        each = len(pairs.groups) / questions
        print(f"{title:<12}{questions:>10}{each:>14.1f}{ours:>9.4f}{theirs:>9.4f}{ours - theirs:>+12.4f}")


if __name__ == "__main__":
    main()
