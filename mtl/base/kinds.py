"""The kinds of components, and what a class has to have to be of one: all that its base class has."""

from __future__ import annotations

import functools
import importlib
import inspect

BASES = {
    "source": "mtl.sources.Source",
    "tokenizer": "mtl.text.tokenizers.Tokenizer",
    "feature": "mtl.text.features.Feature",
    "embedding": "mtl.model.module.Embedding",
    "representation": "mtl.model.module.Representation",
    "pooling": "mtl.model.module.Pooling",
    "matching": "mtl.model.module.Matching",
    "scorer": "mtl.model.module.Scorer",
    "decoder": "mtl.model.module.Decoder",
    "wide": "mtl.model.module.Wide",
    "output": "mtl.model.output.Output",
    "task": "mtl.recipe.task.Task",
    "target": "mtl.data.targets.Target",
    "metric": "mtl.evaluate.metrics.Metric",
    "mixture": "mtl.train.mixture.Mixture",
    "balance": "mtl.train.balance.Balance",
    "optimizer": "torch.optim.Optimizer",
    "schedule": "mtl.train.optimizer.Schedule",
}
USED = {"optimizer": ("step", "zero_grad")}  # of a base class of another library, which has much more


def lacking(cls: type, kind: str) -> str:
    """Return the sentence for a class that lacks something of its kind's base class, derived from it or not.

    Of a class that derives from it that is what the base class leaves to every class to say.
    """
    written = BASES[kind]
    module, _, name = written.rpartition(".")
    parents = [parent for parent in cls.__mro__ if parent.__name__ == name and parent.__module__.startswith(module)]
    # By name, as bases are in higher rooms; where a class derives from one, that is imported already.
    base = parents[0] if parents else getattr(importlib.import_module(module), name)
    missing = [attribute for attribute in USED.get(kind) or asked(base) if not hasattr(cls, attribute)]
    if not missing:
        return ""
    hint = "" if parents else f" Derive it from {written}."
    return f"should have {', '.join(missing)}, as {written} says. There is none.{hint}"


@functools.cache
def asked(base: type) -> tuple[str, ...]:
    """Return the public attributes of a base class and of those of this library that it derives from.

    Of attributes without a value those of the class (`ClassVar`) are asked, not those of its instances; nor is `kind`,
    which registering says.
    """
    found: dict[str, None] = {}
    for parent in reversed(base.__mro__):
        if parent.__module__.startswith("mtl."):
            hints, has = inspect.get_annotations(parent), vars(parent)
            found |= dict.fromkeys(name for name in (*hints, *has) if name in has or "ClassVar" in str(hints[name]))
    return tuple(name for name in found if not name.startswith("_") and name != "kind")
