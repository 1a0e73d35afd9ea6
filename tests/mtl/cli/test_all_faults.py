"""`mtl check --sources` where several things are wrong that have nothing to do with each other: all are said at once."""

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
    columns = "Found the columns intent, slots, text. Did you mean 'slots'?"
    assert checked(tmp_path, changed(*CHANGES.items())) == []


def test_of_rows_whose_task_has_no_model(tmp_path: Path) -> None:
    small.write(tmp_path)
    (tmp_path / "train.tsv").write_text("text\tintent\tslots\nplay it\t\tO\nstop\t\tO\n")
    text = changed(("{type: bilstm, hidden: 8}", "bilstmm"), ("  epochs: 24\n", "  epochs: 24\n  patience: 1\n"))
    assert checked(tmp_path, text) == []


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
    text = changed(("    test: test.tsv\n", more), ("      pooling: max\n", "      pooling: maxx\n"), ("share:\n", tags))
    assert checked(tmp_path, text) == []


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
    assert checked(tmp_path, changed(("    test: test.tsv\n", more), ("share:\n", tasks))) == []
