"""Recipes in which registered embeddings, representations, poolings, wide modules and decoders of trees are used.

There is one task for each use. Which modules there are is asked of the registry, so that none can be left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mtl_modules  # noqa: F401  # registers its modules
from mtl.base import registry
from mtl.text.trees import Bracket, written
from tests import library, small
from tests.properties.cases import ENCODER

TASKS = {
    "embedding": {"text_classification": "intent", "word_tagging": "slots"},
    "representation": {"text_classification": "intent", "word_tagging": "slots"},
    "pooling": {"text_classification": "intent"},
    "wide": {"text_classification": "intent", "multi_label_classification": "intent"},
    "decoder": {"semantic_parsing": "tree"},
}
WITHOUT = {
    ("embedding", "lexical"),  # made for the side branches of a ranking: test_pairs.py
    ("embedding", "transformer"),  # made for pieces of a vocabulary: tests/mtl/runs/test_transformer_run.py
    ("decoder", "attention_flow"),  # made for questions about texts: test_questions.py
    ("decoder", "mlp"),  # in all other tasks
}
SLOW = ("decoder",)  # kinds that take long to export: a parser is a loop
LISTS = {
    "song.txt": "Hey Jude\nyesterday\nHey\n",
    "time.json": '{"times": [{"name": "six thirty"}, {"name": "noon"}, {"name": "thirty please"}]}',
}
BILSTM = {"type": "bilstm", "hidden": 3}
CHARACTERS = {"type": "char_lstm", "hidden": 3, "char_dim": 4}
BACKWARD = {"type": "lstm", "hidden": 4, "direction": "backward"}
# Keys of modules that need some, or that are to be small, or in more than one configuration.
KEYS: dict[tuple[str, str], tuple[dict[str, Any], ...]] = {
    ("decoder", "rnng"): ({"dim": 3, "hidden": 5, "dropout": 0.1},),
    ("decoder", "transition"): ({"dim": 3, "hidden": 5, "dropout": 0.1},),
    ("embedding", "byte"): ({"dim": 5, "byte_dim": 4},),
    ("embedding", "gazetteer"): tuple(
        {"lists": {"song": "song.txt", "time": "time.json"}, "columns": {"time": "times.name"}, **own}
        for own in ({"dim": 3, "factors": {"song": 2.0}}, {"dim": 3, "positions": "bi"}, {"dim": None})
    ),
    ("embedding", "shape"): ({"dim": 4, "shape_dim": 3}, {"prefixes": 0, "suffixes": 2, "min_count": 1}),
    ("embedding", "categorical"): ({"dim": 5, "dropout": 0.2},),
    ("embedding", "char_cnn"): ({"dim": 5, "char_dim": 4, "widths": [1, 3]}, {"dim": 5, "char_dim": 4, "highway": 2}),
    ("embedding", "char_lstm"): ({"hidden": 3, "char_dim": 4},),
    ("embedding", "character"): ({"dim": 5}, {"dim": 5, "max_length": 3, "token_pooling": "mean"}),
    ("embedding", "contextual"): (
        {
            "words": {"type": "character", "dim": 4, "max_length": 5},
            "forward": {"type": "lstm", "hidden": 3},
            "backward": BACKWARD,
        },
        {
            "words": {"type": "word", "dim": 4},
            "forward": {"type": "gru", "hidden": 3, "layers": 2},
            "backward": BACKWARD,
        },
    ),
    ("embedding", "concat"): ({"parts": {"word": {"type": "word", "dim": 4}, "char": CHARACTERS}},),
    ("embedding", "dense"): ({"missing": "indicator"}, {}),
    ("embedding", "mix"): (
        {"parts": {"word": {"type": "word", "dim": 6}, "char": CHARACTERS}, "per": "dimension"},
        {"parts": {"word": {"type": "word", "dim": 6}, "char": CHARACTERS}, "per": "token"},
        {"parts": {"word": {"type": "word", "dim": 6}, "char": CHARACTERS}},
        {"parts": {"word": {"type": "word", "dim": 3}, "char": CHARACTERS}, "dim": 5},
    ),
    ("embedding", "piece"): ({"dim": 5}, {"dim": 5, "token_pooling": "mean"}),
    ("embedding", "positional"): ({"dim": 5, "positions": "learned", "max_length": 4}, {"dim": 5}),
    ("embedding", "sum"): ({"parts": {"word": {"type": "word", "dim": 5}, "place": {"type": "positional", "dim": 5}}},),
    ("embedding", "word"): ({"dim": 8, "word_dropout": 0.2}, {"dim": 8, "vocabulary": "song.txt"}),
    ("representation", "bigru"): ({"hidden": 4, "layers": 2, "dropout": 0.2},),
    ("representation", "bilstm"): ({"hidden": 4},),
    ("representation", "bottleneck"): ({"encoder": {"type": "transformer", "config": ENCODER}, "size": 3},),
    ("representation", "bseqcnn"): ({"dim": 6, "widths": [2, 3], "context": 3},),
    ("representation", "cnn"): ({"dim": 7, "widths": [1, 2, 3]},),
    ("representation", "concat"): ({"parts": {"one": {"type": "cnn", "dim": 5}, "two": BILSTM}},),
    ("representation", "cross_stitch"): (
        {"own": "one", "parts": {"one": {"type": "sru", "hidden": 3}, "two": BILSTM}},
    ),
    ("representation", "dilated_cnn"): ({"dim": 6, "dropout": 0.1},),
    ("representation", "gru"): ({"hidden": 4, "layers": 2}, {"hidden": 4, "direction": "backward"}),
    ("representation", "lora"): (
        {"encoder": {"type": "transformer", "config": ENCODER}, "rank": 2},
        {
            "encoder": {"type": "self_attention", "dim": 8, "heads": 2, "ffn": 12},
            "targets": ["out", "ffn_in", "ffn_out"],
        },
    ),
    ("representation", "lstm"): ({"hidden": 4}, {"hidden": 4, "layers": 2, "direction": "backward"}),
    ("representation", "mmoe"): ({"experts": {"type": "concat", "parts": {"one": BILSTM, "two": BILSTM}}},),
    ("representation", "multiplicative_lstm"): ({"hidden": 4, "layers": 2}, {"hidden": 4, "cell": "factored"}),
    ("representation", "residual"): ({"part": BILSTM, "norm": True}, {"part": {"type": "sru", "hidden": 4}}),
    ("representation", "self_attention"): (
        {"dim": 8, "heads": 2, "ffn": 12, "layers": 1},
        {"dim": 6, "heads": 1, "ffn": 8, "positions": "learned", "max_length": 5},
        {"dim": 8, "heads": 2, "ffn": 12, "layers": 1, "causal": True},
    ),
    ("representation", "slot_attention"): ({"hidden": 3}, {"hidden": 3, "score": "additive", "dim": 5}),
    ("representation", "sru"): ({"hidden": 3},),
    ("representation", "stack"): ({"parts": {"low": {"type": "cnn", "dim": 5}, "own": BILSTM}},),
    ("representation", "transformer"): ({"config": ENCODER}, {"config": ENCODER, "start": 1}),
    ("wide", "ngrams"): (
        {"min_count": 2, "dropout": 0.1},
        {"words": [1, 3], "characters": None, "values": "count", "norm": False, "scale": 1.0},
        {"words": None, "values": "binary", "max_size": 50},
    ),
    ("pooling", "concat"): ({"parts": {"largest": {"type": "max"}, "ends": {"type": "boundary"}}},),
    ("pooling", "query_attention"): ({}, {"queries": 2}),
    ("pooling", "self_attention"): ({"dim": 4}, {"dim": 4, "hops": 3}),
}


# Adapters begin with zeros in their `up`: until these have moved, no gradient reaches what comes before.
BEFORE_ZEROS = {("representation", "lora"): ".down.", ("representation", "bottleneck"): ".down."}


@dataclass(frozen=True)
class Use:
    """A module in one of its configurations, in a task of some type."""

    kind: str
    module: str
    number: int
    task: str

    @property
    def name(self) -> str:
        """Name of the task that uses it."""
        return f"{self.kind}-{self.module}-{self.number}-{self.task}"

    @property
    def address(self) -> str:
        """The module's address: an embedding is beside that of words."""
        return f"{self.name}.embedding.own" if self.kind == "embedding" else f"{self.name}.{self.kind}"

    @property
    def words(self) -> str:
        """The address of the words' vectors, which all share."""
        return f"{self.name}.embedding.word" if self.kind == "embedding" else f"{self.name}.embedding"


def configurations(kind: str, name: str) -> tuple[dict[str, Any], ...]:
    """Return the keys that a module is used with; raises where it needs some that `KEYS` does not have."""
    found = KEYS.get((kind, name), ({},))
    needed = {key for key, p in registry.recipe_keys(registry.lookup(kind, name)).items() if p.default is p.empty}
    for keys in found:
        lacking = ", ".join(sorted(needed - set(keys)))
        if lacking:
            raise LookupError(
                f"the {kind} '{name}' should have a line in KEYS of tests/properties/zoo.py, with {lacking}."
            )
    return found


def uses() -> list[Use]:
    """Return every module of the library in every configuration and task type."""
    return [
        Use(kind, name, number, task)
        for kind, tasks in TASKS.items()
        for name in library.names(kind)
        if (kind, name) not in WITHOUT
        for number in range(len(configurations(kind, name)))
        for task in tasks
    ]


def sample() -> list[Use]:
    """Return every module that is soon exported once, in its first configuration, task types in turn."""
    found: dict[tuple[str, str], list[Use]] = {}
    for use in uses():
        if not use.number and use.kind not in SLOW:
            found.setdefault((use.kind, use.module), []).append(use)
    return [group[position % len(group)] for position, group in enumerate(found.values())]


def write(folder: Path) -> None:
    """Write the small data into a folder, with a tree beside each row's tags, and the lists of names."""
    small.write(folder)
    write_lists(folder)
    for split in ("train", "dev", "test"):
        header, *rows = [line.split("\t") for line in (folder / f"{split}.tsv").read_text("utf-8").splitlines()]
        lines = [[*header, "tree"], *([*row, tree(*row)] for row in rows)]
        (folder / f"{split}.tsv").write_text("".join("\t".join(line) + "\n" for line in lines), "utf-8")


def tree(text: str, intent: str, tags: str) -> str:
    """Return the tree that an intent and a text's tags are: `[IN:play play [SL:song hey jude ] now ]`."""
    words, found = text.split(), tags.split()
    slots = [place for place, tag in enumerate(found) if tag[0] == "B"]
    ends = [next((i for i, tag in enumerate(found) if i > place and tag[0] != "I"), len(found)) for place in slots]
    brackets = [Bracket(f"SL:{found[place][2:]}", place, end) for place, end in zip(slots, ends, strict=True)]
    return written([Bracket(f"IN:{intent}", 0, len(words)), *brackets], words)


def write_lists(folder: Path) -> None:
    """Write the lists of names that gazetteers read."""
    for name, text in LISTS.items():
        (folder / name).write_text(text, "utf-8")


def recipe(chosen: Sequence[Use]) -> dict[str, Any]:
    """Return a recipe of two steps with a task for each use; all share their words' vectors, of size 8."""

    def task(use: Use) -> dict[str, Any]:
        module = {"type": use.module, **configurations(use.kind, use.module)[use.number]}
        words = {"type": "word", "dim": 8}
        beside = {"embedding": {"type": "concat", "parts": {"word": words, "own": module}}}
        return {
            "type": use.task,
            "source": "utterances",
            "inputs": {"text": {"column": "text", "lowercase": True}},
            "target": TASKS[use.kind][use.task],
            "model": beside if use.kind == "embedding" else {"embedding": words, use.kind: module},
        }

    return {
        "name": "zoo",
        "seed": 5,
        "sources": {"utterances": {"format": "tsv", **{split: f"{split}.tsv" for split in ("train", "dev", "test")}}},
        "tasks": {use.name: task(use) for use in chosen},
        "share": {"words": [use.words for use in chosen]} if len(chosen) > 1 else {},
        "train": {
            "optimizer": {"type": "adam", "lr": 0.02},
            "batch": {"size": 16},
            "max_steps": 2,
            "gradients_every": 0,
        },
    }
