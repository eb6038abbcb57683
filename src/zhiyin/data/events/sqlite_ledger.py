"""The log in SQLite: prepared statements on the writer's and the reader's own threads."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace

from zhiyin.conversation.facts import Event
from zhiyin.conversation.ids import AccountId, ContactId, ConversationId, new_id
from zhiyin.conversation.state import Conversation
from zhiyin.data.database import Database
from zhiyin.data.events.gate import Compose, Lease, Place, SaidBefore, Written
from zhiyin.data.events.ledger import Folding, Head, forgotten, not_found
from zhiyin.data.privacy.sealed import Row
from zhiyin.errors import Conflict

_HEAD = """SELECT c.length, c.key, k.secret FROM conversations c
LEFT JOIN contact_keys k ON k.account = c.account AND k.id = c.key WHERE c.account = ? AND c.id = ?"""
_ROWS = """SELECT number, at_us, cause, kind, version, outline, sealed, message FROM events
WHERE account = ? AND conversation = ? AND number >= ? AND number < ? ORDER BY number LIMIT ?"""
_SAID = "SELECT number FROM events WHERE account = ? AND conversation = ? AND message = ?"
_ADD = """INSERT INTO events (account, conversation, number, at_us, cause, kind, version, outline, sealed, message)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_ADVANCE = """UPDATE conversations SET length = ?3, active_us = ?4, owner = ?9,
needed = CASE ?5 WHEN -1 THEN NULL WHEN -2 THEN needed ELSE ?5 END,
due_us = CASE WHEN ?5 >= 0 THEN ?4 ELSE due_us END,
worker = CASE WHEN ?5 = -1 THEN NULL WHEN ?5 >= 0 AND ?6 IS NOT NULL
  AND (lease_us IS NULL OR lease_us <= ?7 OR worker = ?6) THEN ?6 ELSE worker END,
lease_us = CASE WHEN ?5 = -1 THEN NULL WHEN ?5 >= 0 AND ?6 IS NOT NULL
  AND (lease_us IS NULL OR lease_us <= ?7 OR worker = ?6) THEN ?8 ELSE lease_us END
WHERE account = ?1 AND id = ?2 RETURNING worker"""
_OPEN = """INSERT INTO conversations (account, id, contact, key, length, owner, active_us, due_us)
VALUES (?, ?, ?, ?, ?, ?, ?, 0)"""
_KEY = "SELECT id, secret FROM contact_keys WHERE account = ? AND contact = ?"
_NEW_KEY = "INSERT INTO contact_keys (account, id, contact, secret) VALUES (?, ?, ?, ?)"
_LATEST = "SELECT id FROM conversations WHERE account = ? ORDER BY active_us DESC, id DESC LIMIT ?"
_LATEST_OF = """SELECT id FROM conversations WHERE account = ? AND contact = ?
ORDER BY active_us DESC, id DESC LIMIT ?"""
_DUE = """SELECT account, id FROM conversations WHERE needed IS NOT NULL AND due_us <= ?1
AND (lease_us IS NULL OR lease_us <= ?1) ORDER BY due_us LIMIT ?2"""
_TAKE = """UPDATE conversations SET worker = ?3, lease_us = ?5 WHERE account = ?1 AND id = ?2
AND needed IS NOT NULL AND (lease_us IS NULL OR lease_us <= ?4 OR worker = ?3)"""
_SETTLE = """UPDATE conversations SET worker = NULL, lease_us = NULL,
needed = CASE WHEN needed < ?4 THEN NULL ELSE needed END
WHERE account = ?1 AND id = ?2 AND worker = ?3"""
_DEFER = """UPDATE conversations SET worker = NULL, lease_us = NULL, due_us = ?4
WHERE account = ?1 AND id = ?2 AND worker = ?3"""
_NEEDED = "SELECT needed FROM conversations WHERE account = ? AND id = ?"

_ALL = -1


class SqliteLedger:
    """Keeps the log's rows in SQLite. `on_written` is called on the loop after every commit."""

    def __init__(self, database: Database, folding: Folding, *, on_written: Callable[[Written], None]) -> None:
        self._writer, self._reader = database.sqlite_writer, database.sqlite_reader
        self._folding = folding
        self._told = on_written
        self._writer.call_on_rollback(folding.memory.clear)

    async def open(self, place: Place, contact: ContactId, composed: Compose) -> Written:
        def job(connection: sqlite3.Connection) -> Written:
            keyring = self._folding.keyring
            row = connection.execute(_KEY, (place[0], contact)).fetchone()
            key, secret = row if row is not None else ((made := new_id()), keyring.new_secret(place[0], made))
            written = composed(Conversation(*place), keyring.cipher(place[0], key, secret))
            if row is None:
                connection.execute(_NEW_KEY, (place[0], key, contact, secret))
            connection.execute(
                _OPEN, (*place, contact, key, len(written.rows), written.state.owner, written.rows[-1].at_us)
            )
            self._add(connection, written)
            self._folding.memory.keep(written.state, key)
            return written

        return await self._writer.run(job, after=self._told)

    async def append(
        self,
        place: Place,
        composed: Compose,
        *,
        after: int | None,
        message: bytes | None = None,
        lease: Lease | None = None,
    ) -> Written | SaidBefore:
        def job(connection: sqlite3.Connection) -> Written | SaidBefore:
            head = _head(connection, place)
            if head.secret is None:
                raise forgotten(place[1])
            if message is not None:
                said = connection.execute(_SAID, (*place, message)).fetchone()
                if said is not None:
                    return SaidBefore(said[0])
            if after is not None and head.length != after:
                raise Conflict(f"{place[1]} has {head.length} events, not {after}; read again and decide again")
            state = self._state(connection, place, head)
            written = composed(state, self._folding.keyring.cipher(place[0], head.key, head.secret))
            if written.rows:
                self._add(connection, written)
                wanted = (lease.worker, lease.now_us, lease.until_us) if lease else (None, 0, 0)
                head_values = (
                    *place,
                    written.state.length,
                    written.rows[-1].at_us,
                    written.needed,
                    *wanted,
                    written.state.owner,
                )
                ((holder,),) = connection.execute(_ADVANCE, head_values).fetchall()
                self._folding.memory.keep(written.state, head.key)
                if lease is not None and holder == lease.worker:
                    written = replace(written, leased=True)
            return written

        return await self._writer.run(job, after=self._tell)

    async def load(self, place: Place) -> Conversation:
        return await self._reader.run(lambda c: self._state(c, place, _head(c, place)))

    async def read(self, place: Place, *, after: int, limit: int) -> list[Event]:
        def job(connection: sqlite3.Connection) -> list[Event]:
            head = _head(connection, place)
            return self._folding.events(place, head, _rows(connection, place, after + 1, head.length, limit))

        return await self._reader.run(job)

    async def latest(self, account: AccountId, contact: ContactId | None, *, limit: int) -> list[Conversation]:
        def job(connection: sqlite3.Connection) -> list[Conversation]:
            query, values = (_LATEST, (account, limit)) if contact is None else (_LATEST_OF, (account, contact, limit))
            ids: list[tuple[ConversationId]] = connection.execute(query, values).fetchall()
            places = [(account, id) for (id,) in ids]
            return [self._state(connection, place, _head(connection, place)) for place in places]

        return await self._reader.run(job)

    async def take_due(self, lease: Lease, *, limit: int) -> list[Place]:
        def look(connection: sqlite3.Connection) -> list[Place]:
            return connection.execute(_DUE, (lease.now_us, limit)).fetchall()

        def job(connection: sqlite3.Connection) -> list[Place]:
            return [place for place in look(connection) if _take(connection, place, lease)]

        return await self._writer.run(job) if await self._reader.run(look) else []

    async def take(self, place: Place, lease: Lease) -> bool:
        def job(connection: sqlite3.Connection) -> bool:
            _needed(connection, place)
            return _take(connection, place, lease)

        return await self._writer.run(job)

    async def settle(self, place: Place, worker: str, *, seen: int) -> bool:
        def job(connection: sqlite3.Connection) -> bool:
            connection.execute(_SETTLE, (*place, worker, seen))
            return _needed(connection, place) is None

        return await self._writer.run(job)

    async def defer(self, place: Place, worker: str, *, due_us: int) -> None:
        def job(connection: sqlite3.Connection) -> None:
            _needed(connection, place)
            connection.execute(_DEFER, (*place, worker, due_us))

        await self._writer.run(job)

    def _tell(self, outcome: Written | SaidBefore) -> None:
        if isinstance(outcome, Written):
            self._told(outcome)

    def _state(self, connection: sqlite3.Connection, place: Place, head: Head) -> Conversation:
        state = self._folding.remembered(place, head)
        if state.length == head.length:
            return state
        return self._folding.fold(state, head, _rows(connection, place, state.length, head.length, _ALL))

    @staticmethod
    def _add(connection: sqlite3.Connection, written: Written) -> None:
        place = written.place
        connection.executemany(_ADD, [(*place, *row) for row in written.rows])


def _head(connection: sqlite3.Connection, place: Place) -> Head:
    row = connection.execute(_HEAD, place).fetchone()
    if row is None:
        raise not_found(place[1])
    return Head(*row)


def _rows(connection: sqlite3.Connection, place: Place, start: int, end: int, limit: int) -> list[Row]:
    return [Row(*row) for row in connection.execute(_ROWS, (*place, start, end, limit))]


def _take(connection: sqlite3.Connection, place: Place, lease: Lease) -> bool:
    return connection.execute(_TAKE, (*place, lease.worker, lease.now_us, lease.until_us)).rowcount > 0


def _needed(connection: sqlite3.Connection, place: Place) -> int | None:
    row: tuple[int | None] | None = connection.execute(_NEEDED, place).fetchone()
    if row is None:
        raise not_found(place[1])
    return row[0]
