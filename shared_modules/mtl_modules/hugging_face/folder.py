"""A folder of Hugging Face's that a recipe names: `config.json` is read once, `model.safetensors` for first weights."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mtl.base.errors import UsageError, sentences
from mtl.base.files import why_unreadable
from mtl.base.hub import how_to_fetch

from .config import EncoderConfig

CONFIG, WEIGHTS = "config.json", "model.safetensors"
_INSTEAD = {
    "model.safetensors.index.json": "Found it in parts: write it as one file (save_pretrained with a large "
    "max_shard_size).",
    "pytorch_model.bin": "Found pytorch_model.bin, a pickle, which may run code: write it as safetensors "
    "(save_pretrained of transformers).",
}


def completed(values: Mapping[str, Any], data: Path) -> Mapping[str, Any]:
    """Return recipe keys with `config`, which is read from the folder `path` where it is not written.

    Raises `UsageError` for all that is wrong with the folder's files, but what the weights are.
    """
    written = values["config"]
    if written is not None:
        return {**values, "config": vars(_config(written, "'config': "))}
    if values["path"] is None:
        raise UsageError(
            "should name the folder of a pretrained encoder ('path: DIR'), or have a 'config' of one that begins with "
            "random weights. Found neither."
        )
    folder = data / values["path"]
    faults = list(_lacking(folder, values["path"]))
    if faults:
        raise UsageError(*faults)
    file = folder / CONFIG
    try:
        tree = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise UsageError(f"'{file}' should be JSON. Found what is not: {error}.") from error
    if not isinstance(tree, dict):
        raise UsageError(f"'{file}' should be a mapping with a 'model_type'. Found {type(tree).__name__}.")
    return {**values, "config": vars(_config(tree, f"'{file}': "))}


def _config(tree: Mapping[str, Any], where: str) -> EncoderConfig:
    try:
        return EncoderConfig.of(tree)
    except UsageError as error:
        raise UsageError(*(f"{where}{sentence}" for sentence in sentences(error, ""))) from error


def _lacking(folder: Path, written: str) -> Iterator[str]:
    if not folder.is_dir():
        what = "a file" if folder.exists() else "nothing there"
        yield (
            f"should be a folder of Hugging Face's, with {CONFIG} and {WEIGHTS}. Found {what}: '{folder}'."
            f"{'' if folder.exists() else how_to_fetch(written)}"
        )
        return
    for name in (CONFIG, WEIGHTS):
        reason = why_unreadable(folder / name)
        if reason:
            others = (_INSTEAD[other] for other in _INSTEAD if name == WEIGHTS and (folder / other).exists())
            yield f"should be a folder with a file {name}. {next(others, f'Found in {folder!s}: {reason}.')}"
