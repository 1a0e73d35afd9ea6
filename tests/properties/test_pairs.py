"""What every module over two texts must do in a model: exported = eager, finite scores of nothing, equal towers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import onnx_ir as ir
import onnxruntime as ort
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtl.export.numeric import Numeric, export_numeric
from mtl.model.module import PaddedSequence, Scorer
from mtl.model.multi_task import MultiTaskModel
from tests.properties import pairs

QUERIES, DOCUMENTS = pairs.TEXTS["query"], pairs.TEXTS["document"]
BATCHES = {
    "all pairs": (QUERIES, DOCUMENTS),
    "one pair": (QUERIES[:1], DOCUMENTS[:1]),
    "one word each": (("cat",), ("cat",)),
    "nothing": (("", ""), ("", "")),
    "a long document": (QUERIES[3:], (" ".join(DOCUMENTS) * 9, "cat")),
    "a long query": (("cat", " ".join(QUERIES) * 9), ("", "cat")),
}
every_batch = pytest.mark.parametrize("texts", list(BATCHES.values()), ids=list(BATCHES))


@dataclass
class Exported:
    """A model and the numeric graph that was exported of it."""

    model: MultiTaskModel
    numeric: Numeric
    session: ort.InferenceSession

    def run(self, texts: tuple[tuple[str, ...], tuple[str, ...]]) -> dict[str, NDArray[Any]]:
        batch = pairs.batch(*texts)
        feeds = {name: _of(batch.lengths, key).numpy() for key, name in self.numeric.lengths.items()}
        for (component, index, key), name in self.numeric.features.items():
            found = {k: v for (c, i, k), v in batch.features.items() if (c, i) == (component, index)}
            feeds[name] = _of(found, key).numpy()
        wanted = [value.name for value in self.session.get_outputs()]
        used = {value.name for value in self.session.get_inputs()}
        return dict(zip(wanted, self.session.run(wanted, {n: v for n, v in feeds.items() if n in used}), strict=True))


def _of(values: dict[Any, Tensor], wanted: Any) -> Tensor:
    """Return the tensor of an input: by its name, which is its column's here, whatever its source."""
    return next(value for key, value in values.items() if key.column == wanted.column)


@pytest.fixture(scope="module")
def exported() -> Iterator[Exported]:
    model = pairs.model()
    numeric = export_numeric(model, pairs.graph(), pairs.fitted().features, pairs.TASKS)
    content = ir.to_proto(numeric.model).SerializeToString()
    yield Exported(model, numeric, ort.InferenceSession(content, providers=["CPUExecutionProvider"]))


def scores(model: MultiTaskModel, texts: tuple[tuple[str, ...], tuple[str, ...]]) -> dict[str, Tensor]:
    with torch.no_grad():
        found = model.scores(pairs.batch(*texts), pairs.TASKS)
    return {task: value for task, (value,) in found.items() if isinstance(value, Tensor)}


@pytest.mark.slow  # all modules over two texts are exported at once
@every_batch
def test_answers_are_the_same_once_exported(exported: Exported, texts: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
    with torch.no_grad():
        answers = exported.model.answers(pairs.batch(*texts), pairs.TASKS)
    found = exported.run(texts)
    for task, answer in answers.items():
        handed_out = [declared.value for declared in exported.model.fitted.targets[task].answers]
        assert handed_out == [key for name, key in exported.numeric.answers if name == task]
        for key in handed_out:
            value = answer[key]
            given = torch.from_numpy(found[exported.numeric.answers[task, key]])
            torch.testing.assert_close(given, value, atol=2e-5, rtol=1e-4, msg=lambda m, at=task: f"{at}: {m}")


@pytest.mark.slow
@every_batch
def test_a_component_computes_the_same_once_exported(
    exported: Exported, texts: tuple[tuple[str, ...], tuple[str, ...]]
) -> None:
    values = exported.run(texts)
    by_call = {str(call): values[name] for call, name in exported.numeric.calls.items()}
    assert len(by_call) == len(exported.numeric.calls)
    for task, score in scores(exported.model, texts).items():
        call = pairs.graph().output(task, by="front_end").arguments[0]
        torch.testing.assert_close(torch.from_numpy(by_call[str(call)]), score, atol=2e-5, rtol=1e-4)


def test_scores_of_nothing_are_finite() -> None:
    nothing = scores(pairs.model(), BATCHES["nothing"])
    assert set(nothing) == set(pairs.TASKS)
    for task, value in nothing.items():
        assert bool(value.isfinite().all()), task
        torch.testing.assert_close(value[0], value[1], atol=1e-6, rtol=0)


def test_gradients_on_nothing_are_finite() -> None:
    model = pairs.model()
    found = model.scores(pairs.batch(*BATCHES["nothing"]), pairs.TASKS)
    torch.stack([value.sum() for (value,) in found.values() if isinstance(value, Tensor)]).sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is None or bool(parameter.grad.isfinite().all()), name


@pytest.mark.parametrize("size", [1, 2])
def test_batch_size_and_order_change_no_score(size: int) -> None:
    model = pairs.model()
    together = scores(model, (QUERIES, DOCUMENTS))
    turned = scores(model, (QUERIES[::-1], DOCUMENTS[::-1]))
    parts = [scores(model, (QUERIES[i : i + size], DOCUMENTS[i : i + size])) for i in range(0, len(QUERIES), size)]
    for task, value in together.items():
        torch.testing.assert_close(turned[task].flip(0), value, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(torch.cat([part[task] for part in parts]), value, atol=1e-5, rtol=1e-5)


def test_swapping_the_texts_of_a_fully_tied_cosine_changes_nothing() -> None:
    model = pairs.model()
    assert model["cosine.query.embedding"] is model["cosine.document.embedding"]
    assert model["cosine.query.representation"] is model["cosine.document.representation"]
    short = tuple(text for text in DOCUMENTS)  # all within the document's max_tokens
    straight, swapped = scores(model, (QUERIES, short))["cosine"], scores(model, (short, QUERIES))["cosine"]
    assert torch.equal(straight, swapped)
    assert len(set(straight.tolist())) > 2


@pytest.mark.parametrize("task", ["dot", "cosine", "bilinear"])
def test_vectors_of_separable_scorers_give_their_scores(task: str) -> None:
    model, batch = pairs.model(), pairs.batch()
    scorer = model.scorer(task)
    assert isinstance(scorer, Scorer)
    assert scorer.separable
    with torch.no_grad():
        vectors = {}
        for key in pairs.graph().inputs(task).values():
            ((position, value),) = model.encoded(batch, task, key).items()
            assert not isinstance(value, PaddedSequence)
            vectors[position] = scorer.encode(value, position)
    torch.testing.assert_close((vectors[0] * vectors[1]).sum(1), scores(model, (QUERIES, DOCUMENTS))[task])
