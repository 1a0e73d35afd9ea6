"""Pairs of texts that a pretrained encoder reads in one pass: trained, exported, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import mtl
from mtl.base.errors import RecipeError, UsageError
from mtl.compile.loading import recipe_from_text
from mtl.evaluate.scoring import pair_scores
from mtl.runs.check import check_recipe
from mtl.runs.runner import Run
from tests import encoder_files
from tests.mtl.runs import test_ranking_run as ranking

READ = "tokenizer: {type: wordpiece, path: encoder}"
RECIPE = f"""\
name: crossed
seed: 1
sources:
  qa: {{format: jsonl, train: train.jsonl, dev: dev.jsonl, test: test.jsonl}}
tasks:
  relevance:
    type: text_pair_ranking
    source: qa
    inputs:
      query: {{column: query, {READ}}}
      document: {{column: document, {READ}}}
    target: label
    group: query_id
    document_id: document_id
    candidates: 2
    one_pass: longest_first
    model:
      embedding: {{type: transformer, path: encoder}}
      representation: {{type: transformer, path: encoder, layers: 2}}
      pooling: first
      scorer: {{type: one_pass, hidden: [8]}}
train:
  optimizer: {{type: adam, lr: 0.005}}
  batch: {{size: 16}}
  epochs: 2
"""
SAME = f"""\
name: same
seed: 1
sources:
  qa: {{format: jsonl, train: train.jsonl, dev: dev.jsonl, test: test.jsonl}}
tasks:
  grade:
    type: text_pair_classification
    source: qa
    inputs:
      query: {{column: query, {READ}}}
      document: {{column: document, {READ}}}
    target: label
    one_pass: only_second
    model:
      embedding: {{type: transformer, path: encoder}}
      representation: {{type: transformer, path: encoder, layers: 2}}
  topic:
    type: text_classification
    source: qa
    inputs: {{text: {{column: query, {READ}}}}}
    target: label
    model: {{pooling: first}}
share:
  pieces: [grade.embedding, topic.embedding]
  encoder: [grade.representation, topic.representation]
train:
  batch: {{size: 16}}
  epochs: 1
"""
PAIRS = {
    "query": ["what is jazz number 3", "", "what is bread", "moss " * 60, "who"],
    "document": ["oh it is about jazz 2", "oh", "", "well " * 60, "glass " * 90],
}


def write(folder: Path, tokenizer: Path, text: str = RECIPE) -> Path:
    encoder_files.write(folder / "encoder", tokenizer)
    ranking.write(folder)
    path = folder / "recipe.yaml"
    path.write_text(text, "utf-8")
    return path


def test_a_ranking_is_trained_and_exported(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    run = mtl.run(write(tmp_path, folder_of("uncased")), out=tmp_path / "run")
    assert {"map", "mrr"} <= set(run.metrics["test"]["relevance"])
    eager = [answer["score"] for answer in run.predict("relevance", PAIRS)]
    assert len({round(score, 4) for score in eager}) == len(eager)
    bundle = mtl.Bundle(tmp_path / "run" / "export")
    exported = [answer["score"] for answer in bundle.predict("relevance", PAIRS)]
    assert exported == pytest.approx(eager, abs=1e-5)
    for number, score in enumerate(eager):  # alone, without the padding that longer pairs need
        pair = {name: [texts[number]] for name, texts in PAIRS.items()}
        assert run.predict("relevance", pair)[0]["score"] == pytest.approx(score, abs=1e-5)
        assert bundle.predict("relevance", pair)[0]["score"] == pytest.approx(score, abs=1e-5)
    with pytest.raises(UsageError) as caught:
        bundle.encode("relevance", "query", ["what is jazz"])
    assert str(caught.value) == (
        "'relevance' should have a separable scorer, to encode one text alone. Found one that reads both texts "
        "together."
    )


def test_scores_of_a_split_are_those_of_its_pairs(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    run = Run.start(write(tmp_path, folder_of("uncased")), tmp_path / "run", overrides=["train.max_steps=2"])
    list(run.train())
    run.model.eval()
    split = run.prepared.splits["qa", "dev"]
    pairs = split.pairs("relevance")
    texts = {
        name: split.items(key, numbers)
        for (name, key), numbers in zip(
            run.graph.inputs("relevance").items(), (pairs.query, pairs.document), strict=True
        )
    }
    wanted = [answer["score"] for answer in run.predict("relevance", texts)]
    for batch_tokens, chunk_values in ((1, 1), (50, 3000), (4000, 1 << 22)):
        found = pair_scores(run.model, split, "relevance", pairs, batch_tokens=batch_tokens, chunk_values=chunk_values)
        assert found == pytest.approx(np.array(wanted, np.float32), abs=1e-5)


def test_pairs_are_classified_beside_texts_by_one_encoder(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    run = mtl.run(write(tmp_path, folder_of("uncased"), SAME), out=tmp_path / "run")
    assert run.model["grade.representation"] is run.model["topic.representation"]
    bundle = mtl.Bundle(tmp_path / "run" / "export")
    for task, texts in (("grade", PAIRS), ("topic", PAIRS["query"])):
        for mine, theirs in zip(run.predict(task, texts), bundle.predict(task, texts), strict=True):
            assert mine["label"] == theirs["label"]
            assert mine["score"] == pytest.approx(theirs["score"], abs=1e-5)
    (changed,) = run.predict("grade", {"query": ["moss " * 60], "document": ["other words at the end"]})
    (whole,) = run.predict("grade", {"query": ["moss " * 60], "document": [""]})
    assert changed["score"] == pytest.approx(whole["score"], abs=1e-6)  # no room for the second text


@pytest.mark.parametrize(
    ("text", "task", "how"), [(RECIPE, "relevance", "longest_first"), (SAME, "grade", "only_second")]
)
def test_pairs_that_are_cut_are_counted(
    folder_of: Callable[[str], Path], tmp_path: Path, text: str, task: str, how: str
) -> None:
    recipe = write(tmp_path, folder_of("uncased"), text)
    rows = [json.loads(line) for line in (tmp_path / "train.jsonl").read_text("utf-8").splitlines()]
    # 40 positions, of which [CLS] and two [SEP] have three: 37 pieces of both together, 38 of one alone
    for number, (query, document) in enumerate([(10, 27), (10, 28), (28, 10), (37, 0), (38, 0), (50, 50), (0, 37)]):
        made = {"query": "hey " * query, "document": "hey " * document, "query_id": f"long {number}"}
        rows.append({**rows[0], **made, "document_id": f"long {number}"})
    (tmp_path / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    run = Run.start(recipe, tmp_path / "run")
    told = [str(fault) for fault in run.warnings("train", "dev")]
    assert (
        f"qa/train: {task}: 4 of {len(rows)} pairs with more than 37 pieces in one row: the rest is not read "
        f"(one_pass: {how})."
    ) in told
    assert [fault for fault in told if "qa/dev" in fault and "in one row" in fault] == []
    assert str(next(fault for fault in run.warnings("train") if fault.path == "column 'document'")).startswith(
        "qa/train: column 'document': 1 of "
    )


def refused(folder: Path, text: str) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        check_recipe(recipe_from_text(text, data=folder))
    return [str(fault) for fault in caught.value.faults]


def changed(text: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


def test_what_is_refused(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    write(tmp_path, folder_of("uncased"))
    check_recipe(recipe_from_text(RECIPE, data=tmp_path))
    of_words = changed(
        RECIPE,
        ("embedding: {type: transformer, path: encoder}", "embedding: word"),
        ("representation: {type: transformer, path: encoder, layers: 2}", "representation: bilstm"),
    )
    assert refused(tmp_path, of_words)[0] == (
        "<recipe>:18: tasks.relevance.model.embedding: should be an embedding that reads two texts in one row, such as "
        "'transformer'. Found 'word'. Without 'one_pass' in 'relevance' each text has an embedding of its own."
    )
    assert refused(tmp_path, changed(RECIPE, ("scorer: {type: one_pass, hidden: [8]}", "scorer: dot"))) == [
        "<recipe>:21: tasks.relevance.model.scorer: should be 'one_pass', a scorer of the one vector of both texts, as "
        "the task's 'one_pass' says. Found 'dot'."
    ]
    lines = RECIPE.splitlines()
    kept = [
        line for line in lines if not line.startswith(("    one_pass", "      embedding", "      rep", "      pool"))
    ]
    pooled = "      query: {pooling: max}\n      document: {pooling: max}\n"
    towers = changed("\n".join(kept), ("    model:\n", f"    model:\n{pooled}"))
    assert (
        "<recipe>:19: tasks.relevance.model.scorer: should be a scorer of two texts, unless the task's 'one_pass' says "
        "that both are read in one row. Found 'one_pass'."
    ) in refused(tmp_path, towers)
    assert refused(tmp_path, changed(RECIPE, ("column: document,", "column: query,")))[0] == (
        "<recipe>:11: tasks.relevance.inputs.document: should read another column than the input 'query'. Found "
        "'query' at both."
    )


def test_a_tokenizer_that_knows_nothing_of_two_texts(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    write(tmp_path, folder_of("uncased"))
    file = tmp_path / "encoder/tokenizer.json"
    tree: dict[str, Any] = json.loads(file.read_bytes())
    specials = {
        name: {"id": name, "ids": [tree["model"]["vocab"][name]], "tokens": [name]} for name in ("[CLS]", "[SEP]")
    }
    single = [
        {"SpecialToken": {"id": "[CLS]", "type_id": 0}},
        {"Sequence": {"id": "A", "type_id": 0}},
        {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
    ]
    both = [*single, {"Sequence": {"id": "B", "type_id": 1}}, {"SpecialToken": {"id": "[SEP]", "type_id": 1}}]
    template = {"type": "TemplateProcessing", "single": single, "special_tokens": specials}
    file.write_text(json.dumps({**tree, "post_processor": {**template, "pair": both}}), "utf-8")
    recipe = recipe_from_text(RECIPE, data=tmp_path)
    vocabulary = recipe.tasks["relevance"].inputs["query"].front_end.made.vocabulary
    assert (vocabulary.between, vocabulary.second) == (vocabulary.after, 1)
    check_recipe(recipe)
    file.write_text(json.dumps({**tree, "post_processor": {**template, "pair": both[:-1]}}), "utf-8")
    assert refused(tmp_path, RECIPE) == [
        f"<recipe>:{line}: tasks.relevance.inputs.{name}: should have a tokenizer whose file says what is put between "
        "two texts in one row: a template 'pair' with [CLS], [SEP] or others at the same places as for one text. Found "
        "none that does."
        for line, name in ((10, "query"), (11, "document"))
    ]


def test_an_adversary_moves_the_vectors_of_rows_of_two_texts(folder_of: Callable[[str], Path], tmp_path: Path) -> None:
    recipe = write(tmp_path, folder_of("uncased"))
    plain, moved = (
        Run.start(recipe, tmp_path / name, overrides=[f"train.adversarial={value}", "train.max_steps=2"])
        for name, value in (("plain", "null"), ("moved", "{epsilon: 0.5}"))
    )
    for run in (plain, moved):
        list(run.train())
    key = "relevance.representation"
    one, other = (next(run.model[key].parameters()) for run in (plain, moved))
    assert not torch.equal(one, other)
