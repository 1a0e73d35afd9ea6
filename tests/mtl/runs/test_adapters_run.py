"""Two tasks, each with its adapter, over one frozen encoder: trained, resumed, exported once, counted once."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import mtl
from mtl.base.errors import RecipeError
from mtl.compile.loading import load_recipe
from mtl.export.eight_bits import uses
from mtl.model.multi_task import MultiTaskModel
from mtl.runs.check import check_recipe, read_data
from mtl.runs.eight_bits import export_eight_bits
from mtl.runs.exported_run import ExportedRun
from mtl.runs.runner import Run
from mtl.sources.opening import open_sources
from mtl.train.checkpoint import Checkpoints
from mtl.train.parts import build_feeds
from mtl.train.trainer import Trainer
from tests import encoder_files, small

RECIPE = """\
name: adapted
seed: 1
sources:
  utterances: {format: tsv, train: train.tsv, dev: dev.tsv, test: test.tsv}
tasks:
  intent:
    type: text_classification
    source: utterances
    inputs: {text: {column: text, tokenizer: {type: wordpiece, path: encoder}}}
    target: intent
    model:
      embedding: {type: transformer, path: encoder, freeze: true}
      representation: {type: lora, rank: 3, dropout: 0.1, encoder: {type: transformer, path: encoder, freeze: true}}
      pooling: first
  slots:
    type: word_tagging
    source: utterances
    inputs: {text: {column: text, tokenizer: {type: wordpiece, path: encoder}}}
    target: slots
    model:
      representation: {type: bottleneck, size: 4, encoder: {type: transformer, path: encoder}}
      output: {type: crf}
share:
  pieces: [intent.embedding, slots.embedding]
  encoder: [intent.representation.encoder, slots.representation.encoder]
train:
  optimizer: {type: adam, lr: 0.01}
  batch: {size: 16}
  epochs: 2
  checkpoint_every: 2
  gradients_every: 0
"""
TEXTS = ["play hey jude", "hey", "wake me at six thirty please now or later", ""]


@pytest.fixture
def recipe(folder_of: Callable[[str], Path], tmp_path: Path) -> Path:
    encoder_files.write(tmp_path / "encoder", folder_of("uncased"))
    return small.write(tmp_path, RECIPE)


def test_weights_on_disk_are_the_encoder_once_the_adapters_and_the_heads(recipe: Path, tmp_path: Path) -> None:
    run = mtl.run(recipe, out=tmp_path / "run")
    sizes = {name: sum(own.numel() for own in module.parameters()) for name, module in run.model.components.items()}
    assert {name for name in sizes if "representation" in name or name in ("pieces", "encoder")} == {
        *("pieces", "encoder", "intent.representation", "slots.representation"),
    }
    layers, dim = 3, 16
    assert sizes["intent.representation"] == layers * 2 * 2 * 3 * dim  # queries and values, down and up
    assert sizes["slots.representation"] == layers * (2 * 4 * dim + 4 + dim)
    written = load_file(tmp_path / "run/export/weights.safetensors")
    by_component = dict.fromkeys(sizes, 0)
    for name, tensor in written.items():
        owner = max((own for own in sizes if name.startswith(f"{own}.")), key=len)
        by_component[owner] += tensor.numel()
    for name in ("encoder", "intent.representation", "slots.representation", "intent.decoder", "slots.decoder"):
        assert by_component[name] == sizes[name], name
    there = load_file(tmp_path / "encoder/model.safetensors")
    kept = run.model["encoder"].layers[1].queries.weight
    assert torch.equal(kept, there["encoder.layer.1.attention.self.query.weight"])
    bundle = mtl.Bundle(tmp_path / "run/export")
    for task, key in (("intent", "label"), ("slots", "tags")):
        eager, exported = run.predict(task, TEXTS), bundle.predict(task, TEXTS)
        assert [answer[key] for answer in exported] == [answer[key] for answer in eager]


def test_adapters_learn_and_the_encoder_does_not(recipe: Path, tmp_path: Path) -> None:
    run = Run.start(recipe, tmp_path / "run")
    list(run.train())
    for task, name in (("intent", "of_queries"), ("slots", "ffn")):
        for layer in run.model[f"{task}.representation"].layers:
            assert bool(layer.up[name].weight.abs().sum() > 0)
    there = load_file(tmp_path / "encoder/model.safetensors")
    for number, layer in enumerate(run.model["encoder"].layers):
        assert torch.equal(layer.ffn[0].weight, there[f"encoder.layer.{number}.intermediate.dense.weight"])


def test_answers_begin_as_without_adapters_bit_for_bit(recipe: Path, tmp_path: Path) -> None:
    layers = "{type: transformer, path: encoder, freeze: true}"
    plain = [f"tasks.{task}.model.representation={layers}" for task in ("intent", "slots")]
    tied = "share.encoder=[intent.representation, slots.representation]"
    found = []
    for given in (load_recipe(recipe), load_recipe(recipe, overrides=[*plain, tied])):
        graph = check_recipe(given).graph
        prepared = read_data(graph, open_sources(given), tmp_path)
        batch = build_feeds(graph, prepared)["utterances"].next()
        scores = MultiTaskModel(graph, prepared.fitted).eval().scores(batch, ("intent", "slots"))
        found.append((scores["intent"][0], scores["slots"][0].values))
    for one, other in zip(*found, strict=True):
        assert torch.equal(one, other)


def test_a_run_is_resumed_bit_for_bit(recipe: Path, tmp_path: Path) -> None:
    list(Run.start(recipe, tmp_path / "whole").train())
    for _ in islice(Run.start(recipe, tmp_path / "run").train(), 3):
        pass
    resumed = Run.start(recipe, tmp_path / "run", resume=True)
    list(resumed.train())
    whole = Run.open(tmp_path / "whole")
    for one, other in zip(resumed.model.parameters(), whole.model.parameters(), strict=True):
        assert torch.equal(one, other)


def _train_and_be_killed(recipe: Path, out: Path, after: int) -> None:
    for number, _ in enumerate(Run.start(recipe, out, resume=out.exists()).train(), 1):
        if number == after:
            os.kill(os.getpid(), signal.SIGKILL)


def test_killed_again_and_again_it_ends_bit_for_bit_the_same(recipe: Path, tmp_path: Path) -> None:
    list(Run.start(recipe, tmp_path / "whole").train())
    for after in (1, 4, 2):  # reports of each process; the first falls before any checkpoint
        process = get_context("spawn").Process(target=_train_and_be_killed, args=(recipe, tmp_path / "run", after))
        process.start()
        process.join(300)
        assert process.exitcode == -signal.SIGKILL
    list(Run.start(recipe, tmp_path / "run", resume=True).train())
    for which in ("last", "best"):
        first, second = (Checkpoints(tmp_path / name).path(which) for name in ("whole", "run"))  # type: ignore[arg-type]
        assert first.name == second.name
        files = [file for file in sorted(first.rglob("*")) if file.is_file()]
        assert files
        for file in files:
            assert file.read_bytes() == (second / file.relative_to(first)).read_bytes(), file.name


PLAIN = "tasks.slots.model.representation={type: transformer, path: encoder}"
ENCODER = "share.encoder=[intent.representation.encoder, slots.representation]"
STILL = "tasks.intent.model.representation.dropout=0"


def trained(recipe: Path, out: Path, *overrides: str) -> Run:
    run = Run.start(recipe, out, overrides=[PLAIN, ENCODER, STILL, *overrides])
    list(run.train())
    return run


@pytest.fixture
def still(recipe: Path, tmp_path: Path) -> Path:
    """The recipe, over an encoder that drops nothing out."""
    config = tmp_path / "encoder/config.json"
    kept = {**json.loads(config.read_text("utf-8")), "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    config.write_text(json.dumps(kept), "utf-8")
    return recipe


def test_what_is_kept_of_a_frozen_encoder_changes_no_bit_of_adapters_over_it(still: Path, tmp_path: Path) -> None:
    """A text alone in its batch is computed as it is for being kept: no padding shows in its last digits."""
    alone = ("train.batch.size=1", "train.max_steps=12")
    without = trained(still, tmp_path / "without", *alone)
    kept = trained(still, tmp_path / "kept", *alone, "train.cache_frozen=10")
    few = trained(still, tmp_path / "few", *alone, "train.cache_frozen=1")
    for other in (kept, few):
        assert all(map(torch.equal, without.model.parameters(), other.model.parameters()))
    assert without.model["intent.representation"].layers[0].up["of_queries"].weight.abs().sum() > 0


def test_what_is_kept_is_what_runs_without_adapters(still: Path) -> None:
    recipe = load_recipe(still, overrides=[PLAIN, ENCODER, "train.cache_frozen=10"])
    graph = check_recipe(recipe).graph
    prepared = read_data(graph, open_sources(recipe), still.parent)
    model = Trainer(graph, prepared, still.parent / "run").model.train()
    seen: list[int] = []
    model["encoder"].layers[0].register_forward_hook(lambda _, given, __: seen.append(len(given[0])))
    batch = build_feeds(graph, prepared)["utterances"].next()
    rows = len(batch.rows)
    for _ in range(2):
        model.scores(batch, ("intent", "slots"))
    assert sorted(seen, reverse=True)[:2] == [rows, rows]  # the adapter's, anew each time
    assert seen.count(1) == len(seen) - 2 <= rows  # each text of the other task's, once
    with pytest.raises(RecipeError) as caught:
        check_recipe(load_recipe(still, overrides=["train.cache_frozen=10"]))
    assert [fault.message for fault in caught.value.faults] == [
        "should be there only where an encoder, or its lowest layers, and all below are frozen, with no adapter "
        "inside. Found no such. Leave it out, or freeze them."
    ]


def test_an_export_with_adapters_has_an_eight_bit_variant(
    recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uses, "LEAST", 8)
    overrides = ["share.encoder=[intent.representation.encoder]", "train.max_steps=20"]
    run = mtl.run(recipe, out=tmp_path / "run", overrides=["train.max_steps=20"])
    small_runs = {"apart": run, "merged": mtl.run(recipe, out=tmp_path / "other", overrides=overrides)}
    for how, run in small_runs.items():
        assert run.manifest["adapters"]["intent.representation"]["weights"] == how
        export = ExportedRun.open(run.out / "export")
        found = export_eight_bits(export, tmp_path / f"{how}.int8", at_most=100)  # of a model that has learned little
        variant = mtl.Bundle(found.folder)
        sizes, before = found.manifest["weights_of"], run.manifest["weights_of"]
        assert found.manifest["adapters"] == run.manifest["adapters"]
        assert sizes.keys() == before.keys()
        assert sizes["pieces"] < 0.5 * before["pieces"]
        assert 0 < found.files["weights.safetensors"] - sum(sizes.values()) < 40_000
        eager, eight = run.predict("intent", TEXTS), variant.predict("intent", TEXTS)
        pairs = zip(eager, eight, strict=True)
        apart = [abs(one["scores"][label] - other["scores"][label]) for one, other in pairs for label in one["scores"]]
        assert 0 < max(apart) < 0.1
        assert {loss.split for loss in found.losses} == {"dev", "test"}


def test_one_adapter_may_be_tied_or_left_out(recipe: Path) -> None:
    tied = load_recipe(
        recipe,
        overrides=[
            "tasks.slots.model.representation=null",
            "share={pieces: [intent.embedding, slots.embedding], both: [intent.representation, slots.representation]}",
        ],
    )
    graph = check_recipe(tied).graph
    assert graph.tasks_meeting_at("both") == graph.tasks_meeting_at("both.encoder") == ("intent", "slots")
    assert len([call for call in graph.calls(["intent", "slots"]) if call.component == "both"]) == 1


def test_an_encoder_that_takes_no_adapter_is_refused(recipe: Path) -> None:
    given = load_recipe(
        recipe,
        overrides=[
            "tasks.intent.model.representation.encoder={type: bilstm}",
            "share={pieces: [intent.embedding, slots.embedding]}",
        ],
    )
    with pytest.raises(RecipeError) as caught:
        check_recipe(given)
    assert [fault.message for fault in caught.value.faults] == [
        "should be an encoder whose layers 'lora' can adapt: self_attention, transformer. Found 'bilstm'."
    ]
