"""What torchtext 0.6.0 has saved: its cache of `Vectors` (`.vector_cache/NAME.pt`), or a `Vocab`.

Files are read without running code of theirs. A `Vocab` needs the extra `torchtext`, of which it is a class.
"""

from __future__ import annotations

import importlib
import pickle
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .errors import DataError, Fault
from .files import why_unreadable

if TYPE_CHECKING:
    from torch import Tensor

_BEFORE_ZIP = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."  # how files of `torch.save` began before torch 1.6

_ZIP = b"PK\x03\x04"


class _Saved(NamedTuple):
    """Words and their vectors; a `Vocab` may have none, and has zeros in the place of one that it lacks."""

    words: list[str]
    vectors: Tensor | None
    of_vocab: bool


def is_saved(path: Path) -> bool:
    """Say whether a file is one of `torch.save`; one that cannot be read is none."""
    if why_unreadable(path):
        return False
    with path.open("rb") as file:
        begin = file.read(len(_BEFORE_ZIP))
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith("/data.pkl") for name in archive.namelist())
    return begin == _BEFORE_ZIP or (path.suffix == ".pt" and begin.startswith(_ZIP))  # the latter is cut off


def saved_words(path: Path) -> list[str]:
    """Return the words of `Vectors` or of a `Vocab`, special symbols among them; raises `DataError`."""
    return _read(path).words


def saved_vectors(path: Path) -> tuple[Sequence[str], Tensor]:
    """Return words and their vectors [N, D]; raises `DataError` where the file has none.

    Words to which a `Vocab` gave no vector, zeros in their place, are left out.
    """
    words, vectors, of_vocab = _read(path)
    if vectors is None:
        message = "should be a Vocab with vectors. Found one without. Load them (load_vectors), and save it again."
        raise DataError(Fault(message, file=str(path)))
    if of_vocab:
        known = vectors.any(1)
        words, vectors = [word for word, is_known in zip(words, known, strict=True) if is_known], vectors[known]
    return words, vectors.float()


def _read(path: Path) -> _Saved:
    found = _loaded(path)
    of_vocab = hasattr(found, "itos")
    words, vectors = None, None
    if of_vocab:
        words, vectors = found.itos, getattr(found, "vectors", None)
    elif isinstance(found, tuple) and len(found) == 4:
        words, _, vectors, _ = found
    named = isinstance(words, list) and all(isinstance(word, str) for word in words)
    fits = of_vocab if vectors is None else hasattr(vectors, "ndim") and vectors.ndim == 2
    if words is None or not named or not fits or (vectors is not None and len(vectors) != len(words)):
        message = f"should be Vectors or a Vocab of torchtext. Found an object of {type(found).__name__}."
        if words is not None:
            message = "should hold words and a vector of each. Found others."
        raise DataError(Fault(message, file=str(path)))
    return _Saved(words, vectors, of_vocab)


def _loaded(path: Path) -> Any:
    """Return what was saved; raises `DataError` where it is of a class other than torchtext's."""
    import torch  # not for what reads recipes alone

    lacking = None
    try:
        classes: list[Any] = [importlib.import_module("torchtext.vocab").Vocab]
    except ImportError as error:
        classes, lacking = [], error
    with torch.serialization.safe_globals(classes):
        try:
            return torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
        except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, LookupError, AttributeError) as error:
            message = f"should be Vectors or a Vocab that torchtext has saved. Found {_what(error)}"
            if lacking is not None and "torchtext.vocab" in str(error):
                message = (
                    "should be read with torchtext 0.6.0, as it holds a Vocab (pip install 'mtl-nlp[torchtext]'). "
                    f"Found: {lacking}."
                )
            raise DataError(Fault(message, file=str(path))) from error


def _what(error: Exception) -> str:
    """Return what a file holds that is not read, as torch tells it: of a class, or damaged."""
    named = re.search(r"GLOBAL (\S+) was not", str(error))
    return f"an object of {named[1]}." if named else "a file that torch cannot read."
