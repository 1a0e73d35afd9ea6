from __future__ import annotations

import numpy as np
import pytest

from mtl.serve import exact_search
from mtl.serve.exact_search import ExactSearch, Vectors, best


def wanted(vectors: Vectors, query: Vectors, k: int) -> list[tuple[int, float]]:
    """Return what the definition says, one pair at a time."""
    products = [np.float32(sum(float(a) * float(b) for a, b in zip(row, query, strict=True))) for row in vectors]
    order = sorted(range(len(products)), key=lambda i: (-products[i], i))
    return [(i, float(products[i])) for i in order[:k]]


def test_of_equal_scores_the_earlier_documents_win() -> None:
    scores = np.array([1, 3, 2, 3, 3, 2, 0], np.float32)
    assert best(scores, 2) == [(1, 3.0), (3, 3.0)]
    assert best(scores, 5) == [(1, 3.0), (3, 3.0), (4, 3.0), (2, 2.0), (5, 2.0)]
    assert [i for i, _ in best(scores, 7)] == [1, 3, 4, 2, 5, 0, 6]
    generator = np.random.default_rng(0)
    for _ in range(200):
        scores = generator.integers(0, 6, generator.integers(1, 40)).astype(np.float32)
        k = int(generator.integers(1, len(scores) + 1))
        assert [i for i, _ in best(scores, k)] == sorted(range(len(scores)), key=lambda i: (-scores[i], i))[:k]


@pytest.mark.parametrize("k", [1, 7, 60])
def test_the_best_are_those_of_the_definition(k: int) -> None:
    generator = np.random.default_rng(1)
    vectors = generator.normal(size=(60, 33)).astype(np.float32)
    vectors[::7] = vectors[3]  # documents that say the same
    queries = generator.normal(size=(9, 33)).astype(np.float32)
    found = list(ExactSearch(vectors).best(queries, k))
    for query, hits in zip(queries, found, strict=True):
        expected = wanted(vectors, query, k)
        assert [i for i, _ in hits] == [i for i, _ in expected]
        assert [p for _, p in hits] == pytest.approx([p for _, p in expected], rel=1e-6, abs=1e-6)


def test_equal_documents_score_equally_wherever_they_stand() -> None:
    # A matrix product gives equal columns different last bits, at its edges and for one query at a time.
    generator = np.random.default_rng(2)
    for size in (64, 128, 200, 300):
        vectors = np.repeat(generator.normal(size=(1, size)).astype(np.float32), 3001, 0)
        queries = generator.normal(size=(64, size)).astype(np.float32)
        search = ExactSearch(vectors)
        for hits in search.best(queries, 20):
            assert [i for i, _ in hits] == list(range(20))
            assert len({product for _, product in hits}) == 1


def test_a_query_is_answered_alone_as_among_others(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(3)
    vectors = generator.normal(size=(3001, 200)).astype(np.float32)
    queries = generator.normal(size=(64, 200)).astype(np.float32)
    search = ExactSearch(vectors)
    together = list(search.best(queries, 10))
    assert together == [next(search.best(query[None], 10)) for query in queries]
    monkeypatch.setattr(exact_search, "PRODUCTS", 7000)  # two queries at a time
    monkeypatch.setattr(exact_search, "ROWS", 100)
    assert together == list(ExactSearch(vectors).best(queries, 10))


def test_products_of_many_queries_are_not_in_memory_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact_search, "PRODUCTS", 1000)
    sizes: list[int] = []
    exactly = ExactSearch._exactly

    def noted(self: ExactSearch, query: Vectors, products: Vectors, k: int) -> list[tuple[int, float]]:
        sizes.append(products.base.size if products.base is not None else products.size)
        return exactly(self, query, products, k)

    monkeypatch.setattr(ExactSearch, "_exactly", noted)
    vectors = np.ones((300, 4), np.float32)
    assert len(list(ExactSearch(vectors).best(np.ones((50, 4), np.float32), 3))) == 50
    assert max(sizes) <= 1000


def test_vectors_of_zeros_and_no_queries() -> None:
    search = ExactSearch(np.zeros((5, 3), np.float32))
    assert list(search.best(np.zeros((1, 3), np.float32), 2)) == [[(0, 0.0), (1, 0.0)]]
    assert list(search.best(np.zeros((0, 3), np.float32), 2)) == []
