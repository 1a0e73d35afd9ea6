"""Operators of other packages take part in the export."""

from __future__ import annotations

from typing import Any

import torch

from mtl.export import operators


def test_another_packages_operator_takes_part() -> None:
    def translation(x: Any) -> Any:
        return x

    key = torch.ops.aten.erfinv.default
    operators.register_operator(key, translation)
    try:
        assert operators.translation_table()[key] is translation
    finally:
        operators.unregister_operator(key)
    assert key not in operators.translation_table()
