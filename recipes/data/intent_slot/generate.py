"""Make train.tsv, dev.tsv and test.tsv from the grammar and the hand-written utterances beside this file.

Every template belongs to one split, one pattern of each intent is not in training at all, and a share of each slot's
values never occurs in a training sentence of the grammar: dev and test ask for what training did not show. The same
input gives the same bytes everywhere: all choices come from `random.Random.random`, whose sequence Python guarantees,
and SHA-256.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

HERE = Path(__file__).parent
SPLITS = ("train", "dev", "test")
SHARES = (0.74, 0.10)  # of an intent's templates and utterances, in train and in dev; the rest is test
UNSEEN = 0.03  # share of patterns that training does not have at all
SENTENCES = 11  # drawn from each pattern, each from another template while there are
HELD_OUT = 0.2  # share of each slot's values that no training template may use
NOVEL = 0.25  # how often dev and test draw one of those
TYPOS = 0.04

BEGINNINGS = (
    "please", "hey ,", "ok ,", "can you", "could you", "could you please", "would you", "I'd like you to",
    "go ahead and", "um ,", "hey , can you", "I want you to", "just", "hi ,", "if you don't mind ,", "now",
)  # fmt: skip
ENDINGS = ("please", "thanks", "for me", "now", ", please", "thank you", "if you can", "right away", "would you", "!")

CHOICE = re.compile(r"\(([^()]*\|[^()]*)\)")
PLACE = re.compile(r"\{(\w+)(?::(\w+))?\}")
MARKED = re.compile(r"\[([^\]]+)\]\((\w+)\)")
HEADING = re.compile(r"\[([\w.]+)\]")

Lists = dict[str, tuple[list[str], list[str]]]  # name -> the values that training may use, and the others


class Example(NamedTuple):
    """One utterance: its whitespace tokens, one tag a token, and whether a person wrote it."""

    tokens: tuple[str, ...]
    intent: str
    tags: tuple[str, ...]
    written: bool = False

    @property
    def text(self) -> str:
        """The tokens, joined by one space."""
        return " ".join(self.tokens)

    @property
    def shape(self) -> str:
        """The utterance with each slot's words replaced by the slot's name: what its template would be."""
        words = ((t.lower(), tag) for t, tag in zip(self.tokens, self.tags, strict=True) if not tag.startswith("I-"))
        return " ".join(word if tag == "O" else f"{{{tag[2:]}}}" for word, tag in words)


def sections(name: str) -> Iterator[tuple[str, str]]:
    """Yield (heading, line) for each line of a grammar file that is no comment."""
    heading = ""
    for line in (HERE / name).read_text("utf-8").splitlines():
        if found := HEADING.fullmatch(line):
            heading = found[1]
        elif line and not line.startswith("#"):
            yield heading, line


def grouped(name: str) -> dict[str, list[str]]:
    """Return heading -> its lines."""
    found: dict[str, list[str]] = {}
    for heading, line in sections(name):
        found.setdefault(heading, []).append(line)
    return found


def order(values: Sequence[str], salt: str) -> list[str]:
    """Return values in an order that is arbitrary but always the same."""
    return sorted(values, key=lambda value: hashlib.sha256(f"{salt}\n{value}".encode()).digest())


def pick(random: Random, options: Sequence[str]) -> str:
    """Return one of the options."""
    return options[int(random.random() * len(options))]


def expand(pattern: str) -> list[str]:
    """Return every string that a pattern's choices can make."""
    parts = CHOICE.split(pattern)
    options = [[part] if i % 2 == 0 else part.split("|") for i, part in enumerate(parts)]
    return ["".join(chosen).strip() for chosen in itertools.product(*options)]


def values() -> Lists:
    """Return each list's values: those that training may use, and those that are held out."""
    divided = {}
    for name, lines in grouped("values.txt").items():
        found = (value for line in lines for part in line.split(";") for value in expand(part.strip()))
        ordered = order(list(dict.fromkeys(found)), name)
        known = round(len(ordered) * (1 - HELD_OUT))
        divided[name] = (ordered[:known], ordered[known:])
    return divided


def divide(lines: Sequence[str], salt: str) -> dict[str, str]:
    """Return line -> split, in the shares that the splits have."""
    train = round(len(lines) * SHARES[0])
    dev = train + round(len(lines) * SHARES[1])
    return {line: SPLITS[(i >= train) + (i >= dev)] for i, line in enumerate(order(lines, salt))}


def templates(intent: str, patterns: Sequence[str]) -> Iterator[tuple[str, str, int]]:
    """Yield (template, split, number of sentences) for all templates of an intent's patterns that are used."""
    unseen = order(patterns, "unseen")[: round(len(patterns) * UNSEEN)]
    chosen = {pattern: order(expand(pattern), intent)[:SENTENCES] for pattern in patterns}
    splits = divide([t for pattern in patterns if pattern not in unseen for t in chosen[pattern]], intent)
    for pattern in unseen:
        splits |= {template: SPLITS[1 + (i % 3 > 0)] for i, template in enumerate(chosen[pattern])}
    for found in chosen.values():
        for i, template in enumerate(found):
            yield template, splits[template], len(range(i, SENTENCES, len(found)))


def tagged(words: str, slot: str | None) -> list[tuple[str, str]]:
    """Return (token, tag) for words that are one slot's value, or none's."""
    return [(w, "O" if slot is None else f"{'I' if i else 'B'}-{slot}") for i, w in enumerate(words.split())]


def written(intent: str, line: str) -> Example:
    """Return the example that a line of utterances.txt marks up."""
    pairs: list[tuple[str, str]] = []
    parts = MARKED.split(line)
    for i in range(0, len(parts), 3):
        pairs += tagged(parts[i], None)
        if i + 2 < len(parts):
            pairs += tagged(parts[i + 1], parts[i + 2])
    tokens, tags = zip(*pairs, strict=True)
    return Example(tokens, intent, tags, written=True)


def mistype(pairs: list[tuple[str, str]], random: Random) -> None:
    """Swap two letters of a word that is in no slot, or leave one out."""
    long = [k for k, (word, tag) in enumerate(pairs) if tag == "O" and len(word) > 3 and word.isalpha()]
    if long:
        k = long[int(random.random() * len(long))]
        word = pairs[k][0]
        i = 1 + int(random.random() * (len(word) - 2))
        middle = word[i + 1] + word[i] if random.random() < 0.5 else word[i + 1]
        pairs[k] = (word[:i] + middle + word[i + 2 :], "O")


class Filler:
    """Fills one sentence's slots: no value twice, and the values of a list with parts all from one of them."""

    def __init__(self, random: Random, lists: Lists, novel: float) -> None:
        self.random, self.lists, self.novel = random, lists, novel
        self.parts: dict[str, str] = {}
        self.used: set[str] = set()

    def __call__(self, name: str) -> str:
        """Return a value of the list called `name`."""
        if name not in self.parts:
            found = [part for part in self.lists if part.partition(".")[0] == name]
            self.parts[name] = found[0] if len(found) == 1 else pick(self.random, found)
        known, novel = self.lists[self.parts[name]]
        options = novel if self.random.random() < self.novel else known
        value = pick(self.random, [v for v in options if v not in self.used] or known)
        self.used.add(value)
        return value


def drawn(intent: str, template: str, split: str, lists: Lists, i: int) -> Example:
    """Return the i-th sentence of a template."""
    random = Random(f"{intent}\n{template}\n{i}")
    fill = Filler(random, lists, 0 if split == "train" else NOVEL)
    manner = template[0] if template[0] in "!<" else ""
    parts = PLACE.split(template.lstrip("!< "))
    pairs: list[tuple[str, str]] = []
    for k in range(0, len(parts), 3):
        pairs += tagged(parts[k], None)
        if k + 2 < len(parts):
            pairs += tagged(fill(parts[k + 2] or parts[k + 1]), parts[k + 1])
    if manner and random.random() < 0.45:
        pairs = tagged(pick(random, BEGINNINGS), None) + pairs
    if manner == "!" and random.random() < 0.3:
        pairs += tagged(pick(random, ENDINGS), None)
    elif random.random() < 0.15 and pairs[-1][0] not in ("?", "!"):
        pairs.append((pick(random, (".", ".", "!", "...")), "O"))
    if random.random() < TYPOS:
        mistype(pairs, random)
    return Example(*cased(pairs, intent, random.random()))


def cased(pairs: list[tuple[str, str]], intent: str, kind: float) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    """Return an example's fields as a person types them: without capitals, with them, or shouting; `.` may stick."""
    tokens, tags = (list(field) for field in zip(*pairs, strict=True))
    if len(tokens) > 1 and tags[-2:] == ["O", "O"] and tokens[-1] in ("?", ".", "!") and kind * 100 % 1 < 0.8:
        tokens[-2:], tags[-2:] = [tokens[-2] + tokens[-1]], ["O"]
    if kind < 0.4:
        tokens = [token.lower() for token in tokens]
    elif kind < 0.7:
        tokens[0] = tokens[0][:1].upper() + tokens[0][1:]
    elif kind > 0.985:
        tokens = [token.upper() for token in tokens]
    return tuple(tokens), intent, tuple(tags)


def examples() -> dict[str, list[Example]]:
    """Return every split's examples; no text is in twice, and no shape in two splits."""
    lists = values()
    found: dict[str, list[Example]] = {split: [] for split in SPLITS}
    texts: set[str] = set()
    owners: dict[str, str] = {}
    candidates = itertools.chain(
        (
            (split, drawn(intent, template, split, lists, i))
            for intent, patterns in grouped("templates.txt").items()
            for template, split, count in templates(intent, patterns)
            for i in range(count)
        ),
        (
            (split, written(intent, line))
            for intent, lines in grouped("utterances.txt").items()
            for line, split in divide(lines, intent).items()
        ),
    )
    for split, example in candidates:
        if example.written:  # what the grammar says too belongs where the grammar says it
            split = owners.get(example.shape, split)
        if owners.setdefault(example.shape, split) == split and example.text.lower() not in texts:
            texts.add(example.text.lower())
            found[split].append(example)
    return found


def files() -> dict[str, bytes]:
    """Return the name and content of each file."""
    made = {}
    for split, rows in examples().items():
        lines = {row.text: f"{row.text}\t{row.intent}\t{' '.join(row.tags)}\n" for row in rows}
        content = "text\tintent\tslots\n" + "".join(lines[text] for text in order(list(lines), split))
        made[f"{split}.tsv"] = content.encode()
    return made


def main() -> None:
    """Write the files beside this one."""
    for name, content in files().items():
        (HERE / name).write_bytes(content)


if __name__ == "__main__":
    main()
