"""Every registered module with inputs to try it on: the rows of the tables in this folder.

An input is given row by row, without padding; `batch` pads rows together, with garbage after the values, so that a
module that reads padding gives itself away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from mtl.base.registry import lookup
from mtl.data.labels import MISSING, Labels
from mtl.data.targets import AnswerSpan, Number, OneLabel
from mtl.model.module import PaddedSequence, Pieces
from mtl.model.output import Losses
from mtl.text import pieces
from mtl.text.byte_features import ByteIds
from mtl.text.features import CharacterIds, WordIds
from mtl.text.featurizer import tokenize
from mtl.text.gazetteer import NameFlags
from mtl.text.ngram_features import Ngrams
from mtl.text.own_pieces import PieceVocabulary
from mtl.text.shape_features import AffixIds, WordShapes
from mtl.text.spelling import SpelledIds
from mtl_modules import (
    CNN,
    CRF,
    MLP,
    SRU,
    AttentionFlow,
    BiGRU,
    Bilinear,
    BiLSTM,
    Boundary,
    BSeqCNN,
    ByteCNN,
    Categorical,
    CharacterEmbedding,
    CharCNN,
    CharLSTM,
    Comparison,
    Concat,
    Contextual,
    Cosine,
    CrossStitch,
    Dense,
    DilatedCNN,
    Dot,
    FirstPooling,
    Gazetteer,
    Hinge,
    Interaction,
    LastPooling,
    Lexical,
    MaxPooling,
    MeanPooling,
    Mix,
    MLPScorer,
    MMoE,
    MultiplicativeLSTM,
    NgramScores,
    OnePass,
    OneWayGRU,
    OneWayLSTM,
    Ordinal,
    PieceEmbedding,
    PooledSideBySide,
    PositionalEmbedding,
    QueryAttention,
    Regression,
    Residual,
    SelfAttention,
    Shape,
    SideBySide,
    Sigmoid,
    SlotAttention,
    Softmax,
    SpanOutput,
    Stack,
    Sum,
    TransformerEmbedding,
    TransformerEncoder,
    TransformerLayers,
    WordEmbedding,
)

LENGTHS = (5, 1, 3, 8, 2)
OTHER_LENGTHS = (2, 4, 1, 6, 11)  # of the second text of a pair
LABELS = Labels(("B-x", "I-x", "O", "B-y", "I-y"), (4, 3, 9, 2, 1))
TEXT = "play the same song by the very same singer again and again"
GARBAGE = 37.0
ENCODER = {
    "model_type": "bert",
    "vocab_size": 9,
    "hidden_size": 8,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 12,
    "max_position_embeddings": 40,
}

Value = Tensor | PaddedSequence


@dataclass(frozen=True)
class Words:
    """Word ids of a row: [T]."""

    def row(self, length: int, generator: torch.Generator) -> Tensor:
        return torch.randint(1, 9, (length,), generator=generator)


@dataclass(frozen=True)
class Hashes:
    """Hashes of a row's words: [T]."""

    def row(self, length: int, generator: torch.Generator) -> Tensor:
        return torch.randint(1, 2**32, (length,), generator=generator)


@dataclass(frozen=True)
class Numbers:
    """A number for each token of a row: [T]."""

    def row(self, length: int, generator: torch.Generator) -> Tensor:
        return torch.rand(length, generator=generator)


@dataclass(frozen=True)
class Flags:
    """Whether each token of a row is a number: [T]."""

    def row(self, length: int, generator: torch.Generator) -> Tensor:
        return torch.randint(0, 2, (length,), generator=generator)


@dataclass(frozen=True)
class Places:
    """The number of each token of a row: [T]."""

    def row(self, length: int, generator: torch.Generator) -> Tensor:
        return torch.arange(1, length + 1)


@dataclass(frozen=True)
class Characters:
    """Character ids of a row: a vector for each token."""

    def row(self, length: int, generator: torch.Generator) -> Tensor:
        words = [torch.randint(1, 9, (1 + (3 * t) % 7,), generator=generator) for t in range(length)]
        return nn.utils.rnn.pad_sequence(words, batch_first=True)


@dataclass(frozen=True)
class PieceCounts:
    """How many pieces each token of a row has: [T]."""

    def row(self, length: int, generator: torch.Generator) -> Tensor:
        return 1 + torch.arange(length) % 3


@dataclass(frozen=True)
class PieceIds(PieceCounts):
    """Ids of the pieces of a row's tokens: [P]."""

    def row(self, length: int, generator: torch.Generator) -> Tensor:
        return torch.randint(1, 9, (int(super().row(length, generator).sum()),), generator=generator)


@dataclass(frozen=True)
class NgramIds(PieceIds):
    """Ids of a row's n-grams, the highest first: [G]."""

    def row(self, length: int, generator: torch.Generator) -> Tensor:
        return super().row(length, generator).sort(descending=True).values


@dataclass(frozen=True)
class Tokens:
    """PaddedSequence of a row's tokens: [T, dim]; probabilities if they come from an output layer.

    `second`: those of the second text of a pair, which has a length of its own.
    """

    dim: int
    probabilities: bool = False
    second: bool = False

    def row(self, length: int, generator: torch.Generator) -> Tensor:
        values = torch.randn(length, self.dim, generator=generator) * 2
        return values.softmax(-1) if self.probabilities else values


@dataclass(frozen=True)
class Shared(Tokens):
    """Words of a row as a lexical embedding gives them: [T, 3], few different ones."""

    dim: int = 3

    def row(self, length: int, generator: torch.Generator) -> Tensor:
        words = torch.randint(0, 4, (length,), generator=generator)
        return torch.stack([words * 1000.0 + 3, words * 7.0, 0.5 + words], -1)


@dataclass(frozen=True)
class Row:
    """One vector a row: [dim]."""

    dim: int

    def row(self, length: int, generator: torch.Generator) -> Tensor:
        return torch.randn(self.dim, generator=generator) * 2


Given = Words | Hashes | Numbers | Flags | Places | Characters | PieceIds | PieceCounts | Tokens | Row


@dataclass(frozen=True)
class Case:
    """A module in one configuration: how it is built and what flows in."""

    name: str
    kind: str
    build: Callable[[], Any]
    inputs: tuple[Given, ...]
    level: str = "token"
    right: Callable[[Any], Tensor] | None = None  # targets that follow from scores; None: ids of labels

    def module(self, seed: int = 0) -> Any:
        """Return the module, with weights that depend on the seed alone, ready for prediction."""
        torch.manual_seed(seed)
        module = self.build()
        assert type(module) is lookup(self.kind, self.name.split()[0])
        return module.eval()

    def rows(self) -> list[list[Tensor]]:
        """Return the values that flow in, for every row."""
        generator = torch.Generator().manual_seed(5)
        return [
            [given.row(other if getattr(given, "second", False) else length, generator) for given in self.inputs]
            for length, other in zip(LENGTHS, OTHER_LENGTHS, strict=True)
        ]

    def batch(self, rows: Sequence[Sequence[Tensor]], extra: int = 0) -> list[Value]:
        """Return rows as a module gets them, with `extra` more padding than needed."""
        lengths = torch.tensor([self._length(row) for row in rows])
        steps = int(lengths.max()) + extra
        found: list[Value] = []
        for position, given in enumerate(self.inputs):
            values = [row[position] for row in rows]
            if isinstance(given, Row):
                found.append(torch.stack(values))
            elif isinstance(given, Tokens):
                own = torch.tensor([len(value) for value in values])
                padded = torch.full((len(values), int(own.max()) + extra, given.dim), GARBAGE)
                for i, value in enumerate(values):
                    padded[i, : len(value)] = value
                found.append(PaddedSequence(padded, own))
            else:
                width = max(value.shape[1] for value in values) + extra if isinstance(given, Characters) else 0
                own_steps = max(map(len, values)) + extra if isinstance(given, PieceIds) else steps
                shape = (len(values), own_steps, width) if width else (len(values), own_steps)
                ids = torch.zeros(shape, dtype=values[0].dtype)
                for i, value in enumerate(values):
                    ids[i][tuple(slice(0, size) for size in value.shape)] = value
                found.append(ids)
        return [lengths, *found] if self.kind in ("embedding", "wide") else found

    def _length(self, row: Sequence[Tensor]) -> int:
        of_tokens = (v for v, given in zip(row, self.inputs, strict=True) if not isinstance(given, (Row, PieceIds)))
        return next(map(len, of_tokens), 1)

    def answers(self, module: Any, rows: Sequence[Sequence[Tensor]], extra: int = 0) -> list[dict[str, Tensor]]:
        """Return all that the module says of each row, cut to the row's length."""
        arguments = self.batch(rows, extra)
        said = {"forward": of_tokens(module(*arguments))}
        if self.kind == "output":
            said.update(module.answer(*arguments))
            said["loss"] = self.loss(module, arguments, rows, extra)
        lengths = [self._length(row) for row in rows]
        return [{n: self._cut(value, i, length) for n, value in said.items()} for i, length in enumerate(lengths)]

    def _cut(self, value: Value, number: int, length: int) -> Tensor:
        values = value.values if isinstance(value, PaddedSequence) else value
        return values[number, :length] if self.level == "token" and values.dim() > 1 else values[number]

    def loss(self, module: Any, arguments: Sequence[Value], rows: Sequence[Sequence[Tensor]], extra: int = 0) -> Tensor:
        """Return what an output layer loses on each row, all of which count."""
        found = module.loss(*arguments, self.targets(rows, extra))
        if not isinstance(found, Losses):
            return found
        assert bool(found.counted.all())
        return found.values

    def targets(self, rows: Sequence[Sequence[Tensor]], extra: int = 0) -> Tensor:
        """Return targets that follow from the rows' values: of labels, that of the lowest score."""
        (scores,) = self.batch(rows, extra)
        if self.right is not None:
            return self.right(scores)
        if not isinstance(scores, PaddedSequence):
            return scores.argmin(-1)
        return scores.values.argmin(-1).masked_fill(~scores.mask(), MISSING)


def of_tokens(value: Any) -> Any:
    """Return a value with one vector per token where it is a sequence of pieces."""
    return value.of_tokens() if isinstance(value, Pieces) else value


def fitted(feature: WordIds | CharacterIds | pieces.PieceIds | AffixIds | Ngrams) -> Any:
    """Return the feature, fitted to a text."""
    feature.count(tokenize([TEXT], "unicode_words"))
    feature.fit()
    return (feature,)


def scaled() -> Number:
    """Return a target of numbers whose mean and deviation are not those of a unit."""
    found = Number()
    found.load_state({"mean": 3.0, "deviation": 2.5})
    return found


def _cases() -> Iterator[Case]:
    def parts() -> dict[str, Any]:
        return {"word": MaxPooling(4), "char": MaxPooling(3)}  # only their output_dim is asked for

    def alike() -> dict[str, Any]:
        return {"one": MaxPooling(4), "two": MaxPooling(4)}

    def pool() -> Any:
        return SideBySide(parts=alike())

    def ngrams(**keys: Any) -> NgramScores:
        module = NgramScores(fitted(Ngrams(words=(1, 1), characters=(2, 2))), len(LABELS), **keys)
        nn.init.normal_(module.table)  # which begins at 0
        return module

    yield Case("ngrams", "wide", ngrams, (NgramIds(),), "row")
    plain: dict[str, Any] = {"norm": False, "scale": 0.5, "dropout": 0.3}
    yield Case("ngrams counted", "wide", lambda: ngrams(values="count", **plain), (NgramIds(),), "row")
    yield Case("ngrams there", "wide", lambda: ngrams(values="binary"), (NgramIds(),), "row")
    count = len(LABELS)
    yield Case("word", "embedding", lambda: WordEmbedding(fitted(WordIds()), dim=6), (Words(),))
    yield Case(
        "char_cnn",
        "embedding",
        lambda: CharCNN(fitted(CharacterIds()), dim=7, char_dim=4, widths=[1, 2, 3, 6]),
        (Characters(),),
    )
    yield Case("byte", "embedding", lambda: ByteCNN((ByteIds(),), dim=7, byte_dim=4, widths=[2, 3]), (Characters(),))
    lists = {"city": "cities.txt", "artist": "artists.txt"}  # eight flags
    flags = (NameFlags(lists=lists),)
    factors = {"city": 0.5}
    yield Case("gazetteer", "embedding", lambda: Gazetteer(flags, lists=lists, dim=6, factors=factors), (Characters(),))
    numbers: dict[str, Any] = {"lists": lists, "dim": None, "factors": factors}
    yield Case("gazetteer as numbers", "embedding", lambda: Gazetteer(flags, **numbers), (Characters(),))
    shapes = (WordShapes(), *fitted(AffixIds(min_count=1)))
    yield Case("shape", "embedding", lambda: Shape(shapes, dim=6, shape_dim=3), (Words(), Characters()))
    alone: dict[str, Any] = {"prefixes": 0, "suffixes": 0}
    yield Case("shape alone", "embedding", lambda: Shape(shapes[:1], **alone), (Words(),))
    yield Case(
        "char_cnn under highway layers",
        "embedding",
        lambda: CharCNN(fitted(CharacterIds()), dim=7, char_dim=4, widths=[1, 3], highway=2),
        (Characters(),),
    )
    yield Case(
        "char_lstm", "embedding", lambda: CharLSTM(fitted(CharacterIds()), hidden=3, char_dim=4), (Characters(),)
    )
    piece_inputs = (PieceIds(), PieceCounts())
    yield Case("piece", "embedding", lambda: PieceEmbedding(fitted(pieces.PieceIds()), dim=6), piece_inputs)
    yield Case(
        "piece by the mean",
        "embedding",
        lambda: PieceEmbedding(fitted(pieces.PieceIds()), dim=6, token_pooling="mean"),
        piece_inputs,
    )
    yield Case("character", "embedding", lambda: CharacterEmbedding(fitted(SpelledIds()), dim=6), piece_inputs)
    read = (pieces.PieceIds(), pieces.PieceCounts())
    read[0].own = PieceVocabulary(9, "", 1, 0, (2,), (3,), {})
    yield Case(
        "transformer",
        "embedding",
        lambda: TransformerEmbedding(read, config=ENCODER),
        piece_inputs,
    )
    yield Case(
        "contextual",
        "embedding",
        lambda: Contextual(words=MaxPooling(5), forward=MaxPooling(4), backward=MaxPooling(3)),  # type: ignore[arg-type]
        (Tokens(4), Tokens(3)),
    )
    yield Case("concat", "embedding", lambda: Concat(parts=parts()), (Tokens(4), Tokens(3)))
    yield Case("categorical", "embedding", lambda: Categorical(fitted(WordIds()), dim=6, dropout=0.5), (Words(),))
    yield Case("dense", "embedding", lambda: Dense(()), (Numbers(),))
    yield Case("dense with an indicator", "embedding", lambda: Dense((), missing="indicator"), (Numbers(), Flags()))
    yield Case("positional", "embedding", lambda: PositionalEmbedding((), dim=5), (Places(),))
    yield Case(
        "positional of learned vectors",
        "embedding",
        lambda: PositionalEmbedding((), dim=5, positions="learned", max_length=4),
        (Places(),),
    )
    yield Case("sum", "embedding", lambda: Sum(parts=alike()), (Tokens(4), Tokens(4)))
    for per in ("part", "token", "dimension"):
        yield Case(
            f"mix per {per}",
            "embedding",
            lambda per=per: Mix(parts=alike(), per=per),  # type: ignore[misc]
            (Tokens(4), Tokens(4)),
        )
    yield Case("mix of a size", "embedding", lambda: Mix(parts=alike(), dim=3), (Tokens(4), Tokens(4)))
    yield Case("lexical", "embedding", lambda: Lexical(()), (Hashes(), Numbers()))
    yield Case("bilstm", "representation", lambda: BiLSTM(5, hidden=4), (Tokens(5),))
    yield Case(
        "bilstm with weight_dropout", "representation", lambda: BiLSTM(5, hidden=4, weight_dropout=0.5), (Tokens(5),)
    )
    yield Case("bilstm of 2 layers", "representation", lambda: BiLSTM(5, hidden=4, layers=2, dropout=0.5), (Tokens(5),))
    yield Case("concat of tokens", "representation", lambda: SideBySide(parts=parts()), (Tokens(4), Tokens(3)))
    yield Case("stack", "representation", lambda: Stack(parts=parts()), (Tokens(3),))
    two = (Tokens(4), Tokens(4))
    for name in ("one", "two"):
        yield Case(
            f"cross_stitch of {name}",
            "representation",
            lambda name=name: CrossStitch(parts=alike(), own=name, per="unit" if name == "one" else "task"),  # type: ignore[misc]
            two,
        )
    experts = (Tokens(8), Tokens(5))
    yield Case("mmoe", "representation", lambda: MMoE((8, 5), experts=pool()), experts)
    yield Case("mmoe of tokens", "representation", lambda: MMoE((8, 5), experts=pool(), per="token"), experts)
    yield from _representations()
    yield from _poolings()
    yield Case("mlp of tokens", "decoder", lambda: MLP(5, 0, count, hidden=[4]), (Tokens(5),))
    yield Case("mlp of rows", "decoder", lambda: MLP(5, 0, count, dropout=0.5, activation="gelu"), (Row(5),), "row")
    for level, first in (("tokens", Tokens(5)), ("rows", Row(5))):
        yield Case(
            f"mlp of {level} under two conditions",
            "decoder",
            lambda: MLP(5, 7, count, hidden=[4, 6], activation="tanh"),
            (first, Row(3), Tokens(4, probabilities=True)),
            "token" if level == "tokens" else "row",
        )
    yield Case("softmax of tokens", "output", lambda: Softmax(LABELS), (Tokens(count),))
    yield Case(
        "softmax of rows",
        "output",
        lambda: Softmax(LABELS, label_smoothing=0.1, class_weights="balanced"),
        (Row(count),),
        "row",
    )
    yield Case("sigmoid", "output", lambda: Sigmoid(LABELS), (Row(count),), "row", lambda scores: (scores < 0).float())
    yield from _decided_cases(count)
    yield Case("regression", "output", lambda: Regression(scaled()), (Row(1),), "row", lambda scores: -scores[:, 0])
    yield Case("crf", "output", lambda: CRF(LABELS), (Tokens(count),))
    yield Case("crf of the tag grammar", "output", lambda: CRF(LABELS, constrained=True), (Tokens(count),))
    yield from _pair_cases()


def _decided_cases(count: int) -> Iterator[Case]:
    """Yield output layers that have what dev shows."""
    given = dict.fromkeys(LABELS.names, 0.4)
    scope = OneLabel(out_of_scope="none")
    right = {"level": "row", "right": lambda scores: (scores < 0).float()}
    yield Case(
        "softmax of tokens with a temperature", "output", lambda: Softmax(LABELS, calibrate=True), (Tokens(count),)
    )
    yield Case(
        "softmax of rows with a threshold",
        "output",
        lambda: Softmax(LABELS, scope, calibrate=True, threshold=0.6),
        (Row(count),),
        "row",
    )
    yield Case("hinge of tokens", "output", lambda: Hinge(LABELS), (Tokens(count),))
    yield Case("hinge of rows", "output", lambda: Hinge(LABELS, class_weights="balanced"), (Row(count),), "row")
    yield Case("ordinal", "output", lambda: Ordinal(LABELS, ranks={"O": 1}), (Row(count),), "row")
    yield Case("ordinal by likelihood", "output", lambda: Ordinal(LABELS, learn="likelihood"), (Row(count),), "row")
    for name, width in (("span", 2), ("span or none", 3)):
        yield Case(
            name,
            "output",
            lambda width=width: SpanOutput(AnswerSpan(no_answer=width == 3), max_length=4),  # type: ignore[misc]
            (Tokens(width),),
            right=lambda scores: torch.stack([torch.zeros_like(scores.lengths), scores.lengths - 1], 1),
        )
    flows = (Tokens(5), Tokens(4, second=True))
    yield Case("attention_flow", "decoder", lambda: AttentionFlow((5, 4), count, dim=6, hidden=7, dropout=0.5), flows)
    yield Case(
        "sigmoid of given thresholds", "output", lambda: Sigmoid(LABELS, threshold=given), (Row(count),), **right
    )
    yield Case(
        "sigmoid of tuned thresholds",
        "output",
        lambda: Sigmoid(LABELS, threshold="dev_per_label", calibrate=True),
        (Row(count),),
        **right,
    )


def _representations() -> Iterator[Case]:
    """Yield those over one sequence, and wrappers of one part."""

    def case(name: str, build: Callable[[], Any]) -> Case:
        return Case(name, "representation", build, (Tokens(5),))

    yield case("bigru", lambda: BiGRU(5, hidden=4))
    yield case("bigru with weight_dropout", lambda: BiGRU(5, hidden=4, weight_dropout=0.5))
    yield case("bigru of 2 layers", lambda: BiGRU(5, hidden=4, layers=2, dropout=0.5))
    yield case("gru", lambda: OneWayGRU(5, hidden=4))
    yield case("gru backwards", lambda: OneWayGRU(5, hidden=4, layers=2, direction="backward", dropout=0.5))
    yield case("lstm", lambda: OneWayLSTM(5, hidden=4, layers=2, dropout=0.5))
    yield case("lstm backwards", lambda: OneWayLSTM(5, hidden=4, direction="backward"))
    yield case("lstm with weight_dropout", lambda: OneWayLSTM(5, hidden=4, weight_dropout=0.5))
    yield case("self_attention to earlier tokens", lambda: TransformerEncoder(5, dim=6, heads=2, ffn=8, causal=True))
    yield case("sru", lambda: SRU(5, hidden=4))
    yield case("sru of 1 layer", lambda: SRU(5, hidden=3, layers=1, dropout=0.5))
    yield Case("sru as wide as its input", "representation", lambda: SRU(6, hidden=3), (Tokens(6),))
    yield case("multiplicative_lstm", lambda: MultiplicativeLSTM(5, hidden=4))
    yield case("multiplicative_lstm of 2 layers", lambda: MultiplicativeLSTM(5, hidden=3, layers=2, dropout=0.5))
    yield case("multiplicative_lstm of factors", lambda: MultiplicativeLSTM(5, hidden=3, layers=2, cell="factored"))
    yield case("cnn", lambda: CNN(5, dim=7, widths=[1, 2, 5], dropout=0.5))
    yield case("dilated_cnn", lambda: DilatedCNN(5, dim=4, dilations=[1, 3], dropout=0.5))
    yield case("bseqcnn", lambda: BSeqCNN(5, dim=4, widths=[2, 3, 4], context=3, dropout=0.5))
    yield case("slot_attention", lambda: SlotAttention(5, hidden=3))
    yield case("slot_attention by a layer", lambda: SlotAttention(5, hidden=3, score="additive", dim=4, dropout=0.5))
    yield case("self_attention", lambda: TransformerEncoder(5, dim=6, heads=2, ffn=8))
    yield Case("transformer", "representation", lambda: TransformerLayers(8, config=ENCODER), (Tokens(8),))
    yield case(
        "self_attention of learned positions",
        lambda: TransformerEncoder(5, dim=7, layers=1, heads=1, ffn=8, positions="learned", max_length=4),
    )
    two = (Tokens(5), Tokens(5))
    yield Case("residual", "representation", lambda: Residual((6, 5), part=SRU(5, hidden=3)), (Tokens(6), Tokens(5)))
    yield Case("residual of one size", "representation", lambda: Residual((5, 5), part=CNN(5, dim=5), norm=True), two)


def _poolings() -> Iterator[Case]:
    def case(name: str, build: Callable[[], Any], *inputs: Given) -> Case:
        return Case(name, "pooling", build, inputs or (Tokens(5),), "row")

    yield case("max", lambda: MaxPooling(5))
    yield case("mean", lambda: MeanPooling(5))
    yield case("last", lambda: LastPooling(5))
    yield case("boundary", lambda: Boundary(5))
    yield case("first", lambda: FirstPooling(5))
    yield case("self_attention", lambda: SelfAttention(5, dim=4))
    yield case("self_attention of 3 hops", lambda: SelfAttention(5, dim=4, hops=3))
    yield case("query_attention", lambda: QueryAttention(5))
    yield case("query_attention of 3 queries", lambda: QueryAttention(5, queries=3))
    parts: dict[str, Any] = {"one": MaxPooling(4), "two": Boundary(2)}  # only their output_dim is asked for
    yield case("concat of rows", lambda: PooledSideBySide(parts=parts), Row(4), Row(4))


def _pair_cases() -> Iterator[Case]:
    vectors, tokens = (Row(5), Row(5)), (Tokens(5), Tokens(5, second=True))
    words = (Shared(), Shared(second=True))
    yield Case("comparison", "matching", lambda: Comparison((5, 5)), vectors, "row")
    yield Case("dot", "scorer", lambda: Dot((5, 5)), vectors, "row")
    yield Case("cosine", "scorer", lambda: Cosine((5, 5)), vectors, "row")
    yield Case("bilinear", "scorer", lambda: Bilinear((5, 3)), (Row(5), Row(3)), "row")
    yield Case("mlp of vectors", "scorer", lambda: MLPScorer((5, 5), hidden=[7], activation="tanh"), vectors, "row")
    yield Case(
        "mlp of vectors and words",
        "scorer",
        lambda: MLPScorer((5, 5, 3, 3), hidden=[7, 4], dropout=0.5, activation="gelu"),
        (*vectors, *words),
        "row",
    )
    yield Case("one_pass", "scorer", lambda: OnePass(5), (Row(5),), "row")
    yield Case("one_pass of 2 layers", "scorer", lambda: OnePass(5, hidden=[7], dropout=0.5), (Row(5),), "row")
    yield Case("interaction of kernels", "scorer", lambda: Interaction((5, 5), kernels=5), tokens, "row")
    yield Case(
        "interaction of kernels and words", "scorer", lambda: Interaction((5, 5, 3, 3)), (*tokens, *words), "row"
    )
    yield Case(
        "interaction of aligned tokens", "scorer", lambda: Interaction((5, 5), match="attention", dim=8), tokens, "row"
    )
    yield Case(
        "interaction of aligned tokens and words",
        "scorer",
        lambda: Interaction((5, 5, 3, 3), match="attention", dim=8),
        (*tokens, *words),
        "row",
    )


CASES = tuple(_cases())
KINDS = ("embedding", "representation", "pooling", "matching", "scorer", "decoder", "wide", "output")
