"""Normalizations in the graph against the featurizer's."""

import sys

import numpy as np
import onnx
import onnx_ir as ir
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx_ir.tape import Tape

from benchmarks import fuzz
from mtl.export.nfkc import nfkc
from mtl.export.normalization import normalized
from mtl.text.featurizer import tokens_from_lists
from mtl.text.front_end import FrontEnd
from mtl.text.normalization import combining_classes, compatible, compositions, lower_case, without_accents
from mtl.text.token_values import STRING

KINDS = [
    FrontEnd("whitespace", lowercase="ascii"),
    FrontEnd("whitespace", lowercase=True),
    FrontEnd("whitespace", strip_accents=True),
    FrontEnd("whitespace", nfkc=True),
    FrontEnd("whitespace", lowercase="ascii", strip_accents=True),
    FrontEnd("whitespace", lowercase=True, strip_accents=True, nfkc=True),
]
EVERY = [chr(c) for c in range(sys.maxunicode + 1) if not 0xD800 <= c <= 0xDFFF]
BATCH = 5_000


@pytest.fixture(scope="module", params=KINDS, ids=str)
def graph(request):
    words = ir.val("words", dtype=STRING, shape=("N",))
    session = fuzz.session([words], lambda tape: {"out": normalized(tape, words, words, request.param.normalization)})
    return request.param, session


def differing(graph, words):
    """Return the words, with both answers, on which the two sides differ."""
    front_end, session = graph
    ours = tokens_from_lists([words], front_end).normalized()[0]
    theirs = [
        word
        for start in range(0, len(words), BATCH)
        for word in session.run(None, {"words": np.array(words[start : start + BATCH], object)})[0].tolist()
    ]
    return [triple for triple in zip(words, ours, theirs, strict=True) if triple[1] != triple[2]]


def test_every_character(graph):
    concerned = {*compatible(), *combining_classes(), *lower_case(), *without_accents()}
    concerned |= {c for pair in compositions() for c in pair}
    others = [c for c in EVERY if c not in concerned]
    words = ["".join(f"{c}A" for c in others[i : i + 50]) for i in range(0, len(others), 50)]
    words += [text for c in sorted(concerned) for text in (c, f"a{c}B", f"e\u0301{c}")]
    assert differing(graph, words) == []


ODD = [
    "ΟΔΟΣ",
    "İI\u0131",
    "Ǆǅ",
    "\U00010400",
    "가힣각",
    "\u1112\u1161\u11ab",
    "하\u11ab",
    "a\u0302\u0323",
    "\u0301\u0323",
]


@pytest.mark.parametrize(
    "words",
    [
        ["A"],
        [""],
        ["", "É", ""],
        ["\u0344"],
        ["x\u0301" * 400, "Y", "É"],
        ["\u0323\u0301" * 300],
        ["\u1100" * 300 + "\u1161" * 300],
        [*ODD, "\u0378\ufdd0", "plain", "ﷺ", "½"],
    ],
    ids=lambda words: f"{len(words)} of {len(words[0])}: {words[0][:3]!a}",
)
def test_odd_words(graph, words):
    assert differing(graph, words) == []


@pytest.mark.parametrize("part", ["É", "e\u0301Ａ가b", "Z", "ﷺ\u1112\u1161\u11ab"])
def test_an_endless_word_among_short_ones(graph, part):
    endless = (part * 100_000)[:100_000]
    assert differing(graph, [*ODD, endless, "plain", "É", f"x{endless}É", "", "e\u0301" * 40, "A\u0323" * 300]) == []


def test_an_endless_run_of_marks(graph):
    assert differing(graph, ["É", "a" + "\u0301\u0323" * 2_000, "\u0301", "plain", "\u0323" * 3_000]) == []


TEXTS = st.text(
    st.one_of(
        st.sampled_from(sorted(compatible())),
        st.sampled_from(sorted(combining_classes())),
        st.sampled_from(sorted({c for pair in compositions() for c in pair})),
        st.sampled_from(sorted(lower_case())),
        st.characters(exclude_categories=["Cs"]),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(words=st.lists(TEXTS, min_size=1, max_size=8))
def test_any_words(graph, words):
    assert differing(graph, words) == []


def test_a_difference_would_be_seen(monkeypatch):
    """Without the order of marks, NFKC is another one."""
    monkeypatch.setattr("mtl.export.nfkc.combining_classes", lambda: {"\u0323": 230, "\u0302": 230})
    words = ir.val("words", dtype=STRING, shape=("N",))
    session = fuzz.session([words], lambda tape: {"out": nfkc(tape, words)})
    assert differing((KINDS[3], session), ["a\u0302\u0323"]) == [("a\u0302\u0323", "ậ", "â\u0323")]


def test_texts_of_ascii_alone_are_kept_apart_from_others():
    """The shorter way is taken where the texts, not the words, are ASCII: what it makes of words shows it."""
    words, texts = (ir.val(name, dtype=STRING, shape=(None,)) for name in ("words", "texts"))
    how = FrontEnd(lowercase=True).normalization
    model = onnx.load_from_string(
        fuzz.model_of([words, texts], lambda tape: {"out": normalized(tape, words, texts, how)})
    )
    (branching,) = (node for node in model.graph.node if node.op_type == "If")
    (normalizer,) = next(attribute.g.node for attribute in branching.attribute if attribute.name == "then_branch")
    normalizer.attribute[0].s = b"UPPER"
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    feed = {"words": np.array(["aB", "c"], object)}
    assert session.run(None, {**feed, "texts": np.array(["aB c"], object)})[0].tolist() == ["AB", "C"]
    assert session.run(None, {**feed, "texts": np.array(["aB c", "é"], object)})[0].tolist() == ["ab", "c"]


def test_nothing_is_added_for_no_normalization():
    tape = Tape()
    words = ir.val("words", dtype=STRING, shape=("N",))
    assert normalized(tape, words, words, FrontEnd().normalization) is words
    assert list(tape.nodes) == []
