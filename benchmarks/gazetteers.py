"""Names of lists in random token sequences: the C++ featurizer against the exported graph.

    python -m benchmarks.gazetteers --sequences 200000

Sequences are drawn from few words, and so are the names, so that names overlap, begin alike and lie inside each other.
Every 2,000 sequences have lists, a front end and positions of their own; half of them go in as texts, half as tokens.
Ends 1 where a flag differs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.fuzz import differing_rows, text_session, tokens_session
from mtl.text.featurizer import Tokens, tokenize, tokens_from_lists
from mtl.text.front_end import FrontEnd
from mtl.text.gazetteer import NameFlags

CHUNK = 2_000  # sequences for which one set of lists and one session serve
WORDS = ("new", "New", "york", "YORK", "é", "É", "e\u0301", "st.", "St", ".", "ﬁ", "fi", "東京", "a-b", "-", "😀")
FRONT_ENDS = (
    FrontEnd("whitespace"),
    FrontEnd("unicode_words", lowercase=True),
    FrontEnd("unicode_words", lowercase="ascii", max_tokens=9),
    FrontEnd("whitespace", lowercase=True, strip_accents=True, nfkc=True),
    FrontEnd("characters", nfkc=True),
)


def fitted(lists: list[list[str]], front_end: FrontEnd, positions: str) -> NameFlags:
    """Return the feature of some lists of names, read from files."""
    names = {f"list{number}": f"list{number}.txt" for number in range(len(lists))}
    feature = NameFlags(lists=names, positions=positions)
    with tempfile.TemporaryDirectory() as folder:
        for file, listed in zip(names.values(), lists, strict=True):
            (Path(folder) / file).write_text("\n".join(listed), "utf-8")
        feature.read_files(Path(folder))
    feature.count(tokenize([""], front_end))
    feature.fit()
    return feature


def random_lists(generator: np.random.Generator) -> list[list[str]]:
    """Draw one to four lists of names of one to seven words, of few or many different words."""
    words = WORDS[: int(generator.integers(2, len(WORDS) + 1))]
    return [
        [
            " ".join(generator.choice(words, int(generator.integers(1, 8))))
            for _ in range(int(generator.integers(1, 80)))
        ]
        for _ in range(int(generator.integers(1, 5)))
    ]


def batches(count: int, generator: np.random.Generator) -> Iterator[list[list[str]]]:
    """Yield sequences of up to 24 words in batches of 1 to 200."""
    while count > 0:
        size = min(count, int(generator.integers(1, 201)))
        words = WORDS[: int(generator.integers(2, len(WORDS) + 1))]
        yield [list(generator.choice(words, int(generator.integers(0, 25)))) for _ in range(size)]
        count -= size


def differing(count: int, generator: np.random.Generator, front_end: FrontEnd, positions: str) -> list[str]:
    """Return the sequences of a chunk whose flags differ."""
    feature = fitted(random_lists(generator), front_end, positions)
    of_texts, of_tokens = (make(front_end, (feature,)) for make in (text_session, tokens_session))
    found: list[str] = []
    for number, rows in enumerate(batches(count, generator)):
        if number % 2:
            texts = [" ".join(row) for row in rows]
            answers = of_texts.run(None, {"text": np.array(texts, object)})
            tokens: Tokens = tokenize(texts, front_end)
        else:
            lengths = np.array([len(row) for row in rows], np.int64)
            grid = np.full((len(rows), int(lengths.max(initial=0))), "new", object)
            for row, words in enumerate(rows):
                grid[row, : len(words)] = words
            answers = of_tokens.run(None, {"words": grid, "given_lengths": lengths})
            tokens = tokens_from_lists(rows, front_end)
        if any(map(any, tokens.strings())):  # where all rows are padding, the graph has columns that a batch has not
            found += [" ".join(rows[row]) for row in sorted(differing_rows(tokens, (feature,), answers))]
    return found


def compare(count: int, seed: int, progress: Callable[[int, int], None] = lambda done, found: None) -> list[str]:
    """Compare `count` random sequences and return those that differ."""
    generator = np.random.default_rng(seed)
    found: list[str] = []
    for number, start in enumerate(range(0, count, CHUNK)):
        front_end, positions = FRONT_ENDS[number % len(FRONT_ENDS)], ("bi", "bies")[number % 2]
        found += differing(min(CHUNK, count - start), generator, front_end, positions)
        progress(min(start + CHUNK, count), len(found))
    return found


def main() -> int:
    """Compare as many sequences as asked for and print what differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sequences", type=int, default=20_000, help="how many random sequences")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    start = time.perf_counter()

    def progress(done: int, found: int) -> None:
        if done % (10 * CHUNK) == 0 or done == options.sequences:
            print(f"{done:>9} sequences  {found} differences  {time.perf_counter() - start:.0f} s", flush=True)

    found = compare(options.sequences, options.seed, progress)
    for sequence in found[:20]:
        print(repr(sequence))
    print(f"{options.sequences} sequences: {len(found)} differences in the flags of names")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
