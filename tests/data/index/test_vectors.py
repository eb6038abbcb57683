import numpy as np
import pytest

from zhiyin.conversation.ids import PassageId
from zhiyin.data.index.vectors import MemoryVectors
from zhiyin.errors import Invalid
from zhiyin.extend.models import Vectors


def unit(count: int, dims: int, *, seed: int) -> Vectors:
    rows = np.random.default_rng(seed).normal(size=(count, dims)).astype(np.float32)
    made: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return made


async def filled(count: int, *, exact_rows: int = 20_000) -> tuple[MemoryVectors, Vectors]:
    index, rows = MemoryVectors(dims=32, exact_rows=exact_rows), unit(count * 3, 32, seed=1)
    for i in range(count):
        await index.upsert(PassageId(f"p{i}"), rows[i * 3 : i * 3 + 3])
    return index, rows


@pytest.mark.parametrize("exact_rows", [20_000, 100])
async def test_a_passage_counts_with_its_best_vector(exact_rows: int) -> None:
    index, rows = await filled(200, exact_rows=exact_rows)
    for place in (1, 100, 599):
        hits = await index.search(rows[place], limit=5)
        assert hits[0].passage == f"p{place // 3}"
        assert hits[0].score == pytest.approx(1.0, abs=0.01)
        assert len({hit.passage for hit in hits}) == 5


@pytest.mark.parametrize("exact_rows", [20_000, 100])
async def test_what_is_deleted_or_replaced_is_gone(exact_rows: int) -> None:
    index, rows = await filled(200, exact_rows=exact_rows)
    await index.settle()
    for i in range(120):
        await index.delete(PassageId(f"p{i}"))
    await index.upsert(PassageId("p150"), rows[:1])
    hits = await index.search(rows[0], limit=80)
    assert hits[0].passage == "p150"
    assert not {hit.passage for hit in hits} & {f"p{i}" for i in range(120)}
    assert len(index) == 80
    assert (await index.vectors([PassageId("p3"), PassageId("p150")]))[0].shape == (0, 32)


async def test_what_changes_while_the_graph_is_made_is_in_it() -> None:
    index, rows = await filled(200, exact_rows=100)
    extra = unit(1, 32, seed=9)
    assert (await index.search(rows[0], limit=1))[0].passage == "p0"  # the graph begins to be made
    await index.upsert(PassageId("late"), extra)
    await index.delete(PassageId("p0"))
    await index.settle()
    assert (await index.search(extra[0], limit=1))[0].passage == "late"
    assert (await index.search(rows[0], limit=1))[0].passage != "p0"


@pytest.mark.parametrize("exact_rows", [20_000, 10])
async def test_a_filter_is_exact_whatever_the_size(exact_rows: int) -> None:
    index, rows = await filled(100, exact_rows=exact_rows)
    among = frozenset(PassageId(f"p{i}") for i in range(50, 60))
    hits = await index.search(rows[0], limit=20, among=among)
    assert {hit.passage for hit in hits} == among
    best = max(range(50, 60), key=lambda i: float((rows[i * 3 : i * 3 + 3] @ rows[0]).max()))
    assert hits[0].passage == f"p{best}"


async def test_vectors_come_back_as_they_were_put() -> None:
    index, rows = await filled(3)
    back = await index.vectors([PassageId("p2"), PassageId("p0")])
    assert np.allclose(back[0], rows[6:9], atol=1e-3)
    assert np.allclose(back[1], rows[0:3], atol=1e-3)


async def test_vectors_of_another_size_are_refused() -> None:
    index = MemoryVectors(dims=8)
    with pytest.raises(Invalid, match="8 dimensions"):
        await index.upsert(PassageId("a"), unit(1, 16, seed=0))
