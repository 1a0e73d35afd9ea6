from __future__ import annotations

import re
from pathlib import Path

import pytest

from mtl.base import registry
from mtl.base.errors import UsageError
from mtl.cli.components import components_command, describe, everything
from mtl.compile.keys import SECTIONS, keys
from tests import library


def test_every_kind_is_listed_with_what_is_registered(capsys: pytest.CaptureFixture[str]) -> None:
    components_command(None, None)
    lines = capsys.readouterr().out.splitlines()
    for kind in registry.KINDS:
        assert kind in lines
        for name in registry.names(kind):
            assert any(f"{line} ".startswith(f"  {name} ") for line in lines), name


def test_every_component_is_described() -> None:
    list(everything())
    for kind in registry.KINDS:
        for name in registry.names(kind):
            text = "\n".join(describe(kind, name))
            assert all(key in text for key in registry.recipe_keys(registry.lookup(kind, name)))


def test_keys_types_and_defaults_come_from_the_signature(capsys: pytest.CaptureFixture[str]) -> None:
    components_command("embedding", "char_cnn")
    out = capsys.readouterr().out
    assert out.startswith("embedding 'char_cnn' (mtl_modules.embeddings.char_cnn.CharCNN)\n")
    assert "  widths      list of int  [3]\n" in out
    components_command("embedding", "word")
    assert "  pretrained    file or null          null\n" in capsys.readouterr().out


def test_a_name_alone_shows_the_components_that_have_it(capsys: pytest.CaptureFixture[str]) -> None:
    components_command("bilstm", None)
    assert capsys.readouterr().out.startswith("representation 'bilstm' (mtl_modules.representations.lstm.BiLSTM)\n")
    components_command("concat", None)
    heads = [line for line in capsys.readouterr().out.splitlines() if line.endswith(")") and line[0] not in " "]
    kinds = [kind for kind in registry.KINDS if "concat" in registry.names(kind)]
    assert [head.split(" (")[0] for head in heads] == [f"{kind} 'concat'" for kind in kinds]
    assert len(kinds) > 1


def test_shapes_are_those_that_the_module_says(capsys: pytest.CaptureFixture[str]) -> None:
    components_command("bilstm", None)
    assert (
        capsys.readouterr().out.split("\n\n")[3].split()
        == (
            "Shapes: [B, T, 2 x hidden] for [B, T, D]; zeros where there is padding. B: rows, T: tokens, "
            "D: a vector's size."
        ).split()
    )
    for kind in ("embedding", "representation", "pooling", "decoder", "output"):
        for name in library.names(kind):
            assert any(line.startswith("  Shapes: ") for line in describe(kind, name)), name
    assert not any("Shapes:" in line for line in describe("metric", "accuracy"))


def test_all_are_shown_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    components_command("pooling", None, full=True)
    poolings = capsys.readouterr().out
    assert poolings == "\n\n".join("\n".join(describe("pooling", name)) for name in registry.names("pooling")) + "\n"
    components_command(None, None, full=True)
    everything_said = capsys.readouterr().out
    assert f"\n{poolings}\n" in everything_said
    heads = [f"{kind} '{name}' (" for kind in registry.KINDS for name in registry.names(kind)]
    assert all(f"\n{head}" in f"\n{everything_said}" for head in heads)


def test_names_of_one_kind(capsys: pytest.CaptureFixture[str]) -> None:
    components_command("pooling", None)
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == registry.names("pooling")


@pytest.mark.parametrize(
    ("kind", "name", "sentence"),
    [
        (
            "embeding",
            None,
            "neither a component nor a kind of them is called 'embeding'. Did you mean 'embedding'? Kinds: recipe, "
            "source, tokenizer, feature, embedding, representation, pooling, matching, scorer, decoder, wide, output, "
            "task, target, metric, mixture, balance, optimizer, schedule.",
        ),
        (
            "embeding",
            "word",
            "no kind of component is called 'embeding'. Did you mean 'embedding'? Kinds: recipe, source, tokenizer, "
            "feature, embedding, representation, pooling, matching, scorer, decoder, wide, output, task, target, "
            "metric, mixture, balance, optimizer, schedule.",
        ),
        ("recipe", "task", "'recipe' should come without a name: it is not a kind. Found 'task'."),
        ("embedding", "wrod", "no embedding named 'wrod'. Did you mean 'word'?"),
    ],
)
def test_what_does_not_exist(kind: str, name: str | None, sentence: str) -> None:
    with pytest.raises(UsageError) as error:
        components_command(kind, name)
    assert str(error.value) == sentence


def test_a_script_adds_to_the_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "mine.py"
    script.write_text(
        "from mtl.base.registry import register\n"
        "from mtl.evaluate.metrics import Metric\n"
        "@register('metric', 'mine_of_the_listing')\n"
        "class Mine(Metric):\n"
        "    '''A metric of my own.'''\n",
        "utf-8",
    )
    components_command("metric", "mine_of_the_listing", plugins=(str(script),))
    assert capsys.readouterr().out.endswith("  A metric of my own.\n\nIt has no keys.\n")


def test_the_general_keys_of_a_recipe_are_those_it_is_checked_against(capsys: pytest.CaptureFixture[str]) -> None:
    components_command("recipe", None)
    out = capsys.readouterr().out
    for section in SECTIONS:
        assert f"{section}\n  key " in out
        for key in keys(section):
            assert f"\n  {key.name} " in out
            assert key.meaning, f"{section}: {key.name} should say what it is"
            assert f"  {key.meaning}\n" in out
            assert not key.note or f"\n  {key.name}: {key.note[:20]}" in out
    assert "  epochs            int                  10       passes over the data, as the mixture counts them\n" in out
    assert re.search(r"^  column +str +\(required\) +column of the text; ", out, re.M)
    assert max(map(len, out.splitlines())) <= 120
    assert "\n  accumulate: A step is one update of the weights." in out


def test_a_default_that_cannot_be_seen_is_quoted(capsys: pytest.CaptureFixture[str]) -> None:
    components_command("source", "tsv")
    assert '  delimiter   str                  "\\t"\n' in capsys.readouterr().out
