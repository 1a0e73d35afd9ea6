"""How words are written, and their beginnings and ends, inside the graph."""

from __future__ import annotations

from collections.abc import Iterable

import onnx_ir as ir
from onnx_ir.tape import Tape

from .branches import body
from .featurizer import digit_ranges, word_ranges
from .normalization import lower_case
from .shapes import SHAPES, SIGNS_OF_NUMBERS
from .token_values import INT64, STRING, TokenValues, character_class, integers, scalar, strings, tokenizer, typed

IDS = {shape: number for number, shape in enumerate(SHAPES)}


def word_shapes(tape: Tape, tokens: TokenValues) -> ir.Value:
    """Return the shapes of tokens as they are in the text, int64 [B, T]."""
    every, digits = _members(word_ranges()), _members(digit_ranges())
    letters = every - digits
    capitals = letters & set(map(ord, lower_case()))
    digit, letter, capital, small = map(_characters, (digits, letters, capitals, letters - capitals))
    words = tokens.surface
    has_digit, has_letter = (_matches(tape, words, f"(?s).*[{some}].*") for some in (digit, letter))
    without_digits = _chosen(
        tape,
        (tape.op("Equal", [words, strings(tape, [""])]), "padding"),
        (tape.op("Not", [has_letter]), "signs"),
        (_matches(tape, words, f"[^{capital}]*"), "lower"),
        (_matches(tape, words, f"[^{letter}]*[{capital}][^{capital}]*"), "initial"),
        (_matches(tape, words, f"[^{small}]*"), "upper"),
        otherwise="mixed",
    )
    numbers, none = Tape(), Tape()
    found = numbers.op("Where", [has_digit, _numbers(numbers, words, has_letter, digit), without_digits])
    branch = len(tape.nodes)  # another one for each input of a graph
    branches = {
        "then_branch": body(numbers, [], [typed(found, INT64, 2)], f"digits.{branch}"),
        "else_branch": body(none, [], [typed(none.op("Identity", [without_digits]), INT64, 2)], f"no_digits.{branch}"),
    }
    number_of = tape.op("ReduceMax", [tape.op("Cast", [has_digit], {"to": INT64.value})], {"keepdims": 0})
    some = typed(tape.op("Greater", [number_of, scalar(tape, 0)]), ir.DataType.BOOL, 0)
    return typed(tape.op("If", [some], branches), INT64, 2)


def _numbers(tape: Tape, words: ir.Value, has_letter: ir.Value, digit: str) -> ir.Value:
    """Return the shapes of words that have a digit."""
    two, four = (_matches(tape, words, f"[{digit}]{{{count}}}") for count in (2, 4))
    signs = [
        (_matches(tape, words, f"(?s).*[{_characters([ord(sign)])}].*"), f"digits and {name}")
        for name, sign in SIGNS_OF_NUMBERS.items()
    ]
    cases = ((has_letter, "digits and letters"), (two, "two digits"), (four, "four digits"), *signs)
    return _chosen(tape, *cases, otherwise="other digits")


def _chosen(tape: Tape, *cases: tuple[ir.Value, str], otherwise: str) -> ir.Value:
    """Return the id of the shape of the first case that holds."""
    found = scalar(tape, IDS[otherwise])
    for holds, shape in reversed(cases):
        found = tape.op("Where", [holds, scalar(tape, IDS[shape]), found])
    return found


def _matches(tape: Tape, words: ir.Value, pattern: str) -> ir.Value:
    return tape.op("RegexFullMatch", [words], {"pattern": pattern})


def _members(ranges: Iterable[tuple[int, int]]) -> set[int]:
    return {code for first, last in ranges for code in range(first, last + 1)}


def _characters(codes: Iterable[int]) -> str:
    return character_class(map(chr, codes))


def affixes(tape: Tape, words: ir.Value, most: int, *, suffixes: bool) -> ir.Value:
    """Return the first (or last) 1 to `most` characters of words (string [N]), string [N, most]; `""` if shorter."""
    # One more word, which is long enough, so that every table has a column.
    longer = tape.op("Concat", [words, strings(tape, ["x" * most])], {"axis": 0})
    columns = []
    for size in range(1, most + 1):
        expression = rf"(?s).{{{size}}}\z" if suffixes else rf"(?s)\A.{{{size}}}"
        columns.append(tokenizer(tape, longer, tokenexp=expression))
    found = columns[0] if most == 1 else tape.op("Concat", columns, {"axis": 1})
    return typed(tape.op("Slice", [found, integers(tape, [0]), tape.op("Shape", [words])]), STRING, 2)
