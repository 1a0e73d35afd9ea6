from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from mtl.base import registry
from mtl.base.errors import MtlError, RecipeError, UsageError
from mtl.compile.loading import recipe_from_dict
from mtl.data.batch import Batch
from mtl.data.fitted import Fitted
from mtl.data.labels import MISSING, Labels
from mtl.graph.build import build_graph
from mtl.model.building import component_seed
from mtl.model.module import PaddedSequence, Pooling
from mtl.model.multi_task import MultiTaskModel
from mtl.model.programs import program
from mtl.recipe.config import Recipe
from mtl_modules import SelfAttention
from tests.properties import joint

INPUTS = {"text": {"column": "text", "lowercase": True}}


def task(**model: Any) -> dict[str, Any]:
    return {
        "type": "text_classification",
        "source": "texts",
        "inputs": INPUTS,
        "target": "label",
        "model": {"embedding": {"type": "word", "dim": 4}, "pooling": "max", **model},
    }


def recipe(
    tasks: dict[str, Any], share: dict[str, Any] | None = None, seed: int = 1, data: Path | None = None
) -> Recipe:
    sources = {"texts": {"format": "tsv", "train": "train.tsv"}}
    tree = {"name": "small", "seed": seed, "sources": sources, "tasks": tasks, "share": share or {}}
    return recipe_from_dict(tree, name="small.yaml", data=data)


def build(given: Recipe, **labels: Labels) -> MultiTaskModel:
    graph = build_graph(given)
    fitted = Fitted.placeholder(graph)
    for name, given_labels in labels.items():
        fitted.targets[name].labels = given_labels
    return MultiTaskModel(graph, fitted)


def labelled(batch: Batch, **targets: Tensor) -> Batch:
    batch.targets = targets
    batch.labelled = {
        name: ((t >= 0) & (t < len(joint.LABELS[name]))).flatten(1).any(1) if t.dim() > 1 else t >= 0
        for name, t in targets.items()
    }
    return batch


def test_every_component_is_built_once_in_build_order() -> None:
    model = joint.model()
    assert list(model.components) == list(joint.graph().components)
    assert {name.split(".")[0] for name, _ in model.named_parameters()} <= {
        "/" + n.replace(".", "/") for n in model.components
    }


def test_a_share_group_may_be_called_as_an_attribute_of_the_model() -> None:
    tasks = {name: task() for name in ("one", "two")}
    share = {"answers": ["one.embedding", "two.embedding"], "forward": ["one.pooling", "two.pooling"]}
    model = build(recipe(tasks, share), **{name: Labels(("a", "b"), (1, 1)) for name in tasks})
    assert {"answers", "forward"} <= set(model.components)
    assert callable(model.answers)


def test_an_address_that_is_none_is_an_error() -> None:
    with pytest.raises(UsageError) as error:
        joint.model()["intent.embeding"]
    assert str(error.value) == "'intent.embeding' is not a module of <recipe>. Did you mean 'intent.embedding'?"


def test_a_call_is_computed_once() -> None:
    model = joint.model()
    entered: list[str] = []
    for name, module in model.components.items():
        module.register_forward_hook(lambda *_, name=name: entered.append(name))
    model.scores(joint.batch(), joint.TASKS)
    assert sorted(entered) == sorted(set(entered))
    assert entered.count("encoder") == 1
    assert "chunks.output" not in entered  # nobody asks for its distribution


def test_only_what_a_task_needs_is_computed() -> None:
    model = joint.model()
    entered: set[str] = set()
    for name, module in model.components.items():
        module.register_forward_hook(lambda *_, name=name: entered.add(name))
    model.scores(joint.batch(), ["words"])
    assert entered == joint.graph().path("words") - {"words.output"}


def test_a_program_holds_every_call_once() -> None:
    calls = [joint.graph().output(name) for name in joint.TASKS]
    steps = program(calls).steps
    assert len(steps) == len(joint.graph().calls(joint.TASKS))
    assert all(position < number for number, step in enumerate(steps) for position in step.values)


def test_a_tasks_loss_is_the_mean_over_its_labelled_rows() -> None:
    model = joint.model()
    batch = labelled(joint.batch(), intent=torch.tensor([0, 1, MISSING, 2, MISSING]))
    with torch.no_grad():
        scores = model.scores(batch, ["intent"])["intent"]
        rows = model.output("intent").loss(*scores, batch.targets["intent"])
        assert isinstance(rows, Tensor)
        assert float(model.losses(batch, ["intent"])["intent"]) == pytest.approx(float(rows[[0, 1, 3]].mean()))


def test_a_task_without_labelled_rows_takes_no_part() -> None:
    model = joint.model()
    batch = labelled(joint.batch(), intent=torch.full((5,), MISSING), topic=torch.tensor([0, 1, 1, 0, 1]))
    losses = model.losses(batch, ["intent", "topic"])
    assert list(losses) == ["topic"]
    losses["topic"].backward()
    parameters = model["intent.decoder"].parameters()
    assert all(parameter.grad is None for parameter in parameters)


def test_gradients_flow_through_conditions() -> None:
    model = joint.model()
    batch = labelled(joint.batch(), topic=torch.tensor([0, 1, 1, 0, 1]))
    model.losses(batch, ["topic"])["topic"].backward()
    reached = {
        name for name, module in model.components.items() if any(p.grad is not None for p in module.parameters())
    }
    assert reached == {n for n in joint.graph().path("topic") if list(model.components[n].parameters())}
    assert "words.decoder" in reached


def test_all_components_that_cannot_be_built_are_told_at_once() -> None:
    weights = {"output": {"type": "softmax", "class_weights": {"nobody": 2.0}}}
    characters = {"embedding": {"type": "char_cnn", "widths": []}}
    with pytest.raises(RecipeError) as error:
        build(recipe({"a": task(**weights), "b": task(**characters), "c": task(**weights, **characters)}))
    assert str(error.value) == (
        "small.yaml: tasks.a.model.output: 'class_weights' should name labels of the task. Found 'nobody'.\n"
        "small.yaml: tasks.b.model.embedding: 'widths' should have 1 to 50 numbers, which share out 'dim'. Found 0.\n"
        "small.yaml: tasks.c.model.embedding: 'widths' should have 1 to 50 numbers, which share out 'dim'. Found 0.\n"
        "3 errors in small.yaml"
    )


def test_a_component_that_does_not_fit_into_memory() -> None:
    with pytest.raises(MtlError) as error:
        build(recipe({"a": task(embedding={"type": "word", "dim": 10**14})}))
    words = Fitted.placeholder(build_graph(recipe({"a": task()}))).features["a.embedding"][0].size
    assert words is not None
    assert error.value.exit_code == 1
    assert str(error.value) == (
        "small.yaml: tasks.a.model.embedding: 'a.embedding' should fit into memory. Found "
        f"{words * 4 * 10**14 / 1e9:,.1f} GB of weights, for which there is not enough."
    )


@pytest.mark.parametrize("size", [1, 2, 3])
def test_answers_do_not_depend_on_the_batch(size: int) -> None:
    model = joint.model()
    with torch.no_grad():
        together = model.answers(joint.batch(), joint.TASKS)
        lengths = next(iter(joint.batch().lengths.values())).tolist()
        for first in range(0, len(joint.TEXTS), size):
            some = model.answers(joint.batch(joint.TEXTS[first : first + size]), joint.TASKS)
            for name, answer in some.items():
                for key, value in answer.items():
                    for row in range(len(value)):
                        cut = slice(lengths[first + row] if value.dim() == 2 and key != "scores" else None)
                        found, wanted = (
                            v[cut] if v.dim() else v for v in (value[row], together[name][key][first + row])
                        )
                        torch.testing.assert_close(found, wanted, atol=1e-5, rtol=0)


def test_first_weights_follow_from_seed_and_name_alone() -> None:
    one = build(recipe({"a": task()}))
    two = build(recipe({"b": task(representation={"type": "bilstm", "hidden": 3}), "a": task()}))
    other = build(recipe({"a": task()}, seed=2))
    weight = one["a.embedding"].table.weight  # type: ignore[union-attr]
    assert torch.equal(weight, two["a.embedding"].table.weight)  # type: ignore[union-attr]
    assert not torch.equal(weight, two["b.embedding"].table.weight)  # type: ignore[union-attr]
    assert not torch.equal(weight, other["a.embedding"].table.weight)  # type: ignore[union-attr]
    assert component_seed(1, "a.embedding") != component_seed(1, "b.embedding")


def test_building_leaves_the_random_state_alone() -> None:
    before = torch.get_rng_state()
    joint.model()
    assert torch.equal(torch.get_rng_state(), before)


def test_a_model_on_the_meta_device_has_no_memory() -> None:
    with torch.device("meta"):
        model = joint.model()
    assert all(parameter.is_meta for parameter in model.parameters())


def test_files_of_initial_weights_are_read_beside_the_data(tmp_path: Path) -> None:
    (tmp_path / "vectors.txt").write_text("few 1 2 3 4\n")
    given = recipe({"a": task(embedding={"type": "word", "dim": 4, "pretrained": "vectors.txt"})}, data=tmp_path)
    graph = build_graph(given)
    fitted = Fitted.placeholder(graph)
    row = fitted.features["a.embedding"][0].vocabulary.entries.index("few") + 2  # type: ignore[attr-defined]
    read = MultiTaskModel(graph, fitted)["a.embedding"].table.weight  # type: ignore[union-attr]
    assert read[row].tolist() == [1, 2, 3, 4]
    (tmp_path / "vectors.txt").unlink()
    spared = MultiTaskModel(graph, fitted, initial=False)["a.embedding"].table.weight  # type: ignore[union-attr]
    assert torch.equal(spared[0], read[0])


def test_a_tied_module_takes_vectors_of_one_size() -> None:
    pooling = {"type": "self_attention", "dim": 3}
    given = recipe(
        {"a": task(pooling=pooling), "b": task(pooling=pooling, embedding={"type": "word", "dim": 5})},
        {"attention": ["a.pooling", "b.pooling"]},
    )
    with pytest.raises(RecipeError) as error:
        build(given)
    assert str(error.value) == (
        "small.yaml: tasks.a.model.pooling: vectors that enter 'attention' should have the same size everywhere "
        "it is used. Found 4 at 'a.pooling' and 5 at 'b.pooling'.\n1 error in small.yaml"
    )


def test_sizes_of_conditions_are_told_beside_those_of_the_data() -> None:
    given = recipe(
        {
            "a": task(),
            "b": task(decoder={"type": "mlp", "condition": "a.output"}),
            "c": task(decoder={"type": "mlp", "condition": "a.output"}, embedding={"type": "word", "dim": 50}),
        },
        {"head": ["b.decoder", "c.decoder"]},
    )
    with pytest.raises(RecipeError) as error:
        build(given)
    assert str(error.value) == (
        "small.yaml: tasks.b.model.decoder: vectors that enter 'head' should have the same size everywhere it is used. "
        "Found 4 + 3 at 'b.decoder' and 50 + 3 at 'c.decoder'.\n1 error in small.yaml"
    )


def test_a_tied_decoder_has_one_label_set() -> None:
    given = recipe({"a": task(), "b": task()}, {"head": ["a.decoder", "b.decoder"]})
    with pytest.raises(RecipeError) as error:
        build(given, a=Labels(("x", "y"), (1, 1)), b=Labels(("x", "z"), (1, 1)))
    assert str(error.value) == (
        "small.yaml: share.head: tasks with one decoder should have the same labels in training. "
        "Found 'y' in 'a' alone and 'z' in 'b' alone.\n1 error in small.yaml"
    )
    assert build(given, a=Labels(("x", "y"), (1, 1)), b=Labels(("x", "y"), (2, 3)))["a.decoder"].output_dim == 2


def test_what_a_constructor_refuses_is_a_fault_of_its_line() -> None:
    given = recipe({"a": task(output={"type": "softmax", "class_weights": {"nobody": 2.0}})})
    with pytest.raises(RecipeError) as error:
        build(given)
    assert str(error.value) == (
        "small.yaml: tasks.a.model.output: 'class_weights' should name labels of the task. Found 'nobody'.\n"
        "1 error in small.yaml"
    )


class UnknownArgument(Pooling):
    def __init__(self, input_dim: int, colour: str) -> None:
        super().__init__()

    def forward(self, inputs: PaddedSequence) -> Tensor:
        return inputs.values[:, 0]


def test_positional_arguments_are_those_that_can_be_inferred(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._classes["pooling"], "colourful", UnknownArgument)
    with pytest.raises(RecipeError) as error:
        build(recipe({"a": task(pooling="colourful")}))
    assert str(error.value) == (
        "small.yaml: tasks.a.model.pooling: the positional arguments of "
        f"{UnknownArgument.__module__}.UnknownArgument should be among input_dim, "
        "input_dims, condition_dim, output_dim, labels, target, features. Found 'colour'.\n"
        "1 error in small.yaml"
    )


def test_attention_takes_its_input_size_from_what_flows_in() -> None:
    model = build(recipe({"a": task(pooling={"type": "self_attention", "dim": 3})}))
    pooling = model["a.pooling"]
    assert isinstance(pooling, SelfAttention)
    assert pooling.output_dim == 4
