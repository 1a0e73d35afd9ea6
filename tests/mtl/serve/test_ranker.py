from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mtl
from mtl.base.errors import UsageError
from mtl.serve.bundle import Bundle
from mtl.serve.ranker import Ranker, batches_of_like_length
from tests.commands import mtl as command
from tests.commands import start, within
from tests.mtl.runs.test_ranking_run import TOPICS, write

TEXTS = [f"{end} it is about {topic} {number}" for topic in TOPICS for end in ("well", "oh") for number in range(3)]
QUERIES = ["what is moss number 3", "", "who plays chess", "never seen"]


@pytest.fixture(scope="module")
def bundle(ranking_run: Path) -> Path:
    return ranking_run / "export"


def documents(folder: Path, texts: list[str]) -> Path:
    file = folder / "documents.tsv"
    file.write_text("".join(f"d{i}\t{text}\n" for i, text in enumerate(texts)), "utf-8")
    return file


def encoded(bundle: Path, file: Path, **options: str) -> Ranker:
    ranker = Ranker(bundle, file, **options)
    assert list(ranker.encode())[-1:] == [len(ranker.collection)]
    return ranker


def test_the_best_are_those_of_the_joint_graph(bundle: Path, tmp_path: Path) -> None:
    texts = [*TEXTS, "", " ".join(["moss"] * 300)]
    ranker = encoded(bundle, documents(tmp_path, texts))
    heads = Bundle(bundle)
    for query, hits in zip(QUERIES, ranker.rank(QUERIES, k=7), strict=True):
        rows = heads.predict("relevance", {"query": [query] * len(texts), "document": texts})
        scores = np.array([row["score"] for row in rows])
        assert [hit.score for hit in hits] == pytest.approx(sorted(scores.tolist(), reverse=True)[:7], abs=1e-5)
        assert scores[[hit.position for hit in hits]] == pytest.approx([hit.score for hit in hits], abs=1e-5)
        assert [hit.id for hit in hits] == [f"d{hit.position}" for hit in hits]


def test_a_run_ranks_as_its_export_does(ranking_run: Path, tmp_path: Path) -> None:
    file = documents(tmp_path, TEXTS)
    queries = tmp_path / "queries.txt"
    queries.write_text("".join(f"{query}\n" for query in QUERIES if query), "utf-8")
    found = []
    for place in (ranking_run, ranking_run / "export"):
        done = within("rank", place, "--documents", file, "--queries", queries, "--vectors", tmp_path / place.name)
        assert done.returncode == 0, done.stderr
        found.append([json.loads(line)["document"] for line in done.stdout.splitlines()])
    for ours, theirs in zip(*found, strict=True):
        assert [hit["score"] for hit in ours] == pytest.approx([hit["score"] for hit in theirs], abs=1e-5)
    again = within("rank", ranking_run, "--documents", file, "--queries", queries, "--vectors", tmp_path / "run")
    assert "encoded before" in again.stderr
    other = within("rank", ranking_run, "--documents", file, "--queries", queries, "--vectors", tmp_path / "export")
    assert (other.returncode, other.stderr) == (
        2,
        f"'{tmp_path / 'export'}' should hold the vectors of these documents, by this encoder. Found vectors "
        "by another encoder (other weights, another export of them, or a run in place of its export). Delete it, or "
        "name another file with --vectors.\n",
    )


def test_a_run_without_a_separable_scorer_cannot_rank(small_run: Path, tmp_path: Path) -> None:
    file = documents(tmp_path, TEXTS)
    done = within("rank", small_run, "--documents", file)
    assert (done.returncode, done.stderr) == (
        2,
        f"'{small_run}' should have one task with a separable scorer, or --task should name it. Found no such task.\n",
    )
    done = within("rank", small_run, "--documents", file, "--task", "intent")
    assert (done.returncode, done.stderr) == (
        2,
        "'intent' should have a separable scorer (dot, cosine, bilinear) to rank a collection. "
        f"Found no such task in '{small_run}'.\n",
    )


def test_more_than_there_are_is_all_of_them(bundle: Path, tmp_path: Path) -> None:
    ranker = encoded(bundle, documents(tmp_path, TEXTS[:3]))
    assert sorted(hit.id for hit in ranker.rank(["bread"], k=10)[0]) == ["d0", "d1", "d2"]
    assert ranker.rank([], k=10) == []


def test_batches_hold_rows_of_like_length_and_bounded_size() -> None:
    lengths = [5, 99_000, 7, 60_000, 6, 200_000]
    assert list(batches_of_like_length(lengths, 2)) == [[0, 4], [2], [3], [1], [5]]
    assert list(batches_of_like_length([], 2)) == []


def test_vectors_are_kept_and_gone_on_with(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtl.serve.ranker.CHUNK", 10)
    file = documents(tmp_path, TEXTS)
    whole = encoded(bundle, file, vectors=tmp_path / "whole")
    interrupted = Ranker(bundle, file)
    assert interrupted.vectors.file == tmp_path / "documents.tsv.relevance.vectors"
    assert next(interrupted.encode()) == 10
    again = Ranker(bundle, file)
    assert list(again.encode()) == [20, 30, 40, 48]
    assert np.array_equal(again.vectors.read(), whole.vectors.read())
    assert list(Ranker(bundle, file).encode()) == []
    file.write_text(file.read_text("utf-8").replace("moss", "mice"), "utf-8")
    with pytest.raises(UsageError) as error:
        Ranker(bundle, file)
    kept = tmp_path / "documents.tsv.relevance.vectors"
    assert str(error.value) == (
        f"'{kept}' should hold the vectors of these documents, by this encoder. "
        "Found vectors of other documents. Delete it, or name another file with --vectors."
    )


def test_long_documents_are_not_in_memory_together(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [TEXTS[0], " ".join(TEXTS[1:]), TEXTS[1], "", TEXTS[2]]
    file = documents(tmp_path, texts)
    whole = encoded(bundle, file, vectors=tmp_path / "whole")
    monkeypatch.setattr("mtl.serve.ranker.CHUNK_BYTES", 100)
    ranker = Ranker(bundle, file)
    assert list(ranker.encode()) == [1, 2, 5]
    assert ranker.rank(QUERIES, k=5) == whole.rank(QUERIES, k=5)


def test_two_processes_that_encode_the_same_do_not_disturb_each_other(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mtl.serve.ranker.CHUNK", 10)
    file = documents(tmp_path, TEXTS)
    whole = encoded(bundle, file, vectors=tmp_path / "whole")
    first, second = Ranker(bundle, file), Ranker(bundle, file)
    turns = [first.encode(), second.encode()]
    encode = first.encoder.encode

    def meanwhile(*arguments: Any, **options: Any) -> Any:
        next(turns[1], None)  # the other one is ahead by a chunk when this one has encoded its own
        return encode(*arguments, **options)

    monkeypatch.setattr(first.encoder, "encode", meanwhile)
    assert list(turns[0])[-1] == 48
    assert list(turns[1]) == []
    assert np.array_equal(first.vectors.read(), whole.vectors.read())


def test_equal_documents_come_in_their_order_however_many_queries(bundle: Path, tmp_path: Path) -> None:
    ranker = encoded(bundle, documents(tmp_path, [TEXTS[0], TEXTS[5]] * 60))
    together = ranker.rank(QUERIES, k=11)
    for query, hits in zip(QUERIES, together, strict=True):
        assert [hit.position % 2 for hit in hits] == [hits[0].position % 2] * 11 or query == ""
        assert hits == sorted(hits, key=lambda hit: (-hit.score, hit.position))
    assert [ranker.rank([query], k=11)[0] for query in QUERIES] == together


def test_faiss_finds_nearly_the_same(bundle: Path, tmp_path: Path) -> None:
    file = documents(tmp_path, TEXTS)
    exact = encoded(bundle, file).rank(QUERIES, k=10)
    ranker = Ranker(bundle, file, index="faiss")
    found = ranker.rank(QUERIES, k=10)
    kept = ranker.vectors.file.with_name(ranker.vectors.file.name + ".faiss")
    assert kept.is_file()
    for hits, wanted in zip(found, exact, strict=True):
        assert hits[0].score == pytest.approx(wanted[0].score, abs=1e-5)
        scores = {hit.id: hit.score for hit in wanted}
        assert all(hit.score == pytest.approx(scores[hit.id], abs=1e-5) for hit in hits if hit.id in scores)
    assert Ranker(bundle, file, index="faiss").rank(QUERIES, k=10) == found


def test_an_index_of_faiss_is_of_these_vectors(bundle: Path, tmp_path: Path) -> None:
    file = documents(tmp_path, TEXTS)
    exact = encoded(bundle, file)
    kept = exact.vectors.file.with_name(exact.vectors.file.name + ".faiss")
    (tmp_path / "reversed").mkdir()
    other = encoded(
        bundle, documents(tmp_path / "reversed", TEXTS[::-1]), index="faiss", vectors=str(tmp_path / "other")
    )
    other.rank(QUERIES)
    for content in (Path(f"{other.vectors.file}.faiss").read_bytes(), b"half"):
        kept.write_bytes(content)  # newer than the vectors, and of as many
        found = Ranker(bundle, file, index="faiss").rank(QUERIES)
        assert [hits[0].score for hits in found] == pytest.approx([h[0].score for h in exact.rank(QUERIES)], abs=1e-5)


OTHER_ORDER = """
  same:
    type: text_pair_classification
    source: {format: jsonl, train: train.jsonl, dev: dev.jsonl, test: test.jsonl}
    inputs:
      document: {column: document, lowercase: true}
      query: {column: query, lowercase: true}
    target: label
    model:
      document: {embedding: {type: word, dim: 4}}
      query: {embedding: {type: word, dim: 4}}
"""


@pytest.mark.slow
def test_a_task_whose_inputs_stand_in_another_order_swaps_nothing(tmp_path: Path) -> None:
    recipe = write(tmp_path, scorer="bilinear")
    text = recipe.read_text("utf-8").replace("tasks:\n", f"tasks:{OTHER_ORDER}").replace("epochs: 6", "epochs: 1")
    recipe.write_text(
        text[: text.index("share:")] + text[text.index("\ntrain:") :], "utf-8"
    )  # two encoders that differ
    run = mtl.run(recipe, tmp_path / "run")
    heads = Bundle(run.out / "export")
    for task, inputs in {"same": ("document", "query"), "relevance": ("query", "document")}.items():
        assert heads.inputs(task) == run.predictor.inputs(task) == inputs
    ranker = encoded(run.out / "export", documents(tmp_path, TEXTS))
    for query, hits in zip(QUERIES, ranker.rank(QUERIES, k=5), strict=True):
        rows = heads.predict("relevance", {"query": [query] * 5, "document": [TEXTS[hit.position] for hit in hits]})
        assert [hit.score for hit in hits] == pytest.approx([row["score"] for row in rows], abs=1e-5)


def test_what_cannot_rank_says_so(bundle: Path, small_run: Path, tmp_path: Path) -> None:
    file = documents(tmp_path, TEXTS)
    other = small_run / "export"
    cases = {
        (other, None): (
            f"'{other}' should have one task with a separable scorer, or --task should name it. Found no such task."
        ),
        (other, "intent"): (
            "'intent' should have a separable scorer (dot, cosine, bilinear) to rank a collection. "
            f"Found no such task in '{other}'."
        ),
        (bundle, "relevanc"): (f"'relevanc' is not a task of '{bundle}'. Did you mean 'relevance'? Tasks: relevance."),
    }
    for (folder, task), message in cases.items():
        with pytest.raises(UsageError) as error:
            Ranker(folder, file, task=task)
        assert str(error.value) == message
    ranker = Ranker(bundle, file)
    with pytest.raises(UsageError) as error:
        ranker.rank(["moss"])
    assert str(error.value) == f"the documents of '{file}' should be encoded first. Found vectors missing."
    with pytest.raises(UsageError) as error:
        ranker.rank(["moss"], k=0)
    assert str(error.value) == "k should be at least 1. Found 0."
    list(ranker.encode())
    with pytest.raises(UsageError) as error:
        ranker.rank("moss")
    assert str(error.value) == "the input 'query' of 'relevance' should be a list of texts. Found one text."
    with pytest.raises(UsageError) as error:
        Ranker(bundle, file, index="annoy")
    assert str(error.value) == "index should be 'exact' or 'faiss'. Found 'annoy'."


def changed(bundle: Path, folder: Path, change: Callable[[Any], None]) -> Path:
    """Copy an export whose manifest says something else."""
    shutil.copytree(bundle, folder)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return folder


def test_of_several_tasks_that_rank_one_is_named(bundle: Path, tmp_path: Path) -> None:
    def add(manifest: Any) -> None:
        manifest["tasks"]["again"] = manifest["tasks"]["relevance"]

    folder = changed(bundle, tmp_path / "two", add)
    file = documents(tmp_path, TEXTS)
    with pytest.raises(UsageError) as error:
        Ranker(folder, file)
    message = (
        f"'{folder}' should have one task with a separable scorer, or --task should name it. Found again, relevance."
    )
    assert str(error.value) == message
    done = within("rank", folder, "--documents", file)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{message}\n")
    rankers = [encoded(folder, file, task=task) for task in ("relevance", "again")]
    assert [r.vectors.file.name for r in rankers] == ["documents.tsv.relevance.vectors", "documents.tsv.again.vectors"]
    assert rankers[0].rank(QUERIES) == rankers[1].rank(QUERIES)


def test_vectors_of_another_export_are_not_taken(bundle: Path, tmp_path: Path) -> None:
    file = documents(tmp_path, TEXTS)
    kept = encoded(bundle, file).vectors.file
    for number, name in enumerate(("weights", "relevance.document.onnx", "relevance.query.onnx")):

        def other(manifest: Any, name: str = name) -> None:
            manifest["files"][manifest.get(name, name)]["sha256"] = "0" * 64

        folder = changed(bundle, tmp_path / str(number), other)
        if name == "relevance.query.onnx":  # which makes no vectors of documents
            assert list(Ranker(folder, file).encode()) == []
            continue
        with pytest.raises(UsageError) as error:
            Ranker(folder, file)
        assert str(error.value) == (
            f"'{kept}' should hold the vectors of these documents, by this encoder. Found vectors by another encoder "
            "(other weights, another export of them, or a run in place of its export). Delete it, or name another file "
            "with --vectors."
        )


def test_a_document_of_100000_words_and_an_empty_one(bundle: Path, tmp_path: Path) -> None:
    ranker = encoded(bundle, documents(tmp_path, ["", "moss " * 100_000, "chess"]))
    for hits in ranker.rank(["moss", ""], k=3):
        assert sorted(hit.position for hit in hits) == [0, 1, 2]
    assert ranker.rank(["moss"], k=1)[0][0].id == "d1"


def test_without_faiss_its_index_says_what_to_install(bundle: Path, tmp_path: Path) -> None:
    file = documents(tmp_path, TEXTS)
    script = (
        "import sys; sys.modules['faiss'] = None\n"
        "from mtl.cli import main\n"
        f"sys.argv = ['mtl', 'rank', {str(bundle)!r}, '--documents', {str(file)!r}, '--index', 'faiss']\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "the index 'faiss' should have the package 'faiss-cpu'. Found no such package. "
        "Install it: pip install 'mtl-nlp[faiss]'.\n"
    )


def test_the_command_answers_lines_in_order(bundle: Path, tmp_path: Path) -> None:
    file = documents(tmp_path, TEXTS)
    queries = tmp_path / "queries.txt"
    queries.write_text("".join(f"{query}\n" for query in QUERIES), "utf-8")
    arguments = ("rank", bundle, "--documents", file, "--queries", queries, "--top", "2")
    done = command(*arguments, "--text")
    assert done.returncode == 0
    assert done.stderr.startswith(f"{file}.relevance.vectors: 48 documents encoded in ")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    wanted = Ranker(bundle, file).rank(QUERIES, k=2)
    assert [answer["query"] for answer in answers] == QUERIES
    for answer, hits in zip(answers, wanted, strict=True):
        assert [d["id"] for d in answer["document"]] == [hit.id for hit in hits]
        assert [d["text"] for d in answer["document"]] == [TEXTS[hit.position] for hit in hits]
    again = command(*arguments, "--batch-size", "3")
    assert again.stderr == f"{file}.relevance.vectors: 48 documents, encoded before\n"
    assert [json.loads(line)["query"] for line in again.stdout.splitlines()] == QUERIES


def test_the_command_refuses_what_it_cannot_do(bundle: Path, tmp_path: Path) -> None:
    file = documents(tmp_path, TEXTS)
    done = within("rank", bundle, "--documents", file, "--top", "0")
    assert (done.returncode, done.stderr) == (2, "--top should be a whole number of at least 1. Found 0.\n")
    missing = tmp_path / "none.txt"
    done = within("rank", bundle, "--documents", file, "--queries", missing)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"--queries '{missing}' should be a file that can be read. Found: No such file or directory.\n"
    )  # reported before anything is encoded
    assert not Ranker(bundle, file).vectors.done


def test_an_encoding_that_is_killed_goes_on(bundle: Path, tmp_path: Path) -> None:
    file = documents(tmp_path, [f"{text} {number}" for number in range(700) for text in TEXTS])
    progress = Path(f"{file}.relevance.vectors.progress")
    process = start("rank", bundle, "--documents", file)
    while process.poll() is None and not progress.is_file():
        pass
    process.send_signal(signal.SIGKILL)
    process.communicate()
    begun = json.loads(progress.read_text("utf-8"))["rows"]
    assert 0 < begun < 33_600
    ranker = Ranker(bundle, file)
    assert ranker.vectors.done == begun
    assert list(ranker.encode())[-1] == 33_600
    fresh = encoded(bundle, file, vectors=tmp_path / "fresh")
    assert np.array_equal(ranker.vectors.read(), fresh.vectors.read())


@pytest.mark.parametrize("batch", [1, 8])
def test_a_query_from_a_pipe_that_stays_open_is_answered_at_once(bundle: Path, tmp_path: Path, batch: int) -> None:
    file = documents(tmp_path, TEXTS)
    arguments = [sys.executable, "-m", "mtl", "rank", str(bundle), "--documents", str(file), "--top", "1"]
    arguments += ["--batch-size", str(batch)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as asked:
        assert asked.stdin is not None
        assert asked.stdout is not None
        for query in QUERIES:
            asked.stdin.write(f"{query}\n".encode())
            asked.stdin.flush()
            answer = json.loads(asked.stdout.readline())  # would wait for ever
            assert answer["query"] == query
            assert len(answer["document"]) == 1
        asked.stdin.close()
        assert asked.wait() == 0


def test_half_an_index_of_faiss_is_not_left_behind(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import faiss

    file = documents(tmp_path, TEXTS)
    ranker = encoded(bundle, file, index="faiss")

    def killed(index: Any, name: str) -> None:
        Path(name).write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(faiss, "write_index", killed)
        with pytest.raises(KeyboardInterrupt):
            ranker.rank(["moss"])
    assert len(Ranker(bundle, file, index="faiss").rank(["moss"], k=3)[0]) == 3


def test_ranking_imports_no_torch(bundle: Path, tmp_path: Path) -> None:
    script = (
        "import sys, mtl\n"
        f"ranker = mtl.Ranker({str(bundle)!r}, {str(documents(tmp_path, TEXTS))!r})\n"
        "list(ranker.encode())\n"
        "print(ranker.rank(['moss'])[0][0].id, 'torch' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.endswith(" False\n")


def test_queries_before_one_that_is_no_text_are_answered(bundle: Path, tmp_path: Path) -> None:
    file = documents(tmp_path, TEXTS)
    done = within("rank", bundle, "--documents", file, stdin=f"{QUERIES[0]}\n".encode() + b"moss \xff\nmoss\n")
    assert done.returncode == 2
    assert [json.loads(line)["query"] for line in done.stdout.splitlines()] == QUERIES[:1]
    assert done.stderr.splitlines()[-2:] == [
        "standard input:2: column 6: should be utf-8 text. Found the byte 0xff. Write it as utf-8.",
        "standard input: 1 query before it is answered, and none after it.",
    ]
