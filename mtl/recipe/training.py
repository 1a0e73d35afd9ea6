"""How a recipe is trained: the keys of `train:` and of the sections inside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Literal, NamedTuple

import pydantic

from ..base.declared import Count, FromZero, Key, Natural, Positive
from .modules import ModuleConfig
from .place import NOWHERE, Place

SENTENCES = 32  # of a batch, where a recipe gives it no budget


@dataclass(frozen=True)
class BatchConfig:
    """The budget of a batch: `size` sentences or `tokens` tokens; a recipe that was read has one of them."""

    size: Annotated[Count | None, Key(f"sentences; {SENTENCES} where there is no `batch`")] = None
    tokens: Annotated[Count | None, Key("tokens, in place of sentences")] = None


@dataclass(frozen=True)
class ComponentTraining:
    """How a component is trained: `lr` is absolute and None for the optimizer's own; a frozen one never changes.

    Without an `optimizer` it has that of its module's class, if there is one, or the recipe's.
    With `layer_decay` it is the rate of its highest layer (see `mtl.train.layer_rates`).
    """

    lr: Annotated[Positive | None, Key("its own rate, absolute; null: the optimizer's")] = None
    layer_decay: Annotated[
        Annotated[float, pydantic.Field(gt=0, lt=1)] | None,
        Key(
            "each layer's rate as a share of that of the layer above; see below",
            note="The highest layer of the component has its rate, each one below that share of the rate of the one "
            "above it, and what flows into the component, as its embeddings do, goes on from there, unless a line of "
            "its own says otherwise. Layers are those of `transformer`, `self_attention` and recurrent "
            "representations, and the parts of a `stack`; any other module is one layer. null: one rate for all.",
        ),
    ] = None
    freeze: Annotated[bool, Key("whether it is left unchanged")] = False
    optimizer: Annotated[
        ModuleConfig | None, Key("its own optimizer; null: its module's, or else train.optimizer", apart=True)
    ] = None
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class StreamTraining:
    """How a source is trained on: the budget of its batches, None for that of all, and of its draws."""

    batch: Annotated[BatchConfig | None, Key("budget of its batches; null: train.batch", apart=True)] = None
    steps: Annotated[Count | None, Key("draws after which it is drawn no more; null: no such end")] = None


@dataclass(frozen=True)
class RestConfig:
    """When a source that has converged is drawn no more for a while, and when it is drawn again."""

    patience: Annotated[Count, Key("evaluations without progress of any of its tasks' figures, then it rests")]
    tolerance: Annotated[
        FromZero, Key("part of its best that a figure may fall below it at rest, before the source is woken")
    ] = 0.02


@dataclass(frozen=True)
class AverageConfig:
    """How a moving average of the weights is made."""

    decay: Annotated[
        float,
        pydantic.Field(gt=0, lt=1),
        Key("share of the average that an update leaves; less in the first updates"),
    ] = 0.998


@dataclass(frozen=True)
class AdversarialConfig:
    """How losses at vectors of words that were moved are added to those of a step."""

    type: Annotated[Literal["fgm"], Key("how vectors are moved: fgm, along the gradient (Miyato et al., 2017)")] = "fgm"
    epsilon: Annotated[Positive, Key("distance by which the vectors of a text are moved, by embedding")] = 1.0
    weight: Annotated[Positive, Key("what the losses at moved vectors are multiplied by")] = 1.0


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How the recipe is trained; `places` says where those of its keys that a recipe has were written."""

    mixture: Annotated[ModuleConfig, Key("which source comes next", apart=True, component="round_robin")]
    optimizer: Annotated[ModuleConfig, Key("how weights change, at rate `lr`", apart=True, component="adamw")]
    schedule: Annotated[ModuleConfig, Key("how rates change during training", apart=True, component="constant")]
    balance: Annotated[ModuleConfig, Key("how tasks are weighed", apart=True, component="equal_norms")]
    batch: Annotated[BatchConfig, Key("budget of a batch; see 'a batch'", apart=True)] = BatchConfig(size=SENTENCES)
    streams: Annotated[
        Mapping[str, StreamTraining],
        Key("by source: own batch, number of steps; see 'a line of train.streams'", apart=True),
    ] = field(default_factory=dict)
    rest: Annotated[
        RestConfig | None,
        Key(
            "when converged sources are left out; see 'train.rest' and below",
            apart=True,
            note="A source rests when no dev figure of its tasks was better than its best for `patience` evaluations: "
            "it is drawn no more, and the mixture draws the others in its place. Evaluations go on. It is woken when "
            "a figure falls below its best by more than `tolerance` times that best, and below what it was when the "
            "rest began. Training ends when every source rests or has spent its `steps`. A source without dev figures "
            "never rests. null: no source rests.",
        ),
    ] = None
    average: Annotated[
        AverageConfig | None,
        Key(
            "moving average of the weights; see 'train.average' and below",
            apart=True,
            note="Training goes on with the raw weights, and their average is evaluated, selected by, saved and "
            "exported in their place. The n-th update of a weight makes its average `a` times what it was, plus "
            "`1 - a` times the weight, `a` being the smaller of `decay` and `(1 + n) / (10 + n)`. A component that no "
            "task of a step needs is not updated, and its average stays as it is. null: no average. Where the key is "
            "left out, a recipe with several sources has one, as each step pulls shared weights towards one source.",
        ),
    ] = None
    adversarial: Annotated[
        AdversarialConfig | None,
        Key(
            "adversarial training on embeddings; see 'train.adversarial' and below",
            apart=True,
            note="To each loss is added that at moved vectors: those that an embedding gives for a text are moved by "
            "`epsilon`, all together, along the gradient of the step's loss; each part of a concat is moved by as much "
            "of its own. Vectors of values, of positions and of names in lists stay. A step takes about three times as "
            "long. Vectors that grow in training make `epsilon` small in proportion. Reports have the losses at "
            "vectors as they are. null: no adversarial training.",
        ),
    ] = None
    epochs: Annotated[Count, Key("passes over the data, as the mixture counts them")] = 10
    max_steps: Annotated[Count | None, Key("steps after which training ends, if not before")] = None
    clip: Annotated[Positive | None, Key("norm that gradients are clipped to; null: no clipping")] = 5.0
    components: Annotated[
        Mapping[str, ComponentTraining],
        Key(
            "rates and freezing; see 'a line of train.components' and below",
            apart=True,
            note="A component is named as `mtl check` shows it, or by the address of a module (`intent.embedding`). In "
            "an address `*` stands for one step; alone it stands for every component. Where several lines are of one "
            "component, the last one alone counts: nothing of the others is kept.",
        ),
    ] = field(default_factory=dict)
    select: Annotated[
        Mapping[str, float],
        Key("{TASK.FIGURE: WEIGHT}: mean, errors negated; null: each task's first", apart=True),
    ] = field(default_factory=dict)
    patience: Annotated[Count | None, Key("evaluations without progress that end training")] = None
    evaluate_every: Annotated[Count | None, Key("steps between evaluations; null: an epoch")] = None
    checkpoint_every: Annotated[Count | None, Key("steps between checkpoints; null: at each evaluation")] = None
    gradients_every: Annotated[
        Natural | None,
        Key(
            "steps between looks at gradients where tasks meet; see below",
            note="A look compares, at every component in which several tasks meet, the gradients of the next step of "
            "each stream: norms, cosines, and whose update moves the component. They are in `log.jsonl` and "
            "TensorBoard, and summed up when training ends. null looks 40 times, at most every 50th step; 0 never.",
        ),
    ] = None
    cache_frozen: Annotated[
        Count | None,
        Key(
            "megabytes for what frozen modules compute, once per text; see below",
            note="What only frozen modules compute of a text (`freeze`, `frozen_layers`), embeddings and layers up to "
            "the first that is trained, is computed once and kept, until the memory is spent; for other texts it is "
            "computed at each step. It is computed of each text alone and as in prediction: without dropout, and in "
            "fp32. Beside that, losses differ in their last digits from those of batches, whose shapes show in them. "
            "null: nothing is kept.",
        ),
    ] = None
    threads: Annotated[Count | None, Key("threads that torch computes with; null: its default")] = None
    device: Annotated[
        str,
        Key(
            "where it computes: auto, cpu, cuda or cuda:N",
            note="`auto` is cuda where torch finds it, else cpu; cuda is cuda:0. First weights are the same on every "
            "device. On a CPU a recipe always ends with the same parameters, bit for bit; on CUDA torch adds in no "
            "fixed order, so that they differ in their last digits. A run is resumed on a device like the one it was "
            "started on. A trained run is tested and predicts on its device where that is there, else on the CPU; it "
            "is exported and verified on the CPU.",
        ),
    ] = "cpu"
    precision: Annotated[
        Literal["fp32", "bf16"],
        Key(
            "precision of the forward pass in training; see below",
            note="`bf16` computes the forward pass under torch.autocast. Parameters, gradients and the optimizer's "
            "state stay fp32, and so do losses (the sums of a CRF among them) and, on a CPU, LSTMs. Evaluations, "
            "tests and predictions are fp32, as exported graphs are.",
        ),
    ] = "fp32"
    bootstrap: Annotated[
        bool,
        Key(
            "whether rows are drawn with replacement; see below",
            note="`true`: a source's training rows are as many draws of them with replacement, so that some come "
            "several times and about a third not at all, a pure function of the seed and the source's name. Runs with "
            "other seeds then learn from other rows, and an ensemble of them is bagged (Breiman, 1996). Vocabularies, "
            "labels and first scores of labels are those of all rows. Not for a ranking, whose queries stay whole, nor "
            "for a running text.",
        ),
    ] = False
    accumulate: Annotated[
        Count,
        Key(
            "batches that make one step; see below",
            note="A step is one update of the weights. For each step the mixture draws one stream, and gradients are "
            "summed over this many of its batches, fewer at the end of a pass. Each batch has the budget of `batch`. "
            "Steps are what epochs, `max_steps`, schedules, evaluations, reports and checkpoints count: a stream has "
            "as many steps per pass as batches divided by `accumulate`, rounded up, and mixing rates are rates of "
            "steps. A task's loss is the mean over the labelled rows of all batches of a step (of a language model: "
            "their tokens; of a parser: actions), as it would be of one batch of their size; what a ranking compares "
            "within a batch stays within it.",
        ),
    ] = 1
    step: Annotated[
        Literal["stream", "all"] | Count,
        Key(
            "what makes a step: one stream, all, or a number of draws; see below",
            note="`stream`: the mixture draws one stream for each step. `all`: each step has a batch of every stream; "
            "there is nothing to draw, so `mixture` is left out, and an epoch ends when the stream with most batches "
            "has been read once. A number: so many draws of the mixture make one step, and an epoch has as many fewer.",
        ),
    ] = "stream"
    minutes: Annotated[
        Positive | None,
        Key(
            "time budget for training; see below",
            note="Training ends with the first step or evaluation that ends after this many minutes of training, "
            "evaluations and checkpoints included; reading data, the test and the export are not counted, nor is the "
            "last evaluation. The best checkpoint is kept as always. Time spent is in the checkpoint: a resumed run "
            "has the rest. Schedules over the whole of training (linear, cosine) go by the time where it is further "
            "on than the steps, so that they reach their end. Such a run depends on the machine's speed, so it does "
            "not repeat bit for bit.",
        ),
    ] = None
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)

    def place_of(self, key: str) -> Place:
        """Return where a key was written."""
        return self.places.get(key) or Place(path=f"train.{key}")


class TrainingStream(NamedTuple):
    """What a mixture knows of a stream: the source's name, its training rows, the batches of one pass, its tasks.

    `figures` are those that an evaluation gives for its tasks, by `task.figure`, and whether more is better.
    """

    name: str
    rows: int
    batches: int
    tasks: tuple[str, ...] = ()
    figures: Mapping[str, bool] = MappingProxyType({})
