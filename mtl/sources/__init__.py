"""Where rows come from: one reader per family of formats, each registered as a recipe's `format:`.

Importing this package registers all of them.
"""

from . import arrow, conll, conllu, delimited, jsonl, lines, python, qrels, torchtext
from .base import SPLITS, Row, Source
from .opening import open_sources

__all__ = [
    "SPLITS",
    "Row",
    "Source",
    "arrow",
    "conll",
    "conllu",
    "delimited",
    "jsonl",
    "lines",
    "open_sources",
    "python",
    "qrels",
    "torchtext",
]
