"""What every language model, embedder and reranker must do, whoever makes it. A plug-in's author runs the same."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import numpy as np
import pytest

from zhiyin.errors import ZhiyinError
from zhiyin.extend.models import Embedder, LanguageModel, Line, Prompt, Reranker
from zhiyin.models.completion import OpenAICompletion
from zhiyin.models.endpoint import Endpoint
from zhiyin.models.remote import RemoteEmbedder, RemoteReranker
from zhiyin.models.scripted import refuse, scripted
from zhiyin.models.use import UseEmbedder

ASK = Prompt(
    (
        Line("system", "Answer from the passages.\n[1] Returns are free within 7 days.\n[2] Batteries last a year."),
        Line("user", "How many days do I have for returns?"),
    )
)


@asynccontextmanager
async def embedder_named(kind: str) -> AsyncIterator[Embedder]:
    if kind == "use":
        use = UseEmbedder()
        yield use
        await use.aclose()
        return
    async with scripted() as server:
        remote = RemoteEmbedder(Endpoint(server.url, "scripted"), dims=64)
        yield remote
        await remote.aclose()


@pytest.mark.parametrize("kind", ["use", "remote"])
async def test_embedder(kind: str) -> None:
    async with embedder_named(kind) as embedder:
        assert embedder.name
        rows = await embedder.embed(["我要退货", "", "我要退货", "a" * 20_000])
        assert rows.shape == (4, embedder.dims)
        assert rows.dtype == np.float32
        assert np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-4)
        assert np.allclose(rows[0], rows[2], atol=1e-5)
        assert np.allclose(rows[0], (await embedder.embed(["我要退货"]))[0], atol=1e-5)
        assert (await embedder.embed([])).shape == (0, embedder.dims)


async def test_reranker() -> None:
    async with scripted() as server:
        closing = RemoteReranker(Endpoint(server.url, "scripted"))
        reranker: Reranker = closing
        passages = ["今天天气很好", "七天内可以退货", ""]
        scores = await reranker.judge("几天内可以退货", passages)
        assert reranker.name
        assert len(scores) == 3
        assert all(0 <= score <= 1 for score in scores)
        assert max(scores) == scores[1]
        assert list(await reranker.judge("几天内可以退货", [])) == []
        await closing.aclose()


async def test_language_model() -> None:
    async with scripted() as server:
        closing = OpenAICompletion(Endpoint(server.url, "scripted"))
        model: LanguageModel = closing
        assert model.name
        pieces = [piece async for piece in model.complete(ASK)]
        assert len(pieces) > 1
        assert "".join(pieces).startswith("Returns are free within 7 days.[1]")
        async for piece in model.complete(ASK):
            assert piece
            break
        assert "".join([piece async for piece in model.complete(ASK)])
        await closing.aclose()


async def test_language_model_that_fails() -> None:
    async with scripted(lambda asked: refuse(500)) as server:
        model = OpenAICompletion(Endpoint(server.url, "scripted", backoff_s=0.001))
        for _ in range(4):
            with pytest.raises(ZhiyinError):
                async with aclosing(model.complete(ASK)) as pieces:  # type: ignore[type-var]
                    _ = [piece async for piece in pieces]
        await model.aclose()
