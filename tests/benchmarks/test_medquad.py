"""The model beside BM25 on MedQuAD: who the candidates are, and what is printed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import medquad
from mtl.data.split import Split
from mtl.runs.runner import Run

RECIPE = Path(__file__).resolve().parents[2] / "recipes" / "medquad.yaml"
SMALL = ("train.epochs=1", "tasks.relevance.candidates=5", "tasks.relevance.model.question.embedding.dim=8")
TYPES = {"causes": "What causes", "treatment": "How is it treated,"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on a small MedQuAD: documents on one word each, with two answers or (every third) one."""
    base = tmp_path_factory.mktemp("medquad")
    for number in range(90):
        file = base / "medquad" / "1_CancerGov_QA" / f"{number:07}.xml"
        file.parent.mkdir(parents=True, exist_ok=True)
        pairs = "".join(
            f"<QAPair><Question qtype='{kind}'>{asked} disease{number} ?</Question>"
            f"<Answer>The {kind} of disease{number}, explained.</Answer></QAPair>"
            for kind, asked in list(TYPES.items())[: 1 if number % 3 == 0 else 2]
        )
        file.write_text(f"<Document source='NIDDK'><QAPairs>{pairs}</QAPairs></Document>")
    run = Run.start(RECIPE, base / "run", data=base, overrides=SMALL)
    for _ in run.train():
        pass
    return base / "run"


def test_candidates_of_the_same_document(folder: Path) -> None:
    split = Run.open(folder).prepared.splits["pairs", "test"]
    assert isinstance(split, Split)
    pairs = medquad.same_document(split)
    found = list(zip(pairs.groups.tolist(), pairs.document_ids, pairs.grades.tolist(), strict=True))
    own = [(group, name) for group, name, grade in found if grade > 0]
    others = [(group, name) for group, name, grade in found if grade == 0]
    assert len(own) == len(others) > 0
    assert [n for n, _ in own] == [n for n, _ in others]
    for (_, one), (_, other) in zip(own, others, strict=True):
        assert one != other
        assert one.split("#")[0] == other.split("#")[0]


def test_bm25_finds_words_that_texts_share(folder: Path) -> None:
    run = Run.open(folder)
    split = run.prepared.splits["pairs", "test"]
    assert isinstance(split, Split)
    pairs = split.pairs("relevance")
    scores = medquad.BM25(medquad.collection(run)).scores(split, pairs)
    assert np.all(scores[pairs.grades > 0] > 0)
    assert np.all(scores[pairs.grades == 0] < scores[pairs.grades > 0].min())
    assert medquad.reciprocal_rank(scores, pairs) == 1.0


def test_the_table(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["medquad", str(folder), "--split", "dev"])
    medquad.main()
    header, others, same = capsys.readouterr().out.splitlines()
    assert header.split() == ["candidates", "questions", "answers", "each", "model", "BM25", "difference"]
    assert others.split()[0] == "others"
    assert others.split()[2] == "6.0"
    assert same.split()[0] == "same"
    assert same.split()[2] == "2.0"
    for line in (others, same):
        *_, ours, theirs, difference = map(float, line.split()[1:])
        assert difference == pytest.approx(ours - theirs, abs=2e-4)
