"""What was trained, whichever it is, opened to be measured."""

from __future__ import annotations

import shutil
from pathlib import Path

from mtl.runs.ensembling.ensemble import Ensemble
from mtl.runs.finished import open_finished


def test_the_splits_that_are_asked_for_are_read_alone(small_run: Path, tmp_path: Path) -> None:
    runs = [shutil.copytree(small_run, tmp_path / name) for name in ("one", "two")]
    Ensemble.start(runs, tmp_path / "both")
    for folder in (small_run, small_run / "export", tmp_path / "both"):
        assert list(open_finished(folder, splits=("test",)).prepared.splits) == [("utterances", "test")]
        assert {split for _, split in open_finished(folder).prepared.splits} == {"train", "dev", "test"}
