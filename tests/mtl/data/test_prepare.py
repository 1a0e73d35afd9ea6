"""What comes out of well-formed sources: vocabularies, labels, batches, gold labels."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtl.base.errors import RecipeError, UsageError
from mtl.data.batch import raw_batch
from mtl.data.fitted import Fitted
from mtl.data.labels import MISSING, Labels
from mtl.data.prepare import prepare
from mtl.data.prepared import Prepared
from mtl.data.split import Split
from mtl.graph.calls import InputKey
from mtl.sources.opening import open_sources
from mtl.sources.python import PythonSource
from mtl.text.features import Feature, Ragged
from mtl.text.front_end import FrontEnd

from .conftest import RECIPE, ROWS, Made, Write, graph_of

TEXT = InputKey("talk", "text", FrontEnd("unicode_words", True))
ALL = np.arange(5)


def words(prepared: Prepared, component: str = "words.word") -> tuple[str, ...]:
    feature: Any = prepared.fitted.features[component][0]
    return tuple(feature.vocabulary.entries)


def train(prepared: Prepared) -> Split:
    return prepared.splits["talk", "train"]


def test_a_tied_vocabulary_covers_the_train_texts_of_all_sources(made: Made) -> None:
    assert set(words(made())) == {
        "play",
        "hey",
        "jude",
        "wake",
        "me",
        "at",
        "7",
        ":",
        "30",
        "stop",
        "hello",
        "dogs",
        "don",
        "'",
        "t",
        "sing",
    }


def test_an_untied_vocabulary_covers_its_own(tmp_path: Path, write: Write) -> None:
    write(ROWS)
    recipe = json.loads(json.dumps(RECIPE))
    recipe["share"] = {"words": ["intent.embedding", "slots.embedding"]}
    recipe["tasks"]["pos"]["model"] = {"embedding": {"type": "word", "dim": 4}}
    graph = graph_of(tmp_path / "data", recipe)
    prepared = prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
    assert set(words(prepared, "pos.embedding")) == {"dogs", "don", "'", "t", "sing"}
    assert "sing" not in words(prepared)


def test_labels_are_those_of_training_in_order_of_name(made: Made) -> None:
    labels = made().fitted.labels
    assert labels["intent"] == Labels(("alarm", "music"), (1, 2))
    assert labels["slots"] == Labels(("B-song", "B-time", "B-word", "I-song", "I-time", "O"), (1, 1, 1, 1, 2, 4))
    assert labels["pos"] == Labels(("AUX", "NOUN", "VERB"), (3, 1, 1))


def tied(head: str) -> dict[str, Any]:
    recipe: dict[str, Any] = json.loads(json.dumps(RECIPE))
    recipe["share"]["head"] = [f"slots.{head}", f"pos.{head}"]
    return recipe


def test_tasks_with_one_decoder_have_one_label_set(tmp_path: Path, made: Made) -> None:
    made()  # what was fitted for untied decoders is in the cache and must not spare the rule
    graph = graph_of(tmp_path / "data", tied("decoder"))
    for cache in ("cache", "other cache"):
        with pytest.raises(RecipeError) as error:
            prepare(graph, open_sources(graph.recipe), tmp_path / cache)
        assert str(error.value) == (
            "<recipe>: share.head: tasks with one decoder should have the same labels in training. "
            "Found 'B-song', 'B-time', 'B-word', 'I-song', 'I-time' and 1 more in 'slots' alone "
            "and 'AUX', 'NOUN', 'VERB' in 'pos' alone.\n1 error in <recipe>"
        )


def test_a_tied_output_layer_counts_the_labels_of_all_its_tasks(tmp_path: Path, write: Write) -> None:
    tags = ["B-song", "B-time", "B-word", "I-song", "I-time", "O"]
    write({**ROWS, "words/train": [{"form": ["w"] * 6, "upos": tags}]})
    counts = {}
    for head in ("output", "decoder"):
        graph = graph_of(tmp_path / "data", tied(head))
        labels = prepare(graph, open_sources(graph.recipe), tmp_path / "cache").fitted.labels
        assert labels["slots"].names == labels["pos"].names == tuple(tags)
        counts[head] = (labels["slots"].counts, labels["pos"].counts)
    assert counts["output"] == ((2, 2, 2, 2, 3, 5), (2, 2, 2, 2, 3, 5))
    assert counts["decoder"] == ((1, 1, 1, 1, 2, 4), (1, 1, 1, 1, 1, 1))


def test_a_batch(made: Made) -> None:
    prepared = made()
    split = train(prepared)
    assert len(split) == 5
    assert split.lengths.tolist() == [3, 6, 1, 1, 1]
    assert split.lengths.dtype == np.int32
    batch = split.batch(np.array([1, 0, 3]))
    assert batch.source == "talk"
    assert batch.rows.tolist() == [1, 0, 3]
    assert batch.tokens == 10
    assert batch.lengths[TEXT].tolist() == [6, 3, 1]
    ids = ["", "<unknown>", *words(prepared)]
    found = [[ids[i] for i in row] for row in batch.features["words.word", 0, TEXT].tolist()]
    assert found == [["wake", "me", "at", "7", ":", "30"], ["play", "hey", "jude", "", "", ""], [""] * 6]
    assert batch.features["words.char", 0, TEXT].shape == (3, 6, 4)
    assert batch.features["words.char", 0, TEXT][1, 2, 0] > 1
    assert not batch.features["words.char", 0, TEXT][1, 3:].any()
    names = split.target_names("slots")
    tags = [[names[i] if i != MISSING else "-" for i in row] for row in batch.targets["slots"].tolist()]
    assert tags == [
        ["O", "O", "O", "B-time", "I-time", "I-time"],
        ["O", "B-song", "I-song", "-", "-", "-"],
        ["-"] * 6,
    ]
    assert batch.targets["intent"].tolist() == [0, 1, MISSING]
    assert batch.labelled["intent"].tolist() == [True, True, False]
    assert batch.labelled["slots"].tolist() == [True, True, False]


def test_a_missing_label_is_masked_for_its_task_only(made: Made) -> None:
    batch = train(made()).batch(ALL)
    assert batch.labelled["intent"].tolist() == [True, True, True, False, False]
    assert batch.labelled["slots"].tolist() == [True, True, False, False, True]


def test_labels_that_training_never_had(made: Made) -> None:
    split = made().splits["talk", "test"]
    assert split.target_names("intent") == ("alarm", "music", "weather")
    assert split.target_names("slots")[6:] == ("B-animal", "B-planet")  # numbered by name, not as they came
    batch = split.batch(np.arange(3))
    assert batch.targets["intent"].tolist() == [2, 0, MISSING]
    assert batch.targets["slots"].tolist() == [[5, 7, 5], [MISSING] * 3, [6, 5, MISSING]]
    assert batch.labelled["intent"].tolist() == [False, True, False]  # nothing that a loss could use
    assert split.gold("intent") == ["weather", "alarm", None]
    assert split.gold("slots") == [["O", "B-planet", "O"], None, ["B-animal", "O"]]
    assert split.unseen == {"intent": {"weather": 1}, "slots": {"B-animal": 1, "B-planet": 1}}


def test_gold_and_texts_of_some_rows(made: Made) -> None:
    prepared = made()
    split = train(prepared)
    assert split.gold("intent", [2, 3]) == ["music", None]
    assert split.gold("slots", np.array([4, 0])) == [["B-word"], ["O", "B-song", "I-song"]]
    assert split.texts(TEXT, [4, 0]) == ["  hello", "play Hey Jude"]
    assert split.texts("text") == [row["text"] for row in ROWS["talk/train"]]
    assert prepared.splits["words", "train"].texts("form") == ["Dogs don't sing", "sing"]
    assert prepared.splits["words", "train"].gold("pos") == [["NOUN", "AUX", "AUX", "AUX", "VERB"], None]


def test_lists_of_tokens_are_told_from_texts(made: Made) -> None:
    prepared = made()
    assert prepared.splits["words", "train"].pretokenized == {"form"}
    assert train(prepared).pretokenized == frozenset()


def test_raw_texts_give_the_same_batch(tmp_path: Path, made: Made) -> None:
    prepared = made()
    graph = graph_of(tmp_path / "data")
    texts = train(prepared).texts("text")
    raw = raw_batch(graph, prepared.fitted, ["intent", "slots"], {"text": texts})
    batch = train(prepared).batch(ALL)
    assert raw.tokens == batch.tokens
    assert raw.rows.tolist() == batch.rows.tolist()
    assert raw.targets == {}
    assert {key: value.tolist() for key, value in raw.lengths.items()} == {
        key: value.tolist() for key, value in batch.lengths.items()
    }
    assert {key: value.tolist() for key, value in raw.features.items()} == {
        key: value.tolist() for key, value in batch.features.items()
    }
    assert raw.surface[TEXT].strings()[0] == ["play", "Hey", "Jude"]
    assert all(value.device.type == "meta" for value in raw.to("meta").features.values())


@pytest.mark.parametrize("texts", [[], [""], ["", " \t"], ["a" * 100_000], ["\x00", "\ud800 x"]], ids=repr)
def test_raw_texts_of_every_kind(texts: list[str], tmp_path: Path, made: Made) -> None:
    prepared = made()
    raw = raw_batch(graph_of(tmp_path / "data"), prepared.fitted, ["intent"], {"text": texts})
    assert raw.lengths[TEXT].shape == (len(texts),)
    assert raw.features["words.word", 0, TEXT].shape[0] == len(texts)
    assert raw.features["words.char", 0, TEXT].shape[2] <= 32


def test_texts_of_every_kind_survive(made: Made) -> None:
    texts = ["a" * 100_000, "\x00 nul", "half \ud800 pair", "e\u0301 \U0001f600", "\u3000", "tail\r"]
    split = train(
        made(
            {
                "talk/train": [{"text": text, "intent": "x", "slots": None} for text in texts]
                + [{"text": "a", "intent": "y", "slots": "O"}]
            }
        )
    )
    assert split.texts("text") == [*[text.replace("\ud800", "\ufffd") for text in texts], "a"]
    assert split.lengths[0] == 1
    assert split.batch(np.arange(7)).features["words.char", 0, TEXT].shape[2] == 32


def test_batches_of_several_chunks_are_those_of_the_rows(made: Made) -> None:
    rows = [
        {"text": " ".join(f"w{i % 7}" for _ in range(1 + i % 5)), "intent": f"i{i % 3}", "slots": None}
        for i in range(3000)
    ]
    rows[0]["slots"] = "O"
    prepared = made({"talk/train": rows})
    split = train(prepared)
    ids: Any = prepared.fitted.features["words.word"][0]
    chosen = np.array([2999, 1023, 1024, 0])
    found = split.batch(chosen).features["words.word", 0, TEXT].tolist()
    for row, i in zip(found, chosen.tolist(), strict=True):
        count = 1 + i % 5
        assert row == [ids.vocabulary.tokens.index(f"w{i % 7}")] * count + [0] * (5 - count)
    assert split.gold("intent", chosen) == ["i2", "i0", "i1", "i0"]


def test_what_was_fitted_can_be_kept(tmp_path: Path, made: Made) -> None:
    prepared = made()
    graph = graph_of(tmp_path / "data")
    kept = Fitted.from_state(graph, json.loads(json.dumps(prepared.fitted.state())))
    assert kept.labels == prepared.fitted.labels
    again = prepare(graph, open_sources(graph.recipe), tmp_path / "other", fitted=kept, splits=("test",))
    assert list(again.splits) == [("talk", "test")]
    assert again.fitted is kept
    assert again.hashes == {"talk/test": prepared.hashes["talk/test"]}
    first, second = (p.splits["talk", "test"].batch(np.arange(3)) for p in (prepared, again))
    assert all(second.features[key].equal(value) for key, value in first.features.items())


def test_a_placeholder_is_fitted_without_data(tmp_path: Path) -> None:
    graph = graph_of(tmp_path)
    fitted = Fitted.placeholder(graph)
    assert set(fitted.features) == set(graph.embeddings())
    assert all((feature.size or 0) > 2 for features in fitted.features.values() for feature in features)
    assert set(fitted.labels) == {"intent", "slots", "pos"}


def test_the_report(made: Made) -> None:
    report = made().report()
    assert report["splits"]["talk/test"] == {
        "rows": 3,
        "tokens": 6,
        "skipped": 0,
        "labelled": {"intent": 2, "slots": 2},
        "unseen": {"intent": {"weather": 1}, "slots": {"B-animal": 1, "B-planet": 1}},
        "overlap": {"train": 1},  # the empty text
    }
    assert report["labels"]["intent"] == {"alarm": 1, "music": 2}
    assert report["vocabularies"]["words.word"] == [18]
    assert list(report["splits"]) == ["talk/train", "talk/test", "words/train"]


def test_overlaps_do_not_depend_on_white_space(made: Made) -> None:
    test = [{"text": " play  Hey Jude\t", "intent": "music", "slots": None}, ROWS["talk/test"][2]]
    assert made({"talk/test": test}).overlaps == {("talk", "train", "test"): 1}


def test_rows_from_python(tmp_path: Path, write: Write) -> None:
    write(ROWS)
    graph = graph_of(tmp_path / "data")
    given = {"talk": {"train": ROWS["talk/train"], "test": iter(ROWS["talk/test"])}}
    sources = open_sources(graph.recipe, given)
    assert isinstance(sources["talk"], PythonSource)
    prepared = prepare(graph, sources, tmp_path / "cache")
    assert train(prepared).gold("intent") == ["music", "alarm", "music", None, None]


def test_features_that_break_the_rules_are_named(tmp_path: Path, made: Made) -> None:
    class Short(Feature):
        def compute(self, tokens: Any) -> Ragged:
            return Ragged(np.zeros(1, np.int32), (tokens.row_offsets,))

    class Other(Feature):
        def compute(self, tokens: Any) -> Ragged:
            return Ragged.of([[1]], np.int32)

    messages = {
        Short: "the feature 'Short' should return values for 12 tokens. Found 1.",
        Other: "the feature 'Other' should return its values with the tokens' own offsets. Found other ones.",
    }
    graph = graph_of(tmp_path / "data")
    for cls, message in messages.items():
        fitted = made().fitted
        fitted.features["words.word"] = (cls(),)
        with pytest.raises(UsageError) as caught:
            prepare(graph, open_sources(graph.recipe), tmp_path / "cache", fitted=fitted)
        assert str(caught.value) == message


def test_real_files(data_sets: Callable[[str], Path], tmp_path: Path) -> None:
    folder = data_sets("snips")
    recipe = json.loads(json.dumps(RECIPE))
    columns = {"text": "seq.in", "slots": "seq.out", "intent": "label"}
    recipe["sources"] = {"talk": {"format": "lines", "columns": columns, "train": "dev", "test": "test"}}
    del recipe["tasks"]["pos"], recipe["share"]["words"][2], recipe["share"]["encoder"][2]
    graph = graph_of(folder, recipe)
    prepared = prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
    assert len(prepared.fitted.labels["intent"]) == 7
    assert prepared.report()["splits"]["talk/test"]["labelled"] == {"intent": 700, "slots": 700}


def test_a_vocabulary_of_which_nothing_is_left_is_told(tmp_path: Path, write: Write) -> None:
    write(ROWS)
    recipe = json.loads(json.dumps(RECIPE))
    recipe["tasks"]["intent"]["model"]["embedding"]["parts"]["word"]["min_count"] = 50
    graph = graph_of(tmp_path / "data", recipe)
    prepared = prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
    assert [str(note) for note in prepared.notes if "min_count" in str(note)] == [
        "words.word: has an empty vocabulary: nothing in train occurs at least 50 times ('min_count'). Every token is "
        "read as unknown. Lower 'min_count'."
    ]
