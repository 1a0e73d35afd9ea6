"""Word vectors that torchtext 0.6.0 has saved: its cache of `Vectors` (`.vector_cache/NAME.pt`), or a `Vocab`.

Files are read without running code of theirs. A `Vocab` needs the extra `torchtext`, of which it is a class.
"""

from __future__ import annotations

import importlib
import pickle
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mtl.base.errors import DataError, Fault
from mtl.base.files import why_unreadable

_BEFORE_ZIP = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."  # how files of `torch.save` began before torch 1.6


def is_saved(path: Path) -> bool:
    """Say whether a file is one of `torch.save`; one that cannot be read is none."""
    if why_unreadable(path):
        return False
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith("/data.pkl") for name in archive.namelist())
    with path.open("rb") as file:
        return file.read(len(_BEFORE_ZIP)) == _BEFORE_ZIP


def read_saved(path: Path) -> tuple[Sequence[str], Tensor]:
    """Return words and their vectors [N, D]; raises `DataError` where the file holds neither `Vectors` nor a `Vocab`.

    Words to which a `Vocab` gave no vector, zeros in their place, are left out.
    """
    found = _loaded(path)
    if isinstance(found, tuple) and len(found) == 4:
        words, _, vectors, _ = found
    else:
        words, vectors = getattr(found, "itos", None), getattr(found, "vectors", None)
    if isinstance(words, list) and vectors is None:
        message = "should be a Vocab with vectors. Found one without. Load them (load_vectors), and save it again."
        raise DataError(Fault(message, file=str(path)))
    if not (isinstance(words, list) and isinstance(vectors, Tensor) and vectors.shape[:1] == (len(words),)):
        message = f"should be Vectors or a Vocab of torchtext. Found an object of {type(found).__name__}."
        raise DataError(Fault(message, file=str(path)))
    if not isinstance(found, tuple):
        known = vectors.any(1)
        words, vectors = [word for word, is_known in zip(words, known, strict=True) if is_known], vectors[known]
    return words, vectors.float()


def _loaded(path: Path) -> Any:
    """Return what was saved; raises `DataError` where it is of a class other than torchtext's."""
    lacking = None
    try:
        classes: list[Any] = [importlib.import_module("torchtext.vocab").Vocab]
    except ImportError as error:
        classes, lacking = [], error
    with torch.serialization.safe_globals(classes):
        try:
            return torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
        except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
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
