from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from mtl.cli.tables import metrics_table, print_table, reading, results


def shown(made: object) -> list[str]:
    console = Console(file=io.StringIO(), force_terminal=False)
    print_table(console, made)  # type: ignore[arg-type]
    return [line.rstrip() for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]


def test_metrics() -> None:
    reports = {"intent": {"report": {"play": {"f1": 1.0}}}}
    assert shown(metrics_table("test", {"intent": {"accuracy": 0.5}, "joint": {"exact_match": 1.0}}, reports)) == [
        "task    figure         test",
        "intent  accuracy     0.5000",
        "joint   exact_match  1.0000",
    ]


def test_metrics_of_a_ranking_with_the_groups_that_they_leave_out() -> None:
    reports = {"relevance": {"groups": 2343, "groups_without_positive": 12}}
    metrics = {"relevance": {"map": 0.5, "ndcg@10": 0.25}}
    lines = [
        "relevance  map                      0.5000",
        "relevance  ndcg@10                  0.2500",
        "relevance  groups                    2,343",
        "relevance  groups without positive      12",
    ]
    assert shown(metrics_table("dev", metrics, reports))[1:] == lines
    verified = {
        "split": {},
        "rows": {},
        "compared": {},
        "largest_difference": 0.0,
        "ties": [],
        "towers": {},
        "joint": {},
    }
    found = shown(results({"dev": metrics}, {"dev": reports}, Path("run"), {}, verified))
    assert [line.split() for line in found[1:5]] == [["dev", *line.split()] for line in lines]


def test_the_one_table_of_a_run() -> None:
    metrics = {"test": {"intent": {"accuracy": 0.5}}, "dev": {"intent": {"accuracy": 0.6}}}
    verified = {
        "split": {"intent": "test"},
        "rows": {"intent": 7},
        "compared": {"intent": {"1": 7, "64": 7}},
        "largest_difference": 2e-6,
        "ties": [],
        "towers": {},
        "joint": {"joint.onnx": {"intent": {"1": 4, "64": 4}}},
    }
    joint = [{"file": "joint.onnx", "tasks": ["intent"], "inputs": ["text"], "reads": ["text (whitespace)"]}]
    assert shown(results(metrics, {}, Path("run/export"), {"intent.onnx": 1200}, verified, {"joint": joint})) == [
        "what                                                                                value",
        "test intent  accuracy                                                              0.5000",
        "exported     run/export/intent.onnx                                                1.2 kB",
        "joint        joint.onnx: intent; reads text (whitespace)",
        "verified     intent: test rows answered as by torch, batch 1 and 64                   7/7",
        "verified     joint.onnx, intent: test rows answered as by torch, batch 1 and 64  4/7, 4/7",
        "verified     largest difference between scores                                    2.0e-06",
        "verified     near ties (eager torch's two best within 0.002 %)                          0",
    ]


def test_a_large_split_and_towers_are_told_in_the_table() -> None:
    verified = {
        "split": {"relevance": "test", "intent": "test", "slots": "test"},
        "rows": {"relevance": 100_000, "intent": 7, "slots": 7},
        "compared": {"relevance": {"1": 1024, "64": 8192}},
        "largest_difference": 2e-6,
        "ties": [],
        "towers": {"relevance": 3e-7},
        "joint": {
            "joint.onnx": {"relevance": {"1": 64, "64": 8192}},
            "joint.2.onnx": {"intent": {"1": 4, "64": 7}, "slots": {"1": 4, "64": 7}},
        },
    }
    joint = [
        {"file": "joint.onnx", "tasks": ["relevance"], "reads": ["query (whitespace)", "document (whitespace)"]},
        {"file": "joint.2.onnx", "tasks": ["intent", "slots"], "reads": ["text (unicode_words, lowercase)"]},
    ]
    assert [
        " ".join(line.split()) for line in shown(results({}, {}, Path("run"), {}, verified, {"joint": joint}))[1:]
    ] == [
        "joint joint.onnx: relevance; reads query (whitespace) and document (whitespace)",
        "joint joint.2.onnx: intent, slots; reads text (unicode_words, lowercase)",
        "joint several graphs, as one has the tasks that read their inputs in the same way 2",
        "verified relevance: test rows answered as by torch, batch 1 1024/100000",
        "verified relevance: test rows answered as by torch, batch 64 8192/100000",
        "verified joint.onnx, relevance: test rows answered as by torch, batch 1 and 64 64/100000, 8192/100000",
        "verified joint.2.onnx, intent and slots: test rows answered as by torch, batch 1 and 64 4/7, 7/7",
        "verified relevance: largest difference between vectors' inner product and score 3.0e-07",
        "verified largest difference between scores 2.0e-06",
        "verified near ties (eager torch's two best within 0.002 %) 0",
    ]


def test_weights_of_components_are_told_where_there_are_adapters() -> None:
    manifest = {
        "weights_of": {"pieces": 2_000_000, "encoder": 1_000_000, "a.representation": 3000, "other": 500, "head": 20},
        "adapters": {
            "a.representation": {"encoder": "encoder", "weights": "apart"},
            "b.representation": {"encoder": "other", "weights": "merged"},
        },
    }
    assert [" ".join(line.split()) for line in shown(results({}, {}, Path("run"), {}, {}, manifest))[1:]] == [
        "weights pieces 2.0 MB",
        "weights encoder 1.0 MB",
        "weights a.representation, an adapter of encoder, apart 3.0 kB",
        "weights other, the adapter b.representation merged into it 500 B",
        "weights head 20 B",
    ]
    assert shown(results({}, {}, Path("run"), {}, {}, {**manifest, "adapters": {}}))[1:] == []


def test_what_was_read() -> None:
    report = {
        "splits": {
            "a/train": {
                "rows": 1200,
                "tokens": 5000,
                "skipped": 2,
                "unseen": {},
                "overlap": {},
                "labelled": {"t": 1160},
            },
            "a/dev": {
                "rows": 1,
                "tokens": 1,
                "skipped": 1,
                "unseen": {},
                "overlap": {"train": 1},
                "labelled": {"t": 0},
            },
            "a/test": {
                "rows": 10,
                "tokens": 50,
                "skipped": 0,
                "unseen": {"t": ["x", "y"]},
                "overlap": {"train": 3},
                "labelled": {"t": 10},
            },
        },
        "labels": {"t": {"b": 1, "c": 2}},
        "vocabularies": {"words": [1000, None]},
    }
    assert list(reading(report)) == [
        "read a/train: 1,200 rows, 5,000 tokens, 2 malformed rows left out",
        "  t: 40 rows without a label",
        "read a/dev: 1 row, 1 token, 1 malformed row left out",
        "  t: 1 row without a label",
        "  1 row with the text of a row of train",
        "read a/test: 10 rows, 50 tokens",
        "  t: never seen in training, so counted as wrong: x, y",
        "  3 rows with the text of a row of train",
        "labels of t: 2",
        "vocabulary of words: 1,000",
    ]


def test_what_was_read_of_pairs() -> None:
    none = {"skipped": 0, "overlap": {}, "labelled": {"relevance": 9}}
    pairs = {"queries": 1, "without_positive": 0, "repeated": 0, "documents": 1}
    some = {"queries": 1500, "without_positive": 12, "repeated": 3, "documents": 2000}
    report = {
        "splits": {
            "qa/train": {"rows": 4000, "tokens": 5000, "unseen": {}, "pairs": some, **none},
            "qa/test": {"rows": 1, "tokens": 8, "unseen": {"relevance": ["3"]}, "pairs": pairs, **none},
        },
        "labels": {"relevance": {"0": 3000, "1": 1000}},
        "vocabularies": {},
    }
    assert list(reading(report)) == [
        "read qa/train: 4,000 rows, 5,000 tokens",
        "  1,500 queries, 12 of them without a positive, and 2,000 documents",
        "read qa/test: 1 row, 8 tokens",
        "  1 query and 1 document",
        "grades of relevance: 3,000 of 0, 1,000 of 1",
    ]


def test_cells_are_neither_markup_nor_orders_to_a_terminal() -> None:
    metrics = {"[red]intent[/red]": {"f1 of \x1b[31m": 0.5}}
    assert [" ".join(line.split()) for line in shown(metrics_table("test\x07", metrics, {}))] == [
        "task figure test\\x07",
        "[red]intent[/red] f1 of \\x1b[31m 0.5000",
    ]
