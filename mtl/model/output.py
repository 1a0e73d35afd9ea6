"""The end of a task: the base class of output layers.

Shapes: B rows of a batch, T tokens of its longest row, C labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from torch import Tensor

from .distribution import Distribution
from .module import Module
from .sequences import PaddedSequence

if TYPE_CHECKING:
    from ..data.carried import Carry
    from ..data.labels import Labels
    from ..data.targets import Answer


class DevUnits(NamedTuple):
    """Some units of dev: what flows into an output layer of the trained model, and what a loss gets of them.

    `answered` [B] bool: the unit has an answer that a loss can use.
    """

    scores: tuple[Any, ...]
    targets: Any
    answered: Tensor


class Losses(NamedTuple):
    """Losses [N] of whatever an output layer counts, and which of them count, [N] bool: the task's is their mean."""

    values: Tensor
    counted: Tensor


class Output(Distribution, Module):
    """The end of a task: what is predicted from the scores, the loss that trains it, and the answer.

    `elements` and `axes` say which targets it is made for (see `mtl.data.targets`; `axes` None: any). Scores are
    [B, C] of whole units or a `PaddedSequence` of scores per token (or a text of a list). Where several values flow in,
    all methods take all of them, in order. Where one of them is a decoder that takes the target, what flows in outside
    training is `Stepped`, for a search to step (see `mtl.model.search`).
    """

    kind = "output"
    elements: ClassVar[tuple[str, ...]] = ("label",)
    axes: ClassVar[tuple[tuple[str, ...], ...] | None] = ((), ("T",), ("U",))
    needs_drawn_negatives: ClassVar[bool] = False  # compares with documents that no row judges for the query
    rejects: ClassVar[bool] = False  # may answer with the target's `out_of_scope`, by the id after the last label's
    grows: ClassVar[bool] = False  # its parameters are by label, and new labels may be added to those of a run
    labels: Labels

    @classmethod
    def constraint(cls, values: Mapping[str, Any]) -> str | None:
        """Return the recipe key that restricts answers to the grammar of tags; None where these values do not."""
        return None

    @property
    def output_dim(self) -> int:
        """Number of labels: the size of what a `condition` edge carries."""
        return len(self.labels)

    def forward(self, *scores: Any) -> Tensor | PaddedSequence:
        """Return label probabilities, as a `condition` edge hands them to another task's decoder."""
        raise NotImplementedError

    def prior(self, targets: Iterable[tuple[Any, Tensor]]) -> tuple[Tensor | None, ...]:
        """Begin where the training answers are: return, for each value that flows in, the scores [C] to begin with.

        None leaves a value as it is, and so do values that are left out: by default all. `targets` are what the loss
        gets of every training unit and which have an answer, [B] bool, in batches. An output layer that has parameters
        sets them, too. Called once, before training.
        """
        return ()

    def loss(self, *scores_and_targets: Any) -> Tensor | Losses:
        """Return one loss per unit, [B]: of its answer, or the mean over its labelled tokens; 0 where it has none.

        What flows in comes first, the targets last: of labels their ids, [B] or [B, T]; an id outside 0 … C-1 is
        unlabelled (or a label that was never seen in training) and adds nothing. An output layer that counts something
        other than units returns `Losses`.
        """
        raise NotImplementedError

    def count(self, targets: Any, answered: Tensor, lengths: Tensor, ids: Any = None) -> Tensor:
        """Return how many losses of a batch `loss` will count, int64 []: of a step's batches each has its share by it.

        By default one for each unit that is `answered`, [B] bool. `lengths` [B] are the tokens of the text that the
        target belongs to; `ids` what a `Lexicon` among its parts says of it, where there is one.
        """
        return answered.sum()

    @property
    def found_on_dev(self) -> tuple[str, ...]:
        """The recipe keys that ask for what `decide` finds: by default none."""
        return ()

    @property
    def rejects_by(self) -> str | None:
        """The one of these keys without whose finding nothing is answered out of scope; None where there is none."""
        return None

    def lacking_on_dev(
        self, targets: Sequence[tuple[Any, Tensor]], unseen: Sequence[str] = ()
    ) -> Iterator[tuple[str, str]]:
        """Yield those of these keys that dev does not have the units for, with a sentence each.

        `targets` are what a loss gets of every unit of dev and which have an answer, [B] bool, in batches; `unseen` are
        the labels of dev that no answer has. Called before training.
        """
        if not any(bool(answered.any()) for _, answered in targets):
            for key in self.found_on_dev:
                yield key, "should come with units in dev that have an answer, on which it is found. There are none."

    def decide(self, units: Sequence[DevUnits]) -> Iterator[str]:
        """Find on dev what `answer` decides by, keep it in buffers, and yield a sentence about each.

        Called once, after training, with the weights of the best checkpoint and in no gradient mode; units are on the
        CPU, the module's buffers are on the device of the model. What a `condition` edge carries is as it was. What is
        found depends on weights and units alone. Not called where the layer is frozen, or none of its tasks learns.
        """
        yield from ()

    def undecide(self) -> None:
        """Set the buffers that `decide` fills to what they are in a new layer: evaluations answer by these meanwhile.

        Called once before training, after first weights were loaded, wherever `decide` will be called: with weights of
        another run come the values that were found for it. A layer that has `found_on_dev` has to have this method.
        """
        if self.found_on_dev:
            raise NotImplementedError(f"{type(self).__name__} has keys that are found on dev, and no method 'undecide'")

    def continued(self, carry: Carry, *scores: Any) -> tuple[Any, ...]:
        """Return what the other methods get in the place of `scores`, where rows go on from those of `carry.before`.

        Of layers that `carries`; sets `carry.after`, as representations do.
        """
        raise NotImplementedError(f"{type(self).__name__} carries no state")

    def answer(self, *scores: Any) -> dict[str, Tensor]:
        """Return what the target's answers are made of: of labels `best` (ids, int64), `score` (its probability) and,
        for whole units, `scores` (all of them).

        Whole units: [B], [B], [B, C]. Tokens: [B, T], [B, T]. Must be traceable by `torch.export`, itself or in the
        module that `exportable` returns. Of equal scores the label with the lowest id wins.
        """
        raise NotImplementedError

    @property
    def more_answers(self) -> tuple[Answer, ...]:
        """What a head puts out, of what `answer` returns, beside its target's own answers: by default nothing."""
        return ()

    def measured(self, *scores_and_targets: Any) -> dict[str, Tensor]:
        """Return what figures are made of, which the target's `predicted` gets: by default the answer.

        An output layer whose answer does not say how probable the gold one is says so here. Arguments are the loss's.
        """
        *scores, _ = scores_and_targets
        return self.answer(*scores)

    def gap(self, scores: tuple[Any, ...], answer: str, row: int, wanted: Any, given: Any) -> float:
        """Return how much more probable one answer to a unit is than another, both label ids [] or [T], as a difference
        of logarithms: it means as much where all probabilities are tiny.

        Verification asks where an exported graph answers otherwise: a difference near 0 is a tie.
        """
        value = self(*scores)
        if not isinstance(value, PaddedSequence):
            logarithms = value[row].log()
            return float(logarithms[int(wanted)] - logarithms[int(given)])
        odd = (wanted != given).nonzero()[0]
        logarithms = value.values[row].log().numpy()
        return float((logarithms[odd, wanted[odd]] - logarithms[odd, given[odd]]).max())
