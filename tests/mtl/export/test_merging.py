"""Where adapters are in an export: in their encoder's weights where one alone uses it, else apart; labels are equal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx_ir as ir
import pytest
import torch
from safetensors.torch import load_file

import mtl
from mtl.export.export import ExportReport, export
from mtl.model.multi_task import MultiTaskModel
from mtl.runs.runner import Run
from tests import encoder_files, small
from tests.mtl.runs.test_adapters_run import RECIPE, TEXTS

INTENT, SLOTS = "intent.representation", "slots.representation"
LORA = "{type: lora, rank: 3, encoder: {type: transformer, path: encoder, freeze: true}}"
PLAIN = "{type: transformer, path: encoder, freeze: true}"
PIECES = "pieces: [intent.embedding, slots.embedding]"
BOTH_LOW = [f"tasks.slots.model.representation={LORA}"]


@pytest.fixture
def exported(folder_of: Callable[[str], Path], tmp_path: Path) -> Callable[..., tuple[Run, ExportReport]]:
    """A run with adapters that have moved, and its export."""

    def make(*overrides: str, tasks: Any = None) -> tuple[Run, ExportReport]:
        encoder_files.write(tmp_path / "encoder", folder_of("uncased"))
        run = Run.start(small.write(tmp_path, RECIPE), tmp_path / "run", overrides=["train.max_steps=3", *overrides])
        list(run.train())
        generator = torch.Generator().manual_seed(1)
        with torch.no_grad():
            for name, module in run.model.components.items():
                for own in module.parameters() if name in (INTENT, SLOTS, "both") else ():
                    own.add_(0.2 * torch.randn(own.shape, generator=generator))
        return run, export(run.model, run.graph, run.prepared, tmp_path / "export", tasks=tasks)

    return make


def same_answers(run: Run, folder: Path, task: str, key: str) -> None:
    eager, found = run.predict(task, TEXTS), mtl.Bundle(folder).predict(task, TEXTS)
    assert [answer[key] for answer in found] == [answer[key] for answer in eager]


def places(report: ExportReport) -> dict[str, tuple[str, str]]:
    return {name: (own["encoder"], own["weights"]) for name, own in report.manifest["adapters"].items()}


def test_one_that_has_its_encoder_alone_is_merged(exported: Any) -> None:
    run, report = exported(tasks=["intent"])
    assert places(report) == {INTENT: ("encoder", "merged")}
    weights = load_file(report.folder / "weights.safetensors")
    assert not [name for name in weights if name.startswith(INTENT)]
    layer, own = run.model["encoder"].layers[0], run.model[INTENT].layers[0]
    update = 16 / 3 * own.up["of_queries"].weight.double() @ own.down["of_queries"].weight.double()
    merged = (layer.queries.weight.double() + update).detach().float()
    assert torch.equal(weights["encoder.layers.0.queries.weight"], merged)
    same_answers(run, report.folder, "intent", "label")


def test_a_merged_one_costs_neither_bytes_nor_nodes(exported: Any, tmp_path: Path) -> None:
    _, report = exported(tasks=["intent"])
    plain = Run.start(
        small.write(tmp_path, RECIPE),
        tmp_path / "plain",
        overrides=[f"tasks.intent.model.representation={PLAIN}", f"share={{{PIECES}}}"],
    )
    model = MultiTaskModel(plain.graph, plain.prepared.fitted)
    alone = export(model, plain.graph, plain.prepared, tmp_path / "alone", tasks=["intent"])
    nodes = [len(ir.load(one.folder / "intent.onnx").graph) for one in (report, alone)]
    assert nodes[0] == nodes[1]
    assert report.manifest["weights_of"]["encoder"] == alone.manifest["weights_of"][INTENT]


@pytest.mark.parametrize(
    ("overrides", "wanted"),
    [
        ([], {INTENT: ("encoder", "apart"), SLOTS: ("encoder", "apart")}),
        (BOTH_LOW, {INTENT: ("encoder", "apart"), SLOTS: ("encoder", "apart")}),
        (
            [
                f"tasks.slots.model.representation={PLAIN}",
                f"share={{{PIECES}, encoder: [intent.representation.encoder, slots.representation]}}",
            ],
            {INTENT: ("encoder", "apart")},
        ),
        (
            [f"tasks.slots.model.representation={LORA}", f"share={{{PIECES}}}"],
            {INTENT: (f"{INTENT}.encoder", "merged"), SLOTS: (f"{SLOTS}.encoder", "merged")},
        ),
        ([f"share={{{PIECES}}}"], {INTENT: (f"{INTENT}.encoder", "merged"), SLOTS: (f"{SLOTS}.encoder", "apart")}),
        (
            [
                "tasks.slots.model.representation=null",
                f"share={{{PIECES}, both: [intent.representation, slots.representation]}}",
            ],
            {"both": ("both.encoder", "merged")},
        ),
    ],
    ids=[
        "of two kinds",
        "two of low rank",
        "beside a task without",
        "an encoder each",
        "a bottleneck alone",
        "one for both tasks",
    ],
)
def test_where_adapters_are(exported: Any, overrides: list[str], wanted: dict[str, tuple[str, str]]) -> None:
    run, report = exported(*overrides)
    assert places(report) == wanted
    sizes = report.manifest["weights_of"]
    assert {name for name in wanted if name in sizes} == {name for name, (_, how) in wanted.items() if how == "apart"}
    for name in sizes.keys() & wanted.keys():
        assert sizes[name] == 4 * sum(own.numel() for own in run.model[name].parameters())
    header = (report.folder / "weights.safetensors").stat().st_size - sum(sizes.values())
    assert 0 < header < 20_000
    same_answers(run, report.folder, "intent", "label")
    same_answers(run, report.folder, "slots", "tags")
