"""Differential fuzzing: the C++ featurizer against the exported front end, over all of Unicode.

    python -m benchmarks.fuzz --strings 1000000 --seed 1

Every string goes through every tokenizer, lower-cased and not, and through every other normalization, on both sides;
tokens, lengths, word ids, character ids, hashes, document frequencies, shapes, affixes, bytes, names of lists and
n-grams are compared. Ends 1 where anything differs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx_ir as ir
import onnxruntime
from numpy.typing import NDArray
from onnx_ir.tape import Tape

from mtl.export.front_end import text_front_end, tokens_front_end
from mtl.text.byte_features import ByteIds
from mtl.text.features import CharacterIds, Feature, Ragged, WordIds
from mtl.text.featurizer import (
    TOKENIZERS,
    Tokens,
    digit_ranges,
    extend_ranges,
    flag_letter_ranges,
    pictographic_ranges,
    space_ranges,
    tokenize,
    word_ranges,
)
from mtl.text.front_end import FrontEnd
from mtl.text.gazetteer import NameFlags
from mtl.text.lexical_features import InverseDocumentFrequency, WordHash
from mtl.text.ngram_features import Ngrams
from mtl.text.normalization import combining_classes, compatible, compositions, lower_case, without_accents
from mtl.text.shape_features import AffixIds, WordShapes
from mtl.text.token_values import TokenValues

CHUNK = 20_000  # strings for which one vocabulary and one session serve
BATCH = 250  # strings of one call; sorted by length, so that padding stays small
FRONT_ENDS = (
    *(FrontEnd(tokenizer, lowercase) for tokenizer in TOKENIZERS for lowercase in (False, True)),
    FrontEnd("unicode_words", lowercase="ascii"),
    FrontEnd("unicode_words", lowercase=True, strip_accents=True),
    FrontEnd("unicode_words", nfkc=True),
    FrontEnd("whitespace", strip_accents=True),
    FrontEnd("whitespace", lowercase="ascii", strip_accents=True, nfkc=True),
    FrontEnd("whitespace", lowercase=True, strip_accents=True, nfkc=True),
    FrontEnd("characters", lowercase=True, nfkc=True),
)
OPSETS = {"": 20, "com.microsoft": 1, "ai.onnx.ml": 4}


# --- strings ------------------------------------------------------------------------------------------------


def _span(first: int, last: int) -> list[int]:
    return list(range(first, last + 1))


def _edges() -> list[int]:
    """Both sides of every border between character classes."""
    classes = word_ranges() + extend_ranges() + space_ranges() + pictographic_ranges() + flag_letter_ranges()
    borders = {c for first, last in classes for c in (first - 1, first, last, last + 1)}
    return sorted(c for c in borders if 0 <= c <= 0x10FFFF and not 0xD800 <= c <= 0xDFFF)


def _codes(texts: Iterable[str]) -> list[int]:
    return sorted({ord(c) for text in texts for c in text})


POOLS: dict[str, list[int]] = {
    "ascii": _span(0x20, 0x7E),
    "words": _span(ord("a"), ord("e")) + _span(ord("A"), ord("E")) + [0x20, 0x20],
    "numbers": [c for first, last in digit_ranges() for c in _span(first, last)]
    + [ord(c) for c in "0123456789-/,.:" for _ in range(60)],
    "control": _span(0x00, 0x1F) + _span(0x7F, 0x9F),
    "space": [c for first, last in space_ranges() for c in _span(first, last)]
    + [0x1C, 0x1D, 0x1E, 0x1F, 0x180E, 0x200B, 0x2060, 0xFEFF],
    "latin": _span(0xA0, 0x24F),
    "marks": _span(0x300, 0x36F) + _span(0x61, 0x7A) + _span(0x20D0, 0x20F0) + _span(0xFE00, 0xFE0F),
    "invisible": [c for c in (0x61, 0x42, 0x6CC, 0x2764, 0x21, 0x20, 0x3000) for _ in range(3)]
    + [0xAD, 0x200B, 0x200C, 0x200D, 0x200E, 0x2060, 0xFE0F, 0xFEFF, 0x301, 0x94D, 0x20E3, 0x1F3FD, 0xE0067],
    "extend": [c for first, last in extend_ranges() for c in _span(first, last)] + [0x61, 0x2764, 0x20] * 200,
    "indic": _span(0x900, 0x97F) + _span(0x0E00, 0x0E7F),
    "right_to_left": _span(0x590, 0x6FF) + [0x200E, 0x200F, *_span(0x202A, 0x202E), *_span(0x2066, 0x2069)],
    "east_asian": _span(0x3000, 0x30FF) + _span(0x4E00, 0x4E40) + _span(0xFF01, 0xFF5E) + _span(0xAC00, 0xAC20),
    "emoji": _span(0x1F1E6, 0x1F1FF) + _span(0x1F300, 0x1F64F) + [0x200D, 0xFE0F, *_span(0x1F3FB, 0x1F3FF)],
    "case_folds": [0x130, 0x131, 0x17F, 0x1E9E, 0x212A, 0x212B, 0x3A3, 0x41, 0x5A, 0x61, 0x7A, 0x40, 0x5B],
    "sequences": [c for first, last in flag_letter_ranges() for c in _span(first, last)]
    + [c for c in (0x200D, 0xFE0F, 0x1F3FD, 0x2764, 0x1F525, 0x1F468, 0xA9, 0x2139, 0x61, 0x20) for _ in range(6)],
    "cased": _codes((*lower_case(), *lower_case().values())),
    "accented": _codes(without_accents()),
    "compatible": _codes(compatible()),
    "combining": _codes(combining_classes()) + [0x61, 0x41, 0x627, 0x915] * 60,
    "composing": _codes(pair for pair in compositions() if not 0xAC00 <= ord(pair[0]) <= 0xD7A3),
    "hangul": _span(0x1100, 0x1112) + _span(0x1161, 0x1175) + _span(0x11A7, 0x11C2) + _span(0xAC00, 0xAC40),
    "private": [0xE000, 0xF8FF, 0xFDD0, 0xFDEF, 0xFFFD, 0xFFFE, 0xFFFF, 0xF0000, 0xFFFFF, 0x10FFFF],
    "edges": _edges(),
    "plane_0": _span(0x80, 0xD7FF) + _span(0xE000, 0xFFFF),
    "every_plane": _span(0x10000, 0x10FFFF),
}


def segments(pool: Sequence[int], count: int, generator: np.random.Generator) -> list[str]:
    """Draw strings of 0 to about 30 characters from a pool."""
    lengths = np.minimum(generator.geometric(0.2, count) - 1, 200)
    code_points = generator.choice(np.asarray(pool, dtype="<u4"), int(lengths.sum()))
    text = code_points.tobytes().decode("utf-32-le")
    ends = np.cumsum(lengths).tolist()
    return [text[end - length : end] for end, length in zip(ends, lengths.tolist(), strict=True)]


def random_texts(count: int, generator: np.random.Generator) -> list[str]:
    """Draw texts of 0 to 5 segments, each from a pool of its own; half of the segments are ASCII."""
    pools = [segments(pool, count, generator) for pool in POOLS.values()]
    kinds = generator.integers(-len(pools), len(pools), (count, 5))
    parts = generator.integers(0, 6, count).tolist()
    texts = []
    for row, kind in enumerate(kinds.tolist()):
        texts.append("".join(pools[max(k, row % 2) if k < 0 else k][row - i] for i, k in enumerate(kind[: parts[row]])))
    return texts


# --- the two sides ------------------------------------------------------------------------------------------


def session(inputs: list[ir.Value], build: Callable[[Tape], dict[str, ir.Value]]) -> onnxruntime.InferenceSession:
    """Build a model of the named values and load it in onnxruntime, one thread."""
    return loaded(model_of(inputs, build))


def loaded(model: bytes) -> onnxruntime.InferenceSession:
    """Load a model in onnxruntime, one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def model_of(inputs: list[ir.Value], build: Callable[[Tape], dict[str, ir.Value]]) -> bytes:
    """Return a model of the named values as its file has it."""
    tape = Tape()
    outputs = build(tape)
    for name, value in outputs.items():
        value.name = name
    graph = ir.Graph(inputs, list(outputs.values()), nodes=tape.nodes, opset_imports=OPSETS, name="front_end")
    return bytes(ir.to_proto(ir.Model(graph, ir_version=10)).SerializeToString())


def _outputs(tape: Tape, tokens: TokenValues, features: Sequence[Feature]) -> dict[str, ir.Value]:
    outputs = {"tokens": tokens.surface, "lengths": tokens.lengths}
    for i, feature in enumerate(features):
        outputs[f"feature_{i}"] = feature.onnx(tape, tokens)
    return outputs


def text_session(front_end: FrontEnd, features: Sequence[Feature]) -> onnxruntime.InferenceSession:
    """Load the graph `text` -> `tokens`, `lengths`, `feature_0`, …"""
    return loaded(text_model(front_end, features))


def text_model(front_end: FrontEnd, features: Sequence[Feature]) -> bytes:
    """Return the graph that `text_session` loads as its file has it."""
    text = ir.val("text", dtype=ir.DataType.STRING, shape=("B",))
    return model_of([text], lambda tape: _outputs(tape, text_front_end(tape, text, front_end), features))


def tokens_session(front_end: FrontEnd, features: Sequence[Feature]) -> onnxruntime.InferenceSession:
    """Load the graph `tokens`, `given_lengths` -> `tokens`, `lengths`, `feature_0`, …"""
    words = ir.val("words", dtype=ir.DataType.STRING, shape=("B", "T"))
    given = ir.val("given_lengths", dtype=ir.DataType.INT64, shape=("B",))
    return session(
        [words, given],
        lambda tape: _outputs(tape, tokens_front_end(tape, words, given, front_end), features),
    )


def padded(ragged: Ragged) -> NDArray[Any]:
    """Return a feature's values as the graph gives them: [B, T] or [B, T, C] (or [B, P], [B, G]), 0 for padding."""
    values, (rows, *deeper) = ragged
    if deeper:
        lengths = np.diff(deeper[0])
        width = max(1, int(lengths.max(initial=0)))
        per_token = np.zeros((len(lengths), width), values.dtype)
        per_token[np.arange(width) < lengths[:, None]] = values
        values = per_token
    lengths = np.diff(rows)
    grid = np.zeros((len(lengths), int(lengths.max(initial=1)), *values.shape[1:]), values.dtype)
    grid[np.arange(grid.shape[1]) < lengths[:, None]] = values
    return grid


def differing_rows(tokens: Tokens, features: Sequence[Feature], answers: Sequence[NDArray[Any]]) -> set[int]:
    """Return the rows in which the graph's answers (tokens, lengths, features) differ from the featurizer's."""
    surface, lengths, *grids = answers
    bad = set(np.flatnonzero(lengths != tokens.lengths).tolist())
    width = surface.shape[1]
    for row, (found, expected) in enumerate(zip(surface.tolist(), tokens.strings(), strict=True)):
        if found != expected + [""] * (width - len(expected)):
            bad.add(row)
    for feature, grid in zip(features, grids, strict=True):
        expected_grid = padded(feature.of_rows(feature.compute(tokens)))
        if grid.shape != expected_grid.shape:
            bad.update(range(len(surface)))
        else:
            bad.update(np.flatnonzero((grid != expected_grid).reshape(len(grid), -1).any(axis=1)).tolist())
    return bad


def names_of(texts: Sequence[str]) -> NameFlags:
    """Return the feature of two lists: the first words of some texts, as white space parts them, and of one a few."""
    words = [text.split() for text in texts]
    lists = {"one": [row[0] for row in words if row], "several": [" ".join(row[1:3]) for row in words if row[1:]]}
    with tempfile.TemporaryDirectory() as folder:
        for name, found in lists.items():
            (Path(folder) / name).write_text("\n".join(["a name", *found]), "utf-8")
        feature = NameFlags(lists={name: name for name in lists})
        feature.read_files(Path(folder))
    return feature


@dataclass(frozen=True)
class Difference:
    """A text that the two sides treat differently."""

    text: str
    front_end: FrontEnd


def features_of(texts: Sequence[str], front_end: FrontEnd) -> tuple[Feature, ...]:
    """Return features fitted to half of some texts."""
    features = (
        *(WordIds(max_size=5_000), CharacterIds(max_length=12), WordHash(), InverseDocumentFrequency()),
        *(WordShapes(), AffixIds(prefixes=2), ByteIds(max_length=7), names_of(texts[::3])),
        Ngrams(words=(1, 3), characters=(1, 4), max_size=20_000),
    )
    sample = tokenize(texts[::2], front_end)
    for feature in features:
        feature.count(sample)
        feature.fit()
    return features


def compare(texts: Sequence[str], front_end: FrontEnd) -> Iterator[Difference]:
    """Yield the texts that differ, with features fitted to half of these texts."""
    features = features_of(texts, front_end)
    graph = text_session(front_end, features)
    by_length = sorted(texts, key=len)
    for start in range(0, len(by_length), BATCH):
        batch = by_length[start : start + BATCH]
        answers = graph.run(None, {"text": np.array(batch, object)})
        for row in sorted(differing_rows(tokenize(batch, front_end), features, answers)):
            yield Difference(batch[row], front_end)


def fuzz(count: int, seed: int, progress: Callable[[int, int], None] = lambda done, found: None) -> list[Difference]:
    """Compare `count` random texts in every configuration and return all differences."""
    generator = np.random.default_rng(seed)
    found: list[Difference] = []
    for start in range(0, count, CHUNK):
        texts = random_texts(min(CHUNK, count - start), generator)
        for front_end in FRONT_ENDS:
            found += compare(texts, front_end)
        progress(start + len(texts), len(found))
    return found


def main() -> int:
    """Compare as many strings as asked for and print what differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strings", type=int, default=100_000, help="how many random strings")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    start = time.perf_counter()

    def progress(done: int, found: int) -> None:
        print(f"{done:>9} strings  {found} differences  {time.perf_counter() - start:.0f} s", flush=True)

    found = fuzz(options.strings, options.seed, progress)
    for difference in found[:20]:
        print(difference)
    configurations = f"{len(FRONT_ENDS)} front ends"
    print(f"{options.strings} strings, {configurations}: {len(found)} differences in tokens and what they become")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
