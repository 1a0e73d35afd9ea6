from __future__ import annotations

import unicodedata
from pathlib import Path

from tests import small
from tests.commands import within


def test_no_faults_is_said_once_the_sources_were_read(tmp_path: Path) -> None:
    recipe = small.write(tmp_path)
    sentence = f"{recipe}: no faults. 2 tasks, 9 components, 4 of which serve more than one task."
    done = within("check", recipe, "--sources")
    assert done.stdout.splitlines()[:2] == [sentence, "read utterances/train: 45 rows, 207 tokens"]
    (tmp_path / "dev.tsv").unlink()
    done = within("check", recipe, "--sources")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"{tmp_path}/dev.tsv: should be a file. Found nothing there.\n1 error in the data of {recipe}\n"
    )
    assert within("check", recipe).stdout == f"{sentence}\n"


def test_a_dev_split_is_there_where_it_is_selected_by(tmp_path: Path) -> None:
    recipe = small.write(tmp_path, small.RECIPE.replace("    dev: dev.tsv\n", "") + "  patience: 2\n")
    message = (
        f"{recipe}:{len(recipe.read_text().splitlines())}: train.patience: should come with a dev split of a source "
        "with labels. There is none: add one, or leave 'patience' out."
    )
    for asked in ([], ["--sources"]):
        done = within("check", recipe, *asked)
        assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{message}\n1 error in {recipe}\n")
    done = within("train", recipe, "--out", tmp_path / "run")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, message)
    assert not (tmp_path / "run/checkpoints").exists()


def test_what_a_pattern_has_set_is_told(tmp_path: Path) -> None:
    recipe = small.write(tmp_path)
    keys = "tasks.intent.inputs.text.lowercase, tasks.slots.inputs.text.lowercase"
    for command in ("check", "graph"):
        done = within(command, recipe, "--set", "**.lowercase=ascii")
        assert (done.returncode, done.stderr) == (0, f"--set **.lowercase=ascii: sets 2 keys: {keys}.\n")


def test_data_and_what_the_recipe_asks_of_it_are_told_together(tmp_path: Path) -> None:
    recipe = small.write(tmp_path)
    options = ("--set", "sources.utterances.dev=null", "--set", "train.patience=2")
    (tmp_path / "test.tsv").unlink()
    message = "should come with a dev split of a source with labels. There is none: add one, or leave 'patience' out."
    done = within("check", recipe, "--sources", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"--set train.patience=2: train.patience: {message}\n"
        f"{tmp_path}/test.tsv: should be a file. Found nothing there.\n"
        f"1 error in options given with {recipe}, and 1 in its data\n"
    )


def test_what_a_file_holds_never_reaches_the_terminal_raw(tmp_path: Path) -> None:
    recipe = small.write(tmp_path)
    with (tmp_path / "test.tsv").open("a") as rows:
        rows.write("hey jude\tle\x1b[31mft\tO O\n")
    done = within("check", recipe, "--sources")
    assert (done.returncode, done.stderr) == (0, "")
    assert "  intent: never seen in training, so counted as wrong: le\\x1b[31mft" in done.stdout.splitlines()
    (tmp_path / "dev.tsv").write_text("te\x1b[2Jxt\tintent\tslots\n")
    done = within("check", recipe, "--sources")
    uses = "the input 'text' of task 'intent' and the input 'text' of task 'slots'"
    assert done.stderr == (
        f"{tmp_path}/dev.tsv: should have a column 'text': {uses}. Found the columns intent, slots, te\\x1b[2Jxt. "
        "Did you mean 'te\\x1b[2Jxt'?\n"
        f"{tmp_path}/dev.tsv: should have rows. There are none.\n"
        f"2 errors in the data of {recipe}\n"
    )


def test_columns_that_look_alike_are_told_apart(tmp_path: Path) -> None:
    composed, decomposed = "caf\u00e9", unicodedata.normalize("NFD", "caf\u00e9")
    recipe = small.write(tmp_path, small.RECIPE.replace("column: text", f"column: {composed}"))
    for split in ("train", "dev", "test"):
        rows = (tmp_path / f"{split}.tsv").read_text().partition("\n")[2]
        (tmp_path / f"{split}.tsv").write_text(f"{decomposed}\tintent\tslots\n{rows}")
    done = within("check", recipe, "--sources")
    uses = "the input 'text' of task 'intent' and the input 'text' of task 'slots'"
    assert done.stderr.splitlines()[0] == (
        f"{tmp_path}/train.tsv: should have a column '{composed}': {uses}. Found the columns {decomposed}, intent, "
        "slots. Did you mean 'cafe\\u0301'? It looks like 'caf\\xe9', but its characters differ."
    )


def test_a_delimiter_that_is_not_the_format_s_is_named(tmp_path: Path) -> None:
    recipe = small.write(tmp_path)
    (tmp_path / "train.tsv").write_text("text;intent;slots\nhey;play;O\n")
    done = within("check", recipe, "--sources")
    assert done.stderr.splitlines() == [
        f"{tmp_path}/train.tsv: should have the columns 'text', 'intent' and 'slots'. Found one column, "
        "text;intent;slots. If ';' parts the columns, write 'delimiter: \";\"'.",
        f"1 error in the data of {recipe}",
    ]


def test_faults_of_data_are_counted_by_a_run_too(tmp_path: Path) -> None:
    recipe = small.write(tmp_path)
    for split in ("dev", "test"):
        (tmp_path / f"{split}.tsv").write_text("text\tintent\nhey\tplay\n")
    done = within("train", recipe, "--out", tmp_path / "run")
    uses = "should have a column 'slots': the target of task 'slots'. Found the columns intent, text."
    assert done.returncode == 2
    assert done.stderr == (
        f"{tmp_path}/dev.tsv: {uses}\n{tmp_path}/test.tsv: {uses}\n2 errors in the data of {recipe}\n"
    )
