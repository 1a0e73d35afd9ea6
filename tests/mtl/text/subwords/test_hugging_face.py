"""A tokenizer from its file: where the file may be, what it is by, and what the vocabulary says."""

from __future__ import annotations

import builtins
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mtl.base.errors import DataError, UsageError
from mtl.text.featurizer import tokenize
from mtl.text.subwords import Unigram, WordPiece, reading
from mtl.text.subwords.hugging_face import HuggingFaceTokenizer

from .conftest import Reads
from .test_tokenizer_json import wordpiece

NOWHERE = Path("/nowhere")


def read(path: object, kept: Path = NOWHERE, **keys: Any) -> WordPiece:
    tokenizer = WordPiece(path=str(path), **keys)
    tokenizer.read_files(NOWHERE, kept)
    return tokenizer


def refused(path: object, kind: type[HuggingFaceTokenizer] = WordPiece, **keys: Any) -> str:
    with pytest.raises(DataError) as caught:
        kind(path=str(path), **keys).read_files(NOWHERE, NOWHERE)
    return str(caught.value)


def test_a_folder_a_file_and_a_relative_path(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    folder = folder_of("uncased")
    shutil.copy(folder / "tokenizer.json", tmp_path / "other.json")
    relative = WordPiece(path="other.json")
    relative.read_files(tmp_path, NOWHERE)
    found = [read(folder), read(folder / "tokenizer.json"), read(tmp_path / "other.json"), relative]
    assert len(set(found)) == 1  # what they hold counts, not where they are
    digest = hashlib.sha256((folder / "tokenizer.json").read_bytes()).hexdigest()
    assert [tokenizer.written() for tokenizer in found[1:3]] == [
        {"path": str(folder / "tokenizer.json"), "sha256": digest},
        {"path": str(tmp_path / "other.json"), "sha256": digest},
    ]
    assert str(found[0]) == f"wordpiece {digest[:8]}"
    assert found[0].state()["sha256"] == digest
    assert found[0] != read(folder_of("cased"))


def test_what_a_run_keeps_is_read_first(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    found = read(folder_of("uncased"))
    ((name, content),) = found.kept_files().items()
    (tmp_path / name).write_bytes(content)
    again = read("/gone", tmp_path, sha256=found.sha256)
    assert again == found
    assert again.path == str(tmp_path / name)
    assert again.ids("play") == found.ids("play")


def test_files_that_are_not_there_or_not_the_ones(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    assert refused("/gone/tokenizers") == (
        "/gone/tokenizers: should be a file 'tokenizer.json', or be in a folder that has one. "
        "Found: No such file or directory."
    )
    assert refused(tmp_path) == (
        f"{tmp_path}/tokenizer.json: should be a file 'tokenizer.json', or be in a folder that has one. "
        "Found: No such file or directory. Where the folder has a vocabulary of an older form, transformers writes the "
        "file: AutoTokenizer.from_pretrained(DIR).save_pretrained(DIR)."
    )
    file = folder_of("uncased") / "tokenizer.json"
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert refused(file, sha256="0" * 64) == (
        f"{file}: should be the file with the SHA-256 {'0' * 64}, as 'sha256' says. Found {digest}."
    )
    assert refused(file, Unigram) == (
        f"{file}: 'model' should be of type 'Unigram', which is what an exported graph can do. Found 'WordPiece'. "
        "Write 'type: wordpiece'."
    )


def test_all_faults_of_a_file_come_together(tmp_path: Path) -> None:
    file = tmp_path / "tokenizer.json"
    file.write_text(json.dumps(wordpiece(pre_tokenizer={"type": "ByteLevel"}, normalizer={"type": "NFC"})))
    assert [line.split(" should be ")[0] for line in refused(tmp_path).splitlines()] == [
        f"{file}: normalizers",
        f"{file}: pre-tokenizers",
    ]


def test_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "tokenizer.json"
    file.write_text(json.dumps(wordpiece(model={"vocab": {"[UNK]": 0, "only here": 1}})))
    imported = builtins.__import__

    def without(name: str, *more: Any) -> Any:
        if name == "tokenizers":
            raise ImportError("No module named 'tokenizers'")
        return imported(name, *more)

    monkeypatch.setattr(builtins, "__import__", without)
    assert refused(file) == (
        f"{file}: should find the package 'tokenizers' installed. Found: No module named 'tokenizers'. "
        "Install it: pip install 'mtl-nlp[hf]'."
    )


def test_before_its_file_is_read() -> None:
    with pytest.raises(UsageError) as caught:
        WordPiece(path="somewhere").spans("text")
    assert str(caught.value) == "the tokenizer 'wordpiece' should have read its file before it is used."


def test_what_is_known_of_the_vocabulary(reads: Reads) -> None:
    vocabulary = reads("uncased").made.vocabulary
    assert vocabulary.specials == {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3}
    assert (vocabulary.padding, vocabulary.unknown) == (0, 1)
    assert (vocabulary.before, vocabulary.after, vocabulary.size) == ((2,), (3,), 800)
    assert type(vocabulary).from_state(json.loads(json.dumps(vocabulary.state()))) == vocabulary


def test_words_pieces_and_places_in_the_text(reads: Reads) -> None:
    front_end = reads("uncased")
    tokens = tokenize(["Play  'Hé\u0301y\u200b' [SEP]!", ""], front_end)
    assert tokens.strings() == [["Play", "'", "Hé\u0301y\u200b", "'", "[", "SEP", "]", "!"], [""]]
    assert tokens.spans().tolist()[:4] == [[0, 4], [6, 7], [7, 12], [12, 13]]
    known = front_end.made.loaded
    names = {own: piece for piece, own in known.entries.items()}
    assert [names[own] for own in known.ids("Hé\u0301y\u200b")] == [names[own] for own in known.ids("hey")]
    assert known.ids("[SEP]") != [3]
    assert known.ids("\u0301") == [1]  # nothing is left of it


def test_words_whose_pieces_are_kept_are_some(reads: Reads, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = reads("cased").made.loaded
    loaded._words.clear()
    monkeypatch.setattr(reading, "KEPT", 2)
    found = [loaded.ids(word) for word in ("play", "it", "now", "play")]
    assert found[0] == found[3]
    assert len(loaded._words) <= 2
