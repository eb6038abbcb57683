import math
import random
from collections import Counter

import pytest

from zhiyin.conversation.ids import PassageId
from zhiyin.data.index.bm25 import Bm25


def reference(documents: dict[str, list[str]], weighted: dict[str, float]) -> dict[str, float]:
    mean = sum(map(len, documents.values())) / len(documents)
    frequency = {token: sum(token in set(other) for other in documents.values()) for token in weighted}
    scores = {}
    for name, tokens in documents.items():
        counts, total = Counter(tokens), 0.0
        for token, weight in weighted.items():
            df = frequency[token]
            idf = math.log(1 + (len(documents) - df + 0.5) / (df + 0.5))
            tf = counts[token]
            total += weight * idf * tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * len(tokens) / mean))
        if total:
            scores[name] = total
    return scores


def filled(documents: dict[str, list[str]]) -> Bm25:
    index = Bm25()
    for name, tokens in documents.items():
        index.upsert(PassageId(name), tokens)
    return index


def random_documents(count: int, *, seed: int) -> dict[str, list[str]]:
    chance = random.Random(seed)
    return {
        f"p{i}": [f"t{int(chance.paretovariate(0.6)) % 400}" for _ in range(chance.randint(3, 30))]
        for i in range(count)
    }


@pytest.mark.parametrize("count", [1, 40, 6000])
def test_scores_and_order_are_those_of_the_formula(count: int) -> None:
    documents = random_documents(count, seed=count)
    index = filled(documents)
    for number in range(5):
        chance = random.Random(number)
        weighted = {f"t{chance.randint(1, 60)}": chance.choice([0.25, 1.0, 2.0]) for _ in range(8)}
        expected = reference(documents, weighted)
        hits = index.search(weighted, limit=10)
        assert [hit.score for hit in hits] == pytest.approx(sorted(expected.values(), reverse=True)[:10], rel=0.02)
        for hit in hits:
            assert hit.score == pytest.approx(expected[hit.passage], rel=0.02)


def test_a_replaced_passage_is_found_by_its_new_words_only() -> None:
    index = filled({"a": ["old", "same"], "b": ["other"]})
    index.upsert(PassageId("a"), ["new", "same"])
    assert index.search({"old": 1.0}, limit=5) == []
    assert [hit.passage for hit in index.search({"new": 1.0}, limit=5)] == ["a"]
    assert len(index) == 2


def test_deleting_leaves_nearly_what_a_fresh_index_would_have() -> None:
    documents = random_documents(300, seed=7)
    index = filled(documents)
    for name in list(documents)[::2]:
        index.delete(PassageId(name))
        del documents[name]
    fresh = filled(documents)
    weighted = {"t1": 1.0, "t2": 1.0, "t7": 0.5}
    assert len(index) == len(fresh)
    # up to an eighth of the slots may be dead and still count for the rarity of a token
    hits = index.search(weighted, limit=20)
    assert {hit.passage for hit in hits} <= set(documents)
    assert [hit.score for hit in hits] == pytest.approx([h.score for h in fresh.search(weighted, limit=20)], rel=0.15)


def test_only_the_passages_named_are_searched() -> None:
    index = filled({"a": ["x"], "b": ["x"], "c": ["y"]})
    assert [hit.passage for hit in index.search({"x": 1.0}, limit=5, among=frozenset([PassageId("b")]))] == ["b"]
    assert index.search({"x": 1.0}, limit=5, among=frozenset()) == []


def test_impacts_show_what_each_token_is_worth_where() -> None:
    index = filled({"a": ["x", "y"], "b": ["x"]})
    table = index.impacts(["x", "y", "z"], [PassageId("b"), PassageId("a"), PassageId("gone")])
    assert (table > 0).tolist() == [[True, True, False], [False, True, False], [False, False, False]]
    assert float(table[:, 1].sum()) == pytest.approx(index.search({"x": 1.0, "y": 1.0}, limit=1)[0].score, rel=1e-4)
