"""What targets take and give, beside cells: outputs of heads, texts that cells belong to, remarks, names of labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ...text.span_tags import Span


@dataclass(frozen=True)
class Answer:
    """One named output of an exported head.

    `name` as the user sees it; `value` is the key in what the output layer's `answer` returns; `labels` is True
    where ids are decoded to the label's string, and `position` where it is the number of a token; `dims` names the
    axes beyond B (`("T",)`, `("C",)`, `("N",)` of the n best); `probability` is True where values are probabilities.
    `tree` is True where the output layer returns actions (one axis more, S), of which a tree in brackets is made.
    `without_tokens` is answered where the text has no token; None where that is for the output layer to say.
    """

    name: str
    value: str
    labels: bool = False
    dims: tuple[str, ...] = ()
    position: bool = False
    probability: bool = False
    tree: bool = False
    without_tokens: float | tuple[float, ...] | None = None


class Example(NamedTuple):
    """What a cell of the target column belongs to: the text of the target's input and the offsets of its tokens.

    `read` is how many of the tokens the model reads (`max_tokens`). Where an input holds lists, `texts` are those of
    the unit, and there are no spans. `words` are the offsets of the items where the text is a list of tokens some of
    which hold white space; elsewhere white space alone parts words.
    """

    text: str
    spans: Sequence[Span]
    read: int
    texts: Sequence[str] = ()
    words: Sequence[Span] | None = None


class Remark(NamedTuple):
    """A warning about a unit's answer: what is so of `one` thing and of `many`, the same words for all, and an example.

    As in `1 tree has no words, here [IN:A ]`, where `one` is `tree has no words` and `many` is `trees have no words`.
    """

    one: str
    many: str
    example: str


class Names(NamedTuple):
    """The ids of a split's labels, and how often each occurs that training never had."""

    ids: dict[str, int]
    unseen: dict[str, int]
    known: int
    earlier: Mapping[str, str] = {}  # names that labels had in training: what they are called now

    @classmethod
    def of(cls, names: Sequence[str], earlier: Mapping[str, str] = {}) -> Names:  # never changed
        """Return the names of known labels, beside which no other has been seen yet."""
        return cls({name: i for i, name in enumerate(names)}, {}, len(names), earlier)

    def id(self, label: str) -> int:
        """Return a label's id; one that training never had gets the next, and is counted."""
        label = self.earlier.get(label, label)
        found = self.ids.setdefault(label, len(self.ids))
        if found >= self.known:
            self.unseen[label] = self.unseen.get(label, 0) + 1
        return found
