"""The embedded data: reproducible, well-formed, large enough, and with a test that is not training over again."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mtl.base.registry import import_file

FOLDER = Path(__file__).resolve().parents[2] / "recipes" / "data" / "intent_slot"
SPLITS = ("train", "dev", "test")


class Row(NamedTuple):
    """A line of a split's file."""

    text: str
    intent: str
    tags: tuple[str, ...]

    @property
    def shape(self) -> str:
        """The text in lower case, each slot's words replaced by the slot's name."""
        pairs = zip(self.text.lower().split(), self.tags, strict=True)
        return " ".join(word if tag == "O" else f"{{{tag[2:]}}}" for word, tag in pairs if tag[:2] != "I-")

    @property
    def values(self) -> set[tuple[str, str]]:
        """Every (slot, words in lower case)."""
        found: list[tuple[str, list[str]]] = []
        for word, tag in zip(self.text.lower().split(), self.tags, strict=True):
            if tag.startswith("B-"):
                found.append((tag[2:], [word]))
            elif tag != "O":
                found[-1][1].append(word)
        return {(slot, " ".join(words)) for slot, words in found}


def read(split: str) -> list[Row]:
    header, *lines = (FOLDER / f"{split}.tsv").read_text("utf-8").splitlines()
    assert header == "text\tintent\tslots"
    return [Row(text, intent, tuple(tags.split(" "))) for text, intent, tags in (line.split("\t") for line in lines)]


@pytest.fixture(scope="module")
def rows() -> dict[str, list[Row]]:
    return {split: read(split) for split in SPLITS}


@pytest.fixture(scope="module")
def generator() -> Any:
    return import_file(FOLDER / "generate.py")


def test_generator_makes_the_same_bytes(generator: Any) -> None:
    made = generator.files()
    assert sorted(made) == sorted(f"{split}.tsv" for split in SPLITS)
    for name, content in made.items():
        assert (FOLDER / name).read_bytes() == content, name


def test_counts(rows: dict[str, list[Row]], generator: Any) -> None:
    everything = list(itertools.chain(*rows.values()))
    assert 3500 <= len({row.text.lower() for row in everything}) == len(everything) <= 4500
    assert len({row.intent for row in everything}) >= 8
    assert len({slot for row in everything for slot, _ in row.values}) >= 15
    assert len(rows["dev"]) >= 400
    assert len(rows["test"]) >= 600
    written = {split: sum(example.written for example in found) for split, found in generator.examples().items()}
    assert sum(written.values()) >= 250
    assert min(written.values()) >= 20


@pytest.mark.parametrize("split", SPLITS)
def test_tags_are_well_formed(rows: dict[str, list[Row]], split: str) -> None:
    for row in rows[split]:
        assert len(row.text.split()) == len(row.tags), row
        assert " ".join(row.text.split()) == row.text, row
        for before, tag in zip(("O", *row.tags), row.tags, strict=False):
            assert re.fullmatch(r"O|[BI]-[a-z_]+", tag), row
            assert not tag.startswith("I-") or before[2:] == tag[2:], row


@pytest.mark.parametrize("split", SPLITS)
def test_punctuation_at_the_end_of_a_slot_is_no_part_of_it(rows: dict[str, list[Row]], split: str) -> None:
    for row in rows[split]:
        words, following = row.text.split(), (*row.tags[1:], "O")
        for word, tag, after in zip(words, row.tags, following, strict=True):
            last = tag != "O" and after != f"I-{tag[2:]}"
            assert not (last and word[-1] in ",;:!.") and not (last and word[-1] == "?" and tag[2:] != "message"), row


def test_every_split_has_every_intent_and_training_every_label(rows: dict[str, list[Row]]) -> None:
    intents = {split: Counter(row.intent for row in found) for split, found in rows.items()}
    assert intents["train"].keys() == intents["dev"].keys() == intents["test"].keys()
    assert min(count for found in intents.values() for count in found.values()) >= 20
    tags = {split: {tag for row in found for tag in row.tags} for split, found in rows.items()}
    assert tags["dev"] | tags["test"] <= tags["train"]


def test_no_text_and_no_shape_is_in_two_splits(rows: dict[str, list[Row]]) -> None:
    for one, other in itertools.combinations(SPLITS, 2):
        for what in ("text", "shape"):
            found = [{getattr(row, what).lower() for row in rows[split]} for split in (one, other)]
            assert not found[0] & found[1], what


def test_a_template_is_in_one_split(generator: Any) -> None:
    owners: dict[tuple[str, str], set[str]] = {}
    for intent, patterns in generator.grouped("templates.txt").items():
        for template, split, _ in generator.templates(intent, patterns):
            owners.setdefault((intent, template), set()).add(split)
    assert {len(splits) for splits in owners.values()} == {1}
    assert {split for splits in owners.values() for split in splits} == set(SPLITS)


def test_values_are_held_out_of_training(rows: dict[str, list[Row]]) -> None:
    known, asked = ({value for row in rows[split] for value in row.values} for split in ("train", "test"))
    assert len(asked - known) >= 0.15 * len(asked)


def test_texts_are_written_in_many_ways(rows: dict[str, list[Row]]) -> None:
    for split in SPLITS:
        texts = " ".join(row.text for row in rows[split])
        marks = (r"\d:\d\d", r"n't\b", r"\w\?", r" \?", r"[A-Z]{3}")
        scripts = ("[éü]", "[\u0900-\u097f]", "[\u0600-\u06ff]")
        for pattern in (*marks, *scripts):
            assert re.search(pattern, texts), (split, pattern)
