"""`mtl check --sources` where several things are wrong that have nothing to do with each other: all are told."""

from __future__ import annotations

import json
from pathlib import Path

from tests import small
from tests.commands import within

MORE = """\
  kind:
    type: text_classification
    source: more
    inputs: {text: {column: txt}}
    target: label
    weight: -1
    model: {embedding: word, representation: {type: lstm, weights: none.safetensors}, pooling: max}
  sort:
    type: text_clasification
    source: more
    inputs: body
    target: label
    model: {embedding: wordd}

share:
  alone: [kind.pooling]
"""
CHANGES = {
    "    test: test.tsv\n": "    test: test.tsv\n  more: {format: jsonl, train: more.jsonl, dev: nothing.jsonl}\n",
    "{type: bilstm, hidden: 8}": "{type: bilstmm, hidden: 8}",
    "    target: slots\n": "    target: slot\n",
    "pooling: max\n": "pooling: max\n      decoder: {type: mlp, hidden: [-2]}\n",
    "share:\n": MORE,
    "epochs: 24": "epochs: two\n  components: {kindd.embedding: {freeze: true}}",
}


def checked(folder: Path, text: str) -> list[str]:
    """Return what `mtl check --sources` says is wrong with a recipe, and with its data, which lies beside it."""
    (folder / "small.yaml").write_text(text, "utf-8")
    done = within("check", folder / "small.yaml", "--sources")
    assert (done.returncode, done.stdout) == (2, "")
    return done.stderr.replace(f"{folder}/", "").splitlines()


def changed(*changes: tuple[str, str]) -> str:
    text = small.RECIPE
    for before, after in changes:
        assert text.count(before) == 1
        text = text.replace(before, after)
    return text


def test_of_a_recipe_and_of_its_data(tmp_path: Path) -> None:
    small.write(tmp_path)
    rows = ['{"txt": "a", "label": ["x"]}', '{"txt": null, "label": ["z"]}', '{"txt": "b", "label": "y"}', "not json"]
    (tmp_path / "more.jsonl").write_text("\n".join(rows) + "\n")
    (tmp_path / "dev.tsv").write_text("text\tintent\tslots\na\tb\n")
    slot = (
        "should have a column 'slot': the target of task 'slots'. Found the columns intent, slots, text. "
        "Did you mean 'slots'?"
    )
    assert checked(tmp_path, changed(*CHANGES.items())) == [
        "warning: small.yaml:48: share.alone: holds one module, 'kind.pooling': nothing will be shared by it.",
        "small.yaml:24: tasks.intent.model.representation: no representation named 'bilstmm'. Did you mean 'bilstm'?",
        "small.yaml:26: tasks.intent.model.decoder.hidden.0: should be a whole number of at least 1. Found -2.",
        "small.yaml:38: tasks.kind.weight: should be a number greater than 0. Found -1.",
        "small.yaml:39: tasks.kind.model.representation.weights: should be a file or folder with weights. "
        "Found 'none.safetensors': No such file or directory.",
        "small.yaml:41: tasks.sort: no type of task named 'text_clasification'. Did you mean 'text_classification'?",
        "small.yaml:45: tasks.sort.model.embedding: no embedding named 'wordd'. Did you mean 'word'?",
        "small.yaml:55: train.epochs: should be a whole number. Found 'two'.",
        "small.yaml:56: train.components.kindd.embedding: 'kindd.embedding' is not a component. Did you mean "
        "'kind.embedding'? There are: words, encoder, intent.pooling, intent.decoder, intent.output, slots.decoder, "
        "slots.output, kind.embedding, kind.representation, alone and 8 others.",
        f"train.tsv: {slot}",
        f"dev.tsv: {slot}",
        "dev.tsv:2: should have 3 columns (text, intent, slots). Found 2.",
        f"test.tsv: {slot}",
        "more.jsonl: should have a column 'body': the input of task 'sort'. Found the columns label, txt.",
        "more.jsonl:1: column 'label': should be one label. Found list: [\"x\"]. 1 other row has such a fault.",
        "more.jsonl:2: column 'txt': should be a text or a list of tokens. Found nothing.",
        "more.jsonl:4: column 1: should be a JSON object. Found what is not JSON: Expecting value.",
        "nothing.jsonl: should be a file. Found nothing there.",
        "8 errors in small.yaml, and 9 in its data",
    ]


def test_of_rows_whose_task_has_no_model(tmp_path: Path) -> None:
    small.write(tmp_path)
    (tmp_path / "train.tsv").write_text("text\tintent\tslots\nplay it\t\tO\nstop\t\tO\n")
    text = changed(("{type: bilstm, hidden: 8}", "bilstmm"), ("  epochs: 24\n", "  epochs: 24\n  patience: 1\n"))
    assert checked(tmp_path, text) == [
        "small.yaml:23: tasks.intent.model.representation: no representation named 'bilstmm'. Did you mean 'bilstm'?",
        "train.tsv:2: column 'slots': should be 2 tags, one per token. Found 1.",
        "train.tsv: column 'intent': should have a label in at least one row. There is none.",
        "1 error in small.yaml, and 2 in its data",
    ]


def test_of_labels_of_sound_tasks_beside_a_task_that_is_not(tmp_path: Path) -> None:
    small.write(tmp_path)
    rows = [{"text": "a b", "tags": "B-x O"}, {"text": "c", "tags": "B-y"}]
    (tmp_path / "more.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    tags = """\
  tags:
    type: word_tagging
    source: more
    inputs: {text: {column: text, lowercase: true}}
    target: tags
    model: {embedding: word, representation: bilstm}
share:
  heads: [slots.decoder, tags.decoder]
"""
    more = "    test: test.tsv\n  more: {format: jsonl, train: more.jsonl}\n"
    text = changed(
        ("    test: test.tsv\n", more), ("      pooling: max\n", "      pooling: maxx\n"), ("share:\n", tags)
    )
    assert checked(tmp_path, text) == [
        "small.yaml:25: tasks.intent.model.pooling: no pooling named 'maxx'. Did you mean 'max'?",
        "small.yaml:26: tasks.slots.model.decoder: vectors that enter 'heads' should have the same size everywhere it "
        "is used. Found 16 at 'slots.decoder' and 400 at 'tags.decoder'.",
        "small.yaml:39: share.heads: tasks with one decoder should have the same labels in training. Found 'B-song', "
        "'B-time', 'I-song', 'I-time' in 'slots' alone and 'B-x', 'B-y' in 'tags' alone.",
        "3 errors in small.yaml",
    ]


def test_of_a_ranking_that_shares_its_source(tmp_path: Path) -> None:
    small.write(tmp_path)
    rows = [
        {"text": "a", "body": "b", "grade": "good", "topic": ["x"]},
        {"text": None, "body": 3.5, "grade": 1, "topic": "y"},
    ]
    (tmp_path / "more.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + "]\n")
    tasks = """\
  rank:
    type: text_pair_ranking
    source: more
    inputs: {question: text, answer: body}
    target: grade
  topic:
    type: text_classification
    source: more
    inputs: text
    target: topic
    model: {embedding: word, pooling: max}
share:
"""
    more = "    test: test.tsv\n  more: {format: jsonl, train: more.jsonl}\n"
    assert checked(tmp_path, changed(("    test: test.tsv\n", more), ("share:\n", tasks))) == [
        "small.yaml:32: tasks.rank.model.scorer: the scorer 'dot' should get one vector per text. Found tokens of "
        "'question.embedding' and 'answer.embedding': write 'question.pooling' and 'answer.pooling'.",
        "small.yaml:32: tasks.rank: should be the only task of its source, whose batches are made of whole queries. "
        "Found 'topic' on 'more' too: name the source again under another name.",
        "more.jsonl:1: column 'topic': should be one label. Found list: [\"x\"].",
        "more.jsonl:1: column 'grade': should be a grade, a number. Found 'good'.",
        "more.jsonl:2: column 'text': should be a text or a list of tokens. Found nothing.",
        "more.jsonl:3: column 1: should be a JSON object. Found what is not JSON: Expecting value.",
        "2 errors in small.yaml, and 4 in its data",
    ]
