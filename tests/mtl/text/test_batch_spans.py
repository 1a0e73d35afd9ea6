"""Texts that are answered together: every row once and in order, no batch above its bounds, whoever answers."""

from __future__ import annotations

import copy
import json
import multiprocessing
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtl.cli.predicting import PredictRequest, predict_command
from mtl.runs.predictor import Predictor
from mtl.serve.bundle import Bundle
from mtl.text.batch_spans import MOST_TOKENS, batch_spans, bound, estimate

LONG = " ".join(["play"] * 8000)
TEXTS = ["play hey jude"] * 30 + [LONG] + ["wake me at six"] * 33


def cut(lengths: list[list[int]], rows: int, most: int) -> list[list[int]]:
    count = len(lengths[0])
    found = batch_spans(count, rows, lambda some: [column[some] for column in lengths], most)
    return [list(range(count))[some] for some in found]


def test_rows_of_like_length_go_by_their_number() -> None:
    assert cut([[3] * 5], 2, 100) == [[0, 1], [2, 3], [4]]
    assert cut([[]], 2, 100) == []


def test_padding_counts_and_a_long_row_is_alone() -> None:
    assert cut([[1, 1, 1, 50, 1, 1]], 64, 10) == [[0, 1, 2], [3], [4, 5]]
    assert cut([[1, 5, 5]], 64, 10) == [[0, 1], [2]]
    assert cut([[50, 50]], 64, 10) == [[0], [1]]


def test_tokens_of_all_inputs_count() -> None:
    assert cut([[1, 1, 1], [4, 4, 4]], 64, 10) == [[0, 1], [2]]
    assert cut([[9, 1], [1, 9]], 64, 20) == [[0], [1]]  # 2 rows of 9 + 9 with padding


@pytest.mark.parametrize("seed", range(20))
def test_every_row_is_in_one_batch_within_its_bounds(seed: int) -> None:
    chance = np.random.default_rng(seed)
    columns = [chance.integers(1, 60, 200).tolist() for _ in range(1 + seed % 2)]
    found = cut(columns, 16, 200)
    assert [row for batch in found for row in batch] == list(range(200))
    for batch in found:
        tokens = len(batch) * sum(max(column[row] for row in batch) for column in columns)
        assert len(batch) == 1 or (len(batch) <= 16 and tokens <= 200)


def test_estimates() -> None:
    assert [estimate("play  hey-jude!", tokenizer) for tokenizer in ("unicode_words", "whitespace")] == [5, 2]
    assert estimate("play hey", "characters") == 8
    assert estimate("play hey jude", "whitespace", 2) == 2
    assert estimate("") == 0


def test_rows_that_fit_by_a_bound_and_rows_alone_are_not_counted() -> None:
    counted: list[slice] = []

    def lengths(rows: slice) -> list[list[int]]:
        counted.append(rows)
        return [[3, 3, 9, 9, 1][rows]]

    bounds = [4, 4, 30, 30, 30]
    found = list(batch_spans(5, 2, lengths, 10, at_most=lambda rows: [bounds[rows]]))
    assert found == [slice(0, 2), slice(2, 3), slice(3, 4), slice(4, 5)]
    assert counted == [slice(2, 4)]


@pytest.mark.parametrize("tokenizer", ["unicode_words", "whitespace", "characters"])
def test_no_estimate_is_above_its_bound(tokenizer: str) -> None:
    for text in ("", "a", "a b c", "what's  up?", "!!!"):
        for most in (None, 1, 2):
            assert estimate(text, tokenizer, most) <= bound(text, tokenizer, most)


class Counting:
    """A session that notes how many texts, and how many tokens with padding, it is fed with."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self.fed: list[tuple[int, int]] = []

    def run(self, names: Any, feed: dict[str, np.ndarray]) -> Any:
        (texts,) = feed.values()
        self.fed.append((len(texts), len(texts) * max(len(text.split()) for text in texts)))
        return self.session.run(names, feed)


@pytest.mark.parametrize("as_bytes", [False, True])
def test_a_long_text_does_not_widen_a_whole_batch_of_a_bundle(small_run: Path, as_bytes: bool) -> None:
    bundle = Bundle(small_run / "export")
    counting: Any = Counting(bundle.session("intent"))
    bundle._sessions["intent"] = counting
    texts: list[Any] = [text.encode() for text in TEXTS] if as_bytes else TEXTS
    answers = bundle.predict("intent", texts)
    assert len(answers) == 64
    assert [rows for rows, _ in counting.fed] == [30, 2, 32]
    assert max(tokens for _, tokens in counting.fed) <= MOST_TOKENS
    assert [a["label"] for a in answers[:30] + answers[31:]] == ["play"] * 30 + ["wake"] * 33
    counting.fed.clear()
    bundle.predict("intent", TEXTS[:30] * 3)
    assert [rows for rows, _ in counting.fed] == [64, 26]


def test_a_long_text_does_not_widen_a_whole_batch_of_a_predictor(
    small_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predictor = Predictor.load(small_run)
    real, shapes = predictor.model.answers, []

    def noting(batch: Any, tasks: Any) -> Any:
        shapes.extend({tuple(feature.shape[:2]) for feature in batch.features.values()})
        return real(batch, tasks)

    monkeypatch.setattr(predictor.model, "answers", noting)
    answers = predictor.predict("slots", TEXTS)
    assert shapes == [(30, 3), (2, 8000), (32, 4)]
    assert [" ".join(answer["tokens"]) for answer in answers] == TEXTS


def test_the_command_answers_row_by_row(
    small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (tmp_path / "texts").write_text("\n".join(TEXTS) + "\n")
    fed: list[int] = []
    real = Bundle._run

    def noting(self: Bundle, session: Any, name: str, outputs: Any, feed: Any) -> Any:
        fed.append(len(feed["text"]))
        return real(self, session, name, outputs, feed)

    monkeypatch.setattr(Bundle, "_run", noting)
    predict_command(small_run / "export", PredictRequest(task="slots", input=str(tmp_path / "texts")))
    sys.stdout.flush()
    assert fed == [30, 2, 32]
    lines = capfdbinary.readouterr().out.splitlines()
    assert [len(json.loads(line)["tokens"]) for line in lines] == [3] * 30 + [8000] + [4] * 33


def test_vectors_of_long_texts_come_in_order(ranking: Any) -> None:
    texts = ["play", " ".join(["play"] * 9000), "Music"] * 3
    bundle = Bundle(ranking.folder)
    model = Predictor(ranking.model.model)
    alone = np.concatenate([bundle.encode("relevance", "query", [text]) for text in texts])
    counting: Any = Counting(bundle.session("relevance", "query"))
    bundle._sessions["relevance.query"] = counting
    assert np.allclose(bundle.encode("relevance", "query", texts), alone, atol=1e-5)
    assert max(tokens for _, tokens in counting.fed) <= MOST_TOKENS
    assert np.allclose(model.encode("relevance", "query", texts), alone, atol=1e-4)
    assert model.encode("relevance", "query", []).shape == (0, alone.shape[1])


def pickled(bundle: Bundle) -> Bundle:
    """Return what a worker process gets."""
    found: Bundle = pickle.loads(pickle.dumps(bundle))  # noqa: S301  # its own
    return found


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled])
def test_a_copy_of_a_bundle_that_has_answered_answers_too(small_run: Path, copied: Any) -> None:
    bundle = Bundle(small_run / "export", threads=1)
    wanted = bundle.predict("slots", TEXTS[:3])
    other = copied(bundle)
    assert not other._sessions
    assert other.threads == 1
    assert other.predict("slots", TEXTS[:3]) == wanted
    assert bundle._sessions["slots"] is not other._sessions["slots"]


def label(bundle: Bundle) -> str:
    """Answer in a worker process."""
    return str(bundle.predict("intent", ["play yesterday"])[0]["label"])


def test_worker_processes_get_a_bundle_that_has_answered(small_run: Path) -> None:
    bundle = Bundle(small_run / "export")
    assert label(bundle) == "play"
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(label, [bundle, bundle]) == ["play", "play"]
