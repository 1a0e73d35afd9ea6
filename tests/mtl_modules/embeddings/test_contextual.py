"""Language models of characters in both directions, and words whose vectors are their states."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

import mtl
from mtl.base.errors import MtlError
from mtl.compile.loading import recipe_from_dict
from mtl.data.batch import raw_batch
from mtl.model.module import PaddedSequence, Pieces
from mtl.runs.check import check_recipe
from mtl.runs.runner import Run
from mtl_modules import Contextual, OneWayGRU, OneWayLSTM

LINES = [
    f"the {size} {animal} {verb}"
    for size in ("old", "big")
    for animal in ("dog", "cat", "hen")
    for verb in ("sees", "ran")
]
INPUTS = {"text": {"column": "text", "tokenizer": "whitespace"}}
BACKWARD = {"type": "lstm", "hidden": 5, "direction": "backward"}
TRAIN = {"optimizer": {"type": "adam", "lr": 0.05}, "batch": {"size": 6}, "epochs": 3, "gradients_every": 0}


def language_models() -> dict[str, Any]:
    source = {"format": "plain_text", **{split: f"{split}.txt" for split in ("train", "dev", "test")}}
    common = {"type": "language_model", "source": "lines", "inputs": INPUTS}
    embedding = {"type": "character", "dim": 6, "initial": 0.3}
    output = {"words": {}, "top": 2}
    ahead = {"embedding": embedding, "representation": {"type": "lstm", "hidden": 7}, "output": output}
    back = {"representation": BACKWARD, "output": output}
    return {
        "name": "lms",
        "sources": {"lines": source},
        "tasks": {
            "ahead": {**common, "model": ahead},
            "back": {**common, "direction": "backward", "ends": False, "model": back},
        },
        "share": {"characters": ["*.embedding", "*.output.words"]},
        "train": TRAIN,
    }


def tagger(run: Path, **start: Any) -> dict[str, Any]:
    parts = {"words": "characters", "forward": "ahead.representation", "backward": "back.representation"}
    contextual = {key: {"from": f"{run}#{name}", **start} for key, name in parts.items()}
    task = {"type": "word_tagging", "source": "rows", "inputs": INPUTS, "target": "tags"}
    return {
        "name": "tags",
        "sources": {"rows": {"format": "tsv", "train": "rows.tsv", "dev": "rows.tsv", "test": "rows.tsv"}},
        "tasks": {"tags": {**task, "model": {"embedding": {"type": "contextual", **contextual}}}},
        "train": TRAIN,
    }


def trained(recipe: dict[str, Any], out: Path) -> Run:
    run = Run.start(recipe, out, data=out.parent)
    for _ in run.train():
        pass
    return run


@pytest.fixture(scope="module")
def lms(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("contextual")
    for split, lines in {"train": LINES, "dev": LINES[::3], "test": LINES[1::3]}.items():
        (folder / f"{split}.txt").write_text("\n".join(lines) + "\n")
    rows = [f"{line}\t{' '.join('X' if word in ('dog', 'ran') else 'O' for word in line.split())}" for line in LINES]
    (folder / "rows.tsv").write_text("\n".join(["text\ttags", *rows]) + "\n")
    return trained(language_models(), folder / "lms")


@pytest.fixture(scope="module")
def frozen(lms: Run) -> Run:
    return trained(tagger(lms.out, freeze=True), lms.out.parent / "frozen")


def test_a_token_is_as_probable_as_its_characters_and_the_blank_together(lms: Run) -> None:
    model, text = lms.model.eval(), "the old dog"
    batch = raw_batch(lms.graph, lms.prepared.fitted, ["ahead", "back"], {"text": [text]})
    for task in ("ahead", "back"):
        with torch.no_grad():
            ids, states = model.scores(batch, [task])[task]
            distribution = model.output(task)(ids, states)
        assert isinstance(distribution, Pieces)
        spelled = [0, 4, 8, 12]  # "the ", "old ", "dog "
        found = distribution.sequence.values[0].gather(1, ids.sequence.values[0])[:, 0].log()
        (answer,) = lms.predict(task, [text])
        wanted = [float(found[a:b].sum()) for a, b in pairwise(spelled)]
        assert answer["log_probability"] == pytest.approx(wanted, abs=1e-4)


def test_figures_count_blanks(lms: Run) -> None:
    lines, figures = (lms.out.parent / "test.txt").read_text().splitlines(), lms.test()["test"]
    for task, ends in (("ahead", 1), ("back", 0)):
        bits = -sum(answer["total"] for answer in lms.predict(task, lines)) / math.log(2)
        characters = sum(len(line) + 1 + ends for line in lines)
        assert figures[task]["bits_per_character"] == pytest.approx(bits / characters, rel=1e-4)


def test_figures_count_the_characters_of_long_words_that_are_predicted(tmp_path: Path) -> None:
    recipe, word = language_models(), "a" * 40
    for task in recipe["tasks"].values():
        task["model"].get("embedding", {}).update(max_length=5)
    for split in ("train", "dev", "test"):
        (tmp_path / f"{split}.txt").write_text(f"the old {word}\n")
    run = trained({**recipe, "train": {**TRAIN, "epochs": 1}}, tmp_path / "long")
    figures = run.test()["test"]
    for task, ends in (("ahead", 1), ("back", 0)):
        (answer,) = run.predict(task, [f"the old {word}"])
        characters = len("the old ") + 5 + 1 + ends
        bits = -answer["total"] / math.log(2)
        assert figures[task]["bits_per_character"] == pytest.approx(bits / characters, rel=1e-4)


def test_vectors_are_states_after_the_last_and_at_the_first_character(lms: Run, frozen: Run) -> None:
    texts = ["the old dog", "x", "a cat ran  away"]
    batch = raw_batch(lms.graph, lms.prepared.fitted, ["ahead", "back"], {"text": texts})
    with torch.no_grad():
        ahead, back = (lms.model.eval().scores(batch, [task])[task][1] for task in ("ahead", "back"))
    found: list[PaddedSequence] = []
    module = frozen.model["tags.embedding"]
    hook = module.register_forward_hook(lambda module, given, out: found.append(out))
    frozen.model.eval().scores(raw_batch(frozen.graph, frozen.prepared.fitted, ["tags"], {"text": texts}), ["tags"])
    hook.remove()
    for row, text in enumerate(texts):
        place = 0
        for token, word in enumerate(text.split()):
            states = [ahead.sequence.values[row, place + len(word) - 1], back.sequence.values[row, place]]
            torch.testing.assert_close(found[0].values[row, token], torch.cat(states))
            place += len(word) + 1


def test_frozen_models_stay_as_they_were_and_others_learn(lms: Run, frozen: Run) -> None:
    learned = trained(tagger(lms.out), lms.out.parent / "learned")
    pairs = (("words", "characters"), ("forward", "ahead.representation"), ("backward", "back.representation"))
    for part, name in pairs:
        own = lms.model[name].state_dict()
        for run, equal in ((frozen, True), (learned, False)):
            mine = run.model[f"tags.embedding.{part}"].state_dict()
            assert {key: torch.equal(mine[key], value) for key, value in own.items()} == dict.fromkeys(own, equal)


def test_a_vector_is_as_long_as_both_states() -> None:
    words, ahead, back = torch.nn.Identity(), OneWayLSTM(3, hidden=4), OneWayGRU(3, hidden=5, direction="backward")
    build: Any = Contextual
    assert build(words=words, forward=ahead, backward=back).output_dim == 9


def test_characters_are_not_predicted_from_states_of_whole_tokens() -> None:
    tree = language_models()
    del tree["tasks"]["back"], tree["share"]
    tree["tasks"]["ahead"]["model"]["embedding"] = {"type": "word", "dim": 6}
    tree["tasks"]["ahead"]["model"]["output"]["words"] = {"type": "character"}
    with pytest.raises(MtlError) as raised:
        check_recipe(recipe_from_dict(tree))
    assert [fault.message for fault in raised.value.faults] == [
        "'words' should be what the states are made of. Found states of whole tokens, and 'words' that are pieces of "
        "them: leave other embeddings out of the task's, or let 'words' be an embedding of words."
    ]


def test_both_directions_answer_in_torch_and_in_the_export(lms: Run) -> None:
    lms.export()  # which verifies it
    bundle, texts = mtl.Bundle(lms.out / "export"), ["the old dog", "", "zebra"]
    names = {"ahead": ("end_log_probability", "next", "next_probability"), "back": ("previous", "previous_probability")}
    for task, own in names.items():
        ends = [key for key in own if key.startswith("end")]
        for found, wanted in zip(bundle.predict(task, texts), lms.predict(task, texts), strict=True):
            assert set(found) == set(wanted) == {"tokens", "log_probability", "total", *own}
            assert found["log_probability"] == pytest.approx(wanted["log_probability"], abs=1e-4)
            assert found["total"] == pytest.approx(wanted["total"], abs=1e-4)
            assert wanted["total"] == pytest.approx(
                sum([*wanted["log_probability"], *(wanted[k] for k in ends)]), abs=1e-4
            )
