"""The moving average of the weights: its figures, idle and frozen components, what is evaluated, saved and exported."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from mtl.base.errors import RecipeError
from mtl.base.tensors import read_tensors
from mtl.compile.loading import recipe_from_text
from mtl.evaluate.evaluation import evaluate
from mtl.recipe.training import AverageConfig
from mtl.runs.runner import Run
from mtl.train.average import WeightAverage
from mtl.train.checkpoint import Checkpoints
from mtl.train.row_gradients import by_rows
from mtl.train.trainer import EvalReport
from tests import small
from tests.mtl.recipe.texts import INTENT_SLOT
from tests.mtl.small_run import parameters, same, small_graph, small_trainer
from tests.mtl.train.test_accumulation import STILL
from tests.mtl.train.test_soft_sharing import soft_trainer
from tests.mtl.train.test_trainer import step_on

DECAY = 0.9
AVERAGE: dict[str, Any] = {"average": {"decay": DECAY}}


def stored(run: Path, which: Any) -> dict[str, Tensor]:
    """Return the tensors of a checkpoint's components by `component/key`."""
    folder = Checkpoints(run).path(which) / "components"
    return {f"{f.stem}/{key}": tensor for f in folder.iterdir() for key, tensor in read_tensors(f)[0].items()}


def test_an_average_is_that_of_its_definition() -> None:
    parameter, idle = nn.Parameter(torch.randn(7)), nn.Parameter(torch.randn(3))
    average = WeightAverage(AverageConfig(DECAY), {"a": parameter, "b": idle}, [parameter, idle])
    wanted, still = parameter.detach().clone().double(), idle.detach().clone()
    for n in range(1, 120):
        parameter.grad = torch.randn(7)
        parameter.data -= 0.1 * parameter.grad
        idle.data += 1  # whatever it is now: it has no gradient
        average.update()
        share = min(DECAY, (1 + n) / (10 + n))
        wanted = share * wanted + (1 - share) * parameter.detach().double()
        torch.testing.assert_close(average.averages["a"].double(), wanted, atol=1e-6, rtol=0)
    assert torch.equal(average.averages["b"], still)
    assert average.updates == {"a": 119, "b": 0}


def test_rows_of_a_table_have_averages_of_their_own() -> None:
    table = nn.Parameter(torch.randn(5, 3))
    average = WeightAverage(AverageConfig(DECAY), {"a": table}, [table])
    wanted, counts = table.detach().clone().double(), [0] * 5
    for n in range(60):
        rows = [row for row in range(4) if (n + 1) % (row + 1) == 0] if n % 10 else []
        gradient = torch.zeros(5, 3)
        gradient[rows] = torch.randn(len(rows), 3)
        table.grad = by_rows(gradient)
        table.data += torch.randn(5, 3)  # of the other rows whatever they are now
        average.update()
        for row in rows:
            counts[row] += 1
            share = min(DECAY, (1 + counts[row]) / (10 + counts[row]))
            wanted[row] = share * wanted[row] + (1 - share) * table[row].detach().double()
    torch.testing.assert_close(average.averages["a"].double(), wanted, atol=1e-5, rtol=0)
    assert average.row_updates["a"].tolist() == counts
    assert counts[4] == 0
    assert average.updates == {"a": 54}  # six gradients had no row


def test_rows_that_are_not_updated_keep_their_average_bit_for_bit() -> None:
    table = nn.Parameter(torch.zeros(3, 2))
    average = WeightAverage(AverageConfig(DECAY), {"a": table}, [table])
    for row in (1, 2):
        table.grad = by_rows(torch.eye(3)[row][:, None] * torch.ones(2))
        table.data[row] -= 0.1
        average.update()
        if row == 1:
            before = average.averages["a"].clone()
    assert torch.equal(average.averages["a"][:2], before[:2])
    assert torch.equal(average.averages["a"][2], before[1])


def test_a_dense_gradient_counts_for_every_row() -> None:
    tables = [nn.Parameter(torch.ones(3, 2)) for _ in range(2)]
    rows, dense = (WeightAverage(AverageConfig(DECAY), {"a": table}, [table]) for table in tables)
    for n in range(4):
        for table, average in zip(tables, (rows, dense), strict=True):
            table.data += 1
            table.grad = by_rows(torch.ones(3, 2)) if average is rows and n % 2 else torch.ones(3, 2)
            average.update()
    torch.testing.assert_close(rows.averages, dense.averages)
    assert rows.updates == dense.updates == {"a": 4}
    assert rows.row_updates["a"].tolist() == [4, 4, 4]


def test_averages_of_rows_are_resumed_bit_for_bit(tmp_path: Path) -> None:
    train = {**AVERAGE, "checkpoint_every": 3, "epochs": 1}
    tasks: dict[str, Any] = {"tasks": {"intent": {"model": {**STILL, "wide": "ngrams"}}}}
    whole = small_trainer(tmp_path, train, out="whole", **tasks)
    list(whole.train())
    list(islice(small_trainer(tmp_path, train, **tasks).train(), 5))
    resumed = small_trainer(tmp_path, train, resume=True, **tasks)
    assert 0 < resumed.step < whole.step
    list(resumed.train())
    (name,) = whole.average.row_updates
    assert len(set(whole.average.row_updates[name].tolist())) > 2
    assert same(resumed.average.averages, whole.average.averages)
    assert same(resumed.average.row_updates, whole.average.row_updates)
    assert same(parameters(resumed.model), parameters(whole.model))


def test_averages_are_in_place_for_a_while_only() -> None:
    parameter = nn.Parameter(torch.ones(2))
    average = WeightAverage(AverageConfig(DECAY), {"a": parameter}, [parameter])
    parameter.data.fill_(5.0)
    with pytest.raises(KeyError), average.in_place():
        assert parameter.tolist() == [1.0, 1.0]
        raise KeyError
    assert parameter.tolist() == [5.0, 5.0]


def raw_after(folder: Path, out: str, train: dict[str, Any], steps: int) -> dict[str, Tensor]:
    trainer = small_trainer(folder, {"evaluate_every": 4, **train}, out=out)
    for _ in islice(trainer.train(), steps):
        pass
    return parameters(trainer.model)


def test_training_goes_on_with_the_raw_weights(tmp_path: Path) -> None:
    assert same(raw_after(tmp_path, "with", AVERAGE, 15), raw_after(tmp_path, "without", {}, 15))


def test_an_idle_components_average_stays_as_it_is_bit_for_bit(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path, AVERAGE)
    trainer.model.train()
    for source in ("utterances", "words") * 2:
        step_on(trainer, source)
        trainer.average.update()
    before = {name: tensor.clone() for name, tensor in trainer.average.averages.items()}
    step_on(trainer, "words")
    trainer.average.update()
    active = {name for name in before if name.split("/")[0] in trainer.graph.path("pos")}
    assert {"encoder/lstm.weight_ih_l0", "words_/table.weight", "pos.decoder/layers.0.weight"} <= active
    for name, tensor in trainer.average.averages.items():
        assert torch.equal(before[name], tensor) == (name not in active), name
    counts = {name: trainer.average.updates[name] for name in before}
    assert {counts[name] for name in active if name.startswith(("encoder", "words_"))} == {5}
    assert {count for name, count in counts.items() if name.startswith(("intent.decoder", "slots.decoder"))} == {2}


def test_frozen_components_have_no_average(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path, {**AVERAGE, "components": {"words_": {"freeze": True}}})
    before = trainer.owned["words_"]["table.weight"].detach().clone()
    list(trainer.train())
    assert not [name for name in trainer.average.parameters if name.startswith("words_/")]
    assert torch.equal(stored(tmp_path / "run", "best")["words_/table.weight"], before)


def test_what_is_evaluated_and_saved_is_the_average(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path, {**AVERAGE, "epochs": 4, "optimizer": {"type": "adamw", "lr": 0.05}})
    reports = [report for report in trainer.train() if isinstance(report, EvalReport)]
    best = next(report for report in reversed(reports) if report.best)
    assert evaluate(trainer.model, trainer.graph, trainer.prepared, "dev").metrics == best.metrics
    kept = stored(tmp_path / "run", "best")
    assert all(torch.equal(kept[f"{name}/{key}"], t) for name, own in trainer.owned.items() for key, t in own.items())
    last = stored(tmp_path / "run", "last")
    raw = read_tensors(Checkpoints(tmp_path / "run").path("last") / "raw.safetensors")[0]
    for name, tensor in trainer.average.averages.items():
        assert torch.equal(last[name], tensor), name
        assert not torch.equal(raw[name], tensor), name
    assert raw.keys() == trainer.average.parameters.keys()


def test_without_an_average_there_are_no_raw_weights_beside(tmp_path: Path) -> None:
    list(small_trainer(tmp_path, {"average": None}).train())
    assert not list((tmp_path / "run").rglob("raw.safetensors"))


def test_soft_members_have_averages_of_their_own(tmp_path: Path) -> None:
    train = {**AVERAGE, "checkpoint_every": 3}
    whole = soft_trainer(tmp_path, train, out="whole")
    list(whole.train())
    list(islice(soft_trainer(tmp_path, train).train(), 8))
    resumed = soft_trainer(tmp_path, train, resume=True)
    assert 0 < resumed.step < whole.step
    list(resumed.train())
    assert same(resumed.average.averages, whole.average.averages)
    assert same(parameters(resumed.model), parameters(whole.model))
    tables = [tensor for name, tensor in whole.average.averages.items() if name.endswith("table.weight")]
    assert len(tables) == 3
    assert not torch.equal(tables[0], tables[2])


def test_a_finished_run_has_the_best_averages(tmp_path: Path) -> None:
    whole = small_trainer(tmp_path, AVERAGE)
    list(whole.train())
    again = small_trainer(tmp_path, AVERAGE, resume=True)
    assert list(again.train()) == []
    assert same(parameters(again.model), parameters(whole.model))


@pytest.mark.slow
def test_an_export_holds_the_averages(tmp_path: Path) -> None:
    recipe = small.write(tmp_path)
    text = recipe.read_text().replace("epochs: 24", "epochs: 2\n  average: {decay: 0.9}")
    recipe.write_text(text)
    run = Run.start(recipe, tmp_path / "run")
    list(run.train())
    run.export()
    weights = read_tensors(tmp_path / "run/export/weights.safetensors")[0]
    wanted = stored(tmp_path / "run", "best")["words.word/table.weight"]
    assert any(tensor.shape == wanted.shape and torch.equal(tensor, wanted) for tensor in weights.values())


@pytest.mark.parametrize(
    ("average", "message"),
    [
        ({"decay": 1}, "train.average.decay: should be a number less than 1. Found 1."),
        ({"decay": 0}, "train.average.decay: should be a number greater than 0. Found 0."),
        ({"deacy": 0.9}, "train.average: 'train.average' has no key 'deacy'. Did you mean 'decay'?"),
        (0.9, "train.average: should be a mapping. Found 0.9. Its keys: decay."),
    ],
)
def test_faults(tmp_path: Path, average: Any, message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        small_graph(tmp_path, {"average": average})
    assert [f"{fault.path}: {fault.message}" for fault in caught.value.faults] == [message]


def test_several_sources_have_an_average_where_the_recipe_says_nothing(tmp_path: Path) -> None:
    assert small_graph(tmp_path, {"average": {}}).recipe.train.average == AverageConfig(0.998)
    assert small_graph(tmp_path).recipe.train.average == AverageConfig(0.998)
    assert small_graph(tmp_path, {"average": None}).recipe.train.average is None
    assert recipe_from_text(INTENT_SLOT).train.average is None  # one source
