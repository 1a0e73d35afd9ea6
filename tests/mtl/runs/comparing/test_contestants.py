"""What is compared: names, folders, and what cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtl.base.errors import RecipeError, UsageError
from mtl.base.registry import Address, register
from mtl.base.several_errors import SeveralErrors
from mtl.compile.alone import alone
from mtl.compile.loading import load_recipe, recipe_from_text
from mtl.model.module import Decoder
from mtl.recipe.filling import digest, filled
from mtl.runs.comparing.contestants import contestants, slug
from tests import small

CHECKOUT = Path(__file__).resolve().parents[4]
SHORT = small.RECIPE.replace("epochs: 24", "epochs: 2")


@register("decoder", "test_conditioned")
class Conditioned(Decoder):
    """A decoder that cannot do without another task."""

    def __init__(self, input_dim: int, condition_dim: int, output_dim: int, *, condition: Address) -> None:
        super().__init__()


def test_a_task_that_cannot_be_alone_says_so(tmp_path: Path) -> None:
    model = "    model: {decoder: {type: test_conditioned, condition: intent.output}}\n"
    path = small.write(tmp_path, SHORT.replace("    target: slots\n", f"    target: slots\n{model}"))
    with pytest.raises(RecipeError) as error:
        contestants([path], single=True)
    assert str(error.value) == (
        f"{path}:30: tasks.slots.model.decoder.condition: 'slots' should do without other tasks to be trained alone. "
        f"Found 'intent.output'.\n1 error in {path}, 'slots' alone"
    )


@pytest.mark.parametrize("name", ["query_doc_relevance", "medquad", "wikiqa"])
def test_recipes_of_pairs_and_of_sources_without_a_key_for_each_split(name: str) -> None:
    recipe = CHECKOUT / f"recipes/{name}.yaml"
    several = len(load_recipe(recipe).tasks) > 1
    found = contestants([recipe], variants=["seed=7"], single=several)
    for contestant in found:
        for _, one in contestant.recipes:
            assert digest(recipe_from_text(filled(one), name="again")) == digest(one)
            tied = {member for group in one.share.values() for member in group.members}
            assert {address.split(".")[0] for address in tied} <= set(one.tasks)


def test_one_recipe_is_measured_over_seeds_alone(tmp_path: Path) -> None:
    (found,) = contestants([small.write(tmp_path, SHORT)])
    assert (found.joint, [folder for folder, _ in found.recipes]) == (None, [found.name])


def test_there_have_to_be_several_tasks_to_train_each_alone(tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    path.write_text(filled(alone(load_recipe(small.write(tmp_path, SHORT)), "intent")), "utf-8")
    with pytest.raises(UsageError) as error:
        contestants([path], single=True)
    assert str(error.value) == f"{path}: should have several tasks to train each alone. Found one."


UNTRAINED = "    target: slots\n    learn: false\n"
THIRD = (
    "  kind:\n    type: text_classification\n    source: utterances\n"
    "    inputs: {text: {column: text, lowercase: true}}\n    target: intent\n"
)


def test_a_task_that_is_not_trained_is_not_trained_alone(tmp_path: Path) -> None:
    text = SHORT.replace("    target: slots\n", UNTRAINED + THIRD)
    joint, single = contestants([small.write(tmp_path, text)], single=True)
    assert [folder.rsplit("/", 1)[-1] for folder, _ in single.recipes] == ["intent", "kind"]
    assert list(joint.recipes[0][1].tasks) == ["intent", "slots", "kind"]


def test_nobody_is_alone_who_is_not_trained(tmp_path: Path) -> None:
    path = small.write(tmp_path, SHORT.replace("    target: slots\n", UNTRAINED + THIRD))
    recipe = load_recipe(path)
    with pytest.raises(RecipeError) as error:
        alone(recipe, "slots")
    assert str(error.value) == (
        f"{path}:25: tasks.slots: 'slots' should be trained, to be trained alone. Found 'learn: false'.\n"
        f"1 error in {path}, 'slots' alone"
    )


def test_one_trained_task_is_not_several(tmp_path: Path) -> None:
    path = small.write(tmp_path, SHORT.replace("    target: slots\n", UNTRAINED))
    with pytest.raises(UsageError) as error:
        contestants([path], single=True)
    assert str(error.value) == (
        f"{path}: should have several tasks to train each alone. Found one besides slots, not trained."
    )


def test_without_a_test_split_nothing_is_trained(tmp_path: Path) -> None:
    path = small.write(tmp_path, SHORT.replace("    test: test.tsv\n", ""))
    with pytest.raises(RecipeError) as error:
        contestants([path], single=True)
    assert str(error.value) == (
        f"{path}:6: sources.utterances: should have a test split to compare by. Found dev, train.\n1 error in {path}"
    )


def test_recipes_of_one_name_get_folders_of_their_own(tmp_path: Path) -> None:
    path = small.write(tmp_path, SHORT)
    other = tmp_path / "other.yaml"
    other.write_text(SHORT.replace("epochs: 2", "epochs: 3"), "utf-8")
    assert [c.name for c in contestants([path, other])] == ["small", "small (2)"]
    assert slug("small (2)") == "small-2"


def test_a_variant_of_many_settings_has_a_folder_that_can_be_made(tmp_path: Path) -> None:
    path = small.write(tmp_path, SHORT)
    variants = [f"{'; '.join(['train.optimizer.lr=0.01'] * 20)}; seed={seed}" for seed in (1, 2)]
    folders = [contestant.recipes[0][0] for contestant in contestants([path], variants=variants)]
    assert len(set(folders)) == 3
    for folder in (*folders, slug("é" * 300), slug("é" * 301), slug("x" + "é" * 300)):
        assert len(folder.encode()) <= 200
        (tmp_path / folder).mkdir()


def test_equal_recipes_are_one_and_say_so(tmp_path: Path) -> None:
    path, again = small.write(tmp_path, SHORT), tmp_path / "again.yaml"
    again.write_text(SHORT.replace("seed: 1", "seed:   1"), "utf-8")
    variants = ["train.epochs=2", "seed=7; train.epochs=3", "train.epochs=3; seed=7", "seed=1"]
    found = contestants([path, again, path], variants=variants[:3], single=True)
    names = ["small", "small seed=7; train.epochs=3"]
    assert [contestant.name for contestant in found if contestant.joint is None] == names
    assert [contestant.joint for contestant in found if contestant.joint is not None] == names
    known = "which is compared already: it is trained once."
    as_it_is, changed = (f"gives the recipe '{name}', {known}" for name in names)
    of_one = [f"--set train.epochs=3; seed=7: {changed}", f"--set seed=7; train.epochs=3: {changed}"]
    rows = [[str(row) for row in found[place].recipes[0][1].settings] for place in (0, 2)]
    assert list(dict.fromkeys(rows[0])) == [
        f"--set train.epochs=2: {as_it_is}",
        f"{again}: {as_it_is}",
        f"{path}: {as_it_is}",
    ]
    assert list(dict.fromkeys(rows[1])) == of_one
    (alone_one,) = contestants([path], variants=variants[3:])
    assert [str(row) for row in alone_one.recipes[0][1].settings] == [f"--set seed=1: {as_it_is}"]


def test_what_is_wrong_with_any_variant_is_told(tmp_path: Path) -> None:
    path = small.write(tmp_path, SHORT)
    share = "share.encoder=[intent.representation, slots.embedding]"
    variants = ["train.epocs=3; train.epochs=-2", "seed=2", "sources.utterances.test=null", "tasks.intent.target=1"]
    with pytest.raises(RecipeError) as error:
        contestants([path], variants=[*variants, share])
    assert str(error.value).splitlines() == [
        f"--set {share}: share.encoder: members should be of one kind. Found "
        "'intent.representation' (representation) and 'slots.embedding' (embedding).",
        f"--set sources.utterances.test=null: {path}:6: sources.utterances: should have a test split to compare by. "
        "Found dev, train.",
        "--set tasks.intent.target=1: tasks.intent.target: should be a string. Found 1.",
        "--set train.epochs=-2: train.epochs: should be a whole number greater than 0. Found -2.",
        "--set train.epocs=3: train: 'train' has no key 'epocs'. Did you mean 'epochs'?",
        f"5 errors in options given with {path}",
    ]


def test_what_is_wrong_with_any_recipe_is_told(tmp_path: Path) -> None:
    first, other = small.write(tmp_path, SHORT), tmp_path / "other.yaml"
    other.write_text(SHORT.replace("type: bilstm,", "type: bilstmm,"), "utf-8")
    with pytest.raises(SeveralErrors) as error:
        contestants([other, first], variants=["train.epochs=0"], single=True, match="epoch")
    assert str(error.value).splitlines() == [
        "--set train.epochs=0: train.epochs: should be a whole number greater than 0. Found 0.",
        f"{other}:23: tasks.intent.model.representation: no representation named 'bilstmm'. Did you mean 'bilstm'?",
        f"1 error in {other}, and 1 in options given with it",
        "--match should be epochs, steps or minutes. Found 'epoch'. Did you mean 'epochs'?",
        "--set train.epochs=0: train.epochs: should be a whole number greater than 0. Found 0.",
        f"1 error in options given with {first}",
    ]


def test_what_keeps_any_task_from_being_alone_is_told(tmp_path: Path) -> None:
    model = "    model: {decoder: {type: test_conditioned, condition: CONDITION}}\n"
    third = THIRD + model.replace("CONDITION", "slots.output")
    text = SHORT.replace(
        "    target: slots\n", f"    target: slots\n{model.replace('CONDITION', 'intent.output')}{third}"
    )
    path = small.write(tmp_path, text)
    mended = ["tasks.kind.model.decoder={type: mlp}"]  # of what is left, nothing comes of the variant
    with pytest.raises(SeveralErrors) as error:
        contestants([path], variants=mended, single=True)
    should = "should do without other tasks to be trained alone."
    assert str(error.value).splitlines() == [
        f"{path}:30: tasks.slots.model.decoder.condition: 'slots' {should} Found 'intent.output'.",
        f"1 error in {path}, 'slots' alone",
        f"{path}:36: tasks.kind.model.decoder.condition: 'kind' {should} Found 'slots.output'.",
        f"1 error in {path}, 'kind' alone",
    ]
