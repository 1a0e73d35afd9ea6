# ruff: noqa: E501  # messages stand in one piece
"""Tokenizers with keys, in recipes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mtl.base import registry
from mtl.base.errors import RecipeError
from mtl.compile.loading import load_recipe, recipe_from_dict, recipe_from_text
from mtl.recipe.config import Recipe
from mtl.recipe.filling import digest, filled
from mtl.text.featurizer import tokenize
from mtl.text.tokenizers import Whitespace
from tests.mtl.text.subwords.test_tokenizer_json import wordpiece

SOURCES = {"texts": {"format": "tsv", "train": "train.tsv"}}


def recipe(given: Any, **options: Any) -> Recipe:
    """Return a recipe with one task, whose input is written so."""
    embedding = {"type": "piece", "dim": 4} if isinstance(given.get("tokenizer"), dict) else {"type": "word"}
    task = {"type": "text_classification", "source": "texts", "inputs": {"text": given}, "target": "label"}
    tree = {"sources": SOURCES, "tasks": {"topic": {**task, "model": {"embedding": embedding}}}}
    return recipe_from_dict(tree, name="r", **options)


def refused(given: Any, **options: Any) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        recipe(given, **options)
    return str(caught.value).splitlines()[:-1]


def test_a_path_starts_where_those_of_data_do(folder_of: Callable[[str], Path]) -> None:
    folder = folder_of("uncased")
    found = recipe({"tokenizer": {"type": "wordpiece", "path": folder.name}}, data=folder.parent)
    front_end = found.tasks["topic"].inputs["text"].front_end
    assert front_end.tokenizer == "wordpiece"
    assert tokenize(["Play it!"], front_end).strings() == [["Play", "it", "!"]]
    again = recipe_from_text(filled(found))
    assert again.tasks["topic"].inputs == found.tasks["topic"].inputs
    assert digest(again) == digest(found)
    assert f"path: {folder}/tokenizer.json" in filled(found)


def test_a_file_counts_by_what_it_holds(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    file = tmp_path / "other/tokenizer.json"
    file.parent.mkdir()
    file.write_bytes((folder_of("uncased") / "tokenizer.json").read_bytes())
    found = [
        digest(recipe({"tokenizer": {"type": "wordpiece", "path": str(path)}}))
        for path in (folder_of("uncased"), file, folder_of("cased"))
    ]
    assert found[0] == found[1] != found[2]


def test_a_run_has_its_own_copy(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    file = tmp_path / "tokenizer.json"
    file.write_bytes((folder_of("uncased") / "tokenizer.json").read_bytes())
    found = recipe({"tokenizer": {"type": "wordpiece", "path": str(file)}})
    made = found.tasks["topic"].inputs["text"].front_end.made
    ((name, content),) = made.kept_files().items()
    (tmp_path / "tokenizers").mkdir()
    (tmp_path / "tokenizers" / name).write_bytes(content)
    (tmp_path / "recipe.yaml").write_text(filled(found))
    file.unlink()
    again = load_recipe(tmp_path / "recipe.yaml")
    assert again.tasks["topic"].inputs["text"].front_end.made == made
    assert digest(again) == digest(found)


def test_what_is_wrong_with_keys(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    here = "r: tasks.topic.inputs.text.tokenizer"
    assert refused({"tokenizer": "wordpiece"}) == [f"{here}: should have a key 'path', a string. There is none."]
    assert refused({"tokenizer": {"type": "wordpiece", "path": 3, "pth": "x"}}) == [
        f"{here}.path: should be a string. Found 3.",
        f"{here}: the tokenizer 'wordpiece' has no key 'pth'. Did you mean 'path'?",
    ]
    assert refused({"tokenizer": {"type": "wordpeace"}}) == [
        f"{here}: no tokenizer named 'wordpeace'. Did you mean 'wordpiece'?",
        f"{here}: should have a key 'path', a string. There is none.",
    ]
    assert refused({"tokenizer": {"path": "x"}}) == [
        f"{here}: should have a 'type', the name of a tokenizer. There is none."
    ]
    assert refused({"tokenizer": {"type": "whitespace", "path": "x"}}) == [
        f"{here}: the tokenizer 'whitespace' has no key 'path'. It has no keys. Tokenizers with that "
        "key: unigram, wordpiece."
    ]
    file = tmp_path / "tokenizer.json"
    file.write_text(json.dumps(wordpiece(model={"type": "BPE"})))
    given = {"tokenizer": {"type": "wordpiece", "path": str(tmp_path)}, "max_pieces": 7, "lowercase": 3}
    assert refused(given) == [
        f"{file}: 'model' should be of type 'WordPiece', which is what an exported graph can do. Found BPE: stock "
        "operators have no merges by their ranks. Use an encoder whose tokenizer is WordPiece, such as BERT, DistilBERT "
        "or MiniLM.",
        "r: tasks.topic.inputs.text.lowercase: should be true, false or 'ascii'. Found 3.",
    ]


def test_a_tokenizer_without_keys_may_be_written_either_way() -> None:
    one, other = (recipe({"tokenizer": written}).tasks["topic"].inputs for written in ("whitespace", "whitespace"))
    assert one == other
    task = recipe_from_dict(
        {
            "sources": SOURCES,
            "tasks": {
                "topic": {
                    "type": "text_classification",
                    "source": "texts",
                    "inputs": {"text": {"column": "text", "tokenizer": {"type": "whitespace"}}},
                    "target": "label",
                }
            },
        }
    ).tasks["topic"]
    assert task.inputs == one


def test_a_bound_on_pieces_needs_a_vocabulary_of_them() -> None:
    message = "should come with a tokenizer that has a vocabulary of pieces ('wordpiece', 'unigram'). Found '{}'. Bound tokens with 'max_tokens'."
    here = "r: tasks.topic.inputs.text.max_pieces"
    assert refused({"max_pieces": 9}) == [f"{here}: {message.format('unicode_words')}"]
    assert refused({"tokenizer": "whitespace", "max_pieces": 9}) == [f"{here}: {message.format('whitespace')}"]


def test_keys_of_a_tokenizer_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._classes, "tokenizer", dict(registry._classes["tokenizer"]))

    class Some(Whitespace):
        """The first characters of what white space parts."""

        def __init__(self, *, most: int = 3) -> None:
            if most < 1:
                raise ValueError(f"'most' should be 1 or more. Found {most}.")
            self.most = most

        def pieces(self, token: str) -> list[str]:
            return [token[: self.most]]

    registry.register("tokenizer", "some")(Some)
    found = {}
    for written in ("some", {"type": "some"}, {"type": "some", "most": 5}):
        front_end = recipe({"tokenizer": written}).tasks["topic"].inputs["text"].front_end
        found[str(front_end)] = front_end.made.most
    assert found == {"some (most: 3)": 3, "some (most: 5)": 5}
    assert refused({"tokenizer": {"type": "some", "most": 0}}) == [
        "r: tasks.topic.inputs.text.tokenizer: 'most' should be 1 or more. Found 0."
    ]
