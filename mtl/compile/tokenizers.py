"""Reading the tokenizer of an input, where it has keys of its own; what it reads files for is read here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..base import registry
from ..base.errors import DataError, MtlError
from ..recipe.document import Steps
from ..recipe.modules import ModuleConfig
from ..text.own_pieces import OwnPieces
from ..text.tokenizers import Tokenizer
from .components import read_component
from .draft import Reading

KEPT = "tokenizers"  # folder beside a run's recipe, with the files that its tokenizers were read from


def read_tokenizer(
    reading: Reading, written: Mapping[str, Any], steps: Steps
) -> tuple[dict[str, Any], Tokenizer | None]:
    """Return what is written of an input with its tokenizer by the name alone, and the tokenizer if it has keys.

    Notes faults. What the name is of is not looked at where there are no keys.
    """
    values = dict(written)
    raw = values.get("tokenizer")
    here: Steps = (*steps, "tokenizer")
    if isinstance(raw, str) and reading.strangers and raw not in registry.names("tokenizer"):
        reading.unread.add(here)
        return {key: value for key, value in values.items() if key not in ("tokenizer", "max_pieces")}, None
    named = raw if isinstance(raw, str) and raw in registry.names("tokenizer") else None
    if not isinstance(raw, Mapping) and (
        named is None or not registry.recipe_keys(registry.lookup("tokenizer", named))
    ):
        return values, None
    del values["tokenizer"]
    config = read_component(reading, "tokenizer", raw, here)
    if config is not None and not config.values:
        return {**values, "tokenizer": config.type}, None
    made = None if config is None else _made(reading, config, here)
    if config is None or made is None:  # of keys that go with it, nothing can be said
        reading.unread.add(here)
        return {key: value for key, value in values.items() if key != "max_pieces"}, None
    return {**values, "tokenizer": config.type}, made


def _made(reading: Reading, config: ModuleConfig, here: Steps) -> Tokenizer | None:
    """Return a tokenizer with its files read, None after noting faults."""
    try:
        made: Tokenizer = config.cls(**config.values)
        made.read_files(reading.data, reading.base / KEPT)
    except DataError as error:
        reading.faults += error.faults
    except (MtlError, ValueError) as error:
        reading.refused(error, here)
    else:
        return made
    return None


def check_pieces(reading: Reading, written: Mapping[str, Any], made: Tokenizer | None, steps: Steps) -> None:
    """Note a fault where an input bounds pieces and its tokenizer has no vocabulary of them."""
    if written.get("max_pieces") is not None and not isinstance(made, OwnPieces):
        reading.key_fault(
            (*steps, "max_pieces"),
            "should come with a tokenizer that has a vocabulary of pieces ('wordpiece', 'unigram'). Found "
            f"'{written.get('tokenizer', 'unicode_words')}'. Bound tokens with 'max_tokens'.",
        )
