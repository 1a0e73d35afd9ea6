from __future__ import annotations

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
    assert done.stderr == f"{tmp_path}/dev.tsv: should be a file. Found nothing there.\n"
    assert within("check", recipe).stdout == f"{sentence}\n"


def test_a_dev_split_is_there_where_it_is_selected_by(tmp_path: Path) -> None:
    recipe = small.write(tmp_path, small.RECIPE.replace("    dev: dev.tsv\n", "") + "  patience: 2\n")
    message = (
        "train.patience: should be left out where no source with labels has a dev split, or one should have. "
        "Found none.\n"
    )
    for done in (within("check", recipe, "--sources"), within("train", recipe, "--out", tmp_path / "run")):
        assert (done.returncode, done.stderr.splitlines(keepends=True)[-1]) == (2, message)
    assert not (tmp_path / "run/checkpoints").exists()
