import numpy as np
import onnx_ir as ir

from benchmarks import fuzz
from mtl.export.replacement import encoded, joined_rows, mapped, replaced, where_found
from mtl.text.token_values import STRING, character_class


def answers(build, given):
    """What `build(tape, value)` makes of strings."""
    strings = np.array(given, object)
    value = ir.val("given", dtype=STRING, shape=(None,) * strings.ndim)
    session = fuzz.session([value], lambda tape: {"out": build(tape, value)})
    return session.run(None, {"given": strings})[0].tolist()


def test_characters_become_longer_shorter_or_nothing():
    by = {"a": "123", "é": "", "\U0001f600": "x"}
    found = answers(lambda tape, words: replaced(tape, words, by), ["", "bab", "éé", "éaé", "\U0001f600\n\x00é", "b"])
    assert found == ["", "b123b", "éé", "123", "x\n\x00", "b"]


def test_strings_of_a_table():
    by = {"a": "xy", "b": ""}
    assert answers(lambda tape, table: mapped(tape, table, by), [["a", "b"], ["c", ""]]) == [["xy", ""], ["c", ""]]
    assert answers(lambda tape, table: encoded(tape, table, by), [["a", "b"], ["c", ""]]) == [["xy", ""], ["", ""]]


def test_rows_are_joined_whatever_their_width():
    for width in (1, 2, 3, 4, 5, 8, 9):
        rows = [[f"{row}{column}" for column in range(width)] for row in "ab"]
        assert answers(joined_rows, rows) == [["".join(row)] for row in rows]


def test_classes_of_characters_are_ranges():
    assert character_class("cbaé1") == r"\x{31}-\x{31}\x{61}-\x{63}\x{E9}-\x{E9}"


def test_words_are_changed_beside_those_of_similar_length():
    """Each becomes the number of words that were changed with it; one word more than the given ones has few letters."""

    def number(tape, words):
        size = tape.op("Shape", [words])
        return tape.op("Expand", [tape.op("Cast", [size], {"to": int(STRING)}), size])

    lengths = [31, 32, 249, 250, 999, 1000, 1000, 5000]
    given = ["é", "éa", "b", *("a" * (length - 1) + "é" for length in lengths)]
    found = answers(lambda tape, words: where_found(tape, words, ["é"], number), given)
    assert found == ["4", "4", "b", "4", "2", "2", "2", "2", "1", "1", "1"]
