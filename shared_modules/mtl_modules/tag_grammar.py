"""Which tags may follow which: the grammar of BIO and BIOES."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from mtl.base.errors import UsageError

FORBIDDEN = -10_000.0  # a score that no sum of others outweighs, and that float32 adds up without overflow


class Barriers(NamedTuple):
    """What to add to transition scores [C, C], start and end scores [C]: 0, or `FORBIDDEN`."""

    transitions: Tensor
    start: Tensor
    end: Tensor


def barriers(labels: Sequence[str]) -> Barriers:
    """Return where these tags may stand: an inside or end tag only behind a begin or inside tag of its own label.

    If there are end or single tags (BIOES), a begin or inside tag must be continued as well. Raises `UsageError`
    where a label is no such tag.
    """
    tags = [_parse(label) for label in labels]
    closed = any(prefix in "ES" for prefix, _ in tags)

    def follows(before: tuple[str, str], tag: tuple[str, str]) -> bool:
        is_open = before[0] in "BI"
        if tag[0] in "IE":
            return is_open and before[1] == tag[1]
        return not (is_open and closed)

    outside = ("O", "")
    return Barriers(
        torch.tensor([[_score(follows(before, tag)) for tag in tags] for before in tags]),
        torch.tensor([_score(follows(outside, tag)) for tag in tags]),
        torch.tensor([_score(follows(tag, outside)) for tag in tags]),
    )


def _score(allowed: bool) -> float:
    return 0.0 if allowed else FORBIDDEN


def _parse(label: str) -> tuple[str, str]:
    prefix, dash, kind = label.partition("-")
    if label == "O" or (prefix in ("B", "I", "E", "S") and dash):
        return prefix, kind
    raise UsageError(f"'constrained' should be used with BIO or BIOES tags. Found the label '{label}'.")
