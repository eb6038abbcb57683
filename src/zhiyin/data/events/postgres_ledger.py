"""The log in PostgreSQL: where the state is at hand, an append is one statement and one round trip."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import asyncpg

from zhiyin.conversation.facts import Event
from zhiyin.conversation.ids import AccountId, ContactId, ConversationId, new_id
from zhiyin.conversation.state import Conversation
from zhiyin.data.database import Database
from zhiyin.data.driver_errors import translated
from zhiyin.data.events.gate import Compose, Lease, Place, SaidBefore, Written
from zhiyin.data.events.ledger import Folding, Head, forgotten, not_found
from zhiyin.data.privacy.sealed import Row
from zhiyin.errors import Conflict

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Session = PoolConnectionProxy[asyncpg.Record] | asyncpg.Pool[asyncpg.Record]

T = TypeVar("T")

_HEAD = """SELECT c.length, c.key, k.secret FROM conversations c
LEFT JOIN contact_keys k ON k.account = c.account AND k.id = c.key WHERE c.account = $1 AND c.id = $2"""
_HEAD_LOCKED = _HEAD + " FOR UPDATE OF c"
_ROWS = """SELECT number, at_us, cause, kind, version, outline, sealed, message FROM events
WHERE account = $1 AND conversation = $2 AND number >= $3 AND number < $4 ORDER BY number LIMIT $5"""
_SAID = "SELECT number FROM events WHERE account = $1 AND conversation = $2 AND message = $3"
_ADVANCE = """WITH head AS (
  UPDATE conversations c SET length = $4, active_us = $5, owner = $17,
    needed = CASE $6::int WHEN -1 THEN NULL WHEN -2 THEN c.needed ELSE $6 END,
    due_us = CASE WHEN $6 >= 0 THEN $5 ELSE c.due_us END,
    worker = CASE WHEN $6 = -1 THEN NULL WHEN $6 >= 0 AND $14::text IS NOT NULL
      AND (c.lease_us IS NULL OR c.lease_us <= $15 OR c.worker = $14) THEN $14 ELSE c.worker END,
    lease_us = CASE WHEN $6 = -1 THEN NULL WHEN $6 >= 0 AND $14 IS NOT NULL
      AND (c.lease_us IS NULL OR c.lease_us <= $15 OR c.worker = $14) THEN $16 ELSE c.lease_us END
  WHERE c.account = $1 AND c.id = $2 AND c.length = $3
    AND EXISTS (SELECT 1 FROM contact_keys k WHERE k.account = $1 AND k.id = c.key)
  RETURNING c.account, c.id, c.worker
), added AS (
  INSERT INTO events (account, conversation, number, at_us, cause, kind, version, outline, sealed, message)
  SELECT head.account, head.id, e.number, $5, $7, e.kind, e.version, e.outline, e.sealed, e.message
  FROM head, unnest($8::int[], $9::text[], $10::int[], $11::bytea[], $12::bytea[], $13::bytea[])
    AS e (number, kind, version, outline, sealed, message)
)
SELECT worker FROM head"""
_KEY = "SELECT id, secret FROM contact_keys WHERE account = $1 AND contact = $2"
_NEW_KEY = """INSERT INTO contact_keys (account, id, contact, secret) VALUES ($1, $2, $3, $4)
ON CONFLICT (account, contact) DO NOTHING"""
_OPEN = """INSERT INTO conversations (account, id, contact, key, length, owner, active_us, due_us)
VALUES ($1, $2, $3, $4, 0, 'bot', 0, 0)"""
_LATEST = "SELECT id FROM conversations WHERE account = $1 ORDER BY active_us DESC, id DESC LIMIT $2"
_LATEST_OF = """SELECT id FROM conversations WHERE account = $1 AND contact = $3
ORDER BY active_us DESC, id DESC LIMIT $2"""
_TAKE_DUE = """WITH due AS (
  SELECT account, id, due_us FROM conversations WHERE needed IS NOT NULL AND due_us <= $2
  AND (lease_us IS NULL OR lease_us <= $2) ORDER BY due_us LIMIT $4 FOR UPDATE SKIP LOCKED
), taken AS (
  UPDATE conversations c SET worker = $1, lease_us = $3 FROM due WHERE c.account = due.account AND c.id = due.id
)
SELECT account, id FROM due ORDER BY due_us"""
_TAKE = """UPDATE conversations SET worker = $3, lease_us = $5 WHERE account = $1 AND id = $2
AND needed IS NOT NULL AND (lease_us IS NULL OR lease_us <= $4 OR worker = $3) RETURNING 1"""
_SETTLE = """UPDATE conversations SET worker = NULL, lease_us = NULL,
needed = CASE WHEN needed < $4 THEN NULL ELSE needed END
WHERE account = $1 AND id = $2 AND worker = $3 RETURNING needed"""
_DEFER = """UPDATE conversations SET worker = NULL, lease_us = NULL, due_us = $4
WHERE account = $1 AND id = $2 AND worker = $3 RETURNING 1"""
_NEEDED = "SELECT needed FROM conversations WHERE account = $1 AND id = $2"


class PostgresLedger:
    """Keeps the log's rows in PostgreSQL. `on_written` is called on the loop after every commit."""

    def __init__(self, database: Database, folding: Folding, *, on_written: Callable[[Written], None]) -> None:
        self._pool = database.postgres
        self._folding = folding
        self._told = on_written
        self._writing: set[asyncio.Future[Any]] = set()

    async def open(self, place: Place, contact: ContactId, composed: Compose) -> Written:
        return await self._to_the_end(self._open(place, contact, composed))

    async def _to_the_end(self, writing: Coroutine[Any, Any, T]) -> T:
        """Finish a write although its caller leaves: those who follow must hear of what was committed."""
        task = asyncio.ensure_future(writing)
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return await asyncio.shield(task)

    async def _open(self, place: Place, contact: ContactId, composed: Compose) -> Written:
        keyring = self._folding.keyring
        with translated():
            async with self._pool.acquire() as session, session.transaction():
                row = await session.fetchrow(_KEY, place[0], contact)
                if row is None:
                    made = new_id()
                    await session.execute(_NEW_KEY, place[0], made, contact, keyring.new_secret(place[0], made))
                    row = await session.fetchrow(_KEY, place[0], contact)
                    assert row is not None  # ours, or that of whoever was first
                key = row["id"]
                done = composed(Conversation(*place), keyring.cipher(place[0], key, row["secret"]))
                await session.execute(_OPEN, *place, contact, key)
                await self._advance(session, done, after=0, lease=None)
        return self._keep(done, key)

    async def append(
        self,
        place: Place,
        composed: Compose,
        *,
        after: int | None,
        message: bytes | None = None,
        lease: Lease | None = None,
    ) -> Written | SaidBefore:
        return await self._to_the_end(self._append(place, composed, after=after, message=message, lease=lease))

    async def _append(
        self, place: Place, composed: Compose, *, after: int | None, message: bytes | None, lease: Lease | None
    ) -> Written | SaidBefore:
        with translated():
            known = self._folding.memory.get(place)
            cipher = None if known is None else self._folding.keyring.opened(place[0], known[1])
            try:
                if known is not None and cipher is not None and after in (None, known[0].length):
                    done = composed(known[0], cipher)
                    advanced = await self._advance(self._pool, done, after=known[0].length, lease=lease)
                    if advanced is not None:
                        return self._keep(advanced, known[1])
                return await self._append_locked(place, composed, after=after, message=message, lease=lease)
            except asyncpg.UniqueViolationError as error:
                said = None if message is None else await self._pool.fetchrow(_SAID, *place, message)
                if said is None:
                    raise Conflict(f"a message was accepted before in {place[1]}") from error
                return SaidBefore(said["number"])

    async def _append_locked(
        self, place: Place, composed: Compose, *, after: int | None, message: bytes | None, lease: Lease | None
    ) -> Written | SaidBefore:
        async with self._pool.acquire() as session, session.transaction():
            head = await self._head(session, place, locked=True)
            if head.secret is None:
                raise forgotten(place[1])
            if message is not None:
                said = await session.fetchrow(_SAID, *place, message)
                if said is not None:
                    return SaidBefore(said["number"])
            if after is not None and head.length != after:
                raise Conflict(f"{place[1]} has {head.length} events, not {after}; read again and decide again")
            state = await self._state(session, place, head)
            done = composed(state, self._folding.keyring.cipher(place[0], head.key, head.secret))
            advanced = await self._advance(session, done, after=head.length, lease=lease)
            if advanced is None:
                raise forgotten(place[1])  # the row is locked and the length right: only the key can be gone
        return self._keep(advanced, head.key)

    async def load(self, place: Place) -> Conversation:
        with translated():
            return await self._state(self._pool, place, await self._head(self._pool, place))

    async def read(self, place: Place, *, after: int, limit: int) -> list[Event]:
        with translated():
            head = await self._head(self._pool, place)
            if after + 1 >= head.length:
                return []
            return self._folding.events(place, head, await _rows(self._pool, place, after + 1, head.length, limit))

    async def latest(self, account: AccountId, contact: ContactId | None, *, limit: int) -> list[Conversation]:
        with translated():
            if contact is None:
                found = await self._pool.fetch(_LATEST, account, limit)
            else:
                found = await self._pool.fetch(_LATEST_OF, account, limit, contact)
        return [await self.load((account, ConversationId(row["id"]))) for row in found]

    async def take_due(self, lease: Lease, *, limit: int) -> list[Place]:
        with translated():
            rows = await self._pool.fetch(_TAKE_DUE, lease.worker, lease.now_us, lease.until_us, limit)
        return [(AccountId(row["account"]), ConversationId(row["id"])) for row in rows]

    async def take(self, place: Place, lease: Lease) -> bool:
        with translated():
            taken = await self._pool.fetchrow(_TAKE, *place, lease.worker, lease.now_us, lease.until_us)
            if taken is None:
                await self._needed(place)
            return taken is not None

    async def settle(self, place: Place, worker: str, *, seen: int) -> bool:
        with translated():
            row = await self._pool.fetchrow(_SETTLE, *place, worker, seen)
            return (await self._needed(place) if row is None else row["needed"]) is None

    async def defer(self, place: Place, worker: str, *, due_us: int) -> None:
        with translated():
            if await self._pool.fetchrow(_DEFER, *place, worker, due_us) is None:
                await self._needed(place)

    def _keep(self, done: Written, key: str) -> Written:
        """Remember what was committed and tell who waits for it.

        The note to other processes follows the commit instead of being part of it: commits that notify queue up
        behind one lock, each with its own flush to disk. A crash in between loses a note, never an event.
        """
        self._folding.memory.keep(done.state, key)
        self._told(done)
        return done

    @staticmethod
    async def _advance(session: "Session", done: Written, *, after: int, lease: Lease | None) -> Written | None:
        """Write the rows if the log still has `after` events and a key; None: it has not."""
        rows = done.rows
        if not rows:
            return done
        head = await session.fetchrow(
            _ADVANCE,
            *done.place,
            after,
            done.state.length,
            rows[-1].at_us,
            done.needed,
            rows[-1].cause,
            [row.number for row in rows],
            [row.kind for row in rows],
            [row.version for row in rows],
            [row.outline for row in rows],
            [row.sealed for row in rows],
            [row.message for row in rows],
            lease.worker if lease else None,
            lease.now_us if lease else 0,
            lease.until_us if lease else 0,
            done.state.owner,
        )
        if head is None:
            return None
        return replace(done, leased=lease is not None and head["worker"] == lease.worker)

    async def _head(self, session: "Session", place: Place, *, locked: bool = False) -> Head:
        row = await session.fetchrow(_HEAD_LOCKED if locked else _HEAD, *place)
        if row is None:
            raise not_found(place[1])
        return Head(row["length"], row["key"], row["secret"])

    async def _state(self, session: "Session", place: Place, head: Head) -> Conversation:
        state = self._folding.remembered(place, head)
        if state.length == head.length:
            return state
        return self._folding.fold(state, head, await _rows(session, place, state.length, head.length, head.length))

    async def _needed(self, place: Place) -> int | None:
        row = await self._pool.fetchrow(_NEEDED, *place)
        if row is None:
            raise not_found(place[1])
        needed: int | None = row["needed"]
        return needed


async def _rows(session: "Session", place: Place, start: int, end: int, limit: int) -> Sequence[Row]:
    return [Row(*row) for row in await session.fetch(_ROWS, *place, start, end, limit)]
