"""What every registered module must do, whatever it is: rows are `CASES`, columns are properties."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from mtl.base import registry
from mtl.data.carried import CarriedStates
from mtl.model.module import PaddedSequence
from mtl_modules import Adapter, TransitionOutput
from mtl_modules.decoders.tree_decoder import TreeDecoder
from mtl_modules.outputs.grade_output import GradeOutput
from mtl_modules.outputs.word_prediction import WordPrediction
from tests import library
from tests.properties.cases import CASES, KINDS, Case, Shared, of_tokens

OWN_TABLES = (Adapter, GradeOutput, WordPrediction, TreeDecoder, TransitionOutput)


def reads_on(case: Case) -> bool:
    """Say whether a representation carries a state; those that read backwards do not."""
    cls = registry.lookup(case.kind, case.name.split()[0])
    return case.kind == "representation" and cls.carries and "backwards" not in case.name


every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def assert_same(found: list[dict[str, Tensor]], wanted: list[dict[str, Tensor]]) -> None:
    """Labels must be the same, numbers within what the order of a sum may change."""
    assert len(found) == len(wanted)
    for number, (some, others) in enumerate(zip(found, wanted, strict=True)):
        assert list(some) == list(others)
        for name in some:
            message = f"{name} of row {number}"
            assert some[name].shape == others[name].shape, message
            if some[name].dtype.is_floating_point:
                torch.testing.assert_close(
                    some[name], others[name], atol=1e-5, rtol=1e-5, msg=lambda m, at=message: f"{at}: {m}"
                )
            else:
                assert torch.equal(some[name], others[name]), message


def test_the_table_holds_every_registered_module() -> None:
    listed = {(case.kind, case.name.split()[0]) for case in CASES}
    own = {
        (kind, name)
        for kind in KINDS
        for name in library.names(kind)
        if not issubclass(registry.lookup(kind, name), OWN_TABLES)
    }
    without = [f"{kind} '{name}'" for kind, name in sorted(own - listed)]
    assert not without, f"a module should have a row in tests/properties/cases.py. Without one: {', '.join(without)}."
    assert listed == own


@every_case
def test_gradients_reach_every_parameter(case: Case) -> None:
    module = case.module()
    arguments = case.batch(case.rows())
    if case.kind == "output":
        loss = case.loss(module, arguments, case.rows()).sum()
    else:
        value = of_tokens(module(*arguments))
        values = value.values[value.mask()] if isinstance(value, PaddedSequence) else value
        loss = (values * torch.randn(values.shape, generator=torch.Generator().manual_seed(3))).sum()
    parameters = dict(module.named_parameters())
    if parameters:
        loss.backward()
    for name, parameter in parameters.items():
        assert parameter.grad is not None, name
        gradient = parameter.grad.to_dense()
        assert bool(torch.isfinite(gradient).all()), name
        assert bool(gradient.abs().sum() > 0), name


@every_case
def test_each_parameter_is_of_one_layer(case: Case) -> None:
    module = case.module()
    layered = [id(parameter) for layer in module.layered() for parameter in layer]
    assert sorted(layered) == sorted(map(id, module.parameters()))


@every_case
def test_gradients_reach_what_flows_in(case: Case) -> None:
    module = case.module()
    arguments = case.batch(case.rows())
    leaves = []
    given = [*case.inputs] if len(arguments) == len(case.inputs) else [None, *case.inputs]  # lengths come first
    for position, (value, what) in enumerate(zip(arguments, given, strict=True)):
        values = value.values if isinstance(value, PaddedSequence) else value
        if values.dtype.is_floating_point and not isinstance(what, Shared):  # hashes, as numbers, are given
            values.requires_grad_()
            leaves.append((position, values))
    value = case.loss(module, arguments, case.rows()) if case.kind == "output" else of_tokens(module(*arguments))
    values = value.values if isinstance(value, PaddedSequence) else value
    if leaves:
        (values * torch.randn(values.shape, generator=torch.Generator().manual_seed(3))).sum().backward()
    for position, values in leaves:
        assert values.grad is not None, position
        assert bool(values.grad.abs().sum() > 0), position


@every_case
def test_padding_changes_no_answer(case: Case) -> None:
    module, rows = case.module(), case.rows()
    with torch.no_grad():
        assert_same(case.answers(module, rows, extra=4), case.answers(module, rows))


@every_case
def test_the_order_of_a_batch_changes_no_answer(case: Case) -> None:
    module, rows = case.module(), case.rows()
    order = [3, 0, 4, 2, 1]
    with torch.no_grad():
        straight = case.answers(module, rows)
        shuffled = case.answers(module, [rows[i] for i in order])
    assert_same(shuffled, [straight[i] for i in order])


@every_case
@pytest.mark.parametrize("size", [1, 2])
def test_the_size_of_a_batch_changes_no_answer(case: Case, size: int) -> None:
    module, rows = case.module(), case.rows()
    with torch.no_grad():
        together = case.answers(module, rows)
        apart = [a for i in range(0, len(rows), size) for a in case.answers(module, rows[i : i + size])]
    assert_same(apart, together)


@every_case
def test_state_survives_a_save(case: Case, tmp_path: Path) -> None:
    module, other = case.module(seed=1), case.module(seed=2)
    save_file(module.state_dict(), tmp_path / "weights.safetensors")
    other.load_state_dict(load_file(tmp_path / "weights.safetensors"))
    with torch.no_grad():
        wanted, found = case.answers(module, case.rows()), case.answers(other, case.rows())
    for some, others in zip(found, wanted, strict=True):
        for name in some:
            assert torch.equal(some[name], others[name]), name


@every_case
def test_names_of_tensors_do_not_depend_on_rates_of_dropout(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    cls = registry.lookup(case.kind, case.name.split()[0])
    rates = [key for key in registry.recipe_keys(cls) if key == "dropout" or key.endswith("_dropout")]
    original, found = cls.__init__, []
    for rate in (0.0, 0.5):
        given = dict.fromkeys(rates, rate)

        def begun(self: Any, *arguments: Any, given: dict[str, float] = given, **keys: Any) -> None:
            original(self, *arguments, **{**keys, **given})

        monkeypatch.setattr(cls, "__init__", begun)
        found.append({name: tensor.shape for name, tensor in case.build().state_dict().items()})
    assert found[0] == found[1]


@every_case
def test_prediction_is_repeatable(case: Case) -> None:
    module, rows = case.module(), case.rows()
    with torch.no_grad():
        first, second = case.answers(module, rows), case.answers(module, rows)
    for some, others in zip(first, second, strict=True):
        for name in some:
            assert torch.equal(some[name], others[name]), name


@every_case
def test_output_dim_is_the_size_of_what_comes_out(case: Case) -> None:
    module = case.module()
    value = of_tokens(module(*case.batch(case.rows())))
    values = value.values if isinstance(value, PaddedSequence) else value
    if case.kind == "scorer":  # one number a row, without an axis of its own
        values = values[:, None]
    assert values.shape[-1] == module.output_dim


@every_case
def test_shapes_are_the_same_on_the_meta_device(case: Case) -> None:
    real = of_tokens(case.module()(*case.batch(case.rows())))
    with torch.device("meta"):
        module = case.build().eval()
    arguments = [
        PaddedSequence(a.values.to("meta"), a.lengths.to("meta")) if isinstance(a, PaddedSequence) else a.to("meta")
        for a in case.batch(case.rows())
    ]
    found = of_tokens(module(*arguments))
    values, wanted = (v.values if isinstance(v, PaddedSequence) else v for v in (found, real))
    assert values.shape == wanted.shape
    if case.kind == "output":
        assert {n: v.shape for n, v in module.answer(*arguments).items()} == {
            n: v.shape for n, v in case.module().answer(*case.batch(case.rows())).items()
        }


@pytest.mark.parametrize("case", [case for case in CASES if reads_on(case)], ids=lambda case: case.name)
def test_what_carries_reads_segments_as_it_reads_the_whole(case: Case) -> None:
    """Rows are cut at places of their own, so that segments have padding."""
    module, rows = case.module(), case.rows()
    long = [row for row in rows if len(row[0]) > 1]
    cuts = [1 + number % (len(row[0]) - 1) for number, row in enumerate(long)]
    pairs = list(zip(long, cuts, strict=True))
    carried, found = CarriedStates(), []
    with torch.no_grad():
        whole = module(*case.batch(long))
        for half in (
            [[values[:cut] for values in row] for row, cut in pairs],
            [[v[cut:] for v in row] for row, cut in pairs],
        ):
            found.append(module(*case.batch(half, extra=2), carry=carried.at("here")))
            carried.go_on()
    for number, cut in enumerate(cuts):
        wanted = whole.values[number, : len(long[number][0])]
        joined = torch.cat([found[0].values[number, :cut], found[1].values[number, : len(wanted) - cut]])
        torch.testing.assert_close(joined, wanted)
