"""The trainer: which parameters a step moves and how far, what it reports, when it stops, and its messages."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch

from mtl.base.errors import TrainingError, UsageError
from mtl.base.progress import EarlyStopReport
from mtl.data.prepare import prepare
from mtl.recipe.filling import filled
from mtl.sources.opening import open_sources
from mtl.train.checkpoint import load_model
from mtl.train.finite import all_finite
from mtl.train.logs import scalars
from mtl.train.trainer import EvalReport, StepReport, Trainer
from mtl.train.update import step_seed
from tests.mtl.small_run import parameters, same, small_graph, small_prepared, small_trainer, update

SGD: dict[str, Any] = {"optimizer": {"type": "sgd", "lr": 0.1}, "clip": None}


def component(trainer: Trainer, name: str) -> dict[str, torch.Tensor]:
    return {key: tensor.detach().clone() for key, tensor in trainer.owned[name].items()}


def step_on(trainer: Trainer, source: str) -> dict[str, float]:
    """Take one step on the next batch of a source."""
    feed = trainer.draws.feeds[source]
    losses, _ = update(trainer, feed, feed.next())
    trainer.step += 1
    return losses


def test_it_reports_every_step_and_evaluation_and_learns(tmp_path: Path) -> None:
    reports = list(small_trainer(tmp_path, {"epochs": 20}).train())
    steps = [report for report in reports if isinstance(report, StepReport)]
    evaluations = [report for report in reports if isinstance(report, EvalReport)]
    assert [report.step for report in steps] == list(range(1, 201))
    assert {(report.source, *report.losses) for report in steps} == {
        ("utterances", "intent", "slots"),
        ("words", "pos"),
    }
    assert [(report.step, report.epoch) for report in evaluations[:2]] == [(10, 1), (20, 2)]
    assert evaluations[-1].metrics["joint"]["exact_match"] > 0.9
    first = small_trainer(tmp_path, out="x").draws.feeds["utterances"].next()
    assert steps[0].tokens == sum(first.lengths.popitem()[1])


def test_an_idle_component_stays_as_it_is_bit_for_bit(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path, {"optimizer": {"type": "adamw", "lr": 0.01, "weight_decay": 0.1}})
    trainer.model.train()
    for source in ("utterances", "words") * 3:
        step_on(trainer, source)
    for source, tasks in (("utterances", ("intent", "slots")), ("words", ("pos",))):
        active = set().union(*(trainer.graph.path(task) for task in tasks))
        before = {name: component(trainer, name) for name in trainer.owned}
        moments = {
            (name, key, kept): value.clone()
            for name, tensors in trainer.owned.items()
            for key, tensor in tensors.items()
            for kept, value in trainer.optimizers.parts[0].state[tensor].items()
        }
        for _ in range(3):
            step_on(trainer, source)
        for name, tensors in trainer.owned.items():
            if tensors:
                assert same(before[name], component(trainer, name)) == (name not in active), name
            if name not in active:
                assert all(tensor.grad is None for tensor in tensors.values())
                assert all(
                    torch.equal(trainer.optimizers.parts[0].state[tensor][kept], moments[name, key, kept])
                    for key, tensor in tensors.items()
                    for kept in trainer.optimizers.parts[0].state[tensor]
                )


def test_a_task_without_labels_in_the_batch_takes_no_part(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path)
    trainer.model.train()
    feed = trainer.draws.feeds["utterances"]
    batch = feed.next()
    batch.labelled["intent"].fill_(False)
    before = {name: component(trainer, name) for name in ("intent.decoder", "slots.decoder")}
    losses, _ = update(trainer, feed, batch)
    assert set(losses) == {"slots"}
    assert same(before["intent.decoder"], component(trainer, "intent.decoder"))
    assert not same(before["slots.decoder"], component(trainer, "slots.decoder"))


def test_a_batch_without_any_label_changes_nothing(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path)
    trainer.model.train()
    batch = trainer.draws.feeds["words"].next()
    batch.labelled["pos"].fill_(False)
    before = parameters(trainer.model)
    assert update(trainer, trainer.draws.feeds["words"], batch) == ({}, None)
    assert same(before, parameters(trainer.model))


def test_frozen_components_and_own_rates(tmp_path: Path) -> None:
    train = {**SGD, "components": {"words_": {"freeze": True}, "encoder": {"lr": 0.001}}}
    trainer = small_trainer(tmp_path, train)
    plain = small_trainer(tmp_path, SGD, out="plain")
    before = parameters(trainer.model)
    for one in (trainer, plain):
        one.model.train()
        step_on(one, "utterances")
    after, reference = parameters(trainer.model), parameters(plain.model)
    assert torch.equal(after["/words_.table.weight"], before["/words_.table.weight"])
    assert not torch.equal(reference["/words_.table.weight"], before["/words_.table.weight"])
    for name, factor in (("/encoder.lstm.weight_ih_l0", 0.01), ("/slots/decoder.layers.0.weight", 1.0)):
        moved, wanted = after[name] - before[name], (reference[name] - before[name]) * factor
        assert torch.allclose(moved, wanted, atol=1e-7), name
    assert sorted(group["lr"] for group in trainer.optimizers.param_groups) == [0.001, 0.1]


def test_a_component_may_have_an_optimizer_of_its_own(tmp_path: Path) -> None:
    adam = {"optimizer": {"type": "adam", "lr": 0.001}, "clip": None}
    own = {"optimizer": {"type": "sgd", "lr": 0.1, "momentum": 0.9}}
    trainer = small_trainer(tmp_path, {**adam, "components": {"encoder": own, "slots.decoder": {**own, "lr": 0.2}}})
    plain = {name: small_trainer(tmp_path, train, out=name) for name, train in (("adam", adam), ("sgd", SGD))}
    before = parameters(trainer.model)
    after = {}
    for name, one in {"own": trainer, **plain}.items():
        one.model.train()
        step_on(one, "utterances")
        after[name] = parameters(one.model)
    assert torch.equal(after["own"]["/words_.table.weight"], after["adam"]["/words_.table.weight"])
    for name, factor in (("/encoder.lstm.weight_ih_l0", 1.0), ("/slots/decoder.layers.0.weight", 2.0)):
        moved, wanted = after["own"][name] - before[name], (after["sgd"][name] - before[name]) * factor
        assert torch.allclose(moved, wanted, atol=1e-7), name
    assert [type(part).__name__ for part in trainer.optimizers.parts] == ["Adam", "SGD"]
    assert sorted(group["lr"] for group in trainer.optimizers.param_groups) == [0.001, 0.1, 0.2]


def test_optimizers_of_components_are_resumed_bit_for_bit(tmp_path: Path) -> None:
    train = {"components": {"encoder": {"optimizer": {"type": "sgd", "momentum": 0.9}}}, "checkpoint_every": 5}
    whole = small_trainer(tmp_path, {**train, "epochs": 2}, out="whole")
    list(whole.train())
    begun = small_trainer(tmp_path, {**train, "epochs": 2}, out="killed")
    reports = begun.train()
    assert len([report for report in islice(reports, 8) if isinstance(report, StepReport)]) > 5
    resumed = small_trainer(tmp_path, {**train, "epochs": 2}, out="killed", resume=True)
    assert resumed.step == 5
    list(resumed.train())
    assert same(parameters(whole.model), parameters(resumed.model))


def test_gradients_are_clipped_over_all_active_parameters(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path, {"optimizer": {"type": "sgd", "lr": 1.0}, "clip": 0.01})
    trainer.model.train()
    before = parameters(trainer.model)
    feed = trainer.draws.feeds["utterances"]
    _, norm = update(trainer, feed, feed.next())
    after = parameters(trainer.model)
    moved = torch.sqrt(sum(((after[name] - before[name]) ** 2).sum() for name in before))  # type: ignore[arg-type]
    assert norm is not None
    assert norm > 0.1
    assert float(moved) == pytest.approx(0.01, rel=1e-3)


def test_gradients_within_the_norm_are_left_as_they_are(tmp_path: Path) -> None:
    moved = []
    for out, clip in (("a", None), ("b", 1e6)):
        trainer = small_trainer(tmp_path, {"optimizer": {"type": "sgd", "lr": 1.0}, "clip": clip}, out=out)
        trainer.model.train()
        feed = trainer.draws.feeds["utterances"]
        _, norm = update(trainer, feed, feed.next())
        assert (norm is None) == (clip is None)
        moved.append(parameters(trainer.model))
    assert same(*moved)


def test_loss_weights_scale_a_tasks_gradients(tmp_path: Path) -> None:
    heavy = small_trainer(tmp_path, SGD, out="a", tasks={"pos": {"weight": 2.0}})
    fast = small_trainer(tmp_path, {**SGD, "optimizer": {"type": "sgd", "lr": 0.2}}, out="b")
    for trainer in (heavy, fast):
        trainer.model.train()
        step_on(trainer, "words")
    first, second = parameters(heavy.model), parameters(fast.model)
    assert all(torch.allclose(first[name], second[name], atol=1e-7) for name in first)


def test_the_schedule_is_followed(tmp_path: Path) -> None:
    train = {"schedule": {"type": "linear", "warmup": 4}, "max_steps": 12, "epochs": 9}
    trainer = small_trainer(tmp_path, train, dev=False)
    factors = [report.factor for report in trainer.train() if isinstance(report, StepReport)]
    assert factors == pytest.approx([0.25, 0.5, 0.75, 1.0, *(1 - step / 8 for step in range(8))])


def test_the_best_evaluation_is_the_final_model(tmp_path: Path) -> None:
    trainer = small_trainer(
        tmp_path, {"epochs": 30, "optimizer": {"type": "sgd", "lr": 0.5}, "patience": 2, "average": None}
    )
    best: dict[str, torch.Tensor] = {}
    scores = []
    at = 0
    for report in trainer.train():
        if isinstance(report, EvalReport):
            scores.append(report.score)
            if report.best:
                best, at = parameters(trainer.model), report.step
    assert report == EarlyStopReport(trainer.step, trainer.steps, len(scores), 2, at)
    assert scalars(report) == {}
    assert scores.index(max(scores)) == len(scores) - 3  # two more without improvement, then it stopped
    assert trainer.step < trainer.steps
    assert same(parameters(trainer.model), best)
    assert not trainer.model.training


def test_selection_by_a_declared_metric(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path, {"select": {"joint.exact_match": 2.0, "pos.accuracy": 1.0}})
    report = next(report for report in trainer.train() if isinstance(report, EvalReport))
    joint, accuracy = report.metrics["joint"]["exact_match"], report.metrics["pos"]["accuracy"]
    assert report.score == pytest.approx((2 * joint + accuracy) / 3)


def test_evaluations_and_checkpoints_by_steps(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path, {"evaluate_every": 4, "checkpoint_every": 3, "max_steps": 10})
    seen: dict[int, str | None] = {}
    evaluated = []
    for report in trainer.train():
        if isinstance(report, EvalReport):
            evaluated.append(report.step)
        seen[report.step] = trainer.checkpoints.pointer().get("last")
    assert evaluated == [4, 8, 10]
    assert seen[4] == "step-00000003"
    assert seen[7] == "step-00000006"
    assert seen[10] == ("step-00000009")
    assert trainer.checkpoints.pointer()["last"] == "step-00000010"


def test_without_dev_the_last_checkpoint_is_the_best(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path, {"epochs": 2}, dev=False)
    assert all(isinstance(report, StepReport) for report in trainer.train())
    assert trainer.checkpoints.pointer() == {"last": "step-00000020", "best": "step-00000020"}


def test_a_finished_run_trains_no_more(tmp_path: Path) -> None:
    first = small_trainer(tmp_path, {"epochs": 1})
    list(first.train())
    again = small_trainer(tmp_path, {"epochs": 1}, resume=True)
    assert list(again.train()) == []
    assert same(parameters(first.model), parameters(again.model))
    assert not again.model.training


def test_load_model_gives_the_best_one(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path, {"epochs": 3})
    run = tmp_path / "run"
    list(trainer.train())
    (run / "recipe.yaml").write_text(filled(trainer.recipe))
    (run / "fitted.json").write_text(json.dumps(trainer.prepared.fitted.state()))
    model = load_model(run)
    assert same(parameters(model), parameters(trainer.model))
    assert not model.training


def test_weights_of_another_run_are_the_start(tmp_path: Path) -> None:
    first = small_trainer(tmp_path, {"epochs": 1})
    list(first.train())
    model = {
        "embedding": {"type": "word", "dim": 8, "weights": "run"},
        "representation": {"type": "bilstm", "hidden": 6, "dropout": 0.2},
        "pooling": {"type": "max"},
    }
    train = {"components": {"words_": {"freeze": True}}}
    second = small_trainer(tmp_path, train, out="next", tasks={"intent": {"model": model}})
    assert same(component(second, "words_"), component(first, "words_"))
    assert not same(component(second, "encoder"), component(first, "encoder"))


def poison(trainer: Trainer, name: str) -> None:
    with torch.no_grad():
        next(iter(trainer.owned[name].values())).view(-1)[0] = float("nan")


def test_a_parameter_that_is_not_finite_is_named(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path, {"batch": {"size": 3}})
    trainer.model.train()
    poison(trainer, "slots.decoder")
    before = parameters(trainer.model)
    with pytest.raises(TrainingError) as caught:
        next(trainer.train())
    rows = ", ".join(str(row) for row in trainer.draws.feeds["utterances"].batches[0])
    assert str(caught.value) == (
        f"the loss of task 'slots' should be finite. Found nan at step 1 (source 'utterances', rows {rows}): component "
        "'slots.decoder' has parameters that are not finite. Nothing was updated; a lower learning rate or "
        "'train.clip' may help."
    )
    after = parameters(trainer.model)
    assert all(torch.equal(before[name], after[name]) for name in before if name != "/slots/decoder.layers.0.weight")


def test_an_output_that_is_not_finite_is_named(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path, {"batch": {"size": 3}})
    with torch.no_grad():
        trainer.owned["encoder"]["lstm.weight_ih_l0"].fill_(3e38)
        trainer.owned["words_"]["table.weight"].fill_(3e38)
    with pytest.raises(TrainingError) as caught:
        next(trainer.train())
    message = str(caught.value)
    assert message.startswith("the loss of task 'intent' should be finite. Found nan at step 1 (source 'utterances', ")
    assert message.endswith(
        "): the first component with an output that is not finite is 'encoder'. Nothing was updated; a lower learning "
        "rate or 'train.clip' may help."
    )


def test_a_loss_alone_that_is_not_finite_is_named(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path, {"batch": {"size": 40}})
    with torch.no_grad():
        trainer.owned["pos.decoder"]["layers.0.bias"].copy_(torch.tensor([3e38, -3e38]))
    feed = trainer.draws.feeds["words"]
    trainer.model.train()
    with pytest.raises(TrainingError) as caught:
        update(trainer, feed, feed.next())
    rows = ", ".join(str(row) for row in feed.batches[0])
    assert str(caught.value) == (
        f"the loss of task 'pos' should be finite. Found inf at step 1 (source 'words', rows {rows}): every output is "
        "finite up to the loss of 'pos.output'. Nothing was updated; a lower learning rate or 'train.clip' may help."
    )


@pytest.mark.parametrize("clip", [None, 5.0])
def test_gradients_that_are_not_finite_are_named(tmp_path: Path, clip: float | None) -> None:
    trainer = small_trainer(tmp_path, {"batch": {"size": 33}, "clip": clip})
    trainer.model.train()
    trainer.owned["slots.decoder"]["layers.0.weight"].register_hook(lambda gradient: gradient * float("inf"))  # type: ignore[no-untyped-call]
    before = parameters(trainer.model)
    feed = trainer.draws.feeds["utterances"]
    with pytest.raises(TrainingError) as caught:
        update(trainer, feed, feed.next())
    rows = ", ".join(str(row) for row in feed.batches[0][:32])
    more = " and 1 more" if len(feed.batches[0]) == 33 else ""
    found = "nan" if "nan" in str(caught.value) else "inf"
    assert str(caught.value) == (
        f"the gradients of 'intent', 'slots' should be finite. Found a norm of {found} at step 1 (source 'utterances', "
        f"rows {rows}{more}): not finite in component 'slots.decoder'. Nothing was updated; a lower learning rate may "
        "help."
    )
    assert same(before, parameters(trainer.model))


def test_finite_numbers_may_add_up_to_more_than_a_float32_holds() -> None:
    large = torch.full((3,), 3e38)
    assert all_finite([large, -large, torch.zeros(2)])
    for odd in (float("inf"), float("-inf"), float("nan")):
        assert not all_finite([large, torch.tensor([1.0, odd])])
    assert not all_finite([torch.tensor([float("inf"), float("-inf")])])


def test_gradients_whose_norm_is_beyond_float32_are_named(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path, {"batch": {"size": 3}})
    trainer.model.train()
    trainer.owned["encoder"]["lstm.weight_ih_l0"].register_hook(lambda gradient: gradient * 1e30)  # type: ignore[no-untyped-call]
    before = parameters(trainer.model)
    feed = trainer.draws.feeds["utterances"]
    with pytest.raises(TrainingError) as caught:
        update(trainer, feed, feed.next())
    rows = ", ".join(str(row) for row in feed.batches[0])
    assert str(caught.value) == (
        "the gradients of 'intent', 'slots' should be finite. Found a norm of inf at step 1 (source 'utterances', "
        f"rows {rows}): largest in component 'encoder'. Nothing was updated; a lower learning rate may help."
    )
    assert same(before, parameters(trainer.model))


def test_dropout_is_a_function_of_seed_and_step() -> None:
    assert step_seed(1, 2) == step_seed(1, 2)
    assert len({step_seed(seed, step) for seed in range(10) for step in range(100)}) == 1000
    assert all(0 <= step_seed(seed, 0) < 2**63 for seed in range(100))


def test_the_same_recipe_ends_with_the_same_parameters(tmp_path: Path) -> None:
    first, second = (small_trainer(tmp_path, out=out) for out in ("a", "b"))
    list(first.train())
    torch.rand(7)  # what others draw from torch's generator in between makes no difference
    for _ in second.train():
        torch.rand(3)
    assert same(parameters(first.model), parameters(second.model))


def test_a_run_folder_with_checkpoints_is_not_overwritten(tmp_path: Path) -> None:
    list(islice(small_trainer(tmp_path, {"checkpoint_every": 1}).train(), 3))
    with pytest.raises(UsageError) as caught:
        small_trainer(tmp_path, {"checkpoint_every": 1})
    assert str(caught.value) == (
        f"{tmp_path / 'run'}: should hold no checkpoints of another run. Found step-00000002. Resume that run "
        "(--resume, resume=True), or name another folder (--out DIR, out=DIR)."
    )


def test_everything_frozen_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        small_trainer(tmp_path, {"components": {"*": {"freeze": True}, "*.*": {"freeze": True}}})
    assert str(caught.value) == ("train.components: should leave something to train. Found every component frozen.")


def test_a_source_without_train_split_is_refused(tmp_path: Path) -> None:
    graph = small_graph(tmp_path)
    fitted = small_prepared(graph).fitted
    prepared = prepare(graph, open_sources(graph.recipe), tmp_path / "cache", fitted=fitted, splits=("dev",))
    with pytest.raises(UsageError) as caught:
        Trainer(graph, prepared, tmp_path / "run")
    assert str(caught.value) == "source 'utterances' should have a train split. There is none."
