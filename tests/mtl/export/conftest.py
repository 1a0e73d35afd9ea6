from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mtl.export.export import ExportReport
from tests.mtl.export import tiny
from tests.once import once


class Exported(NamedTuple):
    """A model and the folder it was exported to."""

    model: tiny.Model
    folder: Path
    report: ExportReport


def exported(
    factory: pytest.TempPathFactory, name: str, made: Callable[[Path], tiny.Model], **options: Any
) -> Exported:
    """Return a model and its export: the model of this process, and the export that all of them share."""

    def make(folder: Path) -> None:
        report = made(folder).export(folder / "export", **options)
        (folder / "report").write_bytes(pickle.dumps(report))

    folder = once(factory, name, make)
    report = pickle.loads((folder / "report").read_bytes())  # noqa: S301  # its own
    return Exported(made(folder), folder / "export", report)


@pytest.fixture(scope="session")
def tagger(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Intent and slots with a CRF, over a tied embedding and encoder."""

    def made(folder: Path) -> tiny.Model:
        return tiny.intent_slot("crf", folder / "cache")

    return exported(tmp_path_factory, "tagger", made, metrics={"test": {"intent": {"accuracy": 0.5}}})


@pytest.fixture(scope="session")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """A task on two texts and one on pre-tokenized text, over a tied embedding and encoder."""
    return exported(tmp_path_factory, "pairs", tiny.two_inputs)
