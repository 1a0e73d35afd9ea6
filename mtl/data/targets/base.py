"""What a target is: what a task learns from and answers with, from a cell of a source to a value that a user reads.

Axes by their letters: B units of a batch, T tokens of an input, U texts of a list, C labels. A target that has none
holds one value (or `width` of them) a unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ...graph.rules import shape_of
from ..labels import MISSING, Labels
from .parts import Answer, Example, Names, Remark

if TYPE_CHECKING:
    import onnx_ir as ir
    from onnx_ir.tape import Tape

    from ...text.features import VocabularyFeature
    from ..grammar_check import GrammarCheck


class Target:
    """What a task predicts, one instance per task; registered with `register("target", name)`.

    `element` is the field's word for one value (`label`, `number`, `grade`, …) and `axes` are those of a unit's values:
    by the two, output layers and metrics say what they are made for. `answers` are a head's outputs, `metrics`
    the default metrics of a task. Values are kept as `dtype`.
    """

    kind: ClassVar[str] = "target"
    element: ClassVar[str]
    axes: ClassVar[tuple[str, ...]] = ()
    width: ClassVar[int] = 1  # values per unit, of a target without axes
    of_tokens: ClassVar[bool] = False  # reading a cell needs the tokens of the target's input
    of_text: ClassVar[bool] = False  # the text itself is predicted: there is no cell, and `read` gets None
    masked: ClassVar[bool] = False  # words of that text are masked, and predicted from those on both sides
    dtype: ClassVar[type[np.generic]] = np.int32
    quotes: ClassVar[bool] = False  # answers are parts of its input's text: first and last token
    exact: ClassVar[bool] = True  # an answer is right or wrong; False: nearer to the right one or farther
    missing: ClassVar[float] = MISSING  # value of a unit (or token) that has none, and of padding
    answers: ClassVar[tuple[Answer, ...]]
    metrics: Sequence[str | Mapping[str, Any]] = ()
    labels: Labels | None = None  # of a target whose values are label ids, once it is fitted, as training has them
    renamed: Mapping[str, str] = {}  # labels of training that have another name since
    earlier: Mapping[str, str] = {}  # names that labels had in the run that a head comes from: those of training
    out_of_scope: str | None = None  # the answer where none of the labels is probable enough
    words: VocabularyFeature | None = None  # of a target whose values are words of a vocabulary: what has their ids
    deviation: float | None = None  # of training values, where they are numbers of one scale
    surveys: bool = False  # all training cells are shown to `survey` before the first is read

    @property
    def found(self) -> Mapping[str, Any]:
        """What training has shown of the target, for metrics (see `Metric.fitted`)."""
        return {}

    @property
    def tally(self) -> Mapping[str, int]:
        """How often each value occurs in training, for reports; empty for a target with many values."""
        return {}

    @property
    def shows_tokens(self) -> bool:
        """Whether answers come with the tokens that they are about."""
        return self.quotes or self.axes[:1] == ("T",)

    @property
    def marks_spans(self) -> bool:
        """Whether its labels may be tags of spans, which have a grammar."""
        return True

    def measured_by(self, metrics: Sequence[Any]) -> None:
        """Take note of the metrics that the task is measured by, before any cell is read."""

    def survey(self, value: Any) -> None:
        """Take note of a training cell, malformed or not: `read` will say what is wrong with it."""

    def settle(self) -> None:
        """Decide how cells are read, from all that `survey` was shown.

        Raises `mtl.data.tag_fit.SchemeError` where they are none that can be read as they should be.
        """

    def note(self) -> str:
        """Return a sentence for the user about all training cells together, or nothing."""
        return ""

    def noted(self) -> tuple[int, int | None] | None:
        """Return which surveyed cell shows what `note` says, and which item of it if one; both count from 0."""
        return None

    def note_at(self, file: str, line: int | None) -> None:
        """Keep the place of what `noted` returned."""

    def check_grammar(self, value: Any) -> GrammarCheck | None:
        """Return how a cell that `read` has read keeps to the grammar of the target's tags; None for one without."""
        return None

    def remarks(self, value: Any, example: Example) -> list[Remark]:
        """Return what is odd about a cell that `read` has read; each kind is counted and reported once."""
        return []

    def unread(self, gold: Any, example: Example) -> int:
        """Return how many values of a cell are left out, as the model does not read the tokens that they are of."""
        return len(example.spans) - len(gold) if self.axes == ("T",) and not self.of_text else 0

    @property
    def size(self) -> int:
        """How many scores a decoder makes of a vector."""
        return 1

    # -- from a cell to numbers

    def read(self, value: Any, example: Example) -> Any:
        """Return a cell's value as metrics see it; None where the unit has no answer.

        Raises `ValueError` with a sentence that says what should be and what was found; the caller adds file, line
        and column.
        """
        raise NotImplementedError

    def count(self, gold: Any) -> None:
        """Take note of a training unit's answer; called over all of them before `fit`."""

    def fit(self, alike: Sequence[Target]) -> None:
        """Fit what encoding needs from what was counted; `alike` have one output layer with this one (itself too).

        Raises `ValueError` where there is nothing to learn from.
        """

    def encode(self, gold: Any, count: int, names: Names) -> Sequence[float]:
        """Return a unit's values: `count` of them along the tokens or texts that they belong to."""
        raise NotImplementedError

    def tensors(self, values: NDArray[Any]) -> tuple[Any, Tensor]:
        """Return what the loss gets of a batch's values ([B, …], padded), and which units have an answer, [B] bool.

        The first is a tensor, or a named tuple of tensors.
        """
        raise NotImplementedError

    # -- from numbers to answers

    def gold(self, values: NDArray[Any], names: Sequence[str]) -> Any:
        """Return what `read` returned, from a unit's values; `names` are the split's labels by their ids."""
        raise NotImplementedError

    def predicted(self, answer: Mapping[str, Tensor], lengths: Sequence[int] | None) -> list[Any]:
        """Return a batch's predictions as metrics see them, from what the output layer's `answer` returned.

        `lengths` are those of the target's first axis, None where it has none.
        """
        raise NotImplementedError

    def unlearned(self, gold: Sequence[Any]) -> list[Any] | None:
        """Return what a model that has learned nothing predicts, as metrics see it, one value for each of `gold`.

        Figures without bound are compared with those of it where several figures are added up. None where no such
        figure measures the target.
        """
        return None

    @property
    def preferred(self) -> str | None:
        """The figure that the best checkpoint is chosen by, where it is not the first of the task's metrics."""
        return None

    def from_answer(self, answer: Mapping[str, Any]) -> Any:
        """Return a prediction as metrics see it, from the answer that a user reads: by default the first declared."""
        return answer[self.answers[0].name]

    def gold_quoted(self, gold: Any, text: str) -> Any:
        """Return gold as metrics see it where the target `quotes`, from what `gold` returned."""
        raise NotImplementedError

    def answered(
        self, answer: Mapping[str, Tensor], tokens: Sequence[Sequence[str]] | None, declared: Sequence[Answer]
    ) -> dict[str, NDArray[Any]]:
        """Return what an output layer's `answer` returned as arrays, with what is answered `without_tokens`.

        `declared` are the outputs of the head, of which the target's own `answers` are the first.
        """
        found = {name: value.cpu().numpy() for name, value in answer.items()}
        empty = np.array([not row for row in tokens or ()], np.bool_)
        for one in declared:
            if one.without_tokens is not None and empty.any():
                values = found[one.value]
                units = empty.reshape(-1, *[1] * (values.ndim - 1))
                found[one.value] = np.where(units, np.array(one.without_tokens, values.dtype), values)
        return found

    def shown(self, answer: Answer, values: NDArray[Any], tokens: Sequence[str] = ()) -> Any:
        """Return one unit's answer, over its tokens if it comes with them, as a user reads it; padding is cut off."""
        if answer.labels:
            found: Any = np.array([*self.answer_names(), ""], object)[values]
            return found.tolist() if values.ndim else found
        if answer.dims == ("C",):
            return dict(zip(self.names(), values.tolist(), strict=True))
        return values.tolist()

    def in_graph(self, tape: Tape, answer: Answer, value: ir.Value) -> ir.Value:
        """Add nodes that turn a value of the exported graph into an output for `answer`; -1 is the id of no label."""
        if not answer.labels:
            return value
        labels = self.answer_names()
        attributes: dict[str, str | list[int] | list[str]] = {
            "keys_int64s": list(range(len(labels))),
            "values_strings": list(labels),
            "default_string": "",
        }
        return tape.op("LabelEncoder", [value], attributes, domain="ai.onnx.ml")

    # -- state

    def names(self) -> tuple[str, ...]:
        """Return the labels by their ids, as they are called now; none where answers are no labels."""
        return () if self.labels is None else tuple(self.renamed.get(name, name) for name in self.labels.names)

    def earlier_names(self) -> dict[str, str]:
        """Return other names that rows may have for labels, with what these are called now."""
        return {**{name: self.renamed.get(label, label) for name, label in self.earlier.items()}, **self.renamed}

    def answer_names(self) -> tuple[str, ...]:
        """Return what ids in answers mean: the labels and, after them, what is answered out of scope, if anything."""
        names = self.names()
        return names if self.out_of_scope is None or not names else (*names, self.out_of_scope)

    def state(self) -> dict[str, Any]:
        """Return what `fit` made, as JSON-able values."""
        return {}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restore what `state` returned."""

    def adopt(self, state: Mapping[str, Any], more: Sequence[str] = ()) -> None:
        """Take over what a head that was trained before was fitted to, after `fit`; only counts stay those of the data.

        `more` are labels that the head is given after its own. Raises `ValueError` where the data has answers that such
        a head cannot give.
        """
        self.load_state(state)

    def placeholder(self, also: Iterable[str] = ()) -> None:
        """Fit to made-up values, so that a model can be built before data is read; `also` are labels to have."""

    @classmethod
    def shape(cls) -> str:
        """Return what is predicted, with its axes, as messages say it."""
        return shape_of(cls.element, cls.axes)
