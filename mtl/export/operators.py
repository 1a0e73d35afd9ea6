"""Operators that `torch.onnx.export` does not know, and their ONNX translations.

A module whose computation torch cannot export in one piece (a loop, a kernel of its own) gives it a name with
`torch.library.custom_op`, and registers its ONNX translation here. Its stand-in
(`mtl.model.module.Module.exportable`) calls the operator. For the library's own, see `exported_lstm.py` and
`exported_crf.py` among the shared modules.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_translations: dict[Callable[..., Any], Callable[..., Any]] = {}


def register_operator(operator: Callable[..., Any], translation: Callable[..., Any]) -> None:
    """Make a torch operator exportable: `translation` is an onnxscript function of the same arguments (opset 18).

    `operator` is an overload such as `torch.ops.mylib.myop.default`. A later registration replaces an earlier one.
    """
    _translations[operator] = translation


def unregister_operator(operator: Callable[..., Any]) -> None:
    """Undo `register_operator`; harmless where it was never called."""
    _translations.pop(operator, None)


def translation_table() -> dict[Callable[..., Any], Callable[..., Any]]:
    """Return the registered translations, as `torch.onnx.export(custom_translation_table=…)` takes them."""
    return dict(_translations)
