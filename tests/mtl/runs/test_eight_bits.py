from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mtl.base.errors import ExportError
from mtl.export.eight_bits import uses
from mtl.runs.eight_bits import export_eight_bits
from mtl.runs.exported_run import ExportedRun
from tests import small
from tests.commands import within


@pytest.fixture
def export(small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ExportedRun:
    """An export beside its data, whose weights count as large."""
    monkeypatch.setattr(uses, "LEAST", 8)
    small.write(tmp_path)
    shutil.copytree(small_run / "export", tmp_path / "export")
    return ExportedRun.open(tmp_path / "export", data=tmp_path)


def test_a_variant_is_an_export_with_figures_of_its_own(export: ExportedRun, tmp_path: Path) -> None:
    stages = []
    place = tmp_path / "small"
    found = export_eight_bits(export, place, at_most=100, report=lambda begun: stages.append(begun.stage))
    assert stages == ["writing", "measuring"]
    manifest = json.loads((tmp_path / "small/manifest.json").read_text())
    assert manifest["int8"] == {"at_most": 100, "figures": [loss._asdict() for loss in found.losses]}
    assert {loss.split for loss in found.losses} == {"dev", "test"}
    assert manifest["verified"] == {"how": "figures"}
    assert sorted(manifest["files"]) == sorted(name for name in found.files if name != "manifest.json")
    variant = ExportedRun.open(tmp_path / "small", data=tmp_path)
    for loss in found.losses:
        task, figure = loss.figure.rsplit(".", 1)
        assert loss.before == export.evaluate(loss.split).metrics[task][figure]
        assert (
            loss.after
            == variant.evaluate(loss.split).metrics[task][figure]
            == manifest["metrics"][loss.split][task][figure]
        )
    assert found.files["weights.safetensors"] < (export.out / "weights.safetensors").stat().st_size
    before = export.predict("intent", ["play hey jude"])[0]
    after = variant.predict("intent", ["play hey jude"])[0]
    assert before != after
    assert abs(before["score"] - after["score"]) < 0.1


def test_a_variant_that_loses_too_much_is_not_kept(
    export: ExportedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uses, "BITS", {"product": 2, "recurrence": 2, "table": 2})
    place = tmp_path / "small"
    kept = export_eight_bits(export, place, at_most=100).losses
    lost = [loss for loss in kept if loss.points > 0]
    assert lost
    was = (place / "manifest.json").read_bytes()
    with pytest.raises(ExportError) as error:
        export_eight_bits(export, place, at_most=0)
    assert str(error.value).splitlines() == [
        f"{place}: {loss.figure}: with weights of eight bits should lose at most 0 points on {loss.split}. Found "
        f"{loss.points:.2f}, from {loss.before:.4f} to {loss.after:.4f}. Nothing was written; --at-most allows more."
        for loss in lost
    ]
    assert (place / "manifest.json").read_bytes() == was
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir() and path.name.startswith("small")) == [
        "small"
    ]


def test_a_split_that_is_not_there_is_not_measured(export: ExportedRun, tmp_path: Path) -> None:
    recipe = tmp_path / "export/recipe.yaml"
    recipe.write_text(recipe.read_text("utf-8").replace(" dev: dev.tsv,", ""), "utf-8")
    alone = ExportedRun.open(tmp_path / "export", data=tmp_path)
    assert {split for _, split in alone.prepared.splits} == {"train", "test"}
    assert {loss.split for loss in export_eight_bits(alone, tmp_path / "small", at_most=100).losses} == {"test"}
    recipe.write_text(recipe.read_text("utf-8").replace(" test: test.tsv,", ""), "utf-8")
    with pytest.raises(ExportError) as error:
        export_eight_bits(ExportedRun.open(tmp_path / "export", data=tmp_path), tmp_path / "small", at_most=100)
    assert str(error.value) == (
        f"{tmp_path / 'small'}: what weights of eight bits lose should be measured on dev or test. Found no labelled "
        "rows there."
    )


def test_what_else_is_in_a_batch_changes_a_score_a_little_at_most(export: ExportedRun, tmp_path: Path) -> None:
    export_eight_bits(export, tmp_path / "small", at_most=100)
    variant = ExportedRun.open(tmp_path / "small", data=tmp_path)
    alone = variant.predict("intent", ["play hey jude"])[0]["score"]
    beside = variant.predict("intent", ["play hey jude", "wake me at six thirty please " * 10])[0]["score"]
    assert beside == pytest.approx(alone, abs=0.01)  # one scale for all activations of a batch


def test_the_command_writes_both_and_shows_what_is_lost(small_run: Path, tmp_path: Path) -> None:
    small.write(tmp_path)
    out = tmp_path / "graphs"
    command = ("export", small_run, "--data", tmp_path, "--out", out, "--verify", "none")
    done = within(*command, "--int8", "--at-most", "100")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    start = next(number for number, row in enumerate(lines) if row.startswith("figure "))
    assert lines[start].split() == ["figure", "split", "export", "int8", "points", "lost"]
    assert (tmp_path / "graphs.int8/manifest.json").is_file()
    assert f"{out}.int8/weights.safetensors" in done.stdout
    done = within(*command, "--at-most", "1")
    message = "--at-most should come with --int8, whose losses it bounds. Found it alone.\n"
    assert (done.returncode, done.stderr) == (2, message)
