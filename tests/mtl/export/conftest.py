from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from mtl.export.export import ExportReport
from tests.mtl.export import tiny


class Exported(NamedTuple):
    """A model and the folder it was exported to."""

    model: tiny.Model
    folder: Path
    report: ExportReport


@pytest.fixture(scope="session")
def tagger(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Intent and slots with a CRF, over a tied embedding and encoder."""
    folder = tmp_path_factory.mktemp("crf")
    model = tiny.intent_slot("crf", folder / "cache")
    report = model.export(folder / "export", metrics={"test": {"intent": {"accuracy": 0.5}}})
    return Exported(model, folder / "export", report)


@pytest.fixture(scope="session")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """A task on two texts and one on pre-tokenized text, over a tied embedding and encoder."""
    folder = tmp_path_factory.mktemp("pairs")
    model = tiny.two_inputs(folder)
    return Exported(model, folder / "export", model.export(folder / "export"))
