"""`mtl report` on given files: no model and no data are there."""

from __future__ import annotations

import json
from pathlib import Path

from mtl.runs.table_notes import is_of, write_note
from tests.commands import within

METRICS = {"test": {"intent": {"accuracy": 0.75}, "joint": {"exact_match": 0.5}}, "dev": {"intent": {"accuracy": 1.0}}}
REPORT = {
    "play": {"precision": 1.0, "recall": 0.5, "f1": 2 / 3, "support": 4},
    "wake": {"precision": 0.5, "recall": 1.0, "f1": 2 / 3, "support": 1200},
    "fly": {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 1},
}
CONFUSION = {"labels": ["fly", "play", "wake"], "counts": [[0, 0, 1], [0, 2, 2], [0, 0, 1200]]}
SHOWN = """\
task    figure      test
intent  accuracy  0.7500

intent: 2 of 3 labels, the lowest F1 first
label  precision  recall  F1      times
fly    0.0000     0.0000  0.0000      1
wake   0.5000     1.0000  0.6667  1,200

intent: 2 confusions, the most frequent first
gold  answer  times  of
play  wake    2       4
fly   wake    1       1

"""
MISTAKES = """\
intent: 2 of 3 rows answered wrongly, the most certain first
row  gold  answer  text      certainty
7    play  wake    play "it     0.9000
2    fly   wake    fly          0.8000

task   figure         test
joint  exact_match  0.5000
"""


def write(folder: Path) -> Path:
    """Write the files of figures and return the folder."""
    (folder / "metrics.json").write_text(json.dumps(METRICS), "utf-8")
    (folder / "reports.json").write_text(json.dumps({"test": {"intent": {"report": REPORT, "confusion": CONFUSION}}}))
    return folder


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


def test_labels_confusions_and_mistakes(tmp_path: Path) -> None:
    (write(tmp_path) / "errors").mkdir()
    rows = ['7\ta.tsv\t8\t0.9000\tplay\twake\tplay "it', "2\ta.tsv\t3\t0.8000\tfly\twake\tfly"]
    table = ["row\tfile\tline\tcertainty\tgold\tanswer\ttext", *rows, "4\ta.tsv\t5\t0.7000\tplay\twake\tplay", ""]
    (tmp_path / "errors/intent.test.tsv").write_text("\n".join(table), "utf-8")
    write_note(tmp_path, tmp_path / "errors/intent.test.tsv", {"rows/test": "1f"})
    done = within("report", tmp_path, "--top", "2")
    assert (done.returncode, done.stderr) == (0, "")
    assert lines(done.stdout) == lines(SHOWN + MISTAKES)


def test_wrong_rows_of_another_model_or_other_data_are_not_shown(tmp_path: Path) -> None:
    table, weights = tmp_path / "errors/intent.test.tsv", tmp_path / "checkpoints/step-1/components/a.safetensors"
    for file, text in {
        table: "row\n7\n",
        weights: "a",
        tmp_path / "checkpoints/pointer.json": '{"last": "step-1", "best": "step-1"}',
        tmp_path / "data.json": '{"given": [], "hashes": {"rows/test": "1f"}}',
    }.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    write_note(write(tmp_path), table, {"rows/test": "1f"})
    assert is_of(tmp_path, table)
    hint = f"`mtl errors {tmp_path} --task intent --split test` shows the rows that are answered wrongly"
    again = (
        f"intent: labels were renamed since the test; `mtl test {tmp_path} --split test` gives them the names that "
        "they have now"
    )
    for file, text in {
        weights: "b",
        tmp_path / "labels.json": '{"intent": {"play": "start"}}',
        tmp_path / "data.json": '{"given": [], "hashes": {"rows/test": "2e"}}',
        table: "row\n8\n",
    }.items():
        before = file.read_text() if file.exists() else None
        file.write_text(text, "utf-8")
        done = within("report", tmp_path, "--task", "intent", "--top", "2")
        assert lines(done.stdout) == [*lines(SHOWN), again if file.name == "labels.json" else hint]
        file.unlink() if before is None else file.write_text(before, "utf-8")
    assert is_of(tmp_path, table)


def test_what_cannot_be_reported(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").touch()
    done = within("report", tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        f"{tmp_path}: should be a run that was tested, with a file 'metrics.json'. There is none. "
        f"`mtl test {tmp_path}` writes it.\n",
    )
    done = within("report", write(tmp_path), "--split", "train")
    assert (done.returncode, done.stderr) == (
        2,
        "--split should be one that was measured: dev, test. Found 'train'. "
        f"`mtl test {tmp_path} --split train` measures it.\n",
    )
    done = within("report", tmp_path, "--task", "intents")
    assert (done.returncode, done.stderr) == (
        2,
        f"--task 'intents' is not a task of '{tmp_path}'. Did you mean 'intent'? Tasks: intent, joint.\n",
    )
