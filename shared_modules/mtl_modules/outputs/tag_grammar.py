"""Which tags may follow which, as scores: the grammars of BIO, IOB1, BIOES and BILOU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from mtl.base.errors import WrongKeyError
from mtl.text.tag_schemes import LETTERS, OUTSIDE, Scheme, Tag, family, follows, parsed

FORBIDDEN = -10_000.0  # a score that no sum of others outweighs, and that float32 adds up without overflow


class Barriers(NamedTuple):
    """What to add to transition scores [C, C], start and end scores [C]: 0, or `FORBIDDEN`."""

    transitions: Tensor
    start: Tensor
    end: Tensor


def barriers(labels: Sequence[str], scheme: Scheme | None = None) -> Barriers:
    """Return where these tags may occur: an inside or end tag only after a begin or inside tag of its own label.

    In BIOES and BILOU a begin or inside tag must be continued as well. In IOB1, whose letters are those of BIO, an
    inside tag may begin a span, and a begin tag occurs only directly after a tag of its own label. Where there is no
    `scheme` of spans, the letters say which it is. Raises `UsageError` where a label is no such tag.
    """
    tags = [_parse(label) for label in labels]
    known = scheme if scheme is not None and scheme in LETTERS else family(dict.fromkeys(labels, 1))
    outside = Tag(OUTSIDE, "")
    return Barriers(
        torch.tensor([[_score(follows(before, tag, known)) for tag in tags] for before in tags]),
        torch.tensor([_score(follows(outside, tag, known)) for tag in tags]),
        torch.tensor([_score(follows(tag, outside, known)) for tag in tags]),
    )


def _score(allowed: bool) -> float:
    return 0.0 if allowed else FORBIDDEN


def _parse(label: str) -> Tag:
    found = parsed(label)
    if found is None:
        raise WrongKeyError(
            "constrained",
            f"'constrained' should be used with BIO, IOB1, BIOES or BILOU tags. Found the label '{label}'.",
        )
    return found
