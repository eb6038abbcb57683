"""The embedder that needs no service."""

import asyncio

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiyin.errors import Unavailable
from zhiyin.models.use import UseEmbedder

EMBEDDER = UseEmbedder()


async def test_puts_the_same_meaning_in_two_languages_close_together() -> None:
    rows = await EMBEDDER.embed(["我想退货", "I want to return the goods", "今天天气很好"])
    assert rows[0] @ rows[1] > 0.5 > rows[0] @ rows[2]


async def test_many_at_once_get_what_they_would_get_alone() -> None:
    texts = [f"第{n}个问题：运费多少？" for n in range(40)]
    at_once = await asyncio.gather(*(EMBEDDER.embed([text]) for text in texts))
    whole = await UseEmbedder().embed(texts)
    assert np.allclose(np.vstack(at_once), whole, atol=1e-5)
    assert len({row.tobytes() for row in whole}) == len(texts)


async def test_a_question_does_not_wait_behind_bulk_work() -> None:
    order: list[str] = []

    async def note(what: str, texts: list[str]) -> None:
        await EMBEDDER.embed(texts)
        order.append(what)

    passages = [f"{n}：" + "退货须知，请保持商品完好并联系客服。" * 10 for n in range(100)]
    async with asyncio.TaskGroup() as group:
        group.create_task(note("bulk", passages))
        await asyncio.sleep(0)
        group.create_task(note("question", ["运费多少？一次性问题"]))
    assert order == ["question", "bulk"]


async def test_a_question_asked_again_gives_the_same_vector_and_cannot_be_spoiled() -> None:
    first = await EMBEDDER.embed(["会员有什么好处"])
    kept = first.copy()
    first[:] = 0
    again = await EMBEDDER.embed(["会员有什么好处"])
    again[:] = 0
    assert np.array_equal(await EMBEDDER.embed(["会员有什么好处"]), kept)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=40) | st.sampled_from(["", " ", "\ud800", "\x00", "好" * 9000]), max_size=6))
def test_any_text_has_a_unit_vector(texts: list[str]) -> None:
    rows = asyncio.run(EMBEDDER.embed(texts))
    assert rows.shape == (len(texts), 512)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-4)


async def test_refuses_when_too_many_wait_and_goes_on_afterwards() -> None:
    embedder = UseEmbedder(waiting=2)
    calls = [asyncio.create_task(embedder.embed([f"问题{n}"] * 9)) for n in range(12)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    refused = [r for r in results if isinstance(r, Unavailable)]
    assert refused
    assert all(isinstance(r, Unavailable | np.ndarray) for r in results)
    assert (await embedder.embed(["again"])).shape == (1, 512)
    await embedder.aclose()


async def test_a_caller_that_leaves_harms_nobody() -> None:
    embedder = UseEmbedder()
    leaving = asyncio.create_task(embedder.embed(["bulk " * 50] * 200))
    staying = asyncio.create_task(embedder.embed(["stay " * 30] * 20))
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await staying).shape == (20, 512)
    await embedder.aclose()


async def test_closed_refuses() -> None:
    embedder = UseEmbedder()
    await embedder.start()
    await embedder.aclose()
    with pytest.raises(Unavailable, match="closed"):
        await embedder.embed(["new"])
