# messages and recipes stand in one piece
"""A source that no task names."""

from __future__ import annotations

from tests.mtl.recipe.texts import INTENT_SLOT, changed, warnings


def test_a_source_without_tasks() -> None:
    assert warnings(changed(INTENT_SLOT, ("tasks:", "  spare: {format: tsv, train: x.tsv}\ntasks:"))) == [
        "r.yaml:5: sources.spare: belongs to no task: it will not be read."
    ]
