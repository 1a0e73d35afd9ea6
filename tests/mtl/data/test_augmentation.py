"""What training reads in the place of some texts: which rows, which words, which tags; nothing else changes."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mtl.base.errors import RecipeError, UsageError
from mtl.compile.loading import recipe_from_dict, recipe_from_text
from mtl.data.augmentation import Augmentation
from mtl.data.batch import Batch
from mtl.data.prepare import prepare
from mtl.data.prepared import Prepared
from mtl.data.span_values import spans_of
from mtl.graph.build import build_graph
from mtl.graph.calls import InputKey
from mtl.graph.sharing_graph import SharingGraph
from mtl.recipe.config import Recipe
from mtl.recipe.filling import filled
from mtl.sources.opening import open_sources
from mtl.text.character_noise import CharacterNoise
from mtl.train.trainer import Trainer
from tests.mtl.small_run import parameters, same

ROWS = [
    ("play hey jude by the beatles", "music", "O B-song I-song O B-band I-band", "V N N P D N"),
    ("play yesterday by abba", "music", "O B-song O B-band", "V N P N"),
    ("play let it be", "music", "O B-song I-song I-song", "V V P V"),
    ("book a table", "travel", "O O O", "V D N"),
    ("", "none", "", ""),
    ("stop", "none", "O", "V"),
] * 4
VALUES = {"song": {"hey jude", "yesterday", "let it be"}, "band": {"the beatles", "abba"}}
WORD = {"type": "word", "dim": 4}


def tree(**slots: Any) -> dict[str, Any]:
    def task(kind: str, target: str, **more: Any) -> dict[str, Any]:
        inputs = {"text": {"column": "text", "tokenizer": "whitespace"}}
        model = {"embedding": WORD, **({"pooling": {"type": "max"}} if kind != "word_tagging" else {})}
        return {"type": kind, "source": "rows", "target": target, "inputs": inputs, "model": model, **more}

    return {
        "name": "changed",
        "seed": 5,
        "sources": {"rows": {"format": "tsv", "train": "train.tsv", "dev": "train.tsv"}},
        "tasks": {
            "intent": task("text_classification", "intent"),
            "slots": task("word_tagging", "slots", **slots),
            "pos": task("word_tagging", "pos", scheme="plain"),
        },
        "train": {"batch": {"size": 4}, "epochs": 2, "gradients_every": 0},
    }


def with_noise(found: dict[str, Any], **noise: Any) -> dict[str, Any]:
    for task in found["tasks"].values():
        task["inputs"]["text"]["noise"] = noise
    return found


def write(folder: Path) -> None:
    lines = ["text\tintent\tslots\tpos", *("\t".join(row) for row in ROWS)]
    (folder / "train.tsv").write_text("\n".join(lines) + "\n", "utf-8")


def made(folder: Path, found: Mapping[str, Any]) -> tuple[SharingGraph, Prepared]:
    write(folder)
    graph = build_graph(recipe_from_dict(found, data=folder))
    return graph, prepare(graph, open_sources(graph.recipe), folder / "cache")


def augmentation(folder: Path, found: Mapping[str, Any]) -> tuple[Augmentation, Any]:
    graph, prepared = made(folder, found)
    split = prepared.splits["rows", "train"]
    changes = Augmentation.of(graph, "rows", split, prepared.fitted)
    assert changes is not None
    return changes, split


def read(changes: Augmentation, batch: Batch, task: str = "slots") -> list[tuple[list[str], list[str], list[str]]]:
    """Return the words, slots and parts of speech of a batch's rows, by their ids."""
    (place,) = {place for place in batch.features if place[0] == f"{task}.embedding"}
    words = ["", "?", *changes.fitted.features[place[0]][0].state()["vocabulary"]]
    names = {name: changes.split.target_names(name) for name in ("slots", "pos")}
    found = []
    for row, length in enumerate(batch.lengths[place[2]].tolist()):
        tokens = [words[i] for i in batch.features[place][row, :length].tolist()]
        tags = [[names[n][i] if i >= 0 else "-" for i in batch.targets[n][row, :length].tolist()] for n in names]
        found.append((tokens, *tags))
    return found  # type: ignore[return-value]


def changed(changes: Augmentation, split: Any, rows: list[int], epoch: int) -> Batch:
    found: Batch = split.batch(np.array(rows), change=lambda batch, texts: changes.change(batch, texts, epoch=epoch))
    return found


def test_the_values_of_spans_are_those_of_training(tmp_path: Path) -> None:
    changes, _ = augmentation(tmp_path, tree(swap_values=0.5))
    assert changes.swapping is not None
    values, rate = changes.swapping
    assert rate == 0.5
    assert {label: {value.text for value in of} for label, of in values.values.items()} == VALUES
    assert [value.text for value in values.values["song"]] == ["hey jude", "yesterday", "let it be"]


def test_spans_have_other_values_with_their_tags(tmp_path: Path) -> None:
    changes, split = augmentation(tmp_path, tree(swap_values=1.0))
    rows = list(range(12))
    plain, batch = read(changes, split.batch(np.array(rows))), changed(changes, split, rows, 0)
    own = {tuple(text.split()): pos.split() for text, _, _, pos in ROWS}
    for row, ((tokens, slots, pos), (old, old_slots, _)) in enumerate(zip(read(changes, batch), plain, strict=True)):
        assert len(tokens) == len(slots) == len(pos) == batch.lengths[next(iter(batch.lengths))][row]
        kept = [word for word, tag in zip(tokens, slots, strict=True) if tag == "O"]
        assert kept == [word for word, tag in zip(old, old_slots, strict=True) if tag == "O"]
        new, before = (
            [(span.label, " ".join(words[span.start : span.end])) for span in spans_of(tags, "bio")]
            for words, tags in ((tokens, slots), (old, old_slots))
        )
        assert [label for label, _ in new] == [label for label, _ in before]
        for (label, value), (_, was) in zip(new, before, strict=True):
            assert value in VALUES[label] and value != was
            at = next(i for i in range(len(tokens)) if " ".join(tokens[i : i + len(value.split())]) == value)
            source = next(words for words in own if value in " ".join(words))
            first = next(i for i in range(len(source)) if " ".join(source[i:]).startswith(value))
            assert pos[at : at + len(value.split())] == own[source][first : first + len(value.split())]
    assert batch.targets["intent"].tolist() == split.batch(np.array(rows)).targets["intent"].tolist()
    assert batch.labelled["slots"].tolist() == split.batch(np.array(rows)).labelled["slots"].tolist()


def test_a_row_without_spans_and_one_without_words_stay(tmp_path: Path) -> None:
    changes, split = augmentation(tmp_path, tree(swap_values=1.0))
    plain, found = split.batch(np.array([3, 4, 5])), changed(changes, split, [3, 4, 5], 0)
    for key, value in plain.features.items():
        assert torch.equal(found.features[key], value)
    for task, target in plain.targets.items():
        assert torch.equal(found.targets[task], target)
    assert found.tokens == plain.tokens


def equal(one: Batch, other: Batch) -> bool:
    pairs: list[tuple[Mapping[Any, Any], Mapping[Any, Any]]] = [
        (one.features, other.features),
        (one.targets, other.targets),
        (one.lengths, other.lengths),
    ]
    return all(
        a.keys() == b.keys() and all(a[k].shape == b[k].shape and torch.equal(a[k], b[k]) for k in a) for a, b in pairs
    )


@pytest.mark.parametrize("what", ["values", "slips"])
def test_what_is_read_depends_on_pass_and_row_alone(what: str, tmp_path: Path) -> None:
    found = tree(swap_values=0.5) if what == "values" else with_noise(tree(), rate=0.5)
    changes, split = augmentation(tmp_path, found)
    rows = [0, 1, 2, 6, 7, 8]
    assert equal(changed(changes, split, rows, 1), changed(changes, split, rows, 1))
    assert not equal(changed(changes, split, rows, 1), changed(changes, split, rows, 2))
    together = dict(zip(rows, read(changes, changed(changes, split, rows, 1)), strict=True))
    for row in rows:
        assert read(changes, changed(changes, split, [row], 1)) == [together[row]]


def test_the_rate_of_values_is_that_of_spans(tmp_path: Path) -> None:
    changes, split = augmentation(tmp_path, tree(swap_values=0.3))
    swapped = 0
    for epoch in range(300):
        ((tokens, _, _),) = read(changes, changed(changes, split, [2], epoch))
        swapped += tokens != ROWS[2][0].split()
    assert 0.23 < swapped / 300 < 0.37


def test_the_rate_of_slips_is_that_of_words(tmp_path: Path) -> None:
    changes, split = augmentation(tmp_path, with_noise(tree(), rate=0.2, edits=["delete"]))
    slips = 0
    for epoch in range(300):
        ((tokens, _, _),) = read(changes, changed(changes, split, [1], epoch))
        slips += tokens.count("?")  # a word that lacks a letter is not in the vocabulary
    assert 0.16 < slips / (300 * 4) < 0.24


def test_noise_leaves_tags_and_other_columns_alone(tmp_path: Path) -> None:
    changes, split = augmentation(tmp_path, with_noise(tree(), rate=1.0, edits=["replace", "swap"]))
    rows = [0, 1, 2, 3, 4, 5]
    plain, found = split.batch(np.array(rows)), changed(changes, split, rows, 0)
    for task, target in plain.targets.items():
        assert torch.equal(found.targets[task], target)
    for key, lengths in plain.lengths.items():
        assert torch.equal(found.lengths[key], lengths)
    assert not equal(plain, found)
    changes.noise = {"another": CharacterNoise(1.0)}
    assert equal(plain, changed(changes, split, rows, 0))


def test_a_text_that_is_cut_is_cut_after_its_values_are_swapped(tmp_path: Path) -> None:
    found = tree(swap_values=1.0)
    for task in found["tasks"].values():
        task["inputs"]["text"]["max_tokens"] = 3
    changes, split = augmentation(tmp_path, found)
    assert changes.swapping is not None
    assert {v.text for v in changes.swapping[0].values["song"]} == {"yesterday"}  # others may go on after what is read
    for epoch in range(20):
        for tokens, slots, _ in read(changes, changed(changes, split, [0, 1, 2], epoch)):
            assert len(tokens) <= 3 and "-" not in slots
            assert tokens[0] == "play" and slots[0] == "O"


def test_a_row_whose_words_would_run_together_stays(tmp_path: Path) -> None:
    rows = [("on(light)", "O O B-x O"), ("on(-)", "O O B-x O"), ("a-b", "O B-x O")]
    found = tree(swap_values=1.0)
    del found["tasks"]["intent"], found["tasks"]["pos"]
    found["tasks"]["slots"]["inputs"]["text"]["tokenizer"] = "unicode_words"
    spans = {"on(light)": [[3, 8, "x"]], "on(-)": [[3, 4, "x"]], "a-b": [[1, 2, "x"]]}
    graph = build_graph(recipe_from_dict(found, data=tmp_path))
    given = {"rows": {"train": [{"text": text, "slots": spans[text]} for text, _ in rows]}}
    prepared = prepare(graph, open_sources(graph.recipe, given), tmp_path / "cache")
    split = prepared.splits["rows", "train"]
    changes = Augmentation.of(graph, "rows", split, prepared.fitted)
    assert changes is not None and changes.swapping is not None
    key = changes.swapping[0].key
    seen: list[list[str]] = []

    def spy(batch: Batch, texts: Mapping[InputKey, Any]) -> None:
        assert changes is not None
        seen.append(changes._swap(batch, texts, 0)[key.column])

    split.batch(np.array([0, 1, 2]), change=spy)
    # 'a' + 'light' + 'b' would be one word; the other two take each other's value.
    assert seen == [["on(-)", "on(light)", "a-b"]]


MESSAGES: dict[str, tuple[dict[str, Any], str]] = {
    "plain tags": (
        {"pos": {"scheme": "auto", "swap_values": 0.5}},
        "tasks.pos.swap_values: should come with tags of bio, bioes, bilou. Found tags of plain.",
    ),
    "two tasks": (
        {"slots": {"swap_values": 0.5}, "pos": {"target": "slots", "scheme": "bio", "swap_values": 0.5}},
        "tasks.slots.swap_values: should be of one task on the source 'rows'. Found it of slots and pos.",
    ),
    "another tokenizer": (
        {
            "slots": {"swap_values": 0.5},
            "pos": {"inputs": {"text": {"column": "text", "tokenizer": "unicode_words"}}},
        },
        "tasks.slots.swap_values: should be left out where another task has answers about tokens of the column 'text' "
        "that are no tags of tokens cut alike. Found the task 'pos'.",
    ),
}


@pytest.mark.parametrize("case", MESSAGES)
def test_values_that_cannot_be_swapped(case: str, tmp_path: Path) -> None:
    more, message = MESSAGES[case]
    found = tree()
    for task, keys in more.items():
        found["tasks"][task] |= keys
    graph, prepared = made(tmp_path, found)
    with pytest.raises(UsageError) as caught:
        Trainer(graph, prepared, tmp_path / "run")
    assert str(caught.value) == message


def test_values_of_a_declared_scheme_that_has_none(tmp_path: Path) -> None:
    with pytest.raises(RecipeError) as caught:
        recipe_from_dict(tree(scheme="iob1", swap_values=0.5), data=tmp_path)
    assert [f"{fault.path}: {fault.message}" for fault in caught.value.faults] == [
        "tasks.slots: swap_values should come with tags of bio, bioes or bilou. Found the scheme iob1."
    ]


NOISE: dict[str, tuple[Any, str]] = {
    "rate": ({"rate": 0}, "noise.rate: should be a number greater than 0. Found 0."),
    "too high": ({"rate": 2}, "noise.rate: should be a number of at most 1. Found 2."),
    "edit": (
        {"edits": ["swop"]},
        "noise.edits.0: should be one of 'swap', 'delete', 'insert', 'replace'. Found 'swop'. Did you mean 'swap'?",
    ),
    "key": ({"rat": 1}, "noise: an input's noise has no key 'rat'. Did you mean 'rate'?"),
    "number": (0.1, "noise: should be a mapping. Found 0.1. Its keys: edits, rate."),
}


@pytest.mark.parametrize("case", NOISE)
def test_faults_of_noise(case: str, tmp_path: Path) -> None:
    noise, message = NOISE[case]
    found = tree()
    for task in found["tasks"].values():
        task["inputs"]["text"]["noise"] = noise
    found["tasks"] = {"slots": found["tasks"]["slots"]}
    with pytest.raises(RecipeError) as caught:
        recipe_from_dict(found, data=tmp_path)
    assert [f"{fault.path}: {fault.message}" for fault in caught.value.faults] == [f"tasks.slots.inputs.text.{message}"]


def test_inputs_of_one_column_have_one_noise(tmp_path: Path) -> None:
    found = tree()
    found["tasks"]["intent"]["inputs"]["text"]["noise"] = {"rate": 0.1}
    with pytest.raises(RecipeError) as caught:
        recipe_from_dict(found, data=tmp_path)
    wanted = (
        "should be the 'noise' of tasks.intent.inputs.text, as both read the column 'text'. Found another, or none."
    )
    assert [f"{fault.path}: {fault.message}" for fault in caught.value.faults] == [
        f"tasks.{task}.inputs.text.noise: {wanted}" for task in ("slots", "pos")
    ]


def test_a_filled_recipe_has_the_noise(tmp_path: Path) -> None:
    recipe: Recipe = recipe_from_dict(with_noise(tree(), rate=0.2, edits=["swap"]), data=tmp_path)
    text = filled(recipe)
    assert recipe_from_text(text, name="filled").tasks == recipe.tasks
    assert text.count("rate: 0.2") == 3
    noise = {config.noise for task in recipe.tasks.values() for config in task.inputs.values()}
    assert noise == {CharacterNoise(0.2, ("swap",))}


def test_the_cache_is_that_of_the_texts_as_they_are(tmp_path: Path) -> None:
    for number, found in enumerate((tree(), tree(swap_values=0.5), with_noise(tree(), rate=0.5))):
        _, prepared = made(tmp_path, found)
        files = sorted(file.name for file in (tmp_path / "cache").iterdir())
        assert len(files) == 4, number  # two splits that are one file, and what was fitted, with a seal each
        assert prepared.splits["rows", "train"].lengths.tolist() == [max(1, len(row[0].split())) for row in ROWS]


def test_stopped_it_ends_the_same(tmp_path: Path) -> None:
    graph, prepared = made(tmp_path, with_noise(tree(swap_values=0.5), rate=0.2))
    whole = Trainer(graph, prepared, tmp_path / "whole")
    for _ in whole.train():
        pass
    for _ in islice(Trainer(graph, prepared, tmp_path / "stopped").train(), 9):
        pass
    resumed = Trainer(graph, prepared, tmp_path / "stopped", resume=True)
    assert resumed.step > 0
    for _ in resumed.train():
        pass
    assert same(parameters(resumed.model), parameters(whole.model))
    plain = Trainer(*made(tmp_path, tree()), tmp_path / "plain")
    for _ in plain.train():
        pass
    assert not same(parameters(plain.model), parameters(whole.model))


def test_spans_that_break_the_grammar_are_none() -> None:
    bio = ["I-x", "B-x", "I-y", "B-a", "I-a", "O", "I-a", None, "B-b"]
    assert list(spans_of(bio, "bio")) == [(1, 2, "x"), (3, 5, "a"), (8, 9, "b")]
    bioes = ["B-x", "O", "S-z", "I-z", "B-a", "I-a", "E-a", "E-a", "S-b", "B-c", None, "E-c", "B-d", "I-d"]
    assert list(spans_of(bioes, "bioes")) == [(2, 3, "z"), (4, 7, "a"), (8, 9, "b")]
    bilou = ["U-z", "L-z", "B-a", "L-a", "I-a", "B-b", "B-b", "L-b"]
    assert list(spans_of(bilou, "bilou")) == [(0, 1, "z"), (2, 4, "a"), (6, 8, "b")]


def test_what_a_task_does_not_read_is_left_to_the_others(tmp_path: Path) -> None:
    rows = [("stop b now at once", "O B-x O O O"), ("stop a c d e now at once", "O B-x I-x I-x I-x O O O")]
    found = tree(swap_values=1.0)
    del found["tasks"]["pos"]
    given = {"rows": {"train": [{"text": text, "slots": tags, "intent": "none"} for text, tags in rows]}}
    found["tasks"]["slots"]["inputs"]["text"]["max_tokens"] = 6
    graph = build_graph(recipe_from_dict(found, data=tmp_path))
    prepared = prepare(graph, open_sources(graph.recipe, given), tmp_path / "cache")
    split = prepared.splits["rows", "train"]
    changes = Augmentation.of(graph, "rows", split, prepared.fitted)
    assert changes is not None
    read_texts: list[list[str]] = []

    def spy(batch: Batch, texts: Mapping[InputKey, Any]) -> None:
        read_texts.append(changes._swap(batch, texts, 0)["text"])
        changes.change(batch, texts, epoch=0)

    batch = split.batch(np.array([0, 1]), change=spy)
    assert read_texts == [["stop a c d e now at once", "stop b now at once"]]
    lengths = {place[0]: batch.lengths[place[2]].tolist() for place in batch.features}
    assert lengths == {"intent.embedding": [8, 5], "slots.embedding": [6, 5]}
    names = split.target_names("slots")
    tags = [[names[i] if i >= 0 else "-" for i in row] for row in batch.targets["slots"].tolist()]
    # 'at once' was not read of the second row: what is read of it now has no answer.
    assert tags == [["O", "B-x", "I-x", "I-x", "I-x", "O"], ["O", "B-x", "O", "-", "-", "-"]]


def test_tasks_that_are_not_trained_change_nothing(tmp_path: Path) -> None:
    graph, prepared = made(tmp_path, with_noise(tree(swap_values=0.5), rate=0.5))
    split = prepared.splits["rows", "train"]
    tasks = graph.recipe.tasks
    for name in ("slots", "pos"):
        object.__setattr__(tasks[name], "learn", False)
    changes = Augmentation.of(graph, "rows", split, prepared.fitted)
    assert changes is not None and changes.swapping is None and changes.noise  # of 'intent', which is trained
    object.__setattr__(tasks["intent"], "learn", False)
    assert Augmentation.of(graph, "rows", split, prepared.fitted) is None


@pytest.mark.parametrize("tokenizer", ["number", "value"])
def test_values_have_no_slips(tokenizer: str, tmp_path: Path) -> None:
    found = tree()
    task = found["tasks"]["intent"]
    task["inputs"]["age"] = {"column": "age", "tokenizer": tokenizer, "noise": {"rate": 0.5}}
    found["tasks"] = {"intent": task}
    with pytest.raises(RecipeError) as caught:
        recipe_from_dict(found, data=tmp_path)
    assert [f"{fault.path}: {fault.message}" for fault in caught.value.faults] == [
        f"tasks.intent.inputs.age.noise: should be left out, as each cell is one value ('tokenizer: {tokenizer}'): "
        "slips are for texts."
    ]
