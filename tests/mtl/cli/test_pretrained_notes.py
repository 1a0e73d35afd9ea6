"""How many words of a vocabulary a file of vectors holds is reported as training starts, and kept in the log."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from mtl.runs.runner import Run
from tests import small
from tests.commands import within

RECIPE = small.RECIPE.replace("{type: word, dim: 8}", "{type: word, dim: 2, pretrained: vectors.txt}")


@pytest.mark.parametrize(("word", "count"), [("jude", "1 of 22 words"), ("Jude", "0 of 22 words")])
def test_words_with_a_vector_are_told(word: str, count: str, tmp_path: Path) -> None:
    recipe = small.write(tmp_path, RECIPE.replace("epochs: 24", "epochs: 1"))
    (tmp_path / "vectors.txt").write_text(f"{word} 1 2\n")
    done = within("train", recipe, "--out", tmp_path / "run")
    first = json.loads((tmp_path / "run/log.jsonl").read_text("utf-8").splitlines()[0])
    told = {
        "jude": f"pretrained: {count} of the vocabulary has a vector in {tmp_path}/vectors.txt.",
        "Jude": f"pretrained: {count} of the vocabulary have a vector in {tmp_path}/vectors.txt: "
        "all start at random. Its words should be written as the input's tokens are (language, lower case).",
    }[word]
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert (f"words.word: {told}" in lines) == (word == "jude")
    assert (f"warning: words.word: {told}" in done.stderr.splitlines()) == (word == "Jude")
    expected = {"event": "note", "message": told, "warning": word == "Jude", "component": "words.word", "step": 0}
    assert first == expected


def test_the_warning_comes_before_what_training_prints(tmp_path: Path) -> None:
    recipe = small.write(tmp_path, RECIPE.replace("epochs: 24", "epochs: 1"))
    (tmp_path / "vectors.txt").write_text("Jude 1 2\n")
    command = [sys.executable, "-m", "mtl", "train", recipe, "--out", tmp_path / "run"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
    lines = [line.split(":")[0].split()[0] for line in done.stdout.splitlines()]
    assert lines.index("vocabulary") < lines.index("warning") < lines.index("step")


@pytest.mark.parametrize(("word", "count"), [("jude", "1 of 22 words"), ("Jude", "0 of 22 words")])
def test_a_check_of_sources_tells_them_too(word: str, count: str, tmp_path: Path) -> None:
    recipe = small.write(tmp_path, RECIPE)
    (tmp_path / "vectors.txt.gz").write_bytes(gzip.compress(f"{word} 1 2\n".encode()))
    recipe.write_text(recipe.read_text("utf-8").replace("vectors.txt", "vectors.txt.gz"), "utf-8")
    done = within("check", "--sources", recipe)
    verb = "has" if word == "jude" else "have"
    told = f"words.word: pretrained: {count} of the vocabulary {verb} a vector in {tmp_path}/vectors.txt.gz"
    none = ": all start at random. Its words should be written as the input's tokens are (language, lower case)."
    assert done.returncode == 0
    assert (f"{told}." in done.stdout.splitlines()) == (word == "jude")
    assert (f"warning: {told}{none}" in done.stderr.splitlines()) == (word == "Jude")


def test_a_run_that_goes_on_has_no_notes(tmp_path: Path) -> None:
    recipe = small.write(tmp_path, RECIPE.replace("epochs: 24", "epochs: 2"))
    (tmp_path / "vectors.txt").write_text("jude 1 2\n")
    for report in Run.start(recipe, tmp_path / "run").train():
        if report.step == 4:  # a checkpoint is at step 3, the end of the first epoch
            break
    events = [report.record()["event"] for report in Run.start(recipe, tmp_path / "run", resume=True).train()]
    assert events == ["step", "step", "step", "evaluation"]
    logged = [json.loads(row)["event"] for row in (tmp_path / "run/log.jsonl").read_text("utf-8").splitlines()]
    assert logged == ["note", *["step"] * 3, "evaluation", *["step"] * 3, "evaluation"]


VECTORS = {
    "another size": ("jude 1 2 3\n", "'dim' should be 3, the size of the vectors in {}. Found 2. Write 'dim: 3'."),
    "a malformed line": ("jude 1 2\nplay 1 2\nit 1 2 3\n", "{}:3: should hold a word and 2 numbers. Found 4 fields."),
    "no vectors": ("", "{}: should hold a word and its vector per line. Found no line."),
}


@pytest.mark.parametrize("case", VECTORS)
def test_a_file_that_does_not_fit_is_named_alike_by_train_and_check(case: str, tmp_path: Path) -> None:
    recipe = small.write(tmp_path, RECIPE)
    content, message = VECTORS[case]
    (tmp_path / "vectors.txt").write_text(content)
    place = f"{recipe}:21: tasks.intent.model.embedding.parts.word: "
    for command in (["check", recipe, "--sources"], ["train", recipe, "--out", tmp_path / "run"]):
        done = within(*command)
        assert done.returncode == 2
        assert done.stderr.splitlines() == [place + message.format(tmp_path / "vectors.txt"), f"1 error in {recipe}"]
