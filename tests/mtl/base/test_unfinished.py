from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mtl.base.unfinished import Unfinished, unfinished


def written(run: Path, pointer: Any, state: Any) -> Path:
    folder = run / "checkpoints/step-00000040"
    folder.mkdir(parents=True, exist_ok=True)
    (folder.parent / "pointer.json").write_text(json.dumps(pointer))
    (folder / "state.json").write_text(json.dumps(state))
    return run


def test_how_far_a_run_got(tmp_path: Path) -> None:
    run = tmp_path / "my run"
    assert unfinished(run) is None
    pointer = {"last": "step-00000040", "best": "step-00000016"}
    state = {"step": 40, "steps": 1072, "finished": False, "identity": {}}
    found = unfinished(written(run, pointer, state))
    assert found == Unfinished(run, 40, 1072, 16, 1)
    assert found is not None
    assert found.so_far == "step 40 of 1,072"
    assert found.again == f"mtl train '{run}/recipe.yaml' --out '{run}' --resume"
    assert unfinished(written(run, pointer, {**state, "finished": True})) is None
    together = unfinished(written(run, {"last": "step-00000040"}, {**state, "identity": {"processes": 2}}))
    assert together is not None
    assert together.best is None
    assert together.again.startswith("torchrun --nproc-per-node 2 -m mtl train ")


def test_damaged_checkpoints_are_left_to_those_who_load_them(tmp_path: Path) -> None:
    assert unfinished(written(tmp_path, ["x"], {})) is None
    assert unfinished(written(tmp_path, {"last": "step-00000041"}, {})) is None
