"""Rows that a run answers wrongly: made certain by gold that is wrong itself, in a split of rows that training had."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import NamedTuple, cast

import pytest

from mtl.base.errors import UsageError
from mtl.base.files import read_json
from mtl.compile.loading import recipe_from_dict
from mtl.graph.build import build_graph
from mtl.graph.sharing_graph import SharingGraph
from mtl.runs.reported import task_reports
from mtl.runs.runner import Run
from mtl.runs.table_notes import is_of
from mtl.runs.wrong_answers import Disagreement, wrong_answers
from tests import small
from tests.commands import within
from tests.mtl.data.ranked import recipe

TEST = (
    ("play hey jude", "play", "O B-song I-song"),
    ("wake me at noon", "play", "O O O B-song"),
    ("put on yesterday now", "", "O O B-song O"),
    ("put on yesterday", "wake", "O O B-time"),
    ("play a zebra", "wake", "O O O"),
)


@pytest.fixture(scope="module")
def run(small_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The small run with another test split: gold is wrong for two texts of train, and for one that it has not."""
    folder = tmp_path_factory.mktemp("wrong")
    small.write(folder / "data")
    lines = ["text\tintent\tslots", *("\t".join(row) for row in TEST)]
    (folder / "data/test.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    shutil.copytree(small_run, folder / "run")
    return Run.open(folder / "run", data=folder / "data")


def test_wrong_rows_come_most_certain_first(run: Run) -> None:
    found = wrong_answers(run, "intent")
    assert (found.task, found.split, found.inputs, found.labelled) == ("intent", "test", ("text",), 4)
    assert {row.number for row in found.rows} == {2, 4, 5}
    certainties = [row.certainty or 0.0 for row in found.rows]
    assert certainties == sorted(certainties, reverse=True)
    for row in found.rows:
        text, gold, _ = TEST[row.number - 1]
        answer = run.predict("intent", [text])[0]
        assert (row.gold, row.texts) == (gold, {"text": text})
        assert (row.answer, row.certainty) == (answer["label"], pytest.approx(answer["score"], abs=1e-6))
    assert found.confusions == ((("wake", "play"), 2), (("play", "wake"), 1))
    file = str(run.out.parent / "data/test.tsv")
    assert found.disagreements == (
        Disagreement(2, "play", ("wake",), {"text": "wake me at noon"}, (file, 3)),
        Disagreement(4, "wake", ("play",), {"text": "put on yesterday"}, (file, 5)),
    )
    assert [row.place for row in found.rows] == [(file, row.number + 1) for row in found.rows]


def test_of_tokens_the_most_certain_wrong_one_counts(run: Run) -> None:
    found = wrong_answers(run, "slots", "test")
    rows = {row.number: row for row in found.rows}
    assert {2, 4} <= set(rows)
    answer = run.predict("slots", ["wake me at noon"])[0]
    assert rows[2].answer == answer["tags"] == ["O", "O", "O", "B-time"]
    assert rows[2].certainty == pytest.approx(answer["score"][3], abs=1e-6)
    assert (("B-song", "B-time"), 1) in found.confusions
    assert [other.number for other in found.disagreements] == [2, 4]
    assert wrong_answers(run, "slots", "train").disagreements == ()


def test_the_command_shows_some_and_writes_all(run: Run) -> None:
    data = run.out.parent / "data"
    done = within("errors", run.out, "--task", "intent", "--top", "1", "--data", data)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    path = run.out / "errors/intent.test.tsv"
    assert lines[0] == "intent: 3 of 4 rows of test answered wrongly"
    assert lines[2].split() == ["row", "gold", "answer", "text", "certainty"]
    assert [line.split() for line in lines[5:8]] == [
        ["gold", "answer", "times"],
        ["wake", "play", "2"],
        ["play", "wake", "1"],
    ]
    assert "2 rows with the text of a row of train and other gold there:" in lines
    shown = lines[lines.index("2 rows with the text of a row of train and other gold there:") + 1 :]
    assert shown[0].split() == ["gold", "text", "gold", "in", "train", "row"]
    assert shown[1].split() == ["play", "wake", "me", "at", "noon", "wake", "2"]
    assert lines[-1] == f"{path}: 3 rows"
    table = [line.split("\t") for line in path.read_text("utf-8").splitlines()]
    assert table[0] == ["row", "file", "line", "certainty", "gold", "answer", "text"]
    assert task_reports(run.out)[1]["intent"].mistakes is None  # figures are of the data that the run had
    found = wrong_answers(run, "intent")
    assert found.data == {"utterances/test": run.prepared.hashes["utterances/test"]}
    assert table[1:] == [
        [
            str(row.number),
            str(data / "test.tsv"),
            str(row.number + 1),
            f"{row.certainty:.4f}",
            row.gold,
            row.answer,
            row.texts["text"],
        ]
        for row in found.rows
    ]


def test_every_text_stays_in_its_field_and_differs_from_others(run: Run, tmp_path: Path) -> None:
    found = wrong_answers(run, "intent")
    texts = ['a\tb\r\n"c"', "a\\tb", "a\u2028b\u2029c", "\v\f\x1c\x1d\x1e\x85", "\\u2028 é"]
    rows = tuple(found.rows[0]._replace(texts={"text": text}, place=None) for text in texts)
    path = type(found)("intent", "dev", ("text",), 1, rows, (), (), {}).write(tmp_path)
    assert path == tmp_path / "errors/intent.dev.tsv"
    lines = [line.split("\t") for line in path.read_text("utf-8").splitlines()[1:]]
    assert [line[1:3] for line in lines] == [["", ""]] * len(texts)
    assert [line[6:] for line in lines] == [
        ['a\\tb\\r\\n"c"'],
        ["a\\\\tb"],
        ["a\\u2028b\\u2029c"],
        ["\\x0b\\x0c\\x1c\\x1d\\x1e\\x85"],
        ["\\\\u2028 é"],
    ]


def test_a_report_has_wrong_rows_of_the_names_and_weights_of_its_run(small_run: Path, tmp_path: Path) -> None:
    shutil.copytree(small_run, tmp_path / "run", ignore=shutil.ignore_patterns("export"))
    small.write(tmp_path)
    run = Run.open(tmp_path / "run", data=tmp_path)
    path = wrong_answers(run, "intent", "train").write(run.out)
    assert read_json(path.with_suffix(".json"))["weights"].keys() >= {"intent.output.safetensors"}
    assert is_of(run.out, path)
    run.rename("play", "start")
    assert not is_of(run.out, path)
    path = wrong_answers(run, "intent", "train").write(run.out)
    assert is_of(run.out, path)
    weights = next((run.out / "checkpoints").glob("*/components/intent.output.safetensors"))
    weights.write_bytes(weights.read_bytes() + b" ")
    assert not is_of(run.out, path)


def test_a_report_never_has_two_names_of_a_label(small_run: Path, tmp_path: Path) -> None:
    """After another name, wrong rows are shown again once the test has the name, too."""
    run, data = tmp_path / "run", tmp_path / "data"
    shutil.copytree(small_run, run, ignore=shutil.ignore_patterns("export"))
    small.write(data)
    said = f"intent: labels were renamed since the test; `mtl test {run} --split test` gives them the names that they "
    assert within("labels", run, "rename", "play", "start").returncode == 0
    assert within("errors", run, "--task", "intent", "--data", data).returncode == 0
    mixed = task_reports(run)[1]
    assert (mixed["intent"].renamed_since, mixed["intent"].mistakes) == (True, None)
    assert {name for name, _ in mixed["intent"].labels} == {"play", "wake"}
    assert not mixed["slots"].renamed_since
    lines = within("report", run, "--task", "intent").stdout.splitlines()
    assert lines[-1] == f"{said}have now"
    assert within("test", run, "--data", data).returncode == 0
    found = task_reports(run)[1]["intent"]
    assert (found.renamed_since, found.mistakes) == (False, ())
    assert {name for name, _ in found.labels} == {"start", "wake"}
    assert read_json(run / "reports.json")["test"]["intent"]["renamed"] == {"play": "start"}
    assert "renamed" not in within("report", run, "--task", "intent").stdout


QUESTIONS = ("who was that", "where is it", "when was it", "who are you")


def test_of_several_texts_those_count_that_the_task_reads(tmp_path: Path) -> None:
    """Rows are held out of the train file, after one that is left out: their places are of that file."""
    kinds = {"who": "person", "where": "place", "when": "time"}
    lines = ["question\tanswer\tkind", "torn"]
    for number in range(40):
        question = QUESTIONS[number % 4]
        kind = kinds[question.split()[0]] if number != 37 else "time"
        lines.append(f"{question}\tanswer {number}\t{kind}")
    (tmp_path / "all.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    source = "{format: tsv, train: all.tsv, test: 25%, on_bad_row: skip}"
    model = "model: {embedding: {type: word, dim: 2}}"
    file = tmp_path / "r.yaml"
    file.write_text(
        f"sources: {{s: {source}}}\ntasks:\n"
        f"  kind: {{type: text_classification, source: s, inputs: question, target: kind, {model}}}\n"
        f"  other: {{type: text_classification, source: s, inputs: answer, target: kind, {model}}}\n"
        "train: {epochs: 1}\n"
    )
    run = Run.start(file, tmp_path / "run")
    list(run.train())
    split = run.prepared.split("s", "test")
    assert split is not None
    texts = list(zip(split.texts("question"), split.texts("answer"), strict=True))
    places = [split.place(unit) for unit in range(len(split))]
    assert places == [(str(tmp_path / "all.tsv"), int(answer.split()[1]) + 3) for _, answer in texts]
    whole = run.prepared.split("s", "train")
    assert whole is not None
    in_train: dict[str, tuple[str, ...]] = dict.fromkeys(QUESTIONS, ())
    for question, gold in zip(whole.texts("question"), whole.gold("kind"), strict=True):
        in_train[question] = tuple(dict.fromkeys((*in_train[question], gold)))
    wanted = [
        Disagreement(number, gold, in_train[question], {"text": question}, place)
        for number, ((question, _), gold, place) in enumerate(zip(texts, split.gold("kind"), places, strict=True), 1)
        if gold not in in_train[question]
    ]
    assert wanted
    assert list(wrong_answers(run, "kind").disagreements) == wanted
    assert wrong_answers(run, "other").disagreements == ()


def test_what_cannot_be_asked(run: Run, small_run: Path) -> None:
    asked = {
        (None, "test"): f"task should name one of the tasks of '{run.out}': intent, slots. Found no task.",
        ("slot", "test"): f"task 'slot' is not a task of '{run.out}'. Did you mean 'slots'? Tasks: intent, slots.",
    }
    for (task, split), sentence in asked.items():
        with pytest.raises(UsageError) as error:
            wrong_answers(run, task, split)
        assert str(error.value) == sentence
    done = within("errors", run.out, "--data", run.out.parent / "data")
    assert (done.returncode, done.stderr) == (
        2,
        f"--task should name one of the tasks of '{run.out}': intent, slots. Found no --task.\n",
    )
    done = within("errors", small_run, "--split", "tests")
    assert (done.returncode, done.stderr) == (
        2,
        "--split should be train, dev or test. Found 'tests'. Did you mean 'test'?\n",
    )


class Ranks(NamedTuple):
    """As much of a run as it takes to see what its tasks predict."""

    graph: SharingGraph
    tasks: tuple[str, ...]
    out: Path


def test_answers_that_are_neither_right_nor_wrong() -> None:
    graph = build_graph(recipe_from_dict(recipe()))
    with pytest.raises(UsageError) as error:
        wrong_answers(cast("Run", Ranks(graph, tuple(graph.recipe.tasks), Path("run"))))
    assert str(error.value) == (
        "task should name one whose answers are right or wrong. Found 'relevance', a ranking: `mtl errors` and "
        "`worst_queries` list its worst queries."
    )


def test_a_split_that_is_not_there(tmp_path: Path) -> None:
    rows = [{"text": "a b", "stars": str(i % 5)} for i in range(6)]
    (tmp_path / "train").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    task = (
        "{type: text_classification, source: s, inputs: text, target: stars, model: {embedding: {type: word, dim: 2}}}"
    )
    file = tmp_path / "r.yaml"
    file.write_text(
        f"sources: {{s: {{format: jsonl, train: train}}}}\ntasks: {{stars: {task}}}\ntrain: {{epochs: 1}}\n"
    )
    run = Run.start(file, tmp_path / "run")
    list(run.train())
    with pytest.raises(UsageError) as error:
        wrong_answers(run)
    assert str(error.value) == "the source 's' should have a test split. Found train."
    assert wrong_answers(run, split="train").labelled == 6
