"""Modules that come from runs: with their weights, their vocabularies and the labels of their heads."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from mtl.base.errors import CheckpointError, DataError
from mtl.base.files import read_json
from mtl.base.tensors import read_tensors, write_tensors
from mtl.compile.loading import recipe_from_dict
from mtl.runs.runner import Run
from mtl.train.checkpoint import Checkpoints, load_model
from mtl.train.trainer import Trainer
from tests.mtl.from_small import recipe, tree


def started(folder: Path, model: dict[str, Any], **further: Any) -> Run:
    return Run.start(recipe(folder, model, **further), folder / "new")


def weights(run: Path, component: str) -> dict[str, torch.Tensor]:
    return read_tensors(Checkpoints(run).path("best") / f"components/{component}.safetensors")[0]


def vocabulary(run: Run, component: str) -> list[str]:
    (feature,) = run.prepared.fitted.features[component]
    return list(feature.vocabulary.entries)


def test_weights_vocabulary_and_configuration_come_along(small_run: Path, tmp_path: Path) -> None:
    model = {"embedding": {"from": f"{small_run}#words"}, "representation": {"from": f"{small_run}#encoder"}}
    run = started(tmp_path, model)
    assert vocabulary(run, "kind.embedding.word") == vocabulary(Run.open(small_run), "words.word")
    owned = Trainer(run.graph, run.prepared, tmp_path / "new").owned
    for mine, theirs in {"kind.embedding.char": "words.char", "kind.representation": "encoder"}.items():
        kept = weights(small_run, theirs)
        assert owned[mine].keys() == kept.keys()
        assert all(torch.equal(owned[mine][key], kept[key]) for key in kept)


def test_what_is_frozen_stays_and_the_rest_learns(small_run: Path, tmp_path: Path) -> None:
    model = {
        "embedding": {"from": f"{small_run}#words", "freeze": True},
        "representation": {"from": f"{small_run}#encoder"},
    }
    run = started(tmp_path, model)
    list(run.train())
    for key, kept in weights(small_run, "words.word").items():
        assert torch.equal(weights(run.out, "kind.embedding.word")[key], kept)
    changed = [
        torch.equal(weights(run.out, "kind.representation")[k], v) for k, v in weights(small_run, "encoder").items()
    ]
    assert not all(changed)


def test_known_words_keep_their_rows_and_new_ones_are_added(small_run: Path, tmp_path: Path) -> None:
    lines = ["text\tintent\tslots", "play let it be\tplay\tO O O O", "wake me at dawn\twake\tO O O O"]
    recipe(tmp_path, {})
    (tmp_path / "dev.tsv").write_text("\n".join(lines) + "\n")
    run = started(tmp_path, {"embedding": {"from": f"{small_run}#words.word", "extend": True}})
    known = vocabulary(Run.open(small_run), "words.word")
    assert vocabulary(run, "kind.embedding") == [*known, "be", "dawn", "it"]
    table = Trainer(run.graph, run.prepared, tmp_path / "new").owned["kind.embedding"]["table.weight"]
    kept = weights(small_run, "words.word")["table.weight"]
    assert table.shape == (len(kept) + 3, 8)
    assert torch.equal(table[: len(kept)], kept)
    assert bool((table[len(kept) :].std(dim=1) > 0).all())


def test_a_head_brings_its_labels(small_run: Path, tmp_path: Path) -> None:
    model = {
        "embedding": {"from": f"{small_run}#words"},
        "representation": {"from": f"{small_run}#encoder"},
        "pooling": {"from": f"{small_run}#intent.pooling"},
        "decoder": {"from": f"{small_run}#intent.decoder"},
        "output": {"from": f"{small_run}#intent.output"},
    }
    recipe(tmp_path, {})
    (tmp_path / "dev.tsv").write_text("text\tintent\nwake me at noon\twake\n")
    run = started(tmp_path, model)
    labels = run.prepared.fitted.labels["kind"]
    assert (labels.names, labels.counts) == (("play", "wake"), (0, 1))
    list(run.train())
    assert run.predict("kind", ["put on yesterday"])[0]["label"] == "play"


def test_a_label_that_the_head_does_not_know(small_run: Path, tmp_path: Path) -> None:
    model = {
        "embedding": {"from": f"{small_run}#words"},
        "representation": {"from": f"{small_run}#encoder"},
        "decoder": {"from": f"{small_run}#intent.decoder"},
    }
    recipe(tmp_path, {})
    (tmp_path / "dev.tsv").write_text("text\tintent\nwake me at noon\twake\nsing\tsing\n")
    run = started(tmp_path, model)
    with pytest.raises(DataError) as caught:
        _ = run.prepared
    assert str(caught.value) == (
        f"{tmp_path / 'dev.tsv'}: column 'intent': should have labels of the run alone that the head comes from: play, "
        "wake. Found sing. With 'extend: true' in the decoder and the output layer, beside 'from', they are added to "
        "its labels; without 'from' there, the head is trained anew."
    )


def test_a_run_goes_on_without_the_one_that_it_came_from(small_run: Path, tmp_path: Path) -> None:
    shutil.copytree(small_run, tmp_path / "lm")
    written = tree({"embedding": {"from": f"{tmp_path / 'lm'}#words", "freeze": True}}, train={"epochs": 3})
    recipe(tmp_path, {})
    run = Run.start(written, tmp_path / "new", data=tmp_path)
    steps = run.train()
    next(report for report in steps if type(report).__name__ == "EvalReport")
    next(steps)  # the checkpoint is written
    steps.close()
    kept = read_json(tmp_path / "new/from/index.json")
    assert kept == {str(tmp_path / "lm"): "1"}
    shutil.rmtree(tmp_path / "lm")
    again = Run.start(written, tmp_path / "new", data=tmp_path, resume=True)
    list(again.train())
    for key, value in weights(small_run, "words.word").items():
        assert torch.equal(weights(again.out, "kind.embedding.word")[key], value)
    assert load_model(tmp_path / "new")["kind.embedding.word"].output_dim == 8


def begun_from(run: Path, folder: Path) -> dict[str, Any]:
    """Begin a run whose words come from another one, up to its first checkpoint; return its recipe."""
    written = tree({"embedding": {"from": f"{run}#words", "freeze": True}}, train={"epochs": 3})
    recipe(folder, {})
    steps = Run.start(written, folder / "new", data=folder).train()
    next(report for report in steps if type(report).__name__ == "EvalReport")
    next(steps)  # the checkpoint is written
    steps.close()
    return written


def trained_again(run: Path) -> None:
    """Give a run other vectors of words, as another training would."""
    file = Checkpoints(run).path("best") / "components/words.word.safetensors"
    tensors, description = read_tensors(file)
    write_tensors(file, {key: tensor + 1 for key, tensor in tensors.items()}, description)


OTHERS = (
    "the weights of kind.embedding.word should be those that the run was started with. Found others: the run that they "
    "come from was trained again, or 'from' names another. Other weights need a new run."
)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_run_does_not_go_on_from_other_weights(elsewhere: bool, small_run: Path, tmp_path: Path) -> None:
    shutil.copytree(small_run, tmp_path / "lm")
    shutil.copytree(small_run, tmp_path / "other/lm")
    written = begun_from(tmp_path / "lm", tmp_path)
    last = read_json(Checkpoints(tmp_path / "new").path("last") / "state.json")
    assert sorted(last["identity"]["weights"]) == [f"kind.embedding{part}" for part in ("", ".char", ".word")]
    trained_again(tmp_path / "other/lm" if elsewhere else tmp_path / "lm")
    if elsewhere:
        written["tasks"]["kind"]["model"]["embedding"]["from"] = f"{tmp_path}/other/lm#words"
    run = Run.start(written, tmp_path / "new", data=tmp_path, resume=True)
    with pytest.raises(CheckpointError) as caught:
        list(run.train())
    assert str(caught.value) == f"{tmp_path / 'new'}: {OTHERS}"


def test_what_was_taken_is_still_known_where_the_run_was_away_for_a_while(small_run: Path, tmp_path: Path) -> None:
    shutil.copytree(small_run, tmp_path / "lm")
    written = begun_from(tmp_path / "lm", tmp_path)
    (tmp_path / "lm").rename(tmp_path / "away")
    list(Run.start(written, tmp_path / "new", data=tmp_path, resume=True).train())
    (tmp_path / "away").rename(tmp_path / "lm")
    trained_again(tmp_path / "lm")
    with pytest.raises(CheckpointError) as caught:
        list(Run.start(written, tmp_path / "new", data=tmp_path, resume=True).train())
    assert str(caught.value) == f"{tmp_path / 'new'}: {OTHERS}"


def test_weights_that_changed_after_the_check(small_run: Path, tmp_path: Path) -> None:
    shutil.copytree(small_run, tmp_path / "lm")
    run = started(tmp_path, {"embedding": {"from": f"{tmp_path / 'lm'}#words"}})
    prepared = run.prepared
    file = Checkpoints(tmp_path / "lm").path("best") / "components/words.word.safetensors"
    write_tensors(file, {"table.weight": torch.zeros(3, 8)}, {"kind": "embedding", "type": "word"})
    with pytest.raises(CheckpointError) as caught:
        Trainer(run.graph, prepared, tmp_path / "new")
    assert str(caught.value) == (
        f"{file}: kind.embedding.word: tensor 'table.weight' should have shape (24, 8). Found (3, 8)."
    )


def numbered_otherwise(run: Path, folder: Path) -> dict[str, torch.Tensor]:
    """Copy a run to a folder, where its decoder's layers are numbered from 1; return the tensors as they were."""
    shutil.copytree(run, folder)
    file = Checkpoints(folder).path("best") / "components/intent.decoder.safetensors"
    tensors, description = read_tensors(file)
    assert sorted(tensors) == ["layers.0.bias", "layers.0.weight"]
    write_tensors(file, {f"layers.1.{name[9:]}": tensor for name, tensor in tensors.items()}, description)
    return dict(tensors)


def test_a_row_of_layers_that_was_numbered_otherwise(small_run: Path, tmp_path: Path) -> None:
    tensors = numbered_otherwise(small_run, tmp_path / "lm")
    head = {name: {"from": f"{tmp_path / 'lm'}#intent.{name}"} for name in ("decoder", "output")}
    trunk = {
        "embedding": {"from": f"{tmp_path / 'lm'}#words"},
        "representation": {"from": f"{tmp_path / 'lm'}#encoder"},
    }
    run = started(tmp_path, {**trunk, **head})
    owned = Trainer(run.graph, run.prepared, tmp_path / "new").owned["kind.decoder"]
    assert {name: tensor.tolist() for name, tensor in owned.items()} == {
        name: tensor.tolist() for name, tensor in tensors.items()
    }
    assert load_model(tmp_path / "lm")["intent.decoder"].layers[0].bias.tolist() == tensors["layers.0.bias"].tolist()


def test_a_row_of_layers_that_was_numbered_otherwise_is_given_labels(small_run: Path, tmp_path: Path) -> None:
    tensors = numbered_otherwise(small_run, tmp_path / "lm")
    recipe(tmp_path, {})
    (tmp_path / "dev.tsv").write_text("text\tintent\nwake me at noon\twake\nsing\tsing\n")
    head = {name: {"from": f"{tmp_path / 'lm'}#intent.{name}", "extend": True} for name in ("decoder", "output")}
    trunk = {
        "embedding": {"from": f"{tmp_path / 'lm'}#words"},
        "representation": {"from": f"{tmp_path / 'lm'}#encoder"},
    }
    run = started(tmp_path, {**trunk, **head})
    assert run.prepared.fitted.labels["kind"].names == ("play", "wake", "sing")
    owned = Trainer(run.graph, run.prepared, tmp_path / "new").owned["kind.decoder"]
    weight, bias = owned["layers.0.weight"], owned["layers.0.bias"]
    assert (len(weight), len(bias), len(owned)) == (3, 3, 2)
    assert torch.equal(weight[:2], tensors["layers.0.weight"])
    assert torch.equal(bias[:2], tensors["layers.0.bias"])


def test_a_task_that_is_not_trained_stays_as_it_is(small_run: Path, tmp_path: Path) -> None:
    head = {name: {"from": f"{small_run}#intent.{name}"} for name in ("pooling", "decoder", "output")}
    trunk = {"embedding": {"from": f"{small_run}#words"}, "representation": {"from": f"{small_run}#encoder"}}
    written = tree({"embedding": {"type": "word", "dim": 4}})
    written["tasks"]["kept"] = {**written["tasks"]["kind"], "learn": False, "model": {**trunk, **head}}
    recipe(tmp_path, {})
    run = Run.start(recipe_from_dict(written, data=tmp_path), tmp_path / "new")
    reports = list(run.train())
    assert {name for report in reports if hasattr(report, "losses") for name in report.losses} == {"kind"}
    for component, theirs in {"kept.embedding.word": "words.word", "kept.decoder": "intent.decoder"}.items():
        for key, value in weights(small_run, theirs).items():
            assert torch.equal(weights(run.out, component)[key], value)
    assert run.evaluate("test").metrics["kept"]["accuracy"] == 1.0
