"""What a module of a model is: the base classes of all kinds but outputs (see `mtl.model.output`).

Shapes: B rows of a batch, T tokens of its longest row, D a module's dimensions, C labels. A module knows
nothing of tasks, sources or other modules. Positional constructor arguments are inferred along the edges of
the sharing graph, keyword-only ones are the keys of the recipe (see `mtl.base.registry`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from torch import Tensor, nn

from ..base.progress import Note
from .sequences import PaddedSequence, Pieces

if TYPE_CHECKING:
    from ..text.features import Feature

__all__ = [
    "Decoder",
    "Embedding",
    "Matching",
    "Module",
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
