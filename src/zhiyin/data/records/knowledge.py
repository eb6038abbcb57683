"""The account's documents, passages, vectors and words as rows, with a revision that every change raises."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

from pydantic_core import from_json
from sqlalchemy import Row, delete, exists, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from zhiyin.conversation.ids import AccountId, DocumentId, PassageId
from zhiyin.data import schema
from zhiyin.data.database import Database
from zhiyin.data.privacy.sealed import to_us
from zhiyin.data.records import Changes, Document, Lexicon, Passage
from zhiyin.data.records.replacing import Replacement, plan
from zhiyin.data.records.rows import (
    CONTENT,
    DOCUMENT,
    PASSAGE,
    document_from,
    insert,
    passage_from,
    to_text,
    vectors_from_bytes,
)
from zhiyin.errors import Conflict, Invalid, NotFound
from zhiyin.extend.models import Vectors

_PAGE = 1000
_CHUNK = 500

_CHANGED = text(
    f"SELECT {PASSAGE}, vectors FROM passages WHERE account = :a AND revision > :since AND revision <= :to"  # noqa: S608
)
_DELETED = "SELECT id FROM deleted_passages WHERE account = ? AND revision > ? AND revision <= ? ORDER BY revision, id"
_STATE = "SELECT revision, dims FROM knowledge WHERE account = ?"


class SqlKnowledge:
    """A `Knowledge` in whichever store `database` is."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(
        self, account: AccountId, document: Document, passages: Sequence[tuple[Passage, Vectors]], *, embedder: str
    ) -> int:
        """Replace a document and its passages, and return the revision, a new one if anything changed.

        A passage whose `sha256` the document had before keeps the id it had.

        Raises:
            Invalid: the account's vectors come from another embedder, or an account, document or shape does not fit.
            Conflict: another document has the name, or another document's passage has an id.
            NotFound: no such account.
        """
        _refuse_strangers(account, document, passages)
        dims = passages[0][1].shape[-1] if passages else None
        table = schema.passages.c
        async with self._database.writing() as connection:
            state = await _lock(connection, account)
            await self._refuse_other_embedder(connection, state, document.id, embedder, dims)
            columns = (table.id, *(table[name] for name in CONTENT))
            mine = (table.account == account, table.document == document.id)
            before = (await connection.execute(select(*columns).where(*mine))).all()
            change = await asyncio.to_thread(plan, before, passages, dims or 0)
            if not await _put_document(connection, document) and change.empty:
                return int(state.revision)
            revision = int(state.revision) + 1
            await _apply(connection, account, document.id, change, revision)
            values = {"revision": revision} | ({"embedder": embedder, "dims": dims} if dims else {})
            await connection.execute(
                update(schema.knowledge).where(schema.knowledge.c.account == account).values(values)
            )
            return revision

    async def delete(self, account: AccountId, document: DocumentId) -> int:
        """Delete a document with its text and vectors, and return the new revision. Raises NotFound."""
        table, documents = schema.passages.c, schema.documents
        mine = (documents.c.account == account, documents.c.id == document)
        async with self._database.writing() as connection:
            if (await connection.execute(select(documents.c.id).where(*mine))).first() is None:
                raise NotFound(f"no document {document} in this account")
            revision = int((await _lock(connection, account)).revision) + 1
            ids = select(table.id).where(table.account == account, table.document == document)
            gone = list((await connection.execute(ids)).scalars())
            await _apply(connection, account, document, Replacement(gone, []), revision)
            await connection.execute(delete(documents).where(*mine))
            await _set_revision(connection, account, revision)
            return revision

    async def documents(self, account: AccountId) -> list[Document]:
        """Return the account's documents by name."""
        query = f"SELECT {DOCUMENT} FROM documents WHERE account = ? ORDER BY name"  # noqa: S608
        return [document_from(row) for row in await self._database.fetch(query, account)]

    async def document(self, account: AccountId, id: DocumentId) -> Document:
        """Return a document. Raises NotFound."""
        query = f"SELECT {DOCUMENT} FROM documents WHERE account = ? AND id = ?"  # noqa: S608
        for row in await self._database.fetch(query, account, id):
            return document_from(row)
        raise NotFound(f"no document {id} in this account")

    async def document_named(self, account: AccountId, name: str) -> Document | None:
        """Return the document of that name, if there is one."""
        query = f"SELECT {DOCUMENT} FROM documents WHERE account = ? AND name = ?"  # noqa: S608
        for row in await self._database.fetch(query, account, name):
            return document_from(row)
        return None

    async def passages(self, account: AccountId, document: DocumentId) -> list[Passage]:
        """Return a document's passages in their order. Raises NotFound."""
        await self.document(account, document)
        query = f"SELECT {PASSAGE} FROM passages WHERE account = ? AND document = ? ORDER BY place"  # noqa: S608
        return [passage_from(row) for row in await self._database.fetch(query, account, document)]

    async def passage(self, account: AccountId, id: PassageId) -> Passage:
        """Return a passage. Raises NotFound."""
        query = f"SELECT {PASSAGE} FROM passages WHERE account = ? AND id = ?"  # noqa: S608
        for row in await self._database.fetch(query, account, id):
            return passage_from(row)
        raise NotFound(f"no passage {id} in this account")

    async def vectors_by_sha256(self, account: AccountId, document: DocumentId) -> dict[str, Vectors]:
        """Return the vectors that a re-ingest may keep, by the hash of what they were made from; none for a new one."""
        _, dims = await self._state(account)
        query = "SELECT sha256, vectors FROM passages WHERE account = ? AND document = ? AND sha256 <> ''"
        rows = await self._database.fetch(query, account, document)
        if not rows:
            return {}
        vectors = await asyncio.to_thread(vectors_from_bytes, [row[1] for row in rows], dims)
        return {row[0]: each for row, each in zip(rows, vectors, strict=True)}

    async def changes(self, account: AccountId, *, since: int) -> Changes:
        """Return what a searcher that knows revision `since` must take over; 0 for everything.

        A change that commits meanwhile is left for the next call: nothing newer than the revision first read is said
        to be known. The rows are streamed in one pass, which no planner with old statistics can make slow.
        """
        revision, dims = await self._state(account)
        upserted: list[tuple[Passage, Vectors]] = []
        async with self._database.reading() as connection:
            values = {"a": account, "since": since, "to": revision}
            rows = await connection.stream(_CHANGED, values, execution_options={"yield_per": _PAGE})
            async for page in rows.partitions():
                upserted += await asyncio.to_thread(_pairs, page, dims)
        deleted = await self._database.fetch(_DELETED, account, since, revision) if since > 0 else []
        return Changes(revision, tuple(upserted), tuple(PassageId(row[0]) for row in deleted))

    async def revision(self, account: AccountId) -> int:
        """Return the number of the account's last change, lexicon included; 0 before the first."""
        return (await self._state(account))[0]

    async def lexicon(self, account: AccountId) -> Lexicon:
        """Return the account's own words."""
        query = "SELECT lexicon_version, words, synonyms FROM knowledge WHERE account = ?"
        for version, words, synonyms in await self._database.fetch(query, account):
            same = {term: tuple(others) for term, others in from_json(synonyms).items()}
            return Lexicon(version, tuple(from_json(words)), same)
        return Lexicon()

    async def put_lexicon(
        self, account: AccountId, *, words: Sequence[str], synonyms: Mapping[str, Sequence[str]]
    ) -> Lexicon:
        """Replace the account's own words and return them with their new version. Raises NotFound."""
        lexicon = {term: tuple(others) for term, others in synonyms.items()}
        async with self._database.writing() as connection:
            state = await _lock(connection, account)
            version = int(state.lexicon_version) + 1
            await connection.execute(
                update(schema.knowledge)
                .where(schema.knowledge.c.account == account)
                .values(
                    revision=int(state.revision) + 1,
                    lexicon_version=version,
                    words=to_text(tuple(words)),
                    synonyms=to_text(lexicon),
                )
            )
        return Lexicon(version, tuple(words), lexicon)

    async def _state(self, account: AccountId) -> tuple[int, int]:
        for revision, dims in await self._database.fetch(_STATE, account):
            return revision, dims or 0
        return 0, 0

    @staticmethod
    async def _refuse_other_embedder(
        connection: AsyncConnection, state: Row[Any], document: DocumentId, embedder: str, dims: int | None
    ) -> None:
        if dims is None or state.embedder is None or (state.embedder, state.dims) == (embedder, dims):
            return
        table = schema.passages.c
        others = select(exists().where(table.account == state.account, table.document != document))
        if (await connection.execute(others)).scalar_one():
            raise Invalid(
                f"the account's vectors come from {state.embedder} ({state.dims} numbers), these from {embedder} "
                f"({dims}); delete its documents and ingest them again to change the embedder"
            )


def _pairs(rows: Sequence[Sequence[Any]], dims: int) -> list[tuple[Passage, Vectors]]:
    vectors = vectors_from_bytes([row[12] for row in rows], dims) if rows else []
    return [(passage_from(row), each) for row, each in zip(rows, vectors, strict=True)]


def _refuse_strangers(account: AccountId, document: Document, passages: Sequence[tuple[Passage, Vectors]]) -> None:
    if document.account != account or document.updated.tzinfo is None:
        raise Invalid(f"document {document.id} is not of account {account}, or its time has no zone")
    for passage, _ in passages:
        if passage.account != account or passage.document != document.id:
            raise Invalid(f"passage {passage.id} is not of document {document.id} of account {account}")


async def _lock(connection: AsyncConnection, account: AccountId) -> Row[Any]:
    """Return the account's row of `knowledge`, made if need be; until the commit nobody else changes its knowledge."""
    table, accounts = schema.knowledge, schema.accounts
    if (await connection.execute(select(accounts.c.id).where(accounts.c.id == account))).first() is None:
        raise NotFound(f"no account {account}")
    first = insert(connection, table).values(account=account, revision=0, lexicon_version=0, words="[]", synonyms="{}")
    await connection.execute(first.on_conflict_do_nothing())
    return (await connection.execute(select(table).where(table.c.account == account).with_for_update())).one()


async def _set_revision(connection: AsyncConnection, account: AccountId, revision: int) -> None:
    table = schema.knowledge
    await connection.execute(update(table).where(table.c.account == account).values(revision=revision))


async def _put_document(connection: AsyncConnection, document: Document) -> bool:
    """Write the document's row and return whether that changed it."""
    table = schema.documents
    values = {
        "name": document.name,
        "title": document.title,
        "sha256": document.sha256,
        "updated_us": to_us(document.updated.astimezone(UTC)),
        "url": document.url,
        "metadata": to_text(dict(document.metadata)),
    }
    mine = (table.c.account == document.account, table.c.id == document.id)
    named = (table.c.account == document.account, table.c.name == document.name, table.c.id != document.id)
    if (await connection.execute(select(table.c.id).where(*named))).first() is not None:
        raise Conflict(f"another document is called {document.name!r}; replace that one, or delete it first")
    before = (await connection.execute(select(table).where(*mine))).first()
    if before is None:
        await connection.execute(insert(connection, table).values(account=document.account, id=document.id, **values))
        return True
    if all(before._mapping[name] == value for name, value in values.items()):
        return False
    await connection.execute(update(table).where(*mine).values(values))
    return True


async def _apply(
    connection: AsyncConnection, account: AccountId, document: DocumentId, change: Replacement, revision: int
) -> None:
    table, tombs = schema.passages, schema.deleted_passages
    replaced = [*change.deleted, *(id for id, _ in change.written)]
    for i in range(0, len(replaced), _CHUNK):
        ids = replaced[i : i + _CHUNK]
        await connection.execute(delete(tombs).where(tombs.c.account == account, tombs.c.id.in_(ids)))
        await connection.execute(
            delete(table).where(table.c.account == account, table.c.document == document, table.c.id.in_(ids))
        )
    for i in range(0, len(change.deleted), _CHUNK):
        rows = [{"account": account, "id": id, "revision": revision} for id in change.deleted[i : i + _CHUNK]]
        await connection.execute(tombs.insert(), rows)
    for i in range(0, len(change.written), _CHUNK):
        same = {"account": account, "document": document, "revision": revision}
        rows = [
            same | {"id": id} | dict(zip(CONTENT, values, strict=True)) for id, values in change.written[i : i + _CHUNK]
        ]
        await connection.execute(table.insert(), rows)
