"""Text to ids: the C++ featurizer against plain Python and against Hugging Face's tokenizers, one thread each.

    python -m benchmarks.featurizer [--data FILE_OR_DIR]

Every contender gets the same lines (list[str]) and the same 30,000-word vocabulary and lower-cases; it may
answer in whatever form suits it. The text is drawn from a generated lexicon by Zipf's law, or read from
files. A contender's time is its best of several rounds, in which the contenders take turns.
"""

from __future__ import annotations

import argparse
import collections
import os
import string
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"  # read when tokenizers is imported
os.environ["RAYON_NUM_THREADS"] = "1"

import numpy as np

from mtl.text.featurizer import tokenize
from mtl.text.front_end import FrontEnd
from mtl.text.vocabulary import Vocabulary

VOCABULARY = 30_000
ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
LETTERS = "etaoinshrdlucmfwypvbgkqjxz"


def generated_lines(words: int, seed: int) -> list[str]:
    """Draw sentences whose words follow Zipf's law over a lexicon of 60,000, with capitals and punctuation."""
    generator = np.random.default_rng(seed)
    weights = 1.0 / np.arange(1, len(LETTERS) + 1)
    size = 60_000
    # Frequent words are short: English has about 4.5 letters a running word, 8 a word of the lexicon.
    lengths = np.clip(generator.poisson(np.log2(np.arange(size) + 2) * 0.55) + 1, 1, 18)
    letters = generator.choice(list(LETTERS), int(lengths.sum()), p=weights / weights.sum())
    lexicon = ["".join(letters[end - length : end]) for end, length in zip(np.cumsum(lengths), lengths, strict=True)]
    ranks = 1.0 / (np.arange(size) + 2.7)
    drawn = generator.choice(size, words, p=ranks / ranks.sum()).tolist()
    lines, start = [], 0
    while start < words:
        count = int(generator.integers(6, 32))
        line = [lexicon[i] for i in drawn[start : start + count]]
        line[0] = line[0].capitalize()
        line[len(line) // 2] += ","
        lines.append(" ".join(line) + ".")
        start += count
    return lines


def read_lines(path: Path) -> list[str]:
    """Return the lines of a text file, or of every .txt file under a folder."""
    files = sorted(path.rglob("*.txt")) if path.is_dir() else [path]
    return [line for file in files for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def contenders(lines: list[str]) -> dict[str, Callable[[], object]]:
    """Return what is timed, the baseline first."""
    counts = collections.Counter(word for line in lines for word in line.lower().split())
    vocabulary = Vocabulary.build(counts.items(), max_size=VOCABULARY - 2)
    ids = {token: i for i, token in enumerate(vocabulary.tokens)}

    def python() -> object:
        return [[ids.get(word, 1) for word in line.lower().split()] for line in lines]

    def featurizer(tokenizer: str) -> Callable[[], object]:
        def run() -> object:
            tokens = tokenize(lines, FrontEnd(tokenizer, lowercase="ascii"))
            return tokens.ids(vocabulary), tokens.row_offsets

        return run

    # A comparison of speed needs equal answers: letters beyond ASCII, which Python alone would lower-case, stay.
    lowered = [line.translate(ASCII_LOWER).split() for line in lines]
    found = tokenize(lines, FrontEnd("whitespace", lowercase="ascii")).ids(vocabulary)
    assert found.tolist() == [ids.get(word, 1) for row in lowered for word in row]
    timed: dict[str, Callable[[], object]] = {
        "Python: lower().split() + dict": python,
        "mtl, whitespace": featurizer("whitespace"),
        "mtl, unicode_words": featurizer("unicode_words"),
    }
    try:
        timed["tokenizers, WordLevel + WhitespaceSplit"] = hugging_face(ids, lines)
    except ImportError:
        print("(tokenizers is not installed: left out)")
    return timed


def hugging_face(ids: dict[str, int], lines: list[str]) -> Callable[[], object]:
    """Return the contender that uses `tokenizers`."""
    import tokenizers
    from tokenizers import models, normalizers, pre_tokenizers

    tokenizer = tokenizers.Tokenizer(models.WordLevel(ids, unk_token="<unknown>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    # The variant without offsets, if this release has it: the faster one.
    encode = getattr(tokenizer, "encode_batch_fast", tokenizer.encode_batch)
    return lambda: encode(lines)


def measure(timed: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return each contender's best time in seconds."""
    best = dict.fromkeys(timed, float("inf"))
    for _ in range(rounds):
        for name, run in timed.items():
            start = time.perf_counter()
            answer = run()
            best[name] = min(best[name], time.perf_counter() - start)
            del answer
    return best


def table(lines: list[str], best: dict[str, float]) -> str:
    """Return the results as rows of MB/s, million words a second, and ratio to the first."""
    megabytes = sum(len(line.encode()) for line in lines) / 1e6
    words = sum(len(line.split()) for line in lines) / 1e6
    baseline = next(iter(best.values()))
    rows = [f"{'':42}{'MB/s':>8}{'Mwords/s':>10}{'ratio':>8}"]
    rows += [
        f"{name:42}{megabytes / seconds:8.1f}{words / seconds:10.2f}{baseline / seconds:7.1f}x"
        for name, seconds in best.items()
    ]
    return "\n".join(rows)


def main() -> int:
    """Time the contenders on each text and print a table for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="a text file or a folder of .txt files, beside the generated text")
    parser.add_argument("--words", type=int, default=1_000_000, help="length of the generated text")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    texts = {"generated text": generated_lines(options.words, seed=1)}
    if options.data is not None:
        texts[str(options.data)] = read_lines(options.data)
    for name, lines in texts.items():
        print(f"{name}: {len(lines)} lines, vocabulary of {VOCABULARY} words, one thread")
        print(table(lines, measure(contenders(lines), options.rounds)), end="\n\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
