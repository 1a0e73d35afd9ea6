"""Names of models on the Hugging Face hub, from which nothing is downloaded."""

from __future__ import annotations

import re

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")


def how_to_fetch(written: str) -> str:
    """Return how to fetch what a path may be the name of, where there is no such folder; else nothing.

    >>> how_to_fetch("google-bert/bert-base-uncased")  # doctest: +ELLIPSIS
    " Nothing is downloaded: fetch a model of the Hugging Face hub by 'hf download google-bert/bert-base-uncased ...
    >>> how_to_fetch("../models/bert")
    ''
    """
    if not _NAME.fullmatch(written):
        return ""
    return (
        f" Nothing is downloaded: fetch a model of the Hugging Face hub by 'hf download {written} --local-dir DIR', "
        "and write 'path: DIR'."
    )
