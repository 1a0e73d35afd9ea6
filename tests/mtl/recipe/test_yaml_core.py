from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtl.recipe.document import LARGEST
from mtl.recipe.yaml_core import dump, parse, read


def rows(text: str) -> list[str]:
    return [str(fault) for fault in parse(text, "r.yaml").faults]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("-1.5E+2", -150.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("no", "no"),
        ("Yes", "Yes"),
        ("on", "on"),
        ("True", True),
        ("false", False),
        ("0o17", 15),
        ("017", 17),
        ("0x1F", 31),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("2024-01-01", "2024-01-01"),
        ("=", "="),
        ("~", None),
        ("", None),
        ("Null", None),
        ("'1'", "1"),
        ("!!str 1", "1"),
        ("!!float 1", 1.0),
        ("+12", 12),
        ("1e", "1e"),
        (".", "."),
        ("|\n  a\n  b\n", "a\nb\n"),
    ],
)
def test_scalars_are_those_of_the_core_schema(text: str, value: object) -> None:
    found = parse(f"key: {text}", "r.yaml")
    assert found.faults == []
    assert found.tree == {"key": value}
    assert type(found.tree["key"]) is type(value)


def test_every_key_and_value_keeps_its_line() -> None:
    found = parse("# a comment\na:\n  b: 1\n  c:\n    - x\n    -\n      y\n", "r.yaml")
    assert found.key_place(("a",)).line == 2
    assert found.place(("a", "b")).line == 3
    assert found.place(("a", "c", 1)).line == 7
    assert found.key_place(("a", "c")).line == 4
    assert found.place(("a", "missing", "deeper")) == found.key_place(("a",)).named("a.missing.deeper")


def test_anchors_and_aliases() -> None:
    found = parse("a: &x {b: [1, 2]}\nc: *x\n", "r.yaml")
    assert found.tree == {"a": {"b": [1, 2]}, "c": {"b": [1, 2]}}
    assert found.place(("c", "b")).line == 1  # where the value is written


def test_an_alias_bomb_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 8)]
    assert rows("\n".join(lines)) == [f"r.yaml:1: should hold at most {LARGEST} values, aliases expanded. Found more."]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("[" * 3000, "r.yaml: should be nested a few levels deep. Found hundreds of levels."),
        ("a: " + "9" * 500, f"r.yaml:1: a: should be a finite number. Found {'9' * 400}."),
        ("a: 1e999", "r.yaml:1: a: should be a finite number. Found 1e999."),
        ("a: -.inf", "r.yaml:1: a: should be a finite number. Found -.inf."),
        ("a: &x 1\nb: &x 2", "r.yaml:2: an anchor should have a name of its own. Found one a second time."),
        ("a: !!int x", "r.yaml:1: a: should be written as YAML 1.2 writes a value tagged '!!int'. Found 'x'."),
        ("a: !!set {x}", "r.yaml:1: a: should have no tag. Found '!!set'."),
        ("a: !mine x", "r.yaml:1: a: should have no tag. Found '!mine'."),
        ("? [x]\n: 1", "r.yaml:1: keys should be strings. Found a list or a mapping."),
        ("true: 1", "r.yaml:1: True: keys should be strings. Found true: put it in quotes."),
        ("a: 1\na: 2", "r.yaml:2: a: should be written once. Found it on line 1 already."),
        (
            "a: 'x",
            "r.yaml:1: should be YAML. Found a fault while scanning a quoted scalar: found unexpected end of stream.",
        ),
    ],
)
def test_faults_of_form(text: str, row: str) -> None:
    assert rows(text) == [row]


def test_a_byte_order_mark_and_windows_line_ends_are_no_faults(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_bytes(b"\xef\xbb\xbfa: 1\r\nb: x\r\n")
    found = read(tmp_path / "r.yaml")
    assert (found.tree, found.faults) == ({"a": 1, "b": "x"}, [])


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("latin.yaml").write_bytes(b"a: 1\nb: caf\xe9\n")
    assert [str(f) for f in read(Path("none.yaml")).faults] == [
        "none.yaml: should be a recipe file. Found nothing there."
    ]
    assert [str(f) for f in read(Path("folder")).faults] == ["folder: should be a recipe file. Found a folder."]
    assert [str(f) for f in read(Path("latin.yaml")).faults] == [
        "latin.yaml:2: should be UTF-8 text. Found the byte 0xe9."
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_the_right_to_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("r.yaml").write_text("a: 1")
    Path("r.yaml").chmod(0)
    assert [str(f) for f in read(Path("r.yaml")).faults] == [
        "r.yaml: should be a readable file. Found: Permission denied."
    ]


plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
strings = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=8)
words = st.sampled_from(
    ["no", "1e-3", "0o17", "1:30", "~", "null", "", "<<", "=", "true", ".5", "- x", "a: b", "#", "*"]
)
trees = st.recursive(
    plain | strings | words,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(strings.filter(lambda key: key != "<<"), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(tree=st.dictionaries(st.sampled_from(["a", "b", "no", "1"]), trees, min_size=1))
def test_what_is_written_is_read_back(tree: dict[str, Any]) -> None:
    found = parse(dump(tree), "r.yaml")
    assert found.faults == []
    assert repr(found.tree) == repr(tree)
