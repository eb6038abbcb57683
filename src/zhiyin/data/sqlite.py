"""One SQLite connection on a thread of its own, fed through a queue: the writer commits whole groups at once."""

import asyncio
import os
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

from zhiyin.data.driver_errors import translate
from zhiyin.errors import Unavailable, ZhiyinError

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], T]

_GROUP = 256  # jobs that share one commit at most
_MOST_WAITING = 10_000
_PRAGMAS = (
    "PRAGMA busy_timeout = 15000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # a deleted key must not survive in a free page
    "PRAGMA cache_size = -16000",
)


def prepare_file(path: Path) -> Path:
    """Make the file, readable by its owner alone: it holds keys and what customers said. Return where it is.

    Raises:
        Unavailable: the folder cannot be made or written.
    """
    path = path.absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise Unavailable(f"cannot write the SQLite file {path.name} ({error.strerror}); check its folder") from error
    return path


def prepare_connection(connection: Any) -> None:
    """Set what every connection needs, SQLAlchemy's as well as ours."""
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


@dataclass(slots=True)
class _Asked:
    job: Job[Any]
    done: asyncio.Future[Any]
    after: Callable[[Any], None] | None
    peek: bool


@dataclass(slots=True)
class _Outcome:
    asked: _Asked
    value: Any = None
    error: ZhiyinError | None = None


class SqliteThread:
    """Runs jobs on one connection, in the order they were asked for.

    A writer runs all waiting jobs in one `BEGIN IMMEDIATE` transaction. A job validates before it writes: one that
    raises without having written fails alone; one that raises midway makes the group run again, each job by itself.
    """

    def __init__(self, path: Path, *, writes: bool) -> None:
        self._path, self._writes = path, writes
        self._on_rollback: list[Callable[[], None]] = []
        self._asked: SimpleQueue[_Asked | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._closed = False
        self._thread = threading.Thread(target=self._live, name=f"sqlite-{'write' if writes else 'read'}", daemon=True)
        self._thread.start()

    async def run(self, job: Job[T], *, after: Callable[[T], None] | None = None, peek: bool = False) -> T:
        """Run `job` and return what it returns, committed; then `after(value)`, even if the caller has left.

        A `peek` runs before the transaction that its group shares.

        Raises:
            Unavailable: the database is closed, or too many jobs wait already.
        """
        if self._closed:
            raise Unavailable("the database is closed")
        if self._asked.qsize() >= _MOST_WAITING:
            raise Unavailable(f"{_MOST_WAITING} jobs wait for the SQLite file already; come back later")
        done: asyncio.Future[T] = self._loop.create_future()
        self._asked.put(_Asked(job, done, after, peek or not self._writes))
        return await done

    def call_on_rollback(self, forget: Callable[[], None]) -> None:
        """Call `forget`, on this thread, whenever what jobs have done is undone."""
        self._on_rollback.append(forget)

    async def close(self) -> None:
        """Finish what is queued and leave."""
        if not self._closed:
            self._closed = True
            self._asked.put(None)
            await asyncio.to_thread(self._thread.join, 30)

    def _live(self) -> None:
        connection: sqlite3.Connection | None = None
        leaving = False
        while not leaving:
            group: list[_Asked] = []
            asked = self._asked.get()
            while True:
                if asked is None:
                    leaving = True
                    break
                group.append(asked)
                if len(group) >= _GROUP or self._asked.empty():
                    break
                asked = self._asked.get()
            if group:
                try:
                    if connection is None:
                        connection = self._connect()
                    outcomes = self._run_group(connection, group)
                except Exception as error:
                    outcomes = [_Outcome(asked, error=translate(error)) for asked in group]
                self._tell(outcomes)
        if connection is not None:
            connection.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, cached_statements=256)
        prepare_connection(connection)
        return connection

    def _run_group(self, connection: sqlite3.Connection, group: list[_Asked]) -> list[_Outcome]:
        peeks = [self._run_one(connection, asked) for asked in group if asked.peek]
        writes = [asked for asked in group if not asked.peek]
        return peeks + (self._commit(connection, writes) if writes else [])

    def _commit(self, connection: sqlite3.Connection, group: list[_Asked]) -> list[_Outcome]:
        try:
            connection.execute("BEGIN IMMEDIATE")
            outcomes = []
            for asked in group:
                before = connection.total_changes
                outcomes.append(self._run_one(connection, asked))
                if outcomes[-1].error is not None and connection.total_changes != before:
                    self._roll_back(connection)
                    if len(group) == 1:
                        return outcomes
                    return [one for alone in group for one in self._commit(connection, [alone])]
            connection.execute("COMMIT")
        except Exception as error:
            self._roll_back(connection)
            return [_Outcome(asked, error=translate(error)) for asked in group]
        return outcomes

    def _roll_back(self, connection: sqlite3.Connection) -> None:
        for forget in self._on_rollback:
            forget()
        if connection.in_transaction:
            connection.execute("ROLLBACK")

    @staticmethod
    def _run_one(connection: sqlite3.Connection, asked: _Asked) -> _Outcome:
        try:
            return _Outcome(asked, value=asked.job(connection))
        except Exception as error:
            ours = translate(error)
            if ours is not error:
                ours.__cause__ = error
            return _Outcome(asked, error=ours)

    def _tell(self, outcomes: list[_Outcome]) -> None:
        try:
            self._loop.call_soon_threadsafe(_resolve, outcomes)
        except RuntimeError:  # the loop has gone: nobody waits for the answer any more
            return


def _resolve(outcomes: list[_Outcome]) -> None:
    for outcome in outcomes:
        asked = outcome.asked
        if outcome.error is None and asked.after is not None:
            asked.after(outcome.value)
        if asked.done.done():
            continue
        if outcome.error is not None:
            asked.done.set_exception(outcome.error)
        else:
            asked.done.set_result(outcome.value)
