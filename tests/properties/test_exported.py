"""Exported = eager, for the value of every component of a graph that holds every registered module over one text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx_ir as ir
import onnxruntime as ort
import pytest
import torch
from numpy.typing import NDArray

from mtl.base.registry import lookup, names
from mtl.compile.loading import recipe_from_dict
from mtl.data.batch import Batch
from mtl.export.numeric import Numeric, export_numeric
from mtl.graph.build import build_graph
from mtl.graph.calls import Call, walk
from mtl.model.module import PaddedSequence
from mtl.model.multi_task import MultiTaskModel
from mtl.model.programs import compute, program
from tests.properties import joint, pairs, questions, targets, zoo
from tests.properties.test_trees import DECODERS

BATCHES = {
    "all texts": joint.TEXTS,
    "one text": joint.TEXTS[1:2],
    "one word": joint.TEXTS[3:4],
    "an empty text": joint.TEXTS[2:3],
    "a long text": (" ".join(joint.TEXTS) * 9, "hi"),
}


@dataclass
class Pair:
    """A model, batches for it, and the numeric graph that was exported of it."""

    model: MultiTaskModel
    batch: Callable[[tuple[str, ...]], Batch]
    numeric: Numeric
    session: ort.InferenceSession

    def exported(self, texts: tuple[str, ...]) -> dict[str, NDArray[Any]]:
        batch = self.batch(texts)
        feeds = {name: _of(batch.lengths, key).numpy() for key, name in self.numeric.lengths.items()}
        for (component, index, key), name in self.numeric.features.items():
            (found,) = {
                id(v): v
                for (c, i, k), v in batch.features.items()
                if (c, i) == (component, index) and k.front_end == key.front_end
            }.values()
            feeds[name] = found.numpy()
        wanted = [value.name for value in self.session.get_outputs()]
        used = {value.name for value in self.session.get_inputs()}
        return dict(zip(wanted, self.session.run(wanted, {n: v for n, v in feeds.items() if n in used}), strict=True))


def _of(values: dict[Any, torch.Tensor], wanted: Any) -> torch.Tensor:
    return next(v for k, v in values.items() if k.front_end == wanted.front_end)


def exported(model: MultiTaskModel, batch: Callable[[tuple[str, ...]], Batch]) -> Pair:
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(3)  # answers that lie apart from each other
    graph = model.sharing_graph
    numeric = export_numeric(model, graph, model.fitted.features, list(graph.recipe.tasks))
    content = ir.to_proto(numeric.model).SerializeToString()
    return Pair(model, batch, numeric, ort.InferenceSession(content, providers=["CPUExecutionProvider"]))


@pytest.fixture(scope="module")
def pair() -> Pair:
    return exported(joint.model(), joint.batch)


@pytest.fixture(scope="module")
def pair_of_targets() -> Pair:
    return exported(targets.model(), targets.batch)


# What is exported of these is compared in test_exported_trees.py, of the last ones in tests of their own.
ELSEWHERE = {*(("decoder", name) for name in DECODERS), ("output", "transition"), ("output", "masked_language_model")}
ELSEWHERE |= {("embedding", "transformer"), ("scorer", "one_pass")}


def test_the_graphs_hold_every_registered_module() -> None:
    # What is exported of pairs is compared in test_pairs.py, of questions in test_questions.py, of all representations
    # and poolings in test_zoo.py.
    others = (pairs.graph(), questions.graph())
    graphs = (joint.graph(), targets.graph(), *others, build_graph(recipe_from_dict(zoo.recipe(zoo.sample()))))
    used = {(c.kind, c.config.type) for graph in graphs for c in graph.components.values()}
    for kind in ("embedding", "representation", "pooling", "matching", "scorer", "decoder", "wide", "output"):
        assert {(kind, name) for name in names(kind)} <= used | _of_other_packages(kind) | ELSEWHERE


def _of_other_packages(kind: str) -> set[tuple[str, str]]:
    return {(kind, name) for name in names(kind) if not lookup(kind, name).__module__.startswith("mtl_modules.")}


def _calls() -> list[Call]:
    """The calls whose values are compared; the distributions of output layers where a condition carries them."""
    wanted = [joint.graph().output(task).arguments[0] for task in joint.TASKS]
    steps = walk(call for call in wanted if isinstance(call, Call))
    calls = [step for step in steps if isinstance(step, Call)]
    assert calls == steps
    assert set(wanted) <= set(calls)
    return calls


@pytest.mark.parametrize("texts", list(BATCHES.values()), ids=list(BATCHES))
@pytest.mark.parametrize("call", _calls(), ids=lambda call: call.component)
def test_a_component_computes_the_same_once_exported(pair: Pair, call: Call, texts: tuple[str, ...]) -> None:
    batch: Batch = joint.batch(texts)
    kinds = {name: component.kind for name, component in joint.graph().components.items()}
    with torch.no_grad():
        (value,) = compute(
            program([call]), pair.model.components, kinds, batch.lengths, batch.features, lambda value, _: value
        )
    (name,) = [name for other, name in pair.numeric.calls.items() if other.component == call.component]
    found = torch.from_numpy(pair.exported(texts)[name])
    if isinstance(value, PaddedSequence):
        found, wanted = found[value.mask()], value.values[value.mask()]
    else:
        wanted = value
    torch.testing.assert_close(found, wanted, atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("texts", list(BATCHES.values()), ids=list(BATCHES))
@pytest.mark.parametrize("task", joint.TASKS)
def test_answers_are_the_same_once_exported(pair: Pair, task: str, texts: tuple[str, ...]) -> None:
    batch = joint.batch(texts)
    with torch.no_grad():
        answer = pair.model.answers(batch, [task])[task]
    (lengths,) = {tuple(v.tolist()) for v in batch.lengths.values()}
    exported = pair.exported(texts)
    for key, value in answer.items():
        found = exported[pair.numeric.answers[task, key]]
        for row, length in enumerate(lengths):
            per_token = value.dim() == 2 and key != "scores"
            row_found, row_value = (v[row][:length] if per_token else v[row] for v in (found, value.numpy()))
            np.testing.assert_allclose(row_found, row_value, atol=0 if key == "best" else 2e-5)


@pytest.mark.slow  # a second export of many tasks at once
@pytest.mark.parametrize("texts", list(BATCHES.values()), ids=list(BATCHES))
@pytest.mark.parametrize("task", targets.TASKS)
def test_other_targets_are_the_same_once_exported(pair_of_targets: Pair, task: str, texts: tuple[str, ...]) -> None:
    with torch.no_grad():
        answer = pair_of_targets.model.answers(targets.batch(texts), [task])[task]
    exported = pair_of_targets.exported(texts)
    for declared in pair_of_targets.model.fitted.targets[task].answers:
        found, wanted = exported[pair_of_targets.numeric.answers[task, declared.value]], answer[declared.value].numpy()
        assert found.shape == wanted.shape
        rtol, atol = (0.0, 0.0) if declared.labels else (1e-6, 2e-5)
        np.testing.assert_allclose(found, wanted, rtol=rtol, atol=atol)


@pytest.mark.slow  # these are exported for the test above
def test_what_dev_shows_decides_answers_of_these_texts(pair_of_targets: Pair) -> None:
    with torch.no_grad():
        answers = pair_of_targets.model.answers(targets.batch(), ["tuned", "scoped"])
    assert 0 < (answers["scoped"]["best"] == 4).sum() < len(joint.TEXTS)
    assert 0 < (answers["tuned"]["chosen"] >= 0).sum() < answers["tuned"]["chosen"].numel()
