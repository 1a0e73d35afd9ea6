"""`mtl test` and `mtl export` as their users see them."""

from __future__ import annotations

from pathlib import Path

from tests import small
from tests.commands import within


def test_labels_that_the_run_never_saw_are_named_and_counted(small_run: Path, tmp_path: Path) -> None:
    small.write(tmp_path)
    rows = ["text\tintent\tslots", "play yesterday\tplay\tO B-song", "fly to rome\tfly\tO O B-city", "fly\tfly\tO"]
    (tmp_path / "test.tsv").write_text("\n".join([*rows, "is it wet\tweather\tO O O", ""]), "utf-8")
    done = within("test", small_run, "--data", tmp_path)
    assert done.returncode == 0
    assert done.stderr.splitlines()[1:] == [
        "warning: utterances/test: intent: should have labels that the run was trained with. "
        "Found others, which count as wrong: fly (2), weather (1).",
        "warning: utterances/test: slots: should have labels that the run was trained with. "
        "Found others, which count as wrong: B-city (1).",
    ]
    done = within("test", small_run, "--split", "dev", "--task", "intent", "--data", tmp_path)  # as it was
    assert (done.returncode, done.stderr) == (0, "")
