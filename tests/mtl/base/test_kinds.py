# ruff: noqa: E501  # messages stand in one piece
from __future__ import annotations

import importlib
from typing import Any, ClassVar

import pytest

from mtl.base import registry
from mtl.base.errors import UsageError
from mtl.base.kinds import BASES, USED, asked, lacking
from mtl.compile.loading import register_built_in


def base_of(kind: str) -> type:
    module, _, name = BASES[kind].rpartition(".")
    found: type = getattr(importlib.import_module(module), name)
    return found


def test_what_is_asked_of_a_kind_is_what_its_base_class_has() -> None:
    assert tuple(BASES) == registry.KINDS
    assert asked(base_of("task")) == (
        "predicts", "units", "target_optional", "target_column", "input_roles", "default_metrics", "swap_values", "masking", "bptt", "draws_negatives", "columns",
        "inputs", "slots", "target_options", "target_input", "cell", "target", "target_class",
    )  # fmt: skip
    assert {"element", "answers", "exact", "found", "tally", "state", "shape"} <= set(asked(base_of("target")))
    keys = ("takes_pieces", "carries", "ordered_keys", "file_only", "optimizer", "notes")
    assert asked(base_of("output"))[:6] == keys
    assert "labels" not in asked(base_of("output"))  # of an instance: set when the model is built
    stated = {"predicts", "element", "answers"}  # of a task or a target, which has to say them
    for kind in BASES:
        base = base_of(kind)
        assert {name for name in USED.get(kind) or asked(base) if not hasattr(base, name)} <= stated


def test_an_attribute_more_of_a_base_class_is_asked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    class Scale:
        kind: ClassVar[str] = "scale"
        unit: ClassVar[str]
        zero = 0
        size: int
        _own = 1

        def weigh(self) -> None: ...

    Scale.__module__ = "mtl.made.scales"
    assert asked(Scale) == ("unit", "zero", "weigh")
    monkeypatch.setitem(BASES, "scale", "mtl.made.scales.Scale")
    assert lacking(type("Kitchen", (Scale,), {}), "scale") == (
        "should have unit, as mtl.made.scales.Scale says. There is none."
    )
    assert lacking(type("Kitchen", (Scale,), {"unit": "g"}), "scale") == ""


@pytest.mark.parametrize("kind", BASES)
def test_every_class_of_the_library_has_what_is_asked(kind: str) -> None:
    register_built_in()
    registry.load_plugins()
    assert registry.names(kind)
    assert [name for name in registry.names(kind) if lacking(registry.lookup(kind, name), kind)] == []


class Truth:
    """A target that derives from nothing, and has what an example of one might have."""

    element = "truth"
    axes = ()
    answers = ()

    def read(self, value: Any, example: Any) -> Any: ...
    def encode(self, gold: Any, count: int, names: Any) -> Any: ...
    def tensors(self, values: Any) -> Any: ...
    def gold(self, values: Any, names: Any) -> Any: ...
    def predicted(self, answer: Any, lengths: Any) -> Any: ...


class Asks:
    """A task that derives from nothing."""

    predicts = "class"
    units = "rows"

    def slots(self, inputs: Any) -> Any: ...
    def inputs(self) -> Any: ...
    def columns(self) -> Any: ...
    def target(self) -> Any: ...


class Steps:
    """An optimizer that derives from nothing."""

    def step(self) -> None: ...


@pytest.mark.parametrize(
    ("cls", "kind", "sentence"),
    [
        (
            Truth,
            "target",
            "the target 'mine', class Truth: should have width, of_tokens, of_text, masked, dtype, quotes, exact, missing, metrics, labels, renamed, earlier, "
            "out_of_scope, words, deviation, surveys, found, tally, shows_tokens, marks_spans, measured_by, survey, settle, note, noted, note_at, check_grammar, remarks, "
            "unread, size, count, fit, unlearned, preferred, from_answer, gold_quoted, answered, shown, in_graph, names, earlier_names, answer_names, state, load_state, adopt, placeholder, shape, as mtl.data.targets.Target says. There is none. Derive it from mtl.data.targets.Target.",
        ),
        (
            Asks,
            "task",
            "the task 'mine', class Asks: should have target_optional, target_column, input_roles, default_metrics, swap_values, masking, bptt, draws_negatives, "
            "target_options, target_input, cell, target_class, as mtl.recipe.task.Task says. There is none. "
            "Derive it from mtl.recipe.task.Task.",
        ),
        (
            Steps,
            "optimizer",
            "the optimizer 'mine', class Steps: should have zero_grad, as torch.optim.Optimizer says. There is none. "
            "Derive it from torch.optim.Optimizer.",
        ),
    ],
)
def test_a_class_that_derives_from_nothing_is_refused_for_all_that_it_lacks(
    cls: type, kind: str, sentence: str
) -> None:
    with pytest.raises(UsageError) as caught:
        registry.register(kind, "mine")(cls)
    assert str(caught.value) == sentence
    assert "mine" not in registry.names(kind)
