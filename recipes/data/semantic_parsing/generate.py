"""Make train.tsv, dev.tsv and test.tsv from the grammar beside this file: what is said, and its tree in brackets.

A tree without its values is a shape; each is in one split only, which a hash of it says. A share of each list's values
is never in training. The same grammar gives the same bytes everywhere: all choices come from `random.Random.random`,
whose sequence Python guarantees, and SHA-256.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

HERE = Path(__file__).parent
SIZES = {"train": 2400, "dev": 300, "test": 500}
SHARES = {"train": 0.7, "dev": 0.1, "test": 0.2}  # of all shapes
HELD_OUT = 0.15  # share of each list's values that training does not have
NOVEL = 0.15  # how often dev and test draw one of those
DEEPEST = 6  # symbols in one another: deeper ones take the first line of a section

HEADING = re.compile(r"\[(\*?[a-z_]+)\]")
SYMBOL = re.compile(r"\{(\w+)\}")
CHOICE = re.compile(r"\(([^()]*)\)")
STICKS = re.compile(r" (?=[?.,!]|'s )")  # no space there, in texts

Grammar = dict[str, list[str]]


class Drawn(NamedTuple):
    """An utterance: its tree in brackets, and the tree with lists' names in place of their values."""

    tree: str
    shape: str

    @property
    def text(self) -> str:
        """The words, with spaces where a person writes them."""
        return STICKS.sub("", " ".join(item for item in self.tree.split() if item != "]" and item[0] != "["))

    @property
    def split(self) -> str:
        """The split that the shape is in."""
        share = int.from_bytes(hashlib.sha256(self.shape.encode()).digest()[:6], "big") / 2**48
        return "train" if share < SHARES["train"] else "dev" if share < SHARES["train"] + SHARES["dev"] else "test"


def grammar() -> Grammar:
    """Return the lines of each section, and the values of each list, whose name begins with a star."""
    found: Grammar = {}
    lines: list[str] = []
    for line in (HERE / "grammar.txt").read_text("utf-8").splitlines():
        if heading := HEADING.fullmatch(line):
            lines = found[heading[1]] = []
        elif line and not line.startswith("#"):
            lines.append(line)
    return {name: _values(name, some) if name[0] == "*" else some for name, some in found.items()}


def _values(name: str, lines: Sequence[str]) -> list[str]:
    """Return the values of a list in an order that is arbitrary but always the same: the last ones are held out."""
    values = [value.strip() for line in lines for value in line.split(";")]
    return sorted(values, key=lambda value: hashlib.sha256(f"{name}\n{value}".encode()).digest())


def pick(random: Random, options: Sequence[str]) -> str:
    """Return one of the options."""
    return options[int(random.random() * len(options))]


class Speaker:
    """Says utterances of a grammar, drawn by a random generator; with `novel` also values that are held out."""

    def __init__(self, rules: Grammar, random: Random, novel: float) -> None:
        self.rules, self.random, self.novel = rules, random, novel

    def __call__(self) -> Drawn:
        """Return an utterance; what is polite, and ends, is part of its intent's bracket."""
        values: list[str] = []
        tree = self._expanded("{utterance}", 0, values)
        before, rest = tree.split("[", 1)
        label, rest = rest.split(" ", 1)
        inside, after = rest.rsplit("]", 1)
        shape = " ".join(f"[{label} {before}{inside}{after} ]".split())
        whole = shape
        for value in values:
            name, words = value.split("=", 1)
            whole = whole.replace(f"<{name}>", words, 1)
        return Drawn(whole, shape)

    def _expanded(self, pattern: str, depth: int, values: list[str]) -> str:
        while choice := CHOICE.search(pattern):
            pattern = pattern[: choice.start()] + pick(self.random, choice[1].split("|")) + pattern[choice.end() :]
        parts = SYMBOL.split(pattern)
        for i in range(1, len(parts), 2):
            name = parts[i]
            if name in self.rules:
                lines = self.rules[name] if depth < DEEPEST else self.rules[name][:1]
                parts[i] = self._expanded(pick(self.random, lines), depth + 1, values) + " " * (name == "polite")
            else:
                values.append(f"{name}={self._value(name)}")
                parts[i] = f"<{name}>"
        return "".join(parts)

    def _value(self, name: str) -> str:
        found = self.rules[f"*{name}"]
        known = round(len(found) * (1 - HELD_OUT))
        return pick(self.random, found[known:] if self.random.random() < self.novel else found[:known])


def examples() -> dict[str, list[Drawn]]:
    """Return every split's utterances; no text is in twice, in whatever case, and no shape in two splits."""
    rules, texts = grammar(), set[str]()
    found: dict[str, list[Drawn]] = {}
    for split, size in SIZES.items():
        speaker = Speaker(rules, Random(split), 0.0 if split == "train" else NOVEL)
        rows = found[split] = []
        while len(rows) < size:
            said = speaker()
            if said.split == split and said.text.lower() not in texts:
                texts.add(said.text.lower())
                rows.append(said)
    return found


def files() -> dict[str, bytes]:
    """Return the name and content of each file."""
    return {
        f"{split}.tsv": "".join(["text\ttree\n", *(f"{row.text}\t{row.tree}\n" for row in rows)]).encode()
        for split, rows in examples().items()
    }


def main() -> None:
    """Write the files beside this one."""
    for name, content in files().items():
        (HERE / name).write_bytes(content)


if __name__ == "__main__":
    main()
