"""Slots of a dialog's last utterance: its tags depend on what was said before, in torch and in the exported graph."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

import mtl
from mtl.runs.runner import Run
from mtl_tasks import ContextTagging
from tests.commands import within

RECIPE: dict[str, Any] = {
    "name": "sessions",
    "seed": 2,
    "sources": {"sessions": {"format": "jsonl", **{split: f"{split}.jsonl" for split in ("train", "dev", "test")}}},
    "tasks": {
        "slots": {
            "type": "context_tagging",
            "source": "sessions",
            "inputs": {"text": "text", "context": "context"},
            "target": "tags",
            "model": {
                "text": {"embedding": {"type": "word", "dim": 12}, "representation": {"type": "bigru", "hidden": 8}},
                "output": "crf",
            },
        }
    },
    "share": {
        "words": ["slots.text.embedding", "slots.context.embedding"],
        "encoder": ["slots.text.representation", "slots.context.representation"],
    },
    "train": {"optimizer": {"type": "adam", "lr": 0.03}, "batch": {"size": 16}, "epochs": 8, "gradients_every": 0},
}
OPENINGS = {"people": ("book a table", "reserve a table"), "time": ("set an alarm", "wake me tomorrow")}
LAST = ("make it {}", "{} please", "I said {}")
NUMBERS = ("seven", "ten", "five")


def rows() -> list[dict[str, Any]]:
    """Return sessions of an opening, a filler or none, and a number that means what the opening says."""
    found = []
    fillers: tuple[list[str], ...] = ([], ["ok"], ["let me see", "yes"])
    every = itertools.product(OPENINGS.items(), LAST, NUMBERS, fillers, range(2))
    for (label, openings), pattern, number, filler, which in every:
        text = pattern.format(number)
        tags = " ".join(f"B-{label}" if word == number else "O" for word in text.split())
        found.append({"context": [openings[which], *filler], "text": text, "tags": tags})
    return found


def write(folder: Path) -> None:
    for split, part in {"train": rows(), "dev": rows()[::5], "test": rows()[::3]}.items():
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in part))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sessions")


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    write(folder)
    return mtl.run(RECIPE, out=folder / "run", data=folder)


def test_slots() -> None:
    task = ContextTagging(scheme="bio")
    assert task.inputs() == ("text", "context")
    assert task.target_input(("context", "text")) == "text"
    assert task.target_options() == {"scheme": "bio"}
    takes = {slot.name: slot.takes for slot in task.slots(("text", "context"))}
    assert takes == {
        "text.embedding": ("text",),
        "text.representation": ("text.embedding",),
        "context.embedding": ("context",),
        "context.representation": ("context.embedding",),
        "context.pooling": ("context.representation",),
        "decoder": ("text.representation", "context.pooling"),
        "output": ("decoder",),
    }


def test_tags_are_what_the_context_says(run: Run, folder: Path) -> None:
    given = {"text": ["make it seven"] * 2, "context": ["book a table ok", "wake me tomorrow"]}
    for answering in (run, mtl.Bundle(folder / "run/export")):
        answers = answering.predict("slots", given)
        assert [answer["tags"] for answer in answers] == [["O", "O", "B-people"], ["O", "O", "B-time"]]
    assert run.metrics["test"]["slots"]["f1"] > 0.95


def test_the_export_is_the_model_and_padding_changes_nothing(run: Run, folder: Path) -> None:
    assert run.manifest["verified"]["rows"] == {"slots": 36}
    assert run.manifest["tasks"]["slots"]["inputs"] == ["text", "context"]
    bundle = mtl.Bundle(folder / "run/export")
    texts = ["make it seven", "", "seven please", "I said ten " * 9, "five"]
    given = {"text": texts, "context": ["", "set an alarm", "book a table let me see yes " * 7, "", "wake me"]}
    wanted = run.predict("slots", given)
    alone = [
        run.predict("slots", {name: [column[row]] for name, column in given.items()})[0] for row in range(len(texts))
    ]
    for found in (alone, *(bundle.predict("slots", given, batch_size=size) for size in (1, 64))):
        for one, other in zip(found, wanted, strict=True):
            assert one["tags"] == other["tags"]
            assert one["tokens"] == other["tokens"]
            assert one["score"] == pytest.approx(other["score"], abs=1e-5)


def test_a_context_may_be_a_list_of_texts(run: Run, folder: Path) -> None:
    texts = ["make it seven", "ten please"]
    listed = {"text": texts, "context": [["book a table", "ok"], []]}
    as_one = {"text": texts, "context": ["book a table ok", ""]}
    wanted = run.predict("slots", as_one)
    assert run.predict("slots", listed) == wanted
    bundle = mtl.Bundle(folder / "run/export")
    assert bundle.predict("slots", listed) == bundle.predict("slots", as_one)
    lines = "".join(
        json.dumps({"text": text, "context": context}) + "\n"
        for text, context in zip(texts, listed["context"], strict=True)
    )
    done = within("predict", folder / "run", "--task", "slots", stdin=lines.encode())
    assert done.stderr == ""
    assert [json.loads(line)["tags"] for line in done.stdout.splitlines()] == [answer["tags"] for answer in wanted]
