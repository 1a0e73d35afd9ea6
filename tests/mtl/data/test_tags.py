"""Tags of whole splits: one scheme for all of them, and what is said of tags that do not fit it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtl.base.errors import DataError, RecipeError
from mtl.compile.loading import recipe_from_dict
from mtl.data.labels import MISSING
from mtl.data.prepare import prepare
from mtl.data.prepared import Prepared
from mtl.data.tag_fit import FACTS, TagFit
from mtl.evaluate.evaluation import dev_figures, metrics_of
from mtl.evaluate.metrics import Tagging
from mtl.graph.build import build_graph
from mtl.graph.sharing_graph import SharingGraph
from mtl.model.multi_task import MultiTaskModel
from mtl.sources.opening import open_sources

from .conftest import Write

TASK: dict[str, Any] = {
    "type": "word_tagging",
    "source": "rows",
    "inputs": {"text": {"column": "text", "tokenizer": "unicode_words"}},
    "target": "tags",
    "model": {"embedding": {"type": "word", "dim": 4}},
}
BIO = {"text": "a b", "tags": "B-x I-x"}


def graph_of(folder: Path, source: Mapping[str, Any], **task: Any) -> SharingGraph:
    recipe = {"name": "tags", "sources": {"rows": source}, "tasks": {"ner": {**TASK, **task}}}
    return build_graph(recipe_from_dict(recipe, data=folder))


def read(
    folder: Path, write: Write, train: Sequence[Mapping[str, Any]], dev: Sequence[Mapping[str, Any]] = (), **task: Any
) -> tuple[SharingGraph, Prepared]:
    write({"train": train, "dev": dev or train})
    graph = graph_of(folder / "data", {"format": "jsonl", "train": "train", "dev": "dev"}, **task)
    return graph, prepare(graph, open_sources(graph.recipe), folder / "cache")


def labels(prepared: Prepared) -> tuple[str, ...]:
    return prepared.fitted.labels["ner"].names


@pytest.mark.parametrize(
    "column",
    [
        ["B-x ", "I-x"],
        "B-x  I-x ",
        ["B-x", "\u00a0I-x"],
        [{"start": 0, "end": 3, "label": "x "}],
        [[0, 3, "x"]],
        ["B- x", "I -x"],
    ],
)
def test_white_space_makes_no_label(column: Any, tmp_path: Path, write: Write) -> None:
    _, prepared = read(tmp_path, write, [BIO, {"text": "a b", "tags": column}])
    assert labels(prepared) == ("B-x", "I-x")


FILES = {
    "conll": ({"columns": ["text", "tags"]}, "a\tO\nBerlin\tB-per \n\n-DOCSTART-\n\nb\tO\nc\to\n", 7),
    "conllu": (
        {},
        "# text = a Berlin\n" + "1\ta\t_\t_\tO\t_\t_\t_\t_\t_\n2\tBerlin\t_\t_\tB-per \t_\t_\t_\t_\t_\n\n"
        "1-2\tbc\t_\t_\t_\t_\t_\t_\t_\t_\n1\tb\t_\t_\tO\t_\t_\t_\t_\t_\n2\tc\t_\t_\to\t_\t_\t_\t_\t_\n",
        7,
    ),
}


@pytest.mark.parametrize("format", FILES)
def test_columns_of_tokens_name_the_line_of_a_tag(format: str, tmp_path: Path) -> None:
    options, content, line = FILES[format]
    (tmp_path / "file").write_text(content)
    names = {"text": "form", "tags": "xpos"} if format == "conllu" else {"text": "text", "tags": "tags"}
    source = {"format": format, "train": "file", **options}
    inputs = {"text": {"column": names["text"], "tokenizer": "whitespace"}}
    graph = graph_of(tmp_path, source, inputs=inputs, target=names["tags"])
    with pytest.raises(DataError) as error:
        prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
    assert str(error.value) == (
        f"{tmp_path}/file:{line}: column '{names['tags']}': a tag should be O or begin with B- or I-: the tags of "
        "training are bio. Found 'o', tag 2 of 2. Did you mean 'O'?"
    )
    (tmp_path / "file").write_text(content.replace("\to", "\tO"))
    assert labels(prepare(graph, open_sources(graph.recipe), tmp_path / "cache")) == ("B-per", "O")


def test_a_stray_tag_of_another_split_is_named(tmp_path: Path, write: Write) -> None:
    with pytest.raises(DataError) as error:
        read(tmp_path, write, [BIO], [BIO, {"text": "a b", "tags": "o B-x"}])
    assert str(error.value) == (
        f"{tmp_path}/data/dev:2: column 'tags': a tag should be O or begin with B- or I-: the tags of training are "
        "bio. Found 'o', tag 1 of 2. Did you mean 'O'?"
    )


@pytest.mark.parametrize(
    ("metrics", "reason"), [(["span_f1"], "span_f1"), (["accuracy", "span_report"], "span_report"),
                            ([{"type": "tagging", "scheme": "bio"}], "tagging")]
)  # fmt: skip
def test_a_metric_of_spans_refuses_tags_that_mark_none(metrics: Any, reason: str, tmp_path: Path, write: Write) -> None:
    with pytest.raises(DataError) as error:
        read(tmp_path, write, [{"text": "a b", "tags": "O NOUN"}], [BIO], metrics=metrics)
    assert str(error.value) == (
        f"{tmp_path}/data/train:1: column 'tags': a tag should be O or begin with B- or I-: {reason} measures spans. "
        "Found 'NOUN', tag 2 of 2. Tags that mark no spans are of the scheme plain, and measured by accuracy and "
        "macro_f1."
    )


def test_bilou_tags_have_figures_of_spans(tmp_path: Path, write: Write) -> None:
    rows = [{"text": "a b c", "tags": "B-x L-x U-y"}]
    graph, prepared = read(tmp_path, write, rows, metrics=["span_f1"])
    (metric,) = metrics_of(graph.recipe.tasks["ner"], prepared.fitted)
    assert metric.compute([["B-x", "L-x", "U-y"]], [["B-x", "L-x", "O"]])["recall"] == 0.5
    assert labels(read(tmp_path, write, [{"text": "a-b", "tags": "U-x"}], scheme="bilou")[1]) == ("B-x", "I-x", "L-x")


def test_figures_are_those_of_the_scheme_of_training(tmp_path: Path, write: Write) -> None:
    graph, prepared = read(tmp_path, write, [{"text": "a", "tags": "NOUN"}], [{"text": "a", "tags": "O"}])
    assert dev_figures(graph, prepared)[1] == ["ner.accuracy"]
    assert dev_figures(*read(tmp_path, write, [BIO], [{"text": "a", "tags": "O"}]))[1] == ["ner.f1"]
    (metric,) = metrics_of(graph.recipe.tasks["ner"], prepared.fitted)
    assert isinstance(metric, Tagging)
    assert metric.scheme == "plain"


def test_a_class_that_looks_like_an_end_tag_is_not_taken_apart(tmp_path: Path, write: Write) -> None:
    rows = [{"text": "a-b c", "tags": "E-mail Phone"}]
    for state in ("read", "from the cache"):
        prepared = read(tmp_path, write, rows)[1]
        assert labels(prepared) == ("E-mail", "Phone"), state
        assert [str(fault) for fault in prepared.notes] == [
            f"{tmp_path}/data/train:1: ner: training has tags like those of spans, 'E-mail', beside "
            "'Phone': all are read as they are, without spans. Write 'scheme: plain' if that is meant, else the "
            "scheme of the spans."
        ]


CONSTRAINED = {"model": {**TASK["model"], "output": {"type": "crf", "constrained": True}}}
BROKEN = (
    "'constrained' should be used with tags that keep to the grammar of their scheme, here {}. "
    "Found rows with spans that break it ({}), the first with {}: no answer can equal them."
)
UNREACHABLE = (
    "rows with spans break the grammar of {} ({}), the first with {}: no answer can equal them, as 'constrained' keeps "
    "answers to the grammar."
)
PLACE = "<recipe>: tasks.ner.model.output.constrained: "


AS = "column 'tags': a span should {}: the scheme is {}. Found {}, and {} with spans that break the scheme. "
LIKE = "The tags are like {0}: write 'scheme: {0}', or leave 'scheme' out."
E_OR_S, L_OR_U = "end with E- or S-", "end with L- or U-"
OF_IOB1 = "begin with I-, and with B- only after another one of its label"
ONE, TWO, MOST = "1 of 1 training row", "2 of 2 training rows", "2 of 3 training rows"
OPEN = {"text": "a b", "tags": "O I-x"}
MISFITS: dict[str, tuple[str, list[Any], int, str]] = {
    "bioes for BIO": (
        "bioes",
        [{"text": "a", "tags": "O"}, {"text": "a b c", "tags": "B-x I-x O"}, BIO],
        2,
        AS.format(E_OR_S, "bioes", "'I-x', tag 2 of 3", TWO) + LIKE.format("bio"),
    ),
    "bilou for BIO, one token": (
        "bilou",
        [{"text": "a b", "tags": "O B-x"}],
        1,
        AS.format(L_OR_U, "bilou", "'B-x', tag 2 of 2", ONE) + LIKE.format("bio"),
    ),
    "bioes for IOB1": (
        "bioes",
        [OPEN, {"text": "a b", "tags": "I-x B-x"}],
        1,
        AS.format(E_OR_S, "bioes", "'I-x', tag 2 of 2", TWO) + LIKE.format("iob1"),
    ),
    "bioes for spans of characters": (
        "bioes",
        [{"text": "a b", "tags": [[0, 1, "x"]]}],
        1,
        AS.format(E_OR_S, "bioes", "spans of characters, whose tags are BIO", ONE) + LIKE.format("bio"),
    ),
    "iob1 for BIO": (
        "iob1",
        [BIO, {"text": "a b", "tags": "O B-x"}, OPEN],
        1,
        AS.format(OF_IOB1, "iob1", "'B-x', tag 1 of 2", MOST) + LIKE.format("bio"),
    ),
    "bio for IOB1": (
        "bio",
        [{"text": "a b", "tags": "O O"}, OPEN],
        2,
        AS.format("begin with B-", "bio", "'I-x', tag 2 of 2", ONE) + LIKE.format("iob1"),
    ),
    "bioes that is mostly broken": (
        "bioes",
        [{"text": "a b", "tags": "O S-x"}, BIO, BIO],
        2,
        AS.format(E_OR_S, "bioes", "'I-x', tag 2 of 2", MOST) + "Mend the tags, or leave 'scheme' out.",
    ),
}


@pytest.mark.parametrize("case", MISFITS)
@pytest.mark.parametrize("constrained", [False, True])
def test_a_declared_scheme_that_the_tags_do_not_have(
    case: str, constrained: bool, tmp_path: Path, write: Write
) -> None:
    scheme, rows, line, message = MISFITS[case]
    with pytest.raises(DataError) as error:
        read(tmp_path, write, rows, scheme=scheme, **(CONSTRAINED if constrained else {}))
    assert str(error.value) == f"{tmp_path}/data/train:{line}: {message}"


def test_a_tag_in_a_column_of_tokens_shows_the_scheme_with_its_own_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a\tO\nb\tO\n\nc\tB-x\nd\tI-x\n")
    graph = graph_of(tmp_path, {"format": "conll", "columns": ["text", "tags"], "train": "file"}, scheme="bioes")
    with pytest.raises(DataError) as error:
        prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
    assert str(error.value).startswith(f"{tmp_path}/file:5: column 'tags': a span should end with E- or S-: ")


def test_a_few_rows_that_break_a_declared_scheme_are_noted(tmp_path: Path, write: Write) -> None:
    whole = {"text": "a b", "tags": "B-x E-x"}
    for state in ("read", "from the cache"):
        prepared = read(tmp_path, write, [whole, whole, BIO], scheme="bioes")[1]
        assert [str(fault) for fault in prepared.notes] == [
            f"{tmp_path}/data/train:3: ner: 1 of 3 training rows with spans breaks the grammar of BIOES, the scheme of "
            "the task, the first with 'I-x' at the end: the tags are read as they are."
        ], state
    assert read(tmp_path, write, [whole, whole, BIO])[1].notes == []  # nothing was declared


def test_the_grammar_of_a_declared_scheme_is_its_own(tmp_path: Path, write: Write) -> None:
    rows = [{"text": "a b c", "tags": "B-x E-x O"}, {"text": "a b", "tags": "S-x O"}]
    graph, prepared = read(tmp_path, write, rows, scheme="bioes", **CONSTRAINED)
    assert prepared.fitted.targets["ner"].found["grammar"] == "bioes"
    output: Any = MultiTaskModel(graph, prepared.fitted).output("ner")
    assert labels(prepared) == ("B-x", "E-x", "O", "S-x")
    assert (output.end_barrier == 0).tolist() == [False, True, True, True]


@pytest.mark.parametrize(
    ("tags", "advice"),
    [("NOUN VERB", ", or write the scheme of 'ner'"), ("B I", ", or write the scheme of 'ner'"), ("O O", "")],
)
def test_constrained_answers_are_of_tags_that_mark_spans(tags: str, advice: str, tmp_path: Path, write: Write) -> None:
    with pytest.raises(RecipeError) as error:
        read(tmp_path, write, [{"text": "a b", "tags": tags}], **CONSTRAINED)
    assert str(error.value) == (
        f"{PLACE}'constrained' should be used with tags that mark spans. There are none in the training rows of 'ner'. "
        f"Leave 'constrained' out{advice}.\n1 error in <recipe>"
    )
    if tags == "B I":
        read(tmp_path, write, [{"text": "a b", "tags": tags}], scheme="bio", **CONSTRAINED)


def test_constrained_answers_to_tags_that_break_their_grammar_are_refused(tmp_path: Path, write: Write) -> None:
    rows = [{"text": "a b", "tags": "O I-x"}, BIO, {"text": "a", "tags": "I-x"}]
    with pytest.raises(RecipeError) as error:
        read(tmp_path, write, rows, **CONSTRAINED)
    found = BROKEN.format("BIO", "2 of 3 in train", "'I-x' after 'O'")
    assert str(error.value) == f"{PLACE}{found} Leave 'constrained' out.\n1 error in <recipe>"
    assert read(tmp_path, write, rows)[1].notes == []  # a CRF that is free may answer so


IOB1 = [{"text": "a b", "tags": "O I-x"}, {"text": "a b c", "tags": "I-x B-x I-y"}]


def test_constrained_answers_to_iob1_have_its_grammar(tmp_path: Path, write: Write) -> None:
    graph, prepared = read(tmp_path, write, IOB1, **CONSTRAINED)
    assert prepared.notes == []
    assert labels(prepared) == ("B-x", "I-x", "I-y", "O")
    output: Any = MultiTaskModel(graph, prepared.fitted).output("ner")
    assert (output.transitions_barrier == 0).tolist() == [[True] * 4, [True] * 4, *[[False, True, True, True]] * 2]
    assert (output.start_barrier == 0).tolist() == [False, True, True, True]


def test_a_few_rows_that_constrained_answers_cannot_equal_are_noted(tmp_path: Path, write: Write) -> None:
    rows = [BIO, BIO, {"text": "a", "tags": "I-x"}, {"text": "a", "tags": "O"}]
    prepared = read(tmp_path, write, rows, **CONSTRAINED)[1]
    found = UNREACHABLE.format("BIO", "1 of 3 in train, 1 of 3 in dev", "'I-x' at the beginning")
    assert [str(fault) for fault in prepared.notes] == [f"{tmp_path}/data/train:3: ner: {found}"]


def test_gold_of_dev_and_test_that_constrained_answers_cannot_equal_is_counted(tmp_path: Path) -> None:
    (tmp_path / "train").write_text("a\tB-x\nb\tI-x\n")
    (tmp_path / "dev").write_text("a\tO\n\na\tB-x\n\na\tO\nb\tI-x\n\na\tI-x\n")
    (tmp_path / "test").write_text("a\tI-x\n")
    source = {"format": "conll", "columns": ["text", "tags"], "train": "train", "dev": "dev", "test": "test"}
    graph = graph_of(tmp_path, source, **CONSTRAINED)
    counts = "0 of 1 in train, 2 of 3 in dev, 1 of 1 in test"
    for state in ("read", "from the cache"):
        prepared = prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
        found = UNREACHABLE.format("BIO", counts, "'I-x' after 'O'")
        assert [str(fault) for fault in prepared.notes] == [f"{tmp_path}/dev:6: ner: {found}"], state
    free = graph_of(tmp_path, source)
    assert prepare(free, open_sources(free.recipe), tmp_path / "cache").notes == []


MANY = {"text": " ".join(["a b"] * 20), "tags": " ".join(["B-x I-x"] * 20)}
STRAYS = [{"text": "a", "tags": tag} for tag in ("X", "Y", "E-z")]


def test_rows_that_are_left_out_have_no_say_in_the_scheme(tmp_path: Path, write: Write) -> None:
    other = {"text": "a b", "tags": "NOUN " * 40}
    write({"train": [BIO, other, BIO, {"text": "a b", "tags": "O o"}]})
    source = {"format": "jsonl", "train": "train", "on_bad_row": "skip"}
    graph = graph_of(tmp_path / "data", source)
    prepared = prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
    assert prepared.fitted.targets["ner"].found["scheme"] == "bio"
    assert [str(fault) for fault in [*prepared.skipped, *prepared.notes]] == [
        f"{tmp_path}/data/train:2: column 'tags': should be 2 tags, one per token. Found 40.",
        f"{tmp_path}/data/train:4: column 'tags': a tag should be O or begin with B- or I-: the tags of training are "
        "bio. Found 'o', tag 2 of 2. Did you mean 'O'?",
    ]


def test_a_place_is_that_of_the_row_whatever_is_left_out_before_it(tmp_path: Path, write: Write) -> None:
    rows = [{"text": "a b", "tags": "X"}, {"text": "a b", "tags": "X X"}, {"text": "a b", "tags": "X E-mail"}]
    write({"train": rows})
    graph = graph_of(tmp_path / "data", {"format": "jsonl", "train": "train", "on_bad_row": "skip"})
    prepared = prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
    assert [(fault.file, fault.line) for fault in prepared.notes] == [(f"{tmp_path}/data/train", 3)]


@pytest.mark.parametrize("split", ["train", "dev", "test"])
@pytest.mark.parametrize("metrics", [None, ["span_f1"]])
def test_strays_among_many_tags_are_named_in_every_split(
    split: str, metrics: Any, tmp_path: Path, write: Write
) -> None:
    rows = {"train": [MANY], "dev": [MANY], "test": [MANY]}
    write({**rows, split: [MANY, *STRAYS]})
    source = {"format": "jsonl", **{name: name for name in rows}}
    graph = graph_of(tmp_path / "data", source, **({"metrics": metrics} if metrics else {}))
    with pytest.raises(DataError) as error:
        prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
    reason = "span_f1 measures spans" if metrics else "the tags of training are bio"
    assert str(error.value) == (
        f"{tmp_path}/data/{split}:2: column 'tags': a tag should be O or begin with B- or I-: {reason}. Found 'X', tag "
        "1 of 1. Tags that mark no spans are of the scheme plain, and measured by accuracy and macro_f1. 1 other row "
        "has such a fault.\n"
        f"{tmp_path}/data/{split}:4: column 'tags': a tag should be O or begin with B- or I-: {reason}. Found 'E-z', "
        "tag 1 of 1. Tags with E- are of the scheme bioes."
    )


SPANS = {"text": "a b", "tags": [[0, 1, "x"]]}


@pytest.mark.parametrize(
    ("scheme", "rows", "grammar", "counts"),
    [
        ("auto", [BIO, SPANS, SPANS, {"text": "a", "tags": "I-x"}], "BIO", (4, 4)),
        ("iob1", [*IOB1, SPANS], "IOB1", (3, 3)),
        ("auto", [{"text": "a b", "tags": "B-x E-x"}] * 2 + [SPANS], "BIOES", (3, 3)),
    ],
)
def test_rows_of_spans_are_among_those_that_are_counted(
    scheme: str, rows: list[Any], grammar: str, counts: tuple[int, int], tmp_path: Path, write: Write
) -> None:
    prepared = read(tmp_path, write, rows, scheme=scheme, **CONSTRAINED)[1]
    example = "'I-x' at the beginning" if grammar == "BIO" else "spans of characters, whose tags are BIO"
    count, line = counts
    of_splits = f"1 of {count} in train, 1 of {count} in dev"
    assert [str(fault) for fault in prepared.notes] == [
        f"{tmp_path}/data/train:{line}: ner: {UNREACHABLE.format(grammar, of_splits, example)}"
    ]


def test_spans_beside_iob1_tags_make_bio_of_both(tmp_path: Path, write: Write) -> None:
    assert read(tmp_path, write, IOB1)[1].fitted.targets["ner"].found["scheme"] == "iob1"
    assert read(tmp_path, write, [*IOB1, SPANS])[1].fitted.targets["ner"].found["scheme"] == "bio"


def test_one_constrained_output_has_tags_of_one_scheme(tmp_path: Path, write: Write) -> None:
    rows = [{"text": "a b", "tags": "O I-x"}, {"text": "a b c", "tags": "I-x B-x I-x"}]
    write({"train": rows, "other": [{"text": "a b c", "tags": "B-x I-x O"}]})
    sources = {name: {"format": "jsonl", "train": file} for name, file in (("rows", "train"), ("more", "other"))}
    recipe = {
        "name": "tags",
        "sources": sources,
        "tasks": {"ner": TASK | CONSTRAINED, "chunks": TASK | {"source": "more", "scheme": "bio"}},
        "share": {name: [f"ner.{name}", f"chunks.{name}"] for name in ("embedding", "output")},
    }
    graph = build_graph(recipe_from_dict(recipe, data=tmp_path / "data"))
    with pytest.raises(RecipeError) as error:
        prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
    assert str(error.value) == (
        "<recipe>: tasks.ner.model.output.constrained: 'constrained' should be used with tasks whose tags are of one "
        "scheme. Found IOB1 in 'ner' and BIO in 'chunks'. Leave 'constrained' out.\n1 error in <recipe>"
    )


def test_spans_that_are_snapped_are_counted_with_the_first(tmp_path: Path, write: Write) -> None:
    wide = "hi \U0001f44d\U0001f44d Al, Bo"
    rows = [
        {"text": "Al Bo", "tags": [[0, 2, "NAME"]]},
        {"text": wide, "tags": [{"start": 8, "end": 10, "label": "NAME"}]},
        {"text": "Alan Bo", "tags": [[0, 2, "NAME"], [5, 6, "NAME"]]},
    ]
    for state in ("read", "from the cache"):
        prepared = read(tmp_path, write, rows, rows[:1])[1]
        assert [str(fault) for fault in prepared.notes] == [
            f"{tmp_path}/data/train:2: rows/train: column 'tags': 3 spans do not begin and end where tokens "
            "do, here 8–10 (NAME): ', ' is read as ','; a character beyond U+FFFF comes before it: offsets "
            "should count characters, not the units of UTF-16."
        ], state


def test_tokens_without_a_label(tmp_path: Path, write: Write) -> None:
    rows = [{"text": "a b c", "tags": [None, "B-x", "O"]}, {"text": "a b", "tags": [None, None]}]
    split = read(tmp_path, write, rows)[1].splits["rows", "train"]
    assert split.batch(np.arange(2)).targets["ner"].tolist() == [[MISSING, 0, 1], [MISSING] * 3]
    assert split.gold("ner") == [[None, "B-x", "O"], None]
    assert split.labelled == {"ner": 1}


@pytest.mark.parametrize("tags", [[-100, 0], ["-100", "O"]])
def test_a_number_that_libraries_pass_over_is_no_tag(tags: Any, tmp_path: Path, write: Write) -> None:
    with pytest.raises(DataError) as error:
        read(tmp_path, write, [BIO, {"text": "a b", "tags": tags}], [BIO])
    assert str(error.value) == (
        f"{tmp_path}/data/train:2: column 'tags': a token without a label should have no tag. "
        "Found '-100', tag 1 of 2, which many libraries write for such a token. Write null for it, in a list of tags."
    )


CELLS = {
    "conll": ({"columns": ["form", "xpos"]}, "a\tB-x\nb\t-100\n", 2),
    "conllu": ({}, "1\ta\t_\t_\tB-x\t_\t_\t_\t_\t_\n2\tb\t_\t_\t-100\t_\t_\t_\t_\t_\n", 2),
    "tsv": ({}, "form\txpos\na b\tB-x -100\n", 2),
    "csv": ({}, "form,xpos\na b,B-x -100\n", 2),
}


@pytest.mark.parametrize("format", CELLS)
def test_a_format_without_null_is_not_told_to_write_it(format: str, tmp_path: Path) -> None:
    options, content, line = CELLS[format]
    (tmp_path / "file").write_text(content)
    inputs = {"text": {"column": "form", "tokenizer": "whitespace"}}
    graph = graph_of(tmp_path, {"format": format, "train": "file", **options}, inputs=inputs, target="xpos")
    with pytest.raises(DataError) as error:
        prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
    assert str(error.value) == (
        f"{tmp_path}/file:{line}: column 'xpos': a token without a label should have no tag. Found '-100', tag 2 of 2, "
        "which many libraries write for such a token. This format has no mark for it: use 'format: jsonl', and write "
        "null for it in a list of tags."
    )


def test_words_that_hold_white_space(tmp_path: Path) -> None:
    line = "{}\t{}\t_\t_\t{}\t_\t_\t_\t_\t_\n"
    words = [("1", "12 500", "B-n"), ("2", "km", "I-n"), ("3", "New\u00a0York", "B-x"), ("4", "a ", "O")]
    (tmp_path / "file").write_text("".join(line.format(*word) for word in words), "utf-8")
    inputs = {"text": {"column": "form", "tokenizer": "whitespace"}}
    graph = graph_of(tmp_path, {"format": "conllu", "train": "file"}, inputs=inputs, target="xpos")
    split = prepare(graph, open_sources(graph.recipe), tmp_path / "cache").splits["rows", "train"]
    assert split.texts("form") == ["12 500 km New\u00a0York a"]
    assert split.gold("ner") == [["B-n", "I-n", "I-n", "B-x", "I-x", "O"]]


def test_state_of_a_fit_is_kept_with_what_was_fitted(tmp_path: Path, write: Write) -> None:
    graph, prepared = read(tmp_path, write, [BIO])
    kept = json.loads(json.dumps(prepared.fitted.state()))
    again = type(prepared.fitted).from_state(graph, kept)
    assert again.state() == prepared.fitted.state()
    assert again.targets["ner"].found == prepared.fitted.targets["ner"].found
    assert again.targets["ner"].found["scheme"] == "bio"
    assert tuple(TagFit().state()) == FACTS
