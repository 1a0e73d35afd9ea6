"""What was read and made of it: the fitted vocabularies and labels, every split, and a report on both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..base.errors import Fault, counted, some
from ..sources import SPLITS
from ..text.features import VocabularyFeature
from ..text.vocabulary import FIRST
from .fitted import Fitted
from .split import Split


@dataclass(frozen=True)
class Prepared:
    """Everything that was read: `splits` by (source, split), content `hashes` by `source/split`, rows left out."""

    fitted: Fitted
    splits: dict[tuple[str, str], Split]
    hashes: dict[str, str]
    skipped: list[Fault]
    odd: list[Fault] = field(
        default_factory=list
    )  # about the targets of all training rows together, and shares of train
    held_out: dict[str, str] = field(default_factory=dict)  # by `source/split`, what it is a share of, if of anything
    code: tuple[str, ...] = ()  # hashes of the packages that rows were read and encoded by

    def split(self, source: str, split: str) -> Split | None:
        """Return a split of a source, None where the source has no such split."""
        return self.splits.get((source, split))

    @property
    def soft(self) -> dict[str, str]:
        """Hashes of what teachers say of the units of train, by task."""
        return {task: soft.digest for split in self.splits.values() for task, soft in split.soft.items()}

    @cached_property
    def overlaps(self) -> dict[tuple[str, str, str], int]:
        """How many rows of a later split have the texts of a row of an earlier one, by (source, earlier, later)."""
        found: dict[tuple[str, str, str], int] = {}
        for source in dict.fromkeys(source for source, _ in self.splits):
            there = [split for split in SPLITS if (source, split) in self.splits]
            for i, earlier in enumerate(there):
                for later in there[i + 1 :]:
                    known = self.splits[source, earlier].text_hashes
                    found[source, earlier, later] = int(np.isin(self.splits[source, later].text_hashes, known).sum())
        return found

    @cached_property
    def notes(self) -> list[Fault]:
        """Warnings about the rows, among them texts that splits of pairs have in common.

        Each names its split, which its file does not where several splits are shares of one.
        """
        found: list[Fault] = list(self.odd)
        for (source, name), split in self.splits.items():
            notes = list(split.notes)
            for earlier in SPLITS[: SPLITS.index(name)]:
                other = self.splits.get((source, earlier))
                if other is not None:
                    notes += split.shared_texts(other, earlier)
            found += (replace(note, path=": ".join(filter(None, (f"{source}/{name}", note.path)))) for note in notes)
        return found + list(self._without_entries()) + self.cut(*SPLITS) + self.unlabelled(*SPLITS)

    def _without_entries(self) -> Iterator[Fault]:
        """Yield a warning for every component with a vocabulary of which `min_count` left nothing."""
        for component, features in self.fitted.features.items():
            for feature in features:
                least = getattr(feature, "min_count", 1)
                if isinstance(feature, VocabularyFeature) and feature.size == FIRST and least > 1:
                    yield Fault(
                        f"has an empty vocabulary: nothing in train occurs at least {least} times ('min_count'). "
                        "Every token is read as unknown. Lower 'min_count'.",
                        path=component,
                    )

    def cut(self, *splits: str) -> list[Fault]:
        """Return warnings about what `max_tokens`, `max_pieces` and encoders keep from being read of these splits.

        One for every task with tags or answers there, one for every way in which a column is split into more pieces
        than `max_pieces`, and one for every task on pairs whose two texts do not fit into one row of an encoder.
        """
        found = []
        for (source, name), split in self.splits.items():
            if name in splits:
                found += [replace(fault, file=f"{source}/{name}") for fault in self._cut_in(split)]
        return found

    def _cut_in(self, split: Split) -> Iterator[Fault]:
        """Yield what is not read of one split."""
        for task, count in split.unread.items():
            after = f"after the tokens that are read of a text ({split.bounds(task)}): not learned"
            if self.fitted.targets[task].quotes:
                yield Fault(f"{counted(count, 'answer')} {after}, but measured.", path=task)
            else:
                yield Fault(f"{counted(count, 'tag')} {after}, and not measured.", path=task)
        for column, tokenizer, most, count in split.cut:
            of = f" of {tokenizer}" if tokenizer else ""
            yield Fault(
                f"{count:,} of {counted(len(split.text_lengths[column]), 'text')} with more than "
                f"{counted(most, 'piece')}{of}: the rest is not read (max_pieces).",
                path=f"column '{column}'",
            )
        for task, cut in split.cut_pairs.items():
            yield Fault(
                f"{cut.cut:,} of {counted(cut.pairs, 'pair')} with more than {counted(cut.room, 'piece')} in one "
                f"row: the rest is not read (one_pass: {cut.how}).",
                path=task,
            )

    def unlabelled(self, *splits: str) -> list[Fault]:
        """Return a warning for every task that has no label in one of these splits: there it cannot be measured."""
        message = "no row has a label: the task has no figure on this split"
        selection = " and no say in which checkpoint is the best"
        return [
            Fault(f"{message}{selection if name == 'dev' else ''}.", f"{source}/{name}", path=task)
            for (source, name), split in self.splits.items()
            if name in splits
            for task, count in split.labelled.items()
            if not count
        ]

    def unseen(self, *splits: str) -> list[Fault]:
        """Return a warning for every task with labels in one of these splits that training never had, with counts."""
        return [
            Fault(_never_seen(labels), f"{source}/{name}", path=task)
            for (source, name), split in self.splits.items()
            if name in splits and split.judgements is None
            for task, labels in split.unseen_labels().items()
        ]

    def report(self) -> dict[str, Any]:
        """Return, as JSON-able values, what was read: rows, labels or grades, unseen labels, overlaps, vocabularies."""
        splits: dict[str, Any] = {}
        for (source, split), encoded in self.splits.items():
            splits[f"{source}/{split}"] = {
                "rows": len(encoded),
                "tokens": encoded.tokens,
                "skipped": len(encoded.skipped),
                "labelled": encoded.labelled,
                "unseen": encoded.unseen_labels(),
                "overlap": {e: n for (s, e, later), n in self.overlaps.items() if (s, later) == (source, split)},
                **encoded.described(),
            }
            if self.held_out.get(f"{source}/{split}"):
                splits[f"{source}/{split}"]["held_out"] = self.held_out[f"{source}/{split}"]
        return {
            "splits": splits,
            "labels": {task: dict(x.tally) for task, x in self.fitted.targets.items() if x.tally},
            "vocabularies": {name: [f.size for f in features] for name, features in self.fitted.features.items()},
        }


def _never_seen(labels: Mapping[str, int]) -> str:
    """Return the sentence about labels that training never had, the most frequent ones first."""
    ordered = sorted(labels, key=lambda name: (-labels[name], name))
    found = some(f"{name} ({labels[name]:,})" for name in ordered)
    return f"should have labels that the run was trained with. Found others, which count as wrong: {found}."
