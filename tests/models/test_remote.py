"""The embedder and the reranker behind a URL, and what happens when the URL lies."""

import json
import random
from typing import Any

import numpy as np
import pytest

from zhiyin.errors import BadPack, Refused, Unavailable
from zhiyin.models.endpoint import Endpoint
from zhiyin.models.remote import RemoteEmbedder, RemoteReranker
from zhiyin.models.scripted import Reply, Scripted, garbage, refuse, say, scripted


async def no_wait(_: float) -> None:
    return None


def embedder_at(server: Scripted, *, dims: int = 64, batch: int = 64) -> RemoteEmbedder:
    return RemoteEmbedder(Endpoint(server.url, "m"), dims=dims, batch=batch, dice=random.Random(1), sleep=no_wait)


def lie(answer: Any) -> Reply:
    return garbage(json.dumps(answer).encode(), kind="application/json")


async def test_embeds_in_batches_and_keeps_the_order() -> None:
    texts = [f"退货 {n} return" for n in range(25)]
    async with scripted() as server:
        whole = embedder_at(server)
        cut = embedder_at(server, batch=4)
        together, apart = await whole.embed(texts), await cut.embed(texts)
        await whole.aclose()
        await cut.aclose()
        assert len(server.asked) == 1 + 7
    assert np.allclose(together, apart)
    assert len({row.tobytes() for row in together}) > 1


async def test_tries_again_after_a_passing_failure() -> None:
    async with scripted([refuse(503), say("")]) as server:
        embedder = embedder_at(server)
        assert (await embedder.embed(["你好"])).shape == (1, 64)
        await embedder.aclose()


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        {"data": []},
        {"data": [{"index": 0}]},
        {"data": [{"index": 0, "embedding": "text"}]},
        {"data": [{"index": 1, "embedding": [1.0] * 64}]},
        {"data": [{"index": 0, "embedding": [0.0] * 64}]},
        {"data": [{"index": 0, "embedding": [float("nan")] * 64}]},
        {"data": [{"index": 0, "embedding": [1.0] * 64}, {"index": 0, "embedding": [1.0] * 64}]},
        {"data": [{"index": "x", "embedding": [1.0] * 64}]},
    ],
)
async def test_vectors_that_are_none_are_refused(answer: Any) -> None:
    async with scripted([lie(answer)] * 3) as server:
        embedder = embedder_at(server)
        with pytest.raises(Unavailable):
            await embedder.embed(["你好"])
        await embedder.aclose()


async def test_another_length_than_the_settings_say_is_told() -> None:
    async with scripted() as server:
        embedder = embedder_at(server, dims=63)
        with pytest.raises(BadPack, match="64 dimensions, the settings say 63"):
            await embedder.embed(["你好"] * 100)
        await embedder.aclose()


def reranker_at(server: Scripted, **kind: Any) -> RemoteReranker:
    return RemoteReranker(Endpoint(server.url, "m"), dice=random.Random(1), sleep=no_wait, **kind)


async def judged(answer: Any, **kind: Any) -> Any:
    async with scripted([lie(answer)] * 3) as server:
        reranker = reranker_at(server, **kind)
        try:
            return await reranker.judge("退货", ["a", "b"])
        finally:
            await reranker.aclose()


async def test_scores_come_back_in_the_order_of_the_passages() -> None:
    assert await judged({"results": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.2}]}) == [
        0.2,
        0.9,
    ]
    assert await judged([{"index": 0, "score": 0.5}, {"index": 1, "score": 1.0000001}]) == [0.5, 1.0]


async def test_logits_become_probabilities_when_the_settings_say_so() -> None:
    answer = {"results": [{"index": 0, "relevance_score": -900.0}, {"index": 1, "relevance_score": 0.0}]}
    low, middle = await judged(answer, scores="logit")
    assert 0 <= low < 1e-9
    assert middle == 0.5
    with pytest.raises(BadPack, match="logit"):
        await judged(answer)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        7,
        {"results": 7},
        {"results": [{"index": 0, "relevance_score": 0.5}]},
        {"results": [{"index": 0, "relevance_score": 0.5}, {"index": 2, "relevance_score": 0.5}]},
        {"results": [{"index": 0, "relevance_score": None}, {"index": 1, "relevance_score": 0.5}]},
        {"results": [{"index": 0, "relevance_score": float("nan")}, {"index": 1, "relevance_score": 0.5}]},
    ],
)
async def test_scores_that_are_none_are_refused(answer: Any) -> None:
    with pytest.raises(Unavailable):
        await judged(answer)


async def test_a_wrong_key_is_told_once() -> None:
    async with scripted([refuse(401)]) as server:
        reranker = reranker_at(server)
        with pytest.raises(Refused, match="key"):
            await reranker.judge("退货", ["a"])
        await reranker.aclose()
        assert len(server.asked) == 1
