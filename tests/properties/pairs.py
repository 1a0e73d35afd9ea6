"""One small recipe in which every module over two texts, and every ranking output, has a place; and the model of it."""

from __future__ import annotations

from functools import cache

import mtl_modules  # noqa: F401  # registers its modules
import mtl_tasks  # noqa: F401  # registers its tasks
from mtl import sources  # noqa: F401  # registers the formats
from mtl.compile.loading import recipe_from_text
from mtl.data.batch import Batch, raw_batch
from mtl.data.fitted import Fitted
from mtl.data.labels import Labels
from mtl.graph.build import build_graph
from mtl.graph.sharing_graph import SharingGraph
from mtl.model.multi_task import MultiTaskModel
from mtl.text.featurizer import tokenize
from mtl.text.front_end import FrontEnd

POOLED = "query: {pooling: max}, document: {pooling: max}"
WORDS = "{lexical: lexical}"
RANKINGS = {
    "dot": "{scorer: dot, output: pairwise_hinge, query: {pooling: max}, document: {pooling: self_attention}}",
    "cosine": f"{{scorer: cosine, output: {{type: in_batch_softmax, temperature: 0.05}}, {POOLED}}}",
    "bilinear": f"{{scorer: bilinear, output: pairwise_logistic, {POOLED}}}",
    "mlp": f"{{scorer: {{type: mlp, hidden: [6]}}, output: listwise_softmax, {POOLED}}}",
    "words": "{scorer: {type: mlp, hidden: []}, output: pointwise_cross_entropy, "
    "query: {pooling: max, lexical: lexical}, document: {pooling: max, lexical: lexical}}",
    "kernels": f"{{scorer: interaction, output: regression, query: {WORDS}, document: {WORDS}}}",
    "aligned": "{scorer: {type: interaction, match: attention, dim: 5}, output: pairwise_hinge}",
}
INPUTS = "{query: {column: query, lowercase: true}, document: {column: document, lowercase: true, max_tokens: 60}}"


def _recipe() -> str:
    lines = ["name: pairs", "seed: 7", "sources:"]
    names = [*RANKINGS, "duplicate"]
    lines += [f"  of_{name}: {{format: tsv, train: train.tsv}}" for name in names]
    lines.append("tasks:")
    for name, model in RANKINGS.items():
        lines += [
            f"  {name}:",
            "    type: text_pair_ranking",
            f"    source: of_{name}",
            "    target: grade",
            "    negatives: batch",
            f"    inputs: {INPUTS}",
            f"    model: {model}",
        ]
    lines += [
        "  duplicate:",
        "    type: text_pair_classification",
        "    source: of_duplicate",
        "    target: same",
        f"    inputs: {INPUTS}",
        "    model: {matching: comparison}",
        "share:",
        "  tokens: {members: ['*.*.embedding'], type: word, dim: 6}",
        "  towers: {members: [cosine.query.representation, cosine.document.representation], type: bilstm, hidden: 3}",
        "  common: [words.*.lexical, kernels.*.lexical]",
    ]
    return "\n".join(lines)


RECIPE = _recipe()
TASKS = (*RANKINGS, "duplicate")
TEXTS = {
    "query": ("Who is Ada Lovelace ?", "the cat", "", "a", "who wrote the first program , and who ran it ?"),
    "document": (
        "Ada Lovelace wrote the first program",
        "",
        "",
        "the cat sat on the mat with another cat , a dog and the first mouse",
        "nobody ran the program that Ada Lovelace wrote",
    ),
}


@cache
def graph() -> SharingGraph:
    """Return the sharing graph of the recipe."""
    return build_graph(recipe_from_text(RECIPE))


@cache
def fitted() -> Fitted:
    """Return what is fitted to the second half of the texts, and labels."""
    found = Fitted.unfitted(graph())
    for features in found.features.values():
        for feature in features:
            feature.count(
                tokenize([text for texts in TEXTS.values() for text in texts[1:]], FrontEnd("unicode_words", True))
            )
            feature.fit()
    found.targets["duplicate"].labels = Labels(("0", "1", "2"), (3, 2, 1))
    return found


def model() -> MultiTaskModel:
    """Return a new model, ready for prediction."""
    return MultiTaskModel(graph(), fitted()).eval()


def batch(queries: tuple[str, ...] = TEXTS["query"], documents: tuple[str, ...] = TEXTS["document"]) -> Batch:
    """Return a batch of pairs of texts for all tasks."""
    return raw_batch(graph(), fitted(), TASKS, {"query": list(queries), "document": list(documents)})
