"""What every knowledge store keeps to, on every engine."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from zhiyin.conversation.ids import AccountId, DocumentId, PassageId
from zhiyin.data.database import Database
from zhiyin.data.records import Account, Changes, Document, Lexicon, Passage
from zhiyin.data.records.sql import SqlDirectory, SqlKnowledge
from zhiyin.errors import Conflict, Invalid, NotFound
from zhiyin.extend.models import Vectors

ACME = AccountId("acme")
DIMS = 16


@pytest.fixture
async def knowledge(database: Database) -> SqlKnowledge:
    """The knowledge of an account that has none yet."""
    await SqlDirectory(database).ensure_account(Account(ACME, "Acme"))
    return SqlKnowledge(database)


def document(name: str = "faq.csv") -> Document:
    """Make a document."""
    return Document(
        DocumentId(f"doc-{name}"), ACME, name, "常见问题", "h", datetime(2026, 1, 1, 8, tzinfo=UTC),
        "https://shop.example/faq", {"lang": "zh"},
    )  # fmt: skip


def passage(n: int, *, of: Document, text: str = "") -> tuple[Passage, Vectors]:
    """Make passage `n` of a document, with two vectors that its words decide."""
    words = text or f"第 {n} 条"
    made = Passage(
        PassageId(f"{of.id}-{n}"), ACME, of.id, "faq", "zh", ("帮助", f"第 {n} 节"), words, "几天内能退货？",
        ("能退吗", "退货时限"), "https://shop.example/faq#1", {"section": str(n)}, f"sha of {of.id} {words}",
    )  # fmt: skip
    rows = np.random.default_rng(len(words) * 1000 + n).standard_normal((2, DIMS)).astype(np.float32)
    return made, rows / np.linalg.norm(rows, axis=1, keepdims=True)


def passages(count: int, *, of: Document) -> list[tuple[Passage, Vectors]]:
    """Make passages 0, 1, 2 …"""
    return [passage(n, of=of) for n in range(count)]


def same(found: Sequence[tuple[Passage, Vectors]], wanted: Sequence[tuple[Passage, Vectors]]) -> None:
    """Check that passages are the same and their vectors as near as float16 is."""
    by_id = dict(sorted((made.id, (made, rows)) for made, rows in found))
    assert [made for made, _ in by_id.values()] == [made for made, _ in sorted(wanted, key=lambda pair: pair[0].id)]
    for made, rows in wanted:
        stored = by_id[made.id][1]
        assert stored.dtype == np.float32
        assert stored.shape == rows.shape
        assert float(np.abs(stored - rows).max()) < 5e-4


async def test_what_is_put_is_there(knowledge: SqlKnowledge) -> None:
    doc = document()
    put = passages(3, of=doc)
    assert await knowledge.put(ACME, doc, put, embedder="e") == 1
    assert await knowledge.documents(ACME) == [doc]
    assert await knowledge.document(ACME, doc.id) == doc
    assert await knowledge.document_named(ACME, "faq.csv") == doc
    assert await knowledge.document_named(ACME, "other.csv") is None
    assert await knowledge.passages(ACME, doc.id) == [made for made, _ in put]
    assert await knowledge.passage(ACME, put[1][0].id) == put[1][0]
    changes = await knowledge.changes(ACME, since=0)
    assert (changes.revision, changes.deleted) == (1, ())
    same(changes.upserted, put)
    assert await knowledge.changes(ACME, since=1) == Changes(1, (), ())


async def test_putting_again_changes_only_what_changed(knowledge: SqlKnowledge) -> None:
    doc = document()
    put = passages(4, of=doc)
    await knowledge.put(ACME, doc, put, embedder="e")
    assert await knowledge.put(ACME, doc, put, embedder="e") == 1  # nothing changed: no new revision
    again = [put[0], passage(1, of=doc, text="改过的"), put[2]]
    assert await knowledge.put(ACME, doc, again, embedder="e") == 2
    changes = await knowledge.changes(ACME, since=1)
    same(changes.upserted, [again[1]])
    assert changes.deleted == (put[3][0].id,)
    assert await knowledge.passages(ACME, doc.id) == [made for made, _ in again]
    everything = await knowledge.changes(ACME, since=0)
    same(everything.upserted, again)
    assert everything.deleted == ()
    assert await knowledge.put(ACME, replace(doc, title="新标题"), again, embedder="e") == 3
    assert (await knowledge.document(ACME, doc.id)).title == "新标题"
    assert (await knowledge.changes(ACME, since=2)).upserted == ()


async def test_unchanged_passages_keep_their_ids(knowledge: SqlKnowledge) -> None:
    doc = document()
    put = passages(3, of=doc)
    await knowledge.put(ACME, doc, put, embedder="e")
    renamed = [(replace(made, id=PassageId(f"new-{n}")), rows) for n, (made, rows) in enumerate(put)]
    kept = await knowledge.vectors_by_sha256(ACME, doc.id)
    reused = [(made, kept[made.sha256]) for made, _ in renamed]
    assert await knowledge.put(ACME, doc, reused, embedder="e") == 1
    assert await knowledge.passages(ACME, doc.id) == [made for made, _ in put]
    turned = [renamed[2], passage(9, of=doc), renamed[0]]
    await knowledge.put(ACME, doc, turned, embedder="e")
    found = await knowledge.passages(ACME, doc.id)
    assert [made.id for made in found] == [put[2][0].id, passage(9, of=doc)[0].id, put[0][0].id]
    assert (await knowledge.changes(ACME, since=1)).deleted == (put[1][0].id,)


async def test_vectors_by_sha256(knowledge: SqlKnowledge) -> None:
    doc = document()
    put = passages(3, of=doc)
    await knowledge.put(ACME, doc, put, embedder="e")
    found = await knowledge.vectors_by_sha256(ACME, doc.id)
    assert set(found) == {made.sha256 for made, _ in put}
    same([(made, found[made.sha256]) for made, _ in put], put)
    assert await knowledge.vectors_by_sha256(ACME, DocumentId("new")) == {}


async def test_deleting_leaves_a_mark_and_nothing_else(knowledge: SqlKnowledge, database: Database) -> None:
    doc, other = document(), document("b.md")
    put = passages(3, of=doc)
    await knowledge.put(ACME, doc, put, embedder="e")
    await knowledge.put(ACME, other, passages(1, of=other), embedder="e")
    assert await knowledge.delete(ACME, doc.id) == 3
    changes = await knowledge.changes(ACME, since=2)
    assert changes.upserted == ()
    assert set(changes.deleted) == {made.id for made, _ in put}
    assert await knowledge.documents(ACME) == [other]
    assert await database.fetch("SELECT 1 FROM passages WHERE document = ?", doc.id) == []
    for call in (
        knowledge.delete(ACME, doc.id),
        knowledge.document(ACME, doc.id),
        knowledge.passages(ACME, doc.id),
        knowledge.passage(ACME, put[0][0].id),
    ):
        with pytest.raises(NotFound):
            await call
    assert await knowledge.put(ACME, doc, put, embedder="e") == 4  # back again: no longer marked as deleted
    changes = await knowledge.changes(ACME, since=2)
    assert changes.deleted == ()
    same(changes.upserted, put)


def wider_rows(pairs: Sequence[tuple[Passage, Vectors]]) -> list[tuple[Passage, Vectors]]:
    """Give passages vectors of twice the dimensions."""
    return [(made, np.full((1, DIMS * 2), 0.125, np.float32)) for made, _ in pairs]


async def test_another_embedder_is_refused(knowledge: SqlKnowledge) -> None:
    doc, other = document(), document("b.md")
    put = passages(2, of=doc)
    await knowledge.put(ACME, doc, put, embedder="e")
    with pytest.raises(Invalid, match="come from e "):
        await knowledge.put(ACME, other, passages(1, of=other), embedder="f")
    with pytest.raises(Invalid, match="16 numbers"):
        await knowledge.put(ACME, other, wider_rows(passages(1, of=other)), embedder="e")
    assert await knowledge.revision(ACME) == 1
    assert await knowledge.put(ACME, other, [], embedder="g") == 2  # no vectors, nothing to refuse
    assert await knowledge.put(ACME, doc, wider_rows(put), embedder="f") == 3  # no other vectors: it may be changed
    same((await knowledge.changes(ACME, since=0)).upserted, wider_rows(put))


async def test_misfits_are_refused_whole(knowledge: SqlKnowledge) -> None:
    doc, other = document(), document("b.md")
    good = passages(2, of=doc)
    await knowledge.put(ACME, doc, good, embedder="e")
    made, rows = good[0]
    misfits: list[tuple[Document, list[tuple[Passage, Vectors]], type[Exception]]] = [
        (replace(doc, account=AccountId("other")), [], Invalid),
        (doc, [(replace(made, account=AccountId("other")), rows)], Invalid),
        (doc, [(replace(made, document=other.id), rows)], Invalid),
        (doc, [(made, rows), (made, rows)], Invalid),
        (doc, [(made, rows[0])], Invalid),
        (doc, [(made, rows * np.float32("nan"))], Invalid),
        (doc, [(made, rows), (good[1][0], rows[:, :4])], Invalid),
        (replace(other, name=doc.name), [], Conflict),
        (other, [(replace(made, document=other.id), rows)], Conflict),
        (replace(doc, updated=datetime(2026, 1, 1)), good, Invalid),  # noqa: DTZ001
    ]
    for bad, pairs, error in misfits:
        with pytest.raises(error):
            await knowledge.put(ACME, bad, pairs, embedder="e")
    with pytest.raises(NotFound):
        await knowledge.put(AccountId("none"), replace(doc, account=AccountId("none")), [], embedder="e")
    assert await knowledge.revision(ACME) == 1
    same((await knowledge.changes(ACME, since=0)).upserted, good)


async def test_revisions_grow_by_one_whoever_writes(knowledge: SqlKnowledge, store_url: str) -> None:
    docs = [document(f"{n}.md") for n in range(8)]
    async with await Database.connect(store_url) as beside:
        stores = [knowledge, SqlKnowledge(beside)]
        revisions = await asyncio.gather(
            *(stores[n % 2].put(ACME, doc, passages(2, of=doc), embedder="e") for n, doc in enumerate(docs))
        )
    assert sorted(revisions) == list(range(1, 9))
    known, seen = 0, set()
    while known < 8:
        changes = await knowledge.changes(ACME, since=known)
        seen |= {made.id for made, _ in changes.upserted}
        known = changes.revision
    assert len(seen) == 16


async def test_many_passages_come_back_complete(knowledge: SqlKnowledge) -> None:
    doc = document()
    put = passages(2345, of=doc)
    await knowledge.put(ACME, doc, put, embedder="e")
    same((await knowledge.changes(ACME, since=0)).upserted, put)
    assert len(await knowledge.passages(ACME, doc.id)) == 2345
    await knowledge.put(ACME, doc, put[1:], embedder="e")
    assert (await knowledge.changes(ACME, since=1)).deleted == (put[0][0].id,)


async def test_the_lexicon(knowledge: SqlKnowledge) -> None:
    assert await knowledge.lexicon(ACME) == Lexicon()
    assert await knowledge.revision(ACME) == 0
    first = await knowledge.put_lexicon(ACME, words=["三码", "PPR-9087"], synonyms={"退款": ["退钱", "返款"]})
    assert first == Lexicon(1, ("三码", "PPR-9087"), {"退款": ("退钱", "返款")})
    assert await knowledge.lexicon(ACME) == first
    assert await knowledge.revision(ACME) == 1
    assert (await knowledge.put_lexicon(ACME, words=[], synonyms={})).version == 2
    with pytest.raises(NotFound):
        await knowledge.put_lexicon(AccountId("none"), words=[], synonyms={})
