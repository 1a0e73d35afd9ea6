"""What tokenizers of a file `tokenizer.json` have in common."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ...base.errors import DataError, Fault, UsageError
from ...base.files import why_unreadable
from ...base.hub import how_to_fetch
from ...base.registry import name_of
from ..own_pieces import OwnPieces, PieceVocabulary
from .characters import word_spans
from .reading import Loaded, faults, loaded

if TYPE_CHECKING:
    import onnx_ir as ir
    from onnx_ir.tape import Tape

FILE = "tokenizer.json"
MODELS = {"WordPiece": "wordpiece", "Unigram": "unigram"}  # of such files, and the tokenizers for them
_WRITING = (
    " Where the folder has a vocabulary of an older form, transformers writes the file: "
    "AutoTokenizer.from_pretrained(DIR).save_pretrained(DIR)."
)


class HuggingFaceTokenizer(OwnPieces):
    """Words and their pieces as a file `tokenizer.json` says; `path` is that file, or the folder that it is in.

    Strings that stand for no text (`[CLS]`) are none where a text has them. `sha256` says what the file should be; the
    recipe in a run's folder has it.
    """

    model: ClassVar[str]  # type of the model in the file

    def __init__(self, *, path: str, sha256: str | None = None) -> None:
        self.path = path
        self.sha256 = sha256
        self.content = b""

    # -- the file

    def read_files(self, base: Path, kept: Path) -> None:
        """Read the file, of which a run's folder may have a copy (`kept`); raises `DataError` for what is wrong."""
        file = kept / _kept_name(self.sha256 or "")
        if self.sha256 is None or not file.is_file():
            file = base / self.path
            file = file / FILE if file.is_dir() else file
        file = file.resolve()
        reason = why_unreadable(file)
        if reason:
            hint = "" if file.exists() else _WRITING if (base / self.path).is_dir() else how_to_fetch(self.path)
            message = f"should be a file '{FILE}', or be in a folder that has one. Found: {reason}.{hint}"
            raise DataError(Fault(message, str(file)))
        content = file.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if self.sha256 not in (None, digest):
            raise DataError(
                Fault(
                    f"should be the file with the SHA-256 {self.sha256}, as 'sha256' says. Found {digest}.", str(file)
                )
            )
        others = tuple((model, name) for model, name in MODELS.items() if name != name_of(type(self)))
        found = faults(content, self.model, others)
        if found:
            raise DataError(*(Fault(message, str(file)) for message in found))
        self.path, self.sha256, self.content = str(file), digest, content

    def kept_files(self) -> dict[str, bytes]:
        """Return what a run's folder keeps of it, by name."""
        return {_kept_name(self.vocabulary.digest): self.content}

    @property
    def identity(self) -> tuple[object, ...]:
        """What it is, wherever its file is."""
        return (name_of(type(self)), self.sha256)

    def written(self) -> dict[str, Any]:
        return {"path": self.path, "sha256": self.sha256}

    def state(self) -> dict[str, Any]:
        """Return what it is as JSON-able values, with the version of the package that makes its pieces."""
        return {"sha256": self.sha256, "tokenizers": _package_version()}

    def __str__(self) -> str:
        return f"{name_of(type(self))} {(self.sha256 or '')[:8]}".rstrip()

    @property
    def loaded(self) -> Loaded:
        """What the file holds; raises `UsageError` before it is read."""
        if not self.content:
            raise UsageError(f"the tokenizer '{name_of(type(self))}' should have read its file before it is used.")
        return loaded(self.content)

    # -- words and pieces

    @property
    def vocabulary(self) -> PieceVocabulary:
        return self.loaded.vocabulary

    def spans(self, text: str) -> Sequence[tuple[int, int]]:
        return word_spans(text, self.loaded.kinds)

    def ids(self, token: str) -> Sequence[int]:
        return self.loaded.ids(token)

    def onnx(self, tape: Tape, texts: ir.Value) -> ir.Value:
        from .words_graph import words  # it imports what only exporting needs

        return words(tape, texts, self.loaded.kinds)

    def onnx_ids(self, tape: Tape, tokens: ir.Value) -> tuple[ir.Value, ir.Value]:
        from .pieces_graph import ids_of_tokens  # it imports what only exporting needs

        return ids_of_tokens(tape, tokens, self.onnx_pieces_of_words)

    def onnx_pieces_of_words(self, tape: Tape, words: ir.Value) -> tuple[ir.Value, ir.Value]:
        """Add nodes that find the pieces of words (string [M], none of them padding), as `onnx_ids` returns them."""
        raise NotImplementedError(f"{type(self).__name__} has no graph")


def _kept_name(digest: str) -> str:
    return f"{digest[:16]}.json"


@functools.cache
def _package_version() -> str:
    from importlib.metadata import version

    return version("tokenizers")
