"""What a task type is: the modules of a single-task model, the edges between them, and its answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal


@dataclass(frozen=True)
class Slot:
    """A place in a task's model that a module fills.

    `name` is the module's address within the task (`embedding`; `query.embedding` where a task has several
    inputs). `takes` are the slots (or the input) whose values flow in, in order. An optional slot that no
    recipe line fills is left out and its input flows on; from an empty `side` branch nothing does. `default` is the
    configuration used where neither the task nor a share group writes one.
    """

    name: str
    kind: str
    takes: tuple[str, ...]
    optional: bool = False
    default: Mapping[str, Any] | None = None
    side: bool = False


@dataclass(frozen=True)
class Answer:
    """One named output of an exported head.

    `name` as the user sees it; `value` is the key in what the output layer's `answer` returns; `labels` is True
    where ids are decoded to the label's string; `dims` names the axes beyond B (`("T",)`, `("C",)`).
    """

    name: str
    value: str
    labels: bool = False
    dims: tuple[str, ...] = ()


class Task:
    """A single-task model: which inputs it reads, which modules it has, what it predicts.

    Registered with `register("task", name)`. Keyword-only constructor arguments are recipe keys beside `source`,
    `inputs`, `target`, `model`, `weight` and `metrics`, which every task has.

    A task of level `pair` ranks: its last module is a `RankingOutput`, its labels are grades
    (`format(grade, "g")`), and it has attributes `negatives` (`judged`, `batch` or `pool`), `negative_count` and
    `candidates` (int or None), which say what pairs are drawn beside those of the rows. Of its columns, `group`,
    `document_id`, `negative` and `pool` mean what `text_pair_ranking` says they do.
    """

    kind: ClassVar[str] = "task"
    level: ClassVar[Literal["row", "token", "pair"]]
    target_optional: ClassVar[bool] = False  # a recipe may leave `target` out
    input_roles: ClassVar[tuple[str, ...]] = ()  # what inputs that the recipe names are, in order; (): any number
    answers: ClassVar[tuple[Answer, ...]]
    default_metrics: tuple[str | Mapping[str, Any], ...]  # of the class, or of an instance whose keys decide
    draws_negatives: bool = False  # training pairs are also made of texts that no row judges together

    def columns(self) -> dict[str, str]:
        """Return the columns that the task's own keys name, by key; every split should have them."""
        return {}

    def inputs(self) -> tuple[str, ...] | None:
        """Return the names of the inputs, or None where the recipe names them."""
        return ("text",)

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        """Return the model's slots in order of data flow; the last one is the output layer."""
        raise NotImplementedError

    def targets(self, value: Any, tokens: Sequence[tuple[int, int]], text: str) -> list[str] | str | None:
        """Return a row's gold label, or one label a token; None where the row has no label.

        `value` is the target column's value; `tokens` are the (start, end) character offsets of the tokens of
        the task's first input, `text` that input. Raises `ValueError` with a sentence that says what should be
        and what was found; the caller adds file, line and column.
        """
        raise NotImplementedError
