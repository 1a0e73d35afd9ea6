"""From the tensors of a `model.safetensors` to the parameters of a module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from mtl.base.errors import DataError, some

from .names import in_file


def start_from(file: Path, parameters: Mapping[str, nn.Parameter], others: tuple[str, ...] | None = None) -> None:
    """Let parameters begin with the tensors of a file that have their names; on meta, only look whether these fit.

    Other tensors of the file should have names that begin with one of `others`; where that is None, what they are is
    looked at elsewhere. Raises `DataError` with all that is missing, left over, or of another shape.
    """
    try:
        with safe_open(file, "pt") as opened:
            there = in_file(list(opened.keys()))
            faults = list(_faults(file, parameters, there, opened, others))
            if faults:
                raise DataError(*faults)
            with torch.no_grad():
                for name, parameter in parameters.items():
                    if not parameter.is_meta:
                        parameter.copy_(opened.get_tensor(there[name]))
    except (SafetensorError, OSError) as error:
        raise DataError(f"'{file}' should hold tensors in the format safetensors. Found: {error}.") from error


def _faults(
    file: Path,
    parameters: Mapping[str, nn.Parameter],
    there: Mapping[str, str],
    opened: Any,
    others: tuple[str, ...] | None,
) -> Iterator[str]:
    missing = [name for name in parameters if name not in there]
    if missing:
        quoted = some((f"'{name}'" for name in missing), 3)
        yield f"'{file}' should hold the weights of what its config.json describes. Found no {quoted}."
    left = [] if others is None else [n for n in there if n not in parameters and not n.startswith(others)]
    if left:
        quoted = some((f"'{there[name]}'" for name in left), 3)
        yield f"'{file}' should hold the weights of what its config.json describes alone. Found also {quoted}."
    for name, parameter in parameters.items():
        shape = tuple(opened.get_slice(there[name]).get_shape()) if name in there else tuple(parameter.shape)
        if shape != tuple(parameter.shape):
            should, found = (" x ".join(map(str, sizes)) for sizes in (parameter.shape, shape))
            yield f"'{file}': '{there[name]}' should be {should}, by its config.json. Found {found}."
