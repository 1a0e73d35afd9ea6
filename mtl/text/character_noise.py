"""Slips of the keyboard in words: in training only, and made anew whenever a text is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import pydantic

from ..base.declared import Key

Edit = Literal["swap", "delete", "insert", "replace"]
EDITS: tuple[Edit, ...] = ("swap", "delete", "insert", "replace")


@dataclass(frozen=True)
class CharacterNoise:
    """How often words get a slip, and of which kinds.

    Source: Belinkov and Bisk (2018), "Synthetic and Natural Noise Both Break Neural Machine Translation".
    """

    rate: Annotated[
        float,
        pydantic.Field(gt=0, le=1),
        Key(
            "share of words that get one slip",
            note="Made anew each time that training reads them, and never cached; words of one character get none.",
        ),
    ] = 0.1
    edits: Annotated[
        tuple[Edit, ...],
        Key(
            "kinds of slips, all as often",
            note="`swap` exchanges two neighbouring characters, `delete` leaves one out, `insert` adds one and "
            "`replace` puts one in another's place, each taken from the letters of the text.",
            written=Annotated[list[Edit], pydantic.Field(min_length=1)],
        ),
    ] = EDITS


def noisy(words: Sequence[str], noise: CharacterNoise, generator: np.random.Generator) -> list[str]:
    """Return as many words, some of them with a slip; none becomes empty, and nothing but letters is added.

    >>> noise = CharacterNoise(1.0, ("swap",))
    >>> noisy(["to", "a"], noise, np.random.default_rng(0))
    ['ot', 'a']
    """
    letters = [letter for word in words for letter in word if letter.isalpha()]
    chosen = generator.random(len(words)) < noise.rate
    return [
        _edited(word, letters, noise.edits, generator) if slips and len(word) > 1 else word
        for word, slips in zip(words, chosen, strict=True)
    ]


def _edited(word: str, letters: Sequence[str], edits: Sequence[Edit], generator: np.random.Generator) -> str:
    edit = edits[int(generator.integers(len(edits)))]
    if edit in ("insert", "replace") and not letters:
        return word
    changed: dict[Edit, Callable[[], str]] = {
        "swap": lambda: _swapped(word, int(generator.integers(len(word) - 1))),
        "delete": lambda: _with(word, int(generator.integers(len(word))), 1, ""),
        "insert": lambda: _with(word, int(generator.integers(len(word) + 1)), 0, _one_of(letters, generator)),
        "replace": lambda: _with(word, int(generator.integers(len(word))), 1, _one_of(letters, generator)),
    }
    return changed[edit]()


def _swapped(word: str, at: int) -> str:
    return f"{word[:at]}{word[at + 1]}{word[at]}{word[at + 2 :]}"


def _with(word: str, at: int, gone: int, new: str) -> str:
    return f"{word[:at]}{new}{word[at + gone :]}"


def _one_of(letters: Sequence[str], generator: np.random.Generator) -> str:
    return letters[int(generator.integers(len(letters)))]
