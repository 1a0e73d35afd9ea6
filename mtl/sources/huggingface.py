"""Local data of the `datasets` library (an optional extra, imported only when such a source is read).

Rows are streamed: a saved dataset is memory-mapped, and data files are read by the library's builders as rows are
taken. Nothing is downloaded, and nothing is asked of the hub.
"""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from ..base.errors import DataError, Fault, MtlError, WrongKeyError, counted, those
from ..base.file_kinds import LOOKED_AT
from ..base.registry import register
from .base import OnBadRow, Row, Source, open_binary
from .other_kinds import TEXT, fault_if_other_kind
from .values import plain

_DICT = "dataset_dict.json"  # in a folder that holds splits, saved as a `DatasetDict`
_SAVED = "state.json"  # in a folder of one saved `Dataset`
_TEXTS = (TEXT, "gzip", "bzip2", "xz", "zstd", "a zip archive")  # which the library may unpack
_KINDS = {  # of files, by the builder that reads them
    **dict.fromkeys(("csv", "json", "text"), _TEXTS),
    "parquet": ("Parquet",),
    "arrow": ("Arrow IPC", "a stream of Arrow IPC"),
}
_READING = (ValueError, LookupError, AttributeError, TypeError, OSError, ImportError)  # what its readers raise


@register("source", "huggingface")
class HuggingFace(Source):
    """Rows of the `datasets` library; a row's `line` is its number. Labels of a `ClassLabel` column are names.

    A split is a folder that `Dataset.save_to_disk` has written or, with a `builder`, a data file, or a folder of data
    files that are read in the order of their names. `arguments` are further arguments of the builder (`sep` of csv,
    `field` of json). The label -1 of a `ClassLabel` column is a missing one. Cells of csv are texts as they are in the
    file, unless `arguments` say which are missing (`na_values`, or `keep_default_na: true`).
    """

    def __init__(
        self,
        *,
        builder: Literal["arrow", "csv", "json", "parquet", "text"] | None = None,
        arguments: dict[str, Any] | None = None,
        train: str | None = None,
        dev: str | None = None,
        test: str | None = None,
        on_bad_row: OnBadRow = "error",
    ) -> None:
        if arguments and builder is None:
            raise WrongKeyError("arguments", "arguments should come with a 'builder' that takes them. There is none.")
        options = {"builder": builder, "arguments": arguments}
        super().__init__(train=train, dev=dev, test=test, on_bad_row=on_bad_row, options=options)
        self._builder = builder
        self._arguments = dict(arguments or {})

    def files(self, split: str, base: Path) -> list[Path]:
        path = self.path(split, base)
        if not path.is_dir():
            return [path]
        visible = (file for file in path.rglob("*") if not file.relative_to(path).as_posix().startswith("."))
        found = sorted(file for file in visible if file.is_file())
        if not found:
            raise DataError(Fault("should be a folder with data files. Found an empty one.", file=str(path)))
        return found

    def rows(self, split: str, base: Path) -> Iterator[Row | Fault]:
        path = self.path(split, base)
        number = 0
        with tempfile.TemporaryDirectory() as cache:
            dataset = self._opened(path, split, base, cache)
            try:
                for number, example in enumerate(dataset, start=1):
                    features = dataset.features or {}
                    values = {key: plain(named(features.get(key), value)) for key, value in example.items()}
                    yield Row(values, str(path), number)
            except _READING as error:
                message = f"should be data that 'datasets' reads to the end. Found {_found(error)}"
                raise DataError(Fault(message, file=str(path), line=number + 1)) from error

    def _opened(self, path: Path, split: str, base: Path, cache: str) -> Any:
        datasets = self._library()
        if self._builder is None:
            _fault_if_not_saved(path)
        files = self.files(split, base)
        for file in files:
            with open_binary(file) as opened:
                if self._builder is not None:
                    should = f"data that the builder '{self._builder}' of 'datasets' reads"
                    fault_if_other_kind(file, opened.peek(LOOKED_AT)[:LOOKED_AT], should, _KINDS[self._builder])
        try:
            if self._builder is None:
                return datasets.load_from_disk(str(path))
            module = importlib.import_module(f"datasets.packaged_modules.{self._builder}.{self._builder}")
            cls = getattr(module, self._builder.capitalize())
            builder = _built(cls, files, cache, self._arguments, self._builder == "csv")
            return builder.as_streaming_dataset(split="train")  # what data files are called that have no split
        except _READING as error:
            what = f"the builder '{self._builder}'" if self._builder else "'load_from_disk'"
            raise DataError(
                Fault(f"should be data that {what} of 'datasets' reads. Found {_found(error)}", file=str(path))
            ) from error

    @staticmethod
    def _library() -> Any:
        try:
            return importlib.import_module("datasets")
        except ImportError as error:
            raise MtlError(
                "the format huggingface should find the package 'datasets' installed "
                f"(pip install 'mtl-nlp[huggingface]'). Found: {error}."
            ) from error


def _fault_if_not_saved(path: Path) -> None:
    """Raise `DataError` where a path is no folder of one saved dataset."""
    if (path / _SAVED).is_file():
        return
    should = "should be a folder that 'Dataset.save_to_disk' has written"
    if (path / _DICT).is_file():
        splits = sorted(folder.parent.name for folder in path.glob(f"*/{_SAVED}"))
        named = f" Name the folder of one: '{path.name}/{splits[0]}'." if splits else ""
        message = f"{should}, of one split. Found one of {those('split', splits)}.{named}"
    elif path.is_file():
        message = f"{should}. Found a file. Name the 'builder' that reads it: arrow, csv, json, parquet or text."
    else:
        message = f"{should}. Found {f'a folder without {_SAVED}' if path.is_dir() else 'nothing there'}."
    raise DataError(Fault(message, file=str(path)))


def _built(cls: Any, files: Sequence[Path], cache: str, arguments: Mapping[str, Any], of_csv: bool) -> Any:
    """Return a builder; one of csv reads every cell as text, where pandas would make numbers and NaN of some.

    Raises `DataError` where files of csv differ in their columns, or rows have more fields than there are names.
    """
    own: dict[str, Any] = {"cache_dir": cache, "data_files": [str(file) for file in files]}
    if not of_csv or "features" in arguments:
        return cls(**own, **arguments)
    own |= {"keep_default_na": False, **arguments}
    asked = cls(**own).config.pd_read_csv_kwargs | {"nrows": 1, "chunksize": None}
    pandas, datasets = importlib.import_module("pandas"), importlib.import_module("datasets")
    names: list[str] = []
    for file in files:
        first = pandas.read_csv(file, **asked)
        found = [str(name) for name in first.columns]
        names = names or found
        if set(found) != set(names):
            message = f"should have the columns of '{files[0].name}', {', '.join(names)}. Found {', '.join(found)}."
            raise DataError(Fault(message, file=str(file)))
        if len(first) and asked["index_col"] is None and not isinstance(first.index, pandas.RangeIndex):
            fields = len(found) + first.index.nlevels  # which pandas would take for names of rows
            given = f"{counted(len(found), 'name')} and {counted(fields, 'field')}"
            message = f"should have a name for every field of a row. Found {given}."
            raise DataError(Fault(message, file=str(file)))
    if asked["header"] is None:  # the library counts columns, and would look for texts as names
        own.setdefault("names", names)
    return cls(**own, features=datasets.Features({name: datasets.Value("string") for name in names}))


def named(feature: Any, value: Any) -> Any:
    """Return a value with names in the place of the numbers that a `ClassLabel` has for them, in lists and dicts too.

    Values of other features stay as they are, and so do those whose `feature` is not known (None).
    """
    if value is None or feature is None:
        return value
    if hasattr(feature, "int2str"):
        if isinstance(value, int):
            return feature.int2str(value) if value >= 0 else None
        return value
    inner = getattr(feature, "feature", None) if not isinstance(feature, (list, Mapping)) else None
    if isinstance(feature, list):
        inner = feature[0]
    if isinstance(value, list) and inner is not None:
        return [named(inner, item) for item in value]
    if isinstance(value, dict):
        if isinstance(inner, Mapping):  # `Sequence` of dicts, which is kept as a dict of lists
            return {key: _all(inner.get(key), of) for key, of in value.items()}
        if isinstance(feature, Mapping):
            return {key: named(feature.get(key), of) for key, of in value.items()}
    return value


def _all(feature: Any, values: Iterable[Any]) -> list[Any]:
    return [named(feature, value) for value in values]


def _found(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0].rstrip('.')}."
