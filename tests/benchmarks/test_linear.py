"""Classifiers beside a linear SVM: what each side learns from, and what is printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import linear

WORDS = {"NUM:count": "how many", "LOC:city": "which city"}


def write(folder: Path) -> None:
    """Write questions of two classes; the first is longer than what is read."""
    for split, count in (("train", 24), ("test", 4)):
        lines = [f"{label} {WORDS[label]} w{number} ?" for number in range(count) for label in WORDS]
        (folder / "trec_qc").mkdir(exist_ok=True)
        (folder / "trec_qc" / f"{split}.txt").write_text(lines[0] + " x" * 500 + "\n" + "\n".join(lines[1:]) + "\n")


def test_all_read_the_first_words(tmp_path: Path) -> None:
    write(tmp_path)
    splits = linear.read("trec", tmp_path)
    assert len(splits["train"][0]["text"].split()) == linear.MOST_WORDS == 400
    assert splits["train"][1] == {"text": "which city w0 ?", "label": "LOC:city"}
    assert {split: len(rows) for split, rows in splits.items()} == {"train": 44, "dev": 4, "test": 8}


def test_a_class_that_has_fewer_examples_gives_all_of_them() -> None:
    rows = [{"text": f"{label}{n}", "label": label} for n in range(30) for label in "ab"]
    rows += [{"text": f"c{n}", "label": "c"} for n in range(3)]
    sample = linear.drawn(rows, linear.FEW, 1)
    assert {label: sum(row["label"] == label for row in sample) for label in "abc"} == {"a": 10, "b": 10, "c": 3}
    assert sample != linear.drawn(rows, linear.FEW, 2)
    assert linear.drawn(rows, None, 1) == rows


def test_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path)
    command = ["linear", "--data", str(tmp_path), "--only", "trec", "--models", "SVM", "nothing said"]
    monkeypatch.setenv("MTL_CACHE", str(tmp_path / "cache"))  # set anew by the command, and as it was after the test
    monkeypatch.setattr("sys.argv", [*command, "--examples", "few", "--set", "train.epochs=10"])
    linear.main()
    assert capsys.readouterr().out.splitlines() == [
        "| data | examples | classifier | test accuracy |",
        "| --- | --- | --- | --- |",
        "| trec | 10 a class | SVM | 1.000 |",
        "| trec | 10 a class | nothing said | 1.000 |",
    ]


def test_there_is_a_seed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["linear", "--data", ".", "--seeds", "0"])
    with pytest.raises(SystemExit):
        linear.main()
    assert capsys.readouterr().err.splitlines()[-1].endswith(": error: --seeds should be at least 1. Found 0.")
