"""Exported = eager for answers to questions, and padding and the order of a batch change nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir
import onnxruntime as ort
import pytest
import torch
from numpy.typing import NDArray

from mtl.export.numeric import Numeric, export_numeric
from mtl.model.multi_task import MultiTaskModel
from tests.properties import questions

BATCHES = {"all": (0, 1, 2, 3, 4), "one": (0,), "a word": (1,), "an empty text": (2,), "the other way": (4, 3, 2, 1, 0)}


@pytest.fixture(scope="module")
def model() -> MultiTaskModel:
    found = questions.model()
    with torch.no_grad():
        for parameter in found.parameters():
            parameter.mul_(3)  # answers that lie apart from each other
    return found


@pytest.fixture(scope="module")
def exported(model: MultiTaskModel) -> tuple[Numeric, ort.InferenceSession]:
    numeric = export_numeric(model, questions.graph(), model.fitted.features, list(questions.TASKS))
    content = ir.to_proto(numeric.model).SerializeToString()
    return numeric, ort.InferenceSession(content, providers=["CPUExecutionProvider"])


def answers(model: MultiTaskModel, numbers: tuple[int, ...]) -> dict[str, dict[str, NDArray[Any]]]:
    with torch.no_grad():
        found = model.answers(questions.batch(numbers), questions.TASKS)
    return {task: {name: value.numpy() for name, value in answer.items()} for task, answer in found.items()}


@pytest.mark.parametrize("numbers", list(BATCHES.values()), ids=list(BATCHES))
def test_exported_answers_are_the_model_s(
    model: MultiTaskModel, exported: tuple[Numeric, ort.InferenceSession], numbers: tuple[int, ...]
) -> None:
    numeric, session = exported
    batch = questions.batch(numbers)
    by_column = {key.column: value for key, value in batch.lengths.items()}
    feeds = {name: by_column[key.column].numpy() for key, name in numeric.lengths.items()}
    for (component, index, key), name in numeric.features.items():
        (value,) = [v for (c, i, k), v in batch.features.items() if (c, i, k.column) == (component, index, key.column)]
        feeds[name] = value.numpy()
    wanted = [value.name for value in session.get_outputs()]
    found = dict(zip(wanted, session.run(wanted, feeds), strict=True))
    for task, answer in answers(model, numbers).items():
        for name, value in answer.items():
            given = found[numeric.answers[task, name]]
            np.testing.assert_allclose(given, value, atol=0 if name in ("start", "end") else 2e-5)


def test_neighbours_and_their_order_change_no_answer(model: MultiTaskModel) -> None:
    together = answers(model, BATCHES["all"])
    for number in BATCHES["all"]:
        for task, answer in answers(model, (number,)).items():
            for name, value in answer.items():
                np.testing.assert_allclose(value[0], together[task][name][number], atol=1e-6)


def test_both_kinds_of_answers_are_among_them(model: MultiTaskModel) -> None:
    found = answers(model, BATCHES["all"])
    lengths = [max(len(text.split()), 1) for text in questions.TEXTS]
    for task, answer in found.items():
        for start, end, length in zip(answer["start"], answer["end"], lengths, strict=True):
            assert -1 <= start <= end < length
            assert task == "maybe" or start >= 0
    assert (found["always"]["end"] - found["always"]["start"]).max() <= 1


def test_gradients_reach_every_parameter(model: MultiTaskModel) -> None:
    fresh = questions.model()
    batch = questions.batch((0, 3))
    targets = {"always": torch.tensor([[5, 6], [1, 1]]), "maybe": torch.tensor([[-1, -1], [2, 4]])}
    batch.targets.update(targets)
    batch.labelled.update({task: torch.ones(2, dtype=torch.bool) for task in targets})
    sum(fresh.losses(batch, questions.TASKS).values(), torch.tensor(0.0)).backward()  # type: ignore[no-untyped-call]
    for name, parameter in fresh.named_parameters():
        assert parameter.grad is not None, name
        assert float(parameter.grad.abs().sum()) > 0, name
