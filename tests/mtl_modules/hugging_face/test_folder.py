"""What is wrong with a folder that a recipe names."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mtl.base.errors import UsageError
from mtl_modules.hugging_face.config import EncoderConfig
from mtl_modules.hugging_face.folder import completed
from tests.encoder_files import BERT, DISTILBERT, write


def refused(path: str | None, data: Path, config: Any = None) -> list[str]:
    with pytest.raises(UsageError) as caught:
        completed({"path": path, "config": config}, data)
    return [str(fault) for fault in caught.value.faults]


def changed(folder: Path, config: dict[str, Any], **changes: Any) -> list[str]:
    """Return what is wrong with a folder whose config.json has other values, without the name of the file."""
    file = folder / "config.json"
    file.write_text(json.dumps({**config, "vocab_size": 30, **changes}))
    found = refused("encoder", folder.parent)
    assert all(row.startswith(f"'{file}': ") for row in found)
    return [row.removeprefix(f"'{file}': ") for row in found]


@pytest.fixture
def folder(folder_of: Callable[[str], Path], tmp_path: Path) -> Path:
    return write(tmp_path / "encoder", folder_of("uncased"))


def test_what_a_config_says_is_kept(folder: Path) -> None:
    found = completed({"path": "encoder", "config": None, "layers": 2}, folder.parent)
    assert (found["path"], found["layers"]) == ("encoder", 2)
    assert found["config"] == {**BERT, "vocab_size": 800}
    assert completed(found, Path("elsewhere")) == found
    assert completed({"path": None, "config": {**BERT, "vocab_size": 9}}, Path())["config"]["vocab_size"] == 9


def test_a_name_on_the_hub_and_no_folder(tmp_path: Path) -> None:
    wanted = "should be a folder of Hugging Face's, with config.json and model.safetensors."
    name = "google-bert/bert-base-uncased"
    assert refused(name, tmp_path) == [
        f"{wanted} Found nothing there: '{tmp_path / name}'. Nothing is downloaded: fetch a model of the Hugging Face "
        f"hub by 'hf download {name} --local-dir DIR', and write 'path: DIR'."
    ]
    assert refused("../no/such", tmp_path) == [f"{wanted} Found nothing there: '{tmp_path / '../no/such'}'."]
    (tmp_path / "file").touch()
    assert refused("file", tmp_path) == [f"{wanted} Found a file: '{tmp_path / 'file'}'."]


def test_files_that_are_not_there(folder: Path) -> None:
    (folder / "config.json").unlink()
    (folder / "model.safetensors").unlink()
    lacking = "Found in {}: No such file or directory."
    assert refused("encoder", folder.parent) == [
        f"should be a folder with a file {name}. {lacking.format(folder)}"
        for name in ("config.json", "model.safetensors")
    ]
    (folder / "pytorch_model.bin").touch()
    assert refused("encoder", folder.parent)[1] == (
        "should be a folder with a file model.safetensors. Found pytorch_model.bin, a pickle, which may run code: "
        "write it as safetensors (save_pretrained of transformers)."
    )
    (folder / "model.safetensors.index.json").touch()
    assert refused("encoder", folder.parent)[1] == (
        "should be a folder with a file model.safetensors. Found it in parts: write it as one file (save_pretrained "
        "with a large max_shard_size)."
    )


def test_a_config_that_is_no_mapping(folder: Path) -> None:
    file = folder / "config.json"
    file.write_text("[]")
    assert refused("encoder", folder.parent) == [f"'{file}' should be a mapping with a 'model_type'. Found list."]
    file.write_text("{")
    (row,) = refused("encoder", folder.parent)
    assert row.startswith(f"'{file}' should be JSON. Found what is not: Expecting property name")


def test_an_encoder_that_is_not_read(folder: Path) -> None:
    known = "bert, camembert, distilbert, roberta, xlm-roberta"
    assert changed(folder, BERT, model_type="deberta-v2") == [
        f"'model_type' should be one of {known}. Found 'deberta-v2'."
    ]
    assert changed(
        folder, BERT, num_hidden_layers=None, num_attention_heads=3, hidden_act="swish", layer_norm_eps="small"
    ) == [
        "'num_hidden_layers' should be a whole number of at least 1. Found nothing.",
        "'layer_norm_eps' should be a number from 0 to 1. Found 'small'.",
        "'hidden_act' should be one of gelu, gelu_new, gelu_pytorch_tanh, relu. Found 'swish'.",
        "'hidden_size' should be a multiple of 'num_attention_heads' (3). Found 16.",
    ]
    assert changed(folder, BERT, position_embedding_type="relative_key", is_decoder=True) == [
        "'position_embedding_type' should be 'absolute'. Found 'relative_key'.",
        "'is_decoder' should be false, as every token sees the whole text. Found true.",
    ]
    assert changed(folder, BERT, hidden_act=["gelu"], hidden_dropout_prob=1.5, layer_norm_eps=float("nan")) == [
        "'layer_norm_eps' should be a number from 0 to 1. Found nan.",
        "'hidden_dropout_prob' should be a number from 0 to 1. Found 1.5.",
        "'hidden_act' should be one of gelu, gelu_new, gelu_pytorch_tanh, relu. Found ['gelu'].",
    ]
    assert changed(folder, DISTILBERT, n_layers=0, dim=15) == [
        "'n_layers' should be a whole number of at least 1. Found 0.",
        "'dim' should be a multiple of 'n_heads' (2). Found 15.",
    ]


def test_neither_a_folder_nor_a_config() -> None:
    assert refused(None, Path()) == [
        "should name the folder of a pretrained encoder ('path: DIR'), or have a 'config' of one that begins with "
        "random weights. Found neither."
    ]
    assert refused(None, Path(), {"model_type": "gpt2"}) == [
        "'config': 'model_type' should be one of bert, camembert, distilbert, roberta, xlm-roberta. Found 'gpt2'."
    ]


@pytest.mark.parametrize(("given", "offset"), [({}, 2), ({"pad_token_id": 3}, 4), ({"model_type": "bert"}, 0)])
def test_the_first_position_comes_after_that_of_padding(given: dict[str, Any], offset: int) -> None:
    tree = {key: value for key, value in {"vocab_size": 40, **BERT}.items() if key != "pad_token_id"}
    assert EncoderConfig.of({**tree, "model_type": "roberta", **given}).offset == offset
