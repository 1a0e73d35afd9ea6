"""Masked language models from text files to verified graphs: figures, answers, what resumes, what others take."""

from __future__ import annotations

import math
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import mtl
from mtl.base.errors import RecipeError, UsageError
from mtl.compile.loading import recipe_from_dict
from mtl.data.augmentation import Augmentation
from mtl.data.prepare import prepare
from mtl.data.targets import MaskedToken
from mtl.graph.build import build_graph
from mtl.runs.runner import Run
from mtl.sources.opening import open_sources
from mtl.train.trainer import Trainer
from tests.mtl.small_run import parameters, same
from tests.mtl_tasks.test_language_model import write


def recipe(**keys: Any) -> dict[str, Any]:
    task = {
        "type": "masked_language_model",
        "source": {"format": "plain_text", **{split: f"{split}.txt" for split in ("train", "dev", "test")}},
        "inputs": {"text": {"column": "text", "tokenizer": "whitespace"}},
        "model": {
            "embedding": {"type": "word", "dim": 8, "initial": 0.1},
            "representation": {"type": "bilstm", "hidden": 12, "dropout": 0.1},
            "output": {"words": {}, "top": 3},
        },
        **keys,
    }
    return {
        "name": "mlm",
        "tasks": {"mlm": task},
        "share": {"table": ["mlm.embedding", "mlm.output.words"]},
        "train": {"optimizer": {"type": "adam", "lr": 0.03}, "batch": {"size": 8}, "epochs": 8, "evaluate_every": 9},
    }


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = write(tmp_path_factory.mktemp("mlm"))
    return mtl.run(recipe(), out=folder / "run", data=folder)  # an export is verified before it is there


def test_masks_are_filled_with_the_words_that_fit(run: Run) -> None:
    (answer,) = run.predict("mlm", ["_ old dog sees _ hen"])
    assert list(answer) == ["tokens", "words", "scores"]
    assert [answer["words"][place][0] for place in (0, 4)] == ["the", "the"]
    assert [len(words) for words in answer["words"]] == [3] * 6
    assert all(scores == sorted(scores, reverse=True) for scores in answer["scores"])
    assert "_" in run.prepared.fitted.targets["mlm"].names()


def test_the_export_answers_alike_without_torch(run: Run) -> None:
    texts = ["the _ dog sees", "", "a zebra"]
    for found, wanted in zip(
        mtl.Bundle(run.out / "export").predict("mlm", texts), run.predict("mlm", texts), strict=True
    ):
        assert (found["tokens"], found["words"]) == (wanted["tokens"], wanted["words"])
        assert [*chain(*found["scores"])] == pytest.approx([*chain(*wanted["scores"])], abs=1e-4)


def test_figures_are_over_masked_words_and_always_equal(run: Run) -> None:
    found = run.test()["test"]["mlm"]
    assert found == run.test()["test"]["mlm"]
    assert set(found) == {"perplexity", "accuracy"}
    assert found["perplexity"] < 12  # of 14 words, and a mask
    split = run.prepared.splits[run.graph.recipe.tasks["mlm"].source, "test"]
    assert split.masks is not None
    batch = split.batch(np.arange(len(split)), change=split.masks.fixed)
    wanted = batch.targets["mlm"]
    run.model.eval()
    with torch.inference_mode():
        states = run.model.scores(batch, ["mlm"])["mlm"]
        probabilities = run.model.output("mlm")(*states).values
    chosen = wanted >= 0
    assert chosen.sum(1).tolist() == [1] * len(split)  # of six words, of three
    logs = probabilities[chosen].log().gather(1, wanted[chosen][:, None])
    assert found["perplexity"] == pytest.approx(math.exp(-logs.mean()), rel=1e-4)
    right = (probabilities[chosen].argmax(1) == wanted[chosen]).float().mean()
    assert found["accuracy"] == pytest.approx(float(right))


def test_a_classifier_takes_embedding_and_encoder(run: Run, tmp_path: Path) -> None:
    for split in ("train", "dev", "test"):
        lines = (run.out.parent / f"{split}.txt").read_text().splitlines()
        rows = [f"{line}\t{'dog' if 'dog' in line.split()[:3] else 'other'}" for line in lines]
        (tmp_path / f"{split}.tsv").write_text("\n".join(["text\tlabel", *rows]) + "\n")
    tree = {
        "name": "classes",
        "tasks": {
            "animal": {
                "type": "text_classification",
                "source": {"format": "tsv", **{split: f"{split}.tsv" for split in ("train", "dev", "test")}},
                "inputs": {"text": {"column": "text", "tokenizer": "whitespace"}},
                "target": "label",
                "model": {
                    "embedding": {"from": f"{run.out}#table", "freeze": True},
                    "representation": {"from": f"{run.out}#mlm.representation"},
                },
            }
        },
        "train": {"max_steps": 2},
    }
    graph = build_graph(recipe_from_dict(tree, data=tmp_path))
    assert graph.components
    found = mtl.run(tree, out=tmp_path / "run", data=tmp_path)
    assert torch.equal(found.model["animal.embedding"].table.weight, run.model["mlm.embedding"].table.weight)  # type: ignore[union-attr, arg-type]


def trainer(folder: Path, out: str, *, resume: bool = False, **keys: Any) -> Trainer:
    graph = build_graph(recipe_from_dict(recipe(**keys), data=folder))
    return Trainer(graph, prepare(graph, open_sources(graph.recipe), folder / "cache"), folder / out, resume=resume)


def test_stopped_anywhere_it_ends_the_same(tmp_path: Path) -> None:
    whole = trainer(write(tmp_path), "whole")
    list(whole.train())
    for _ in islice(trainer(tmp_path, "stopped").train(), 14):
        pass
    resumed = trainer(tmp_path, "stopped", resume=True)
    assert resumed.step == 9
    list(resumed.train())
    assert same(parameters(resumed.model), parameters(whole.model))


def test_shares_of_what_is_masked_replaced_and_kept(tmp_path: Path) -> None:
    found = trainer(write(tmp_path), "run", rate=0.5, masked=0.6, random=0.2)
    graph, fitted = found.model.sharing_graph, found.model.fitted
    (source,) = graph.streams()
    split = prepare(graph, open_sources(graph.recipe), tmp_path / "cache").splits[source, "train"]
    augmentation = Augmentation.of(graph, source, split, fitted)
    assert augmentation is not None
    names, key = fitted.targets["mlm"].names(), graph.target_input("mlm")
    seen, masks, kept, positions = 0, 0, 0, set()
    for epoch in range(40):
        plain = split.batch(np.arange(54)).features["table", 0, key]
        batch = split.batch(np.arange(54), change=partial(augmentation.change, epoch=epoch))
        read, wanted = batch.features["table", 0, key], batch.targets["mlm"]
        chosen = wanted >= 0
        assert torch.equal(wanted[chosen], plain[chosen])
        assert torch.equal(read[~chosen], plain[~chosen])
        seen += int(chosen.sum())
        masks += int((read[chosen] == names.index("_")).sum())
        kept += int((read[chosen] == plain[chosen]).sum())
        positions.add(tuple(chosen[0].tolist()))
    assert seen == 40 * 54 * 3
    assert masks / seen == pytest.approx(0.6 + 0.2 / 15, abs=0.02)  # a mask is one of the random words
    assert kept / seen == pytest.approx(0.2 + 0.2 / 15, abs=0.02)
    assert len(positions) > 10  # chosen anew at every pass


def test_characters_of_masked_words_are_not_read_either(tmp_path: Path) -> None:
    tree = recipe(rate=1.0, masked=1.0, random=0.0)
    parts = {"word": {"type": "word", "dim": 8}, "char": {"type": "char_cnn", "dim": 4}}
    tree["tasks"]["mlm"]["model"]["embedding"] = {"type": "concat", "parts": parts}
    tree["share"] = {"table": ["mlm.embedding.word", "mlm.output.words"]}
    graph = build_graph(recipe_from_dict(tree, data=write(tmp_path)))
    prepared = prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
    split = prepared.splits[graph.recipe.tasks["mlm"].source, "dev"]
    assert split.masks is not None
    plain, read = (split.batch(np.arange(1), change=change) for change in (None, split.masks.fixed))
    for place, values in read.features.items():
        assert len({*map(tuple, values[0].reshape(6, -1).tolist())}) == 1, place  # all words are the mask
        assert len({*map(tuple, plain.features[place][0].reshape(6, -1).tolist())}) > 1, place
    assert {name for name, _, _ in read.features} == {"table", "mlm.embedding.char"}


def check_of(tree: dict[str, Any]) -> list[str]:
    with pytest.raises(RecipeError) as raised:
        build_graph(recipe_from_dict(tree))
    return [f"{fault.path}: {fault.message}" for fault in raised.value.faults]


def test_a_mask_is_one_token() -> None:
    tree = recipe(mask="[MASK]")
    tree["tasks"]["mlm"]["inputs"]["text"]["tokenizer"] = "unicode_words"
    assert check_of(tree) == [
        "tasks.mlm: 'mask' should be one token, as the tokenizer 'unicode_words' cuts texts. Found '[MASK]', which has "
        "3 of them. Choose another word, such as '_'."
    ]


def test_no_other_task_reads_masks() -> None:
    tree = recipe()
    tree["sources"] = {"texts": tree["tasks"]["mlm"].pop("source")}
    tree["tasks"]["mlm"]["source"] = "texts"
    tree["tasks"]["lm"] = {
        "type": "language_model",
        "source": "texts",
        "model": {"output": {"words": {"type": "word"}}},
    }
    assert check_of(tree) == [
        "tasks.mlm: should be the only task on its source, as other tasks would read its masks. Found on 'texts' also "
        "'lm'. Give 'mlm' a source of its own, which may name the same files."
    ]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            {"masked": 0.8, "random": 0.3},
            "tasks.mlm: 'masked' and 'random' should add up to 1 at most. Found 0.8 and 0.3.",
        ),
        ({"rate": 0}, "tasks.mlm: 'rate' should be above 0, so that there is something to predict. Found 0."),
    ],
)
def test_shares(keys: dict[str, Any], message: str) -> None:
    assert check_of(recipe(**keys)) == [message]


def test_an_export_is_not_measured() -> None:
    with pytest.raises(UsageError) as raised:
        MaskedToken().from_answer({"words": [], "scores": []})
    assert str(raised.value) == (
        "a masked language model should be measured by its run, as its export answers with the most probable words and "
        "not with the probability of every one. Found an export. Name the run's folder."
    )
