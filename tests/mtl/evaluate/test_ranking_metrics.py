"""Ranking figures against trec_eval's own code, on tables full of ties, and by hand where trec_eval has no answer."""

from __future__ import annotations

import random
from typing import NamedTuple

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st

from mtl.base.registry import lookup
from mtl.evaluate.metrics import Metric, Ranked, RankingMetric

# Names whose order as strings is neither that of their numbers nor that of UTF-16.
IDS = ["d1", "d10", "d2", "D2", "", "é", "e\u0301", "\U0001f40d", "\uffff", "ß", "z", " z", "10", "9"]
DEPTHS = (1, 3, 10)


class Pair(NamedTuple):
    group: int
    document: str
    grade: int
    score: float


def random_pairs(generator: random.Random) -> list[Pair]:
    """Return the pairs of a few queries in a random order, with few different scores and grades from -1 to 3."""
    found = []
    for group in generator.sample(range(100), generator.randint(1, 6)):
        names = generator.sample([*IDS, *(f"x{i}" for i in range(20))], generator.randint(1, 25))
        levels = generator.choice([1, 2, 4, 40])
        found += [
            Pair(group, name, generator.choice([-1, 0, 0, 1, 2, 3]), generator.randrange(levels) / 8) for name in names
        ]
    generator.shuffle(found)
    return found


def ranked(pairs: list[Pair]) -> Ranked:
    return Ranked.of(
        np.array([pair.score for pair in pairs], np.float32),
        np.array([pair.grade for pair in pairs], np.float32),
        np.array([pair.group for pair in pairs], np.int64),
        [pair.document for pair in pairs],
    )


def metric(name: str, **keys: int) -> RankingMetric:
    found = lookup("metric", name)(**keys)
    assert isinstance(found, RankingMetric)
    return found


def figures(pairs: list[Pair], both_kinds: bool = False) -> dict[str, float]:
    chosen = [metric("map", both_kinds=both_kinds), metric("mrr", both_kinds=both_kinds)]
    chosen += [metric(name, at=at, both_kinds=both_kinds) for name in ("ndcg", "precision", "recall") for at in DEPTHS]
    return {name: value for one in chosen for name, value in one.rank(ranked(pairs)).items()}


def trec_eval(pairs: list[Pair], both_kinds: bool = False) -> dict[str, float]:
    judged: dict[str, dict[str, int]] = {}
    scored: dict[str, dict[str, float]] = {}
    for pair in pairs:
        judged.setdefault(str(pair.group), {})[f"={pair.document}"] = pair.grade
        scored.setdefault(str(pair.group), {})[f"={pair.document}"] = pair.score
    depths = ",".join(map(str, DEPTHS))
    measures = {"map", "recip_rank", *(f"{name}.{depths}" for name in ("ndcg_cut", "P", "recall"))}
    found = pytrec_eval.RelevanceEvaluator(judged, measures).evaluate(scored)
    kept = [
        values
        for group, values in found.items()
        if any(grade > 0 for grade in judged[group].values())
        and not (both_kinds and all(grade > 0 for grade in judged[group].values()))
    ]
    names = {"map": "map", "mrr": "recip_rank"}
    for ours, theirs in {"ndcg": "ndcg_cut", "precision": "P", "recall": "recall"}.items():
        names |= {f"{ours}@{at}": f"{theirs}_{at}" for at in DEPTHS}
    return {ours: sum(v[theirs] for v in kept) / len(kept) if kept else 0.0 for ours, theirs in names.items()}


@pytest.mark.parametrize("both_kinds", [False, True])
def test_figures_of_many_random_tables_are_those_of_trec_eval(both_kinds: bool) -> None:
    generator = random.Random(0)
    for _ in range(1000):
        pairs = random_pairs(generator)
        assert figures(pairs, both_kinds) == pytest.approx(trec_eval(pairs, both_kinds), abs=1e-12)


@given(
    st.lists(
        st.builds(
            Pair,
            st.integers(0, 2),
            st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=3),
            st.integers(0, 3),
            st.sampled_from([-1.0, 0.0, 0.5, 1.0]),
        ),
        min_size=1,
        unique_by=lambda pair: (pair.group, pair.document),
    )
)
def test_figures_are_those_of_trec_eval(pairs: list[Pair]) -> None:
    assert figures(pairs) == pytest.approx(trec_eval(pairs), abs=1e-12)


def test_the_order_of_rows_changes_nothing() -> None:
    generator = random.Random(3)
    pairs = random_pairs(generator)
    before = figures(pairs)
    for _ in range(5):
        generator.shuffle(pairs)
        assert figures(pairs) == pytest.approx(before, abs=1e-12)


def test_of_equal_scores_the_document_with_the_higher_id_comes_first() -> None:
    tied = [Pair(0, "10", 0, 0.5), Pair(0, "9", 1, 0.5), Pair(0, "a", 0, 0.5)]
    assert metric("mrr").rank(ranked(tied)) == {"mrr": 0.5}  # as strings: a, 9, 10
    better = [*tied, Pair(0, "0", 1, 0.75)]
    assert metric("mrr").rank(ranked(better)) == {"mrr": 1.0}


def test_equal_ids_and_scores_stay_in_their_order() -> None:
    assert metric("mrr").rank(ranked([Pair(0, "a", 0, 0.5), Pair(0, "a", 1, 0.5)])) == {"mrr": 0.5}
    assert metric("mrr").rank(ranked([Pair(0, "a", 1, 0.5), Pair(0, "a", 0, 0.5)])) == {"mrr": 1.0}


def test_grades_may_be_fractions() -> None:
    table = Ranked.of(np.array([2.0, 1.0]), np.array([0.5, 2.5]), np.array([7, 7]), ["a", "b"])
    discount = np.log2(3)
    expected = (0.5 + 2.5 / discount) / (2.5 + 0.5 / discount)
    assert metric("ndcg").rank(table) == {"ndcg@10": pytest.approx(expected)}
    assert metric("map").rank(table) == {"map": 1.0}


def test_groups_that_no_figure_counts_are_counted_apart() -> None:
    pairs = [Pair(4, "a", 1, 0.1), Pair(4, "b", 0, 0.9), Pair(2, "a", 0, 1.0), Pair(9, "c", 2, 0.0)]
    assert ranked(pairs).counts() == {"groups": 3, "groups_without_positive": 1, "groups_with_both_kinds": 1}
    assert metric("mrr").rank(ranked(pairs)) == {"mrr": 0.75}
    assert metric("mrr", both_kinds=True).rank(ranked(pairs)) == {"mrr": 0.5}


def test_without_any_pair_or_positive_figures_are_0() -> None:
    for pairs in ([], [Pair(0, "a", 0, 1.0)]):
        assert set(figures(pairs).values()) == {0.0}
    assert ranked([]).counts() == {"groups": 0, "groups_without_positive": 0, "groups_with_both_kinds": 0}


def test_names_and_defaults() -> None:
    names = ("map", "mrr", "ndcg", "precision", "recall")
    assert [metric(name).figures for name in names] == [
        ("map",),
        ("mrr",),
        ("ndcg@10",),
        ("precision@1",),
        ("recall@10",),
    ]
    assert metric("recall", at=100).figures == ("recall@100",)
    assert all((metric(name).elements, metric(name).axes) == (("grade",), ((),)) for name in names)
    assert all(metric(name).higher_is_better for name in names)
    assert Metric.figures == ()


def test_columns_of_different_lengths() -> None:
    with pytest.raises(ValueError) as caught:
        Ranked.of(np.zeros(2), np.zeros(3), np.zeros(3, np.int64), ["a", "b", "c"])
    assert str(caught.value) == (
        "pairs should each have a score, a grade, a group and a document id. Found 2 scores, 3 grades, 3 groups, 3 ids."
    )
