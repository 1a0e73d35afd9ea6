"""What a checkpoint keeps beside weights is what a resumed training has again."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import torch

from mtl.base.files import read_json
from mtl.base.tensors import read_tensors
from mtl.train.training_state import named
from tests.mtl import running_text


def test_tensors_are_named_by_component() -> None:
    one, two = torch.zeros(1), torch.ones(2)
    assert named({"words": {"table": one}, "head": {"bias": two}}) == {"words/table": one, "head/bias": two}


def test_a_resumed_training_has_the_states_that_were_written(tmp_path: Path) -> None:
    train = {"average": {"decay": 0.9}, "checkpoint_every": 5, "evaluate_every": 5}
    begun = running_text.trainer(tmp_path, train)
    reports = begun.train()
    steps = [report for report in islice(reports, 8) if hasattr(report, "losses")]
    assert len(steps) > 5  # the checkpoint of step 5 is written
    folder = begun.checkpoints.path("last")
    resumed = running_text.trainer(tmp_path, train, resume=True)
    assert resumed.step == 5
    kept = resumed.state.snapshot(resumed.step, {}, {})
    parts = {"draws", "balance", "gradients", "schedule", "average", "selection", "optimizer"}
    written = read_json(folder / "state.json")
    assert set(kept.state) == parts
    assert json.loads(json.dumps(dict(kept.state))) == {name: written[name] for name in parts}
    assert written["selection"]["best"] is not None
    files = {"optimizer": kept.optimizer, "raw": kept.raw, "carried": kept.carried}
    for name, found in files.items():
        tensors, _ = read_tensors(folder / f"{name}.safetensors")
        assert tensors.keys() == found.keys()
        assert all(torch.equal(tensors[key], found[key]) for key in tensors)
