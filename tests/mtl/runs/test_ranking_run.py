"""A small ranking recipe from rows to figures: trained, selected by, measured, reported."""

from __future__ import annotations

import json
import math
import random
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytrec_eval
import torch

from mtl.cli.tables import reading
from mtl.data.batch import raw_batch
from mtl.evaluate.evaluation import dev_figures, evaluate
from mtl.runs.runner import Run
from tests.commands import within

RECIPE = """\
name: relevance
seed: 1
sources:
  qa: {format: jsonl, train: train.jsonl, dev: dev.jsonl, test: test.jsonl}
tasks:
  relevance:
    type: text_pair_ranking
    source: qa
    inputs:
      query: {column: query, lowercase: true}
      document: {column: document, lowercase: true}
    target: label
    group: query_id
    document_id: document_id
    candidates: CANDIDATES
    model:
      query: {embedding: {type: word, dim: 16}, pooling: max}
      document: {embedding: {type: word, dim: 16}, pooling: max}
      scorer: SCORER
      output: pairwise_logistic
share:
  words: [relevance.query.embedding, relevance.document.embedding]
train:
  optimizer: {type: adam, lr: 0.05}
  batch: {size: 16}
  epochs: 6
  select: {relevance.ndcg@10: 1}
"""
METRIC = """
from mtl.evaluate.metrics import Metric
from mtl.base.registry import register

@register("metric", "test_gap")
class Gap(Metric):
    elements, axes = ("grade",), ((),)
    figures = ("gap",)
    higher_is_better = False

    def compute(self, gold, predicted):
        return {"gap": max(score - grade for grade, score in zip(gold, predicted, strict=True))}
"""
TOPICS = ("jazz", "tides", "bread", "chess", "moss", "kites", "glass", "wolves")


def write(folder: Path, *, scorer: str = "cosine", candidates: str = "null", poolings: bool = True) -> Path:
    """Write recipe and data: grade 2 where topic and word agree, 1 for the topic alone; some queries have neither."""
    generator = random.Random(0)
    for split, queries in {"train": 40, "dev": 12, "test": 15}.items():
        rows = []
        for number in range(queries):
            topic = TOPICS[number % len(TOPICS)]
            hopeless = split != "train" and number % 6 == 5
            for i in range(generator.randint(3, 6)):
                right = not hopeless and (i == 0 or generator.random() < 0.2)
                about = topic if right else generator.choice([t for t in TOPICS if t != topic])
                rows.append(
                    {
                        "query": f"what is {topic} number {number}",
                        "query_id": f"{split} {number}",
                        "document": f"{'well' if i % 2 else 'oh'} it is about {about} {i}",
                        "document_id": f"{about} {number} {i}",
                        "label": (2 if i % 2 else 1) if right else 0,
                    }
                )
        generator.shuffle(rows)
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    recipe = RECIPE.replace("SCORER", scorer).replace("CANDIDATES", candidates)
    if not poolings:
        recipe = recipe.replace(", pooling: max", "")
    path = folder / "relevance.yaml"
    path.write_text(recipe, "utf-8")
    return path


def rows_of(folder: Path, split: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{split}.jsonl").read_text("utf-8").splitlines()]


def trained(folder: Path, **changes: Any) -> Run:
    run = Run.start(write(folder, **changes), folder / "run")
    for _ in run.train():
        pass
    return run


def test_a_ranking_recipe_runs_from_rows_to_figures(ranking_run: Path, tmp_path: Path) -> None:
    shutil.copytree(ranking_run.parent, tmp_path, dirs_exist_ok=True)
    run = Run.open(tmp_path / "run", data=tmp_path)
    figures = json.loads((tmp_path / "run/metrics.json").read_text())
    assert list(figures) == ["test", "dev"]
    for split in figures.values():
        assert list(split) == ["relevance"]
        assert list(split["relevance"]) == ["map", "mrr", "ndcg@10", "precision@1", "recall@10"]
    assert figures["test"]["relevance"]["mrr"] > 0.9
    assert run.reports["test"]["relevance"] == {
        "groups": 15,
        "groups_without_positive": 2,
        "groups_with_both_kinds": 13,
    }
    evaluations = [json.loads(line) for line in (tmp_path / "run/log.jsonl").read_text().splitlines()]
    best = [line for line in evaluations if line["event"] == "evaluation" and line["best"]][-1]
    assert best["score"] == best["metrics"]["relevance"]["ndcg@10"]
    assert figures["dev"]["relevance"] == pytest.approx(best["metrics"]["relevance"], abs=1e-6)

    lines = list(reading(run.prepared.report()))
    documents = len({row["document"] for row in rows_of(tmp_path, "dev")})
    assert f"  12 queries, 2 of them without a positive, and {documents} documents" in lines
    grades = Counter(row["label"] for row in rows_of(tmp_path, "train"))
    assert f"grades of relevance: {grades[0]} of 0, {grades[1]} of 1, {grades[2]} of 2" in lines

    shown = within("test", tmp_path / "run")
    assert shown.returncode == 0, shown.stderr
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert ["relevance", "mrr", f"{figures['test']['relevance']['mrr']:.4f}"] in lines
    assert ["relevance", "groups", "without", "positive", "2"] in lines


@pytest.mark.parametrize("scorer", ["cosine", "interaction"])
def test_predictions_are_the_scores_of_the_rows(scorer: str, tmp_path: Path) -> None:
    run = trained(tmp_path, scorer=scorer, poolings=scorer != "interaction")
    found = run.evaluate("test")
    rows = rows_of(tmp_path, "test")
    assert found.gold["relevance"] == [row["label"] for row in rows]
    texts = {name: [row[name] for row in rows] for name in ("query", "document")}
    with torch.inference_mode():
        batch = raw_batch(run.graph, run.model.fitted, ["relevance"], texts)
        (scores,) = run.model.scores(batch, ["relevance"])["relevance"]
    assert found.predictions["relevance"] == pytest.approx(scores.tolist(), abs=1e-5)

    judged: dict[str, dict[str, int]] = {}
    scored: dict[str, dict[str, float]] = {}
    for row, score in zip(rows, found.predictions["relevance"], strict=True):
        judged.setdefault(row["query_id"], {})[row["document_id"]] = row["label"]
        scored.setdefault(row["query_id"], {})[row["document_id"]] = score
    oracle = pytrec_eval.RelevanceEvaluator(judged, {"map", "ndcg_cut.10"}).evaluate(scored)
    kept = [values for query, values in oracle.items() if any(judged[query].values())]
    assert found.metrics["relevance"]["map"] == pytest.approx(np.mean([v["map"] for v in kept]))
    assert found.metrics["relevance"]["ndcg@10"] == pytest.approx(np.mean([v["ndcg_cut_10"] for v in kept]))


def test_batching_and_repetition_change_no_figure(tmp_path: Path) -> None:
    run = trained(tmp_path, candidates="3")
    of = (run.model, run.graph, run.prepared, "dev")
    first, *others = (evaluate(*of, batch_tokens=tokens) for tokens in (4000, 4000, 30, 1))
    for other in others:
        assert other.metrics["relevance"] == pytest.approx(first.metrics["relevance"], abs=1e-5)
        assert other.predictions["relevance"] == pytest.approx(first.predictions["relevance"], abs=1e-5)
    assert (others[0].metrics, others[0].predictions) == (first.metrics, first.predictions)


def test_candidates_are_ranked_too_but_are_no_rows(tmp_path: Path) -> None:
    found = trained(tmp_path, candidates="5").evaluate("test")
    rows = rows_of(tmp_path, "test")
    assert len(found.predictions["relevance"]) == len(found.gold["relevance"]) == len(rows)
    sizes = found.rankings["relevance"].sizes
    assert sizes.sum() == len(rows) + 5 * 15
    assert found.metrics["relevance"]["mrr"] > 0


def test_figures_of_dev_are_those_of_the_metrics(tmp_path: Path) -> None:
    run = Run.start(write(tmp_path), tmp_path / "run")
    names = ["map", "mrr", "ndcg@10", "precision@1", "recall@10"]
    assert dev_figures(run.graph, run.prepared) == (
        dict.fromkeys((f"relevance.{name}" for name in names), True),
        ["relevance.map"],
    )


def test_the_model_keeps_its_mode(ranking_run: Path) -> None:
    run = Run.open(ranking_run)
    for training in (True, False):
        run.model.train(training)
        assert all(math.isfinite(score) for score in run.evaluate("dev").predictions["relevance"])
        assert run.model.training is training


def test_a_metric_of_single_pairs_gets_grades_and_scores(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(METRIC, "utf-8")
    path = write(tmp_path)
    text = path.read_text("utf-8").replace("    target: label\n", "    target: label\n    metrics: [mrr, test_gap]\n")
    path.write_text(f"plugins: [mine.py]\n{text.replace('relevance.ndcg@10', 'relevance.gap')}", "utf-8")
    run = Run.start(path, tmp_path / "run", overrides=["train.epochs=2"])
    for _ in run.train():
        pass
    found = run.evaluate("test")
    gaps = [s - g for g, s in zip(found.gold["relevance"], found.predictions["relevance"], strict=True)]
    assert found.metrics["relevance"] == {"mrr": found.metrics["relevance"]["mrr"], "gap": max(gaps)}
