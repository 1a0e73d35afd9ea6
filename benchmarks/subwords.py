"""Differential fuzzing of subwords: the package `tokenizers` against the exported graph, over all of Unicode.

    python -m benchmarks.subwords --strings 1000000 --tokenizer FOLDER --data DIR

Without --tokenizer, small ones are trained on the embedded data: WordPiece and Unigram, each with several normalizers
and pre-tokenizers. Strings are random, as those of `benchmarks.fuzz`, or joined of pieces of the vocabulary; with
--data, all lines of the text files under a folder follow. Compared are words, their pieces and the counts of these, and
the pieces of the package for the text as a whole; half of the strings are read up to a number of pieces. Ends 1 where
anything differs.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime

from benchmarks.fuzz import BATCH, differing_rows, random_texts, text_session
from benchmarks.subword_files import VARIANTS, write
from mtl.base.registry import lookup
from mtl.text.featurizer import tokenize
from mtl.text.front_end import FrontEnd
from mtl.text.pieces import PieceCounts, PieceIds
from mtl.text.subwords.hugging_face import HuggingFaceTokenizer
from mtl.text.subwords.reading import loaded

CHUNK = 20_000  # strings at a time
MOST = 7  # pieces that are read where they are bounded


def front_end_of(path: Path, kind: str) -> FrontEnd:
    """Return the front end of a tokenizer's file, or its folder."""
    tokenizer: HuggingFaceTokenizer = lookup("tokenizer", kind)(path=str(path))
    tokenizer.read_files(Path(), Path())
    return FrontEnd(kind, made=tokenizer)


def features_of(front_end: FrontEnd) -> tuple[PieceIds, PieceCounts]:
    """Return the features of pieces under a front end."""
    ids = PieceIds()
    ids.count(tokenize(["x"], front_end))
    ids.fit()
    return ids, PieceCounts()


class Both:
    """Both sides of one tokenizer."""

    def __init__(self, front_end: FrontEnd) -> None:
        self.front_end = front_end
        self.features = features_of(front_end)
        self.graph: onnxruntime.InferenceSession = text_session(front_end, self.features)
        self.whole = loaded(front_end.made.content)

    def differing(self, texts: Sequence[str]) -> Iterator[str]:
        """Yield the texts that the two sides, or the package for the text as a whole, cut otherwise."""
        by_length = sorted(texts, key=len)
        for start in range(0, len(by_length), BATCH):
            batch = by_length[start : start + BATCH]
            tokens = tokenize(batch, self.front_end)
            bad = differing_rows(tokens, self.features, self.graph.run(None, {"text": np.array(batch, object)}))
            ids, (_, offsets) = self.features[0].compute(tokens)
            rows = np.split(ids, offsets[tokens.row_offsets[1:-1]])
            for number, (text, row) in enumerate(zip(batch, rows, strict=True)):
                wanted = [own + 1 for own in self.whole.of_text(text)[: self.front_end.max_pieces]]
                if row.tolist() != (wanted or [0]):
                    bad.add(number)
            yield from (batch[number] for number in sorted(bad))


def joined_pieces(front_end: FrontEnd, count: int, generator: np.random.Generator) -> list[str]:
    """Draw texts of pieces of a vocabulary, with or without their marks, and what parts them."""
    pieces = [piece.removeprefix("##") for piece in loaded(front_end.made.content).entries]
    parts = np.array([*pieces, *([" ", "", ",", "▁", "\u0301", "中", "X"] * (len(pieces) // 20 + 1))], object)
    numbers = generator.integers(0, len(parts), (count, 16))
    lengths = generator.integers(0, 17, count).tolist()
    return ["".join(parts[row[:length]]) for row, length in zip(numbers, lengths, strict=True)]


def lines(folder: Path) -> Iterator[str]:
    """Yield the lines of all text files under a folder."""
    for file in sorted(
        path for path in folder.rglob("*") if path.suffix in (".tsv", ".txt", ".csv", ".tokens", ".json")
    ):
        yield from file.read_text("utf-8", "replace").splitlines()


def fuzz(front_end: FrontEnd, count: int, seed: int) -> Iterator[tuple[int, list[str]]]:
    """Yield how many random texts were compared and those that differ, chunk after chunk."""
    generator = np.random.default_rng(seed)
    sides = Both(front_end), Both(replace(front_end, max_pieces=MOST))
    for start in range(0, count, CHUNK):
        size = min(CHUNK, count - start)
        texts = random_texts(size - size // 2, generator) + joined_pieces(front_end, size // 2, generator)
        generator.shuffle(texts)
        half = len(texts) // 2
        yield (
            len(texts),
            [
                text
                for side, some in zip(sides, (texts[:half], texts[half:]), strict=True)
                for text in side.differing(some)
            ],
        )


def main() -> int:
    """Compare as many strings as asked for with each tokenizer and print what differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strings", type=int, default=20_000, help="how many random strings, for each tokenizer")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tokenizer", type=Path, help="folder of a tokenizer, in place of small ones")
    parser.add_argument("--model", choices=("wordpiece", "unigram"), default="wordpiece", help="its kind")
    parser.add_argument("--data", type=Path, help="folder of text files, all of whose lines are compared, too")
    options = parser.parse_args()
    every: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        if options.tokenizer is not None:
            tokenizers = {str(options.tokenizer): (options.tokenizer, options.model)}
        else:
            tokenizers = {
                name: (write(name, Path(folder) / name), variant.tokenizer) for name, variant in VARIANTS.items()
            }
        for name, (path, kind) in tokenizers.items():
            start = time.perf_counter()
            front_end = front_end_of(path, kind)
            compared, found = 0, list[str]()
            for count, bad in fuzz(front_end, options.strings, options.seed):
                compared, found = compared + count, found + bad
                print(f"  {compared:>9} strings  {len(found)} differences", flush=True)
            if options.data is not None:
                both, rest = Both(front_end), lines(options.data)
                while some := list(itertools.islice(rest, CHUNK)):
                    compared, found = compared + len(some), found + list(both.differing(some))
            print(f"{kind} '{name}': {compared} texts, {len(found)} differences, {time.perf_counter() - start:.0f} s")
            every += found
    for text in every[:20]:
        print(repr(text))
    return 1 if every else 0


if __name__ == "__main__":
    sys.exit(main())
