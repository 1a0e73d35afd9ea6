"""What a module of a model is: the base classes of embeddings, representations, poolings, decoders and outputs.

Shapes: B rows of a batch, T tokens of its longest row, D a module's dimensions, C labels. A module knows
nothing of tasks, sources or other modules. Positional constructor arguments are inferred along the edges of
the sharing graph, keyword-only ones are the keys of the recipe (see `mtl.base.registry`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from torch import Tensor, nn

from ..base.progress import Note
from .distribution import Distribution
from .sequences import PaddedSequence, Pieces

if TYPE_CHECKING:
    from ..data.carried import Carry
    from ..data.labels import Labels
    from ..data.targets import Answer
    from ..text.features import Feature

__all__ = [
    "Decoder",
    "DevUnits",
    "Embedding",
    "Losses",
    "Matching",
    "Module",
    "Output",
    "PaddedSequence",
    "Pieces",
    "Pooling",
    "Representation",
    "Scorer",
]


class Module(nn.Module):
    """A component of the sharing graph; `kind` names its registry.

    `notes` are what a user should know about its initial state; its constructor may set them. `optimizer` is the type
    and the keys of an optimizer that its parameters have where the recipe gives them none of their own: for modules
    that common ones suit badly. `ordered_keys` are recipe keys with a mapping by whose order vectors go. `file_only`
    has the recipe keys that only say how a file of initial weights is used, with the key of that file. With
    `takes_pieces` it gets sequences of pieces as `Pieces`. One that `carries` can read a text on from a state: a
    representation's `forward` has a keyword `carry` (see `Representation`), an output layer a method `continued`.
    """

    kind: ClassVar[str]
    takes_pieces: ClassVar[bool] = False
    carries: ClassVar[bool] = False
    ordered_keys: ClassVar[tuple[str, ...]] = ()
    file_only: ClassVar[Mapping[str, str]] = MappingProxyType({})
    optimizer: ClassVar[tuple[str, Mapping[str, Any]] | None] = None
    notes: tuple[Note, ...] = ()

    @classmethod
    def completed(cls, values: Mapping[str, Any], data: Path) -> Mapping[str, Any]:
        """Return the recipe keys with what files say that they name, relative to `data`; here they are all there is.

        Called when a recipe is read; a run's recipe has what is returned, and does without the files. Raises
        `UsageError` for what is wrong with them.
        """
        return values

    @property
    def output_dim(self) -> int:
        """Size D of the vectors that come out."""
        raise NotImplementedError(f"{type(self).__name__} does not say its output_dim")

    def layered(self) -> Iterable[Iterable[nn.Parameter]]:
        """Return its parameters by the layers that they are of, the lowest first: by default it is one layer.

        Under `layer_decay` each has a rate of its own.
        """
        return [self.parameters()]

    def set_prior(self, scores: Tensor) -> None:
        """Begin with these scores [C] where the input says nothing, as a last bias does; by default nothing is done.

        Called once, before training, for modules whose values flow into an output layer (see `Output.prior`).
        """

    def exportable(self) -> nn.Module:
        """Return the module that takes this one's place in the exported graph: itself, unless it says otherwise.

        A stand-in computes equal values with ONNX's own operators and holds this module's parameters, some of them
        in a declared transform (the gate order of an ONNX `LSTM`). Its `forward` has the same signature.
        """
        return self


class Embedding(Module):
    """Turns features of tokens into vectors.

    Where one of a composite's parts reads the text and the others read what it computes, `reader` is the recipe key of
    that part; what the others compute flows into the composite. `directions` are those, `forward` or `backward`, that
    parts should read in, by their keys.

    One that `reads_pairs` can also read two texts in one row. It then has the methods `pieces`, which returns for what
    `forward` gets of one text what is to be taken as units ask for it, a sequence [B, P, 1], and `longest_first` and
    `only_second`, which return for the lengths of the first text and both texts' pieces the sequence of a row of both,
    with as many as there is room for: where there are more, pieces are left out at the end of the longer text, or of
    the second one.
    """

    kind = "embedding"
    reads_pairs: ClassVar[bool] = False
    reader: ClassVar[str] = ""
    directions: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def causal(cls, values: Mapping[str, Any]) -> bool:
        """Say whether a token's vector depends on no later token, with these recipe keys; of a composite, where none of
        its parts' vectors does.
        """
        return True

    @classmethod
    def anticausal(cls, values: Mapping[str, Any]) -> bool:
        """Say whether a token's vector depends on no earlier token, nor on how many there are; of a composite, where
        none of its parts' vectors does. By default it is so where the embedding is causal.
        """
        return cls.causal(values)

    @classmethod
    def most_pieces(cls, values: Mapping[str, Any]) -> int | None:
        """Return how many pieces of a text it can read with these recipe keys, None where that is any number.

        Those that the tokenizer puts before and after a text count. It is what `max_pieces` of an input is by default.
        """
        return None

    @classmethod
    def own_pieces(cls, values: Mapping[str, Any]) -> int | None:
        """Return how many pieces of a tokenizer's own vocabulary it has vectors of with these recipe keys.

        None, where it asks for no such tokenizer (`mtl.text.own_pieces`).
        """
        return None

    @classmethod
    def features(cls) -> tuple[Feature, ...]:
        """Return the features that this embedding consumes; takes the recipe keys that concern them as keywords.

        Called before any data is read, with those of the embedding's recipe keys that the method names. A
        composite of other embeddings consumes none itself. The constructor gets the same features back, fitted, as
        its positional argument `features`.
        """
        return ()

    def forward(self, lengths: Tensor, *features: Tensor | PaddedSequence) -> PaddedSequence | Pieces:
        """Embed one tensor per declared feature ([B, T], [B, T, C] or [B, P]); composites take their parts' sequences.

        Either way `lengths` [B] comes first. Vectors of pieces of tokens are returned as `Pieces`.
        """
        raise NotImplementedError


class Representation(Module):
    """Turns a sequence into a sequence in which every vector knows its context.

    Where one `carries`, segments of a running text that are read one after another give what the whole text would:
    `forward` gets `carry`, begins with the state `carry.before` (None: with that of a text's beginning), and sets
    `carry.after` to the tensors that it has at the end of each row, wherever that is, in rows of any length.

    One that is `adaptable` has `layers`, whose `projections` are linear layers by name, and its `forward` takes
    `adapters`, one for each of them. One whose lowest `frozen_layers` never change takes `start` and `stop`, to be
    run without the layers before or from there on. `adapts` is an adapter's recipe key of such a part (see
    `mtl.model.adapters`).
    """

    kind = "representation"
    adaptable: ClassVar[bool] = False
    frozen_layers: int = 0
    adapts: ClassVar[str] = ""

    @classmethod
    def causal(cls, values: Mapping[str, Any]) -> bool:
        """Say whether a token's vector depends on no later token, with these recipe keys; of a composite, where none of
        its parts' vectors does. By default they are taken to see the whole text.
        """
        return False

    @classmethod
    def anticausal(cls, values: Mapping[str, Any]) -> bool:
        """Say whether a token's vector depends on no earlier token, with these recipe keys.

        A composite is not asked: where it is causal, it adds nothing to what its parts see.
        """
        return False

    def forward(self, inputs: PaddedSequence) -> PaddedSequence:
        """Return [B, T, output_dim] for [B, T, input_dim], lengths unchanged."""
        raise NotImplementedError


class Pooling(Module):
    """Turns a sequence into one vector per row."""

    kind = "pooling"

    def forward(self, inputs: PaddedSequence) -> Tensor:
        """Return [B, output_dim]."""
        raise NotImplementedError


class Matching(Module):
    """Turns two texts into one vector per pair: what a pair's label is decoded from.

    Its positional argument `input_dims` are the sizes of what flows in, the two texts' first.
    """

    kind = "matching"
    pooled: ClassVar[bool | None] = True  # a text is a vector; False: its tokens; None: either
    sides: ClassVar[bool] = False  # side branches may flow in too

    def forward(
        self, first: Tensor | PaddedSequence, second: Tensor | PaddedSequence, *sides: PaddedSequence
    ) -> Tensor:
        """Return [B, output_dim]: row i of one text belongs to row i of the other.

        A text is a vector ([B, D]) where its slot `pooling` is filled and a `PaddedSequence` where it is left out.
        `sides` are the sequences of the texts' side branches (`lexical`), none or one per text.
        """
        raise NotImplementedError


class Scorer(Module):
    """Turns two texts into one number per pair: how well they match.

    A `separable` scorer is an inner product of two vectors, each made from one text alone (`encode`): the vectors of
    a collection can be computed once. Its positional argument `input_dims` are the sizes of what flows in. One that is
    `of_one` gets one vector of both texts, which an encoder has read in one pass.
    """

    kind = "scorer"
    of_one: ClassVar[bool] = False
    pooled: ClassVar[bool | None] = True  # a text is a vector; False: its tokens; None: either
    sides: ClassVar[bool] = False  # side branches may flow in too
    separable: ClassVar[bool] = False

    @property
    def output_dim(self) -> int:
        """One score per pair."""
        return 1

    def forward(
        self, first: Tensor | PaddedSequence, second: Tensor | PaddedSequence, *sides: PaddedSequence
    ) -> Tensor:
        """Return [B]; arguments as those of a `Matching`."""
        raise NotImplementedError

    def encode(self, text: Tensor | PaddedSequence, position: int) -> Tensor:
        """Return [B, E]: the vectors of the first (`position` 0) or second (1) text, of separable scorers only.

        The inner product of a pair's vectors is its score. What `exportable` returns has this method, too.
        """
        raise NotImplementedError


class Decoder(Module):
    """Turns representations into scores for labels: [B, D] into [B, C], or a sequence into a sequence."""

    kind = "decoder"
    beside: ClassVar[bool] = True  # values beside the task's texts may flow in too
    pooled: ClassVar[bool] = False  # texts after the first should flow in as one vector each

    def forward(self, inputs: Tensor | PaddedSequence, *conditions: Tensor | PaddedSequence) -> Tensor | PaddedSequence:
        """Return scores of the same axes as `inputs`."""
        raise NotImplementedError


class Wide(Module):
    """Turns features of a text into scores for labels, without an encoder: what is added to a decoder's scores.

    Its positional arguments may be `features`, as an embedding's, and `output_dim`, the number of labels. Source: the
    wide part of Cheng et al. (2016), "Wide & Deep Learning for Recommender Systems".
    """

    kind = "wide"

    @classmethod
    def features(cls) -> tuple[Feature, ...]:
        """Return the features that are read, as those of an `Embedding`."""
        return ()

    def forward(self, lengths: Tensor, *features: Tensor) -> Tensor:
        """Return scores [B, output_dim] for a tensor of each feature."""
        raise NotImplementedError

    def added(self, scores: Tensor, own: Tensor) -> Tensor:
        """Return a decoder's scores [B, output_dim] with those that `forward` has returned."""
        return scores + own


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

    @property
    def found_on_dev(self) -> tuple[str, ...]:
        """The recipe keys that ask for what `decide` finds: by default none."""
        return ()

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
