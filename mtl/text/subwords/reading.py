"""From a file `tokenizer.json` to the tokenizer of the package `tokenizers`, and what is known of it."""

from __future__ import annotations

import functools
import hashlib
import json
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...base.errors import UsageError, WrongValueError, sentences, some
from ..own_pieces import PieceVocabulary
from . import tokenizer_json
from .characters import asked, kinds_of, normal_forms

KEPT = 1 << 17  # words whose pieces are kept
_MODEL = {"type": "WordPiece", "unk_token": "x", "continuing_subword_prefix": "", "max_input_chars_per_word": 1}
_EMPTY: Mapping[str, Any] = {
    **dict.fromkeys(("truncation", "padding", "post_processor", "decoder")),
    "version": "1.0",
    "added_tokens": [],
    "model": {**_MODEL, "vocab": {"x": 0}},
}


class Loaded:
    """A tokenizer as a file has it, whose special strings are text like any other, and its tables.

    `entries` are the ids of the strings that may be pieces of texts, `tree` is the file as the package understands it.
    """

    def __init__(self, content: bytes) -> None:
        tree = json.loads(content)
        special = tokenizer_json.specials(tree)
        unknown = tokenizer_json.unknown(tree)
        ids = tokenizer_json.entries(tree)
        if unknown is None:
            raise WrongValueError("should have an entry for what is unknown", None)
        before, after = tokenizer_json.around(tree)
        between, second = tokenizer_json.between(tree)
        self.vocabulary = PieceVocabulary(
            size=1 + max((*ids.values(), *special.values())),
            digest=hashlib.sha256(content).hexdigest(),
            unknown=ids[unknown],
            padding=tokenizer_json.padding(tree),
            before=before,
            after=after,
            specials=special,
            between=between,
            second=second,
        )
        left = {*special, unknown}
        package = _package()
        self._tokenizer = package.Tokenizer.from_str(json.dumps(_without(tree, left)))
        self.tree: Mapping[str, Any] = json.loads(self._tokenizer.to_str())
        # No word has a space, or has one that was replaced.
        self.entries = {p: own for p, own in tokenizer_json.entries(self.tree).items() if not p.startswith(" ")}
        self._words: dict[str, list[int]] = {}

    def ids(self, word: str) -> list[int]:
        """Return the ids of a word's pieces; of one of which the normalizer leaves nothing, that of what is unknown."""
        found = self._words.get(word)
        if found is None:
            if len(self._words) >= KEPT:
                self._words.clear()
            found = self._words[word] = self.of_text(word) or [self.vocabulary.unknown]
        return found

    def of_text(self, text: str) -> list[int]:
        """Return the ids of the pieces of a text as a whole."""
        found: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return found

    @cached_property
    def kinds(self) -> NDArray[np.uint8]:
        """The kind of every code point, [0x110000] (see `characters`)."""
        splitters = [leaf for leaf in tokenizer_json.pre_tokenizers(self.tree) if leaf["type"] != "Metaspace"]
        sequence = {"type": "Sequence", "pretokenizers": splitters} if splitters else None
        return _kinds(
            json.dumps({**_EMPTY, "normalizer": self.tree["normalizer"], "pre_tokenizer": sequence}), self.marks
        )

    @cached_property
    def mark(self) -> str:
        """What every word begins with; nothing where words are as they are."""
        leaf = tokenizer_json.pre_tokenizers(self.tree)[-1]
        return str(leaf["replacement"]) if leaf["type"] == "Metaspace" else ""

    @property
    def marks(self) -> str:
        """The characters that become such a mark: also the space, unless words were parted at it before."""
        spaces = "" if len(tokenizer_json.pre_tokenizers(self.tree)) > 1 else " "
        return f"{self.mark}{spaces}" if self.mark else ""

    def forms(self) -> Iterator[tuple[str, str]]:
        """Yield each character with what the normalizer makes of it, without spaces around that."""
        normalizer = self._tokenizer.normalizer
        known, _ = asked()
        others = sorted({character for piece in self.entries for character in piece}.difference(known))
        forms = [*normal_forms(normalizer), *(normalizer.normalize_str(c) if normalizer else c for c in others)]
        mark, marks = self.mark, self.marks
        for character, form in zip((*known, *others), forms, strict=True):
            yield character, mark if character in marks else form.strip(" ")


@functools.lru_cache(maxsize=8)
def _kinds(without_pieces: str, marks: str) -> NDArray[np.uint8]:
    """Return the kinds of characters under a normalizer and a pre-tokenizer, which many vocabularies have."""
    found = _package().Tokenizer.from_str(without_pieces)
    return kinds_of(normal_forms(found.normalizer), found.pre_tokenizer, marks)


@functools.lru_cache(maxsize=8)
def loaded(content: bytes) -> Loaded:
    """Return what a file holds, which `faults` has nothing against."""
    return Loaded(content)


@functools.lru_cache(maxsize=8)
def faults(content: bytes, model: str, others: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """Return what is wrong with a file for a tokenizer with a model of this type, nothing where it can be loaded."""
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError) as error:
        return (f"should be JSON. Found what is not: {error}.",)
    try:
        found = tuple(tokenizer_json.faults(tree, model, dict(others)))
        return found or tuple(_ordered_marks(loaded(content)))
    except UsageError as error:
        return tuple(fault.message for fault in error.faults)
    except Exception as error:  # noqa: BLE001  # the package raises bare ones, and what it refuses may lack anything
        return tuple(sentences(error, "should be a tokenizer that the package 'tokenizers' can read"))


def _ordered_marks(read: Loaded) -> Iterator[str]:
    """Yield a fault where a vocabulary has marks whose order the normalizer changes, by the marks around them."""
    leaves = tokenizer_json.normalizers(read.tree)
    decomposing = [leaf for leaf in leaves if leaf["type"] == "BertNormalizer"]
    # Left out with accents are those of category Mn alone.
    if not any(leaf["lowercase"] if leaf["strip_accents"] is None else leaf["strip_accents"] for leaf in decomposing):
        return
    characters = {character for piece in read.entries for character in piece}
    moved = sorted(c for c in characters if unicodedata.combining(c) and unicodedata.category(c) != "Mn")
    if moved:
        named = some(f"U+{ord(c):04X}" for c in moved)
        yield f"the vocabulary should have no marks that 'BertNormalizer' orders, as a graph does not. Found {named}."


def _package() -> Any:
    try:
        import tokenizers
    except ImportError as error:
        raise UsageError(
            f"should find the package 'tokenizers' installed. Found: {error}. Install it: pip install 'mtl-nlp[hf]'."
        ) from error
    return tokenizers


def _without(tree: Mapping[str, Any], strings: set[str]) -> dict[str, Any]:
    """Return a file whose tokenizer adds nothing, cuts nothing off, and finds none of these strings in a text."""

    def renamed(piece: str) -> str:
        return f" {piece}" if piece in strings else piece

    model = dict(tree["model"])
    if isinstance(model["vocab"], Mapping):
        model["vocab"] = {renamed(piece): own for piece, own in model["vocab"].items()}
        model["unk_token"] = renamed(model["unk_token"])
    else:
        model["vocab"] = [[renamed(piece), score] for piece, score in model["vocab"]]
    nothing = dict.fromkeys(("truncation", "padding", "post_processor", "decoder"))
    return {**tree, **nothing, "added_tokens": [], "model": model}
