"""What one process tells the others: short notes over PostgreSQL's NOTIFY, or a polled counter over SQLite.

A note may be lost when a connection drops; `missed` is called then, and everything that listens reads the log again.
"""

import asyncio
import itertools
import json
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol, cast

import asyncpg

from zhiyin.data.sqlite import SqliteThread
from zhiyin.errors import ZhiyinError

Note = list[Any]
"""Kind first, then what the kind says: JSON values only."""

CHANNEL = "zhiyin"
MOST_BYTES = 7900  # PostgreSQL refuses a payload of 8000, the note's number included
_POLL_S = 0.25
_LOOK_AGAIN_S = 60.0
_WAITING_NOTES = 1024


class Listener(Protocol):
    """Hears the notes of this and other processes."""

    def hear(self, note: Note) -> None: ...

    def missed(self) -> None:
        """Notes may have been lost: look for yourself."""
        ...


def written(note: Note) -> str:
    """Return the note as a payload."""
    return json.dumps(note, ensure_ascii=False, separators=(",", ":"))


class News(ABC):
    """Carries notes to listeners. On SQLite only `missed` crosses from process to process, every 0.25 s at most."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._task: asyncio.Task[None] | None = None

    def listen(self, listener: Listener) -> None:
        """Tell `listener` from now on."""
        self._listeners.append(listener)

    def stop_telling(self, listener: Listener) -> None:
        """Tell `listener` nothing more."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def start(self) -> None:
        """Begin to hear other processes; calling it again changes nothing."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._hear_others(), name="zhiyin-news")

    async def started(self) -> None:
        """Wait until other processes are heard."""
        self.start()

    def post(self, notes: Sequence[Note]) -> None:
        """Tell everyone who listens, in order and soon; nothing is kept for those who are not there."""
        for note in notes:
            self.tell(note)

    async def close(self) -> None:
        """Stop hearing."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def tell(self, note: Note) -> None:
        """Tell the listeners of this process."""
        for listener in self._listeners:
            listener.hear(note)

    def _tell_missed(self) -> None:
        for listener in self._listeners:
            listener.missed()

    @abstractmethod
    async def _hear_others(self) -> None:
        """Tell the listeners what other processes say, for ever."""


def _data_version(connection: sqlite3.Connection) -> int:
    return cast(int, connection.execute("PRAGMA data_version").fetchone()[0])


class SqliteNews(News):
    """Polls the file's change counter on the writer's connection, which its own commits do not move."""

    def __init__(self, writer: SqliteThread) -> None:
        super().__init__()
        self._writer = writer

    async def _hear_others(self) -> None:
        seen: int | None = None
        while True:
            try:
                version = await self._writer.run(_data_version, peek=True)
            except ZhiyinError:  # asked again below: a locked or full disk may pass
                version = None
            if seen is not None and version != seen:
                self._tell_missed()
            seen = version
            await asyncio.sleep(_POLL_S)


class PostgresNews(News):
    """One listening connection a process, opened again whenever it breaks."""

    def __init__(self, connect: Callable[[], Coroutine[Any, Any, asyncpg.Connection]], pool: asyncpg.Pool) -> None:
        super().__init__()
        self._connect, self._pool = connect, pool
        self._heard = asyncio.Event()
        self._waiting: list[str] = []
        self._poster: asyncio.Task[None] | None = None
        self._count = itertools.count()

    async def started(self) -> None:
        self.start()
        await asyncio.wait_for(self._heard.wait(), 15)

    def post(self, notes: Sequence[Note]) -> None:
        # numbered, since PostgreSQL hands over only one of several notes that read alike: 哈 after 哈 would be lost
        self._waiting.extend(f"{next(self._count)} {written(note)}" for note in notes)
        del self._waiting[:-_WAITING_NOTES]
        if self._poster is None or self._poster.done():
            self._poster = asyncio.get_running_loop().create_task(self._post_all(), name="zhiyin-post")

    async def _posted(self) -> None:
        if self._poster is not None and not self._poster.done():
            await asyncio.wait([self._poster], timeout=1)

    async def close(self) -> None:
        await super().close()
        if self._poster is not None:
            await self._posted()
            self._poster.cancel()

    async def _post_all(self) -> None:
        while self._waiting:
            payloads, self._waiting = self._waiting, []
            try:
                await self._pool.execute("SELECT pg_notify($1, p) FROM unnest($2::text[]) AS p", CHANNEL, payloads)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
                return  # whispers are kept nowhere; those who follow still get every event

    async def _hear_others(self) -> None:
        pause_s = 0.1
        while True:
            lost = asyncio.Event()
            connection: asyncpg.Connection | None = None
            try:
                connection = await self._connect()
                connection.add_termination_listener(lambda _, lost=lost: lost.set())
                await connection.add_listener(CHANNEL, self._on_note)
                pause_s = 0.1
                self._heard.set()
                self._tell_missed()
                while not lost.is_set():
                    try:
                        await asyncio.wait_for(lost.wait(), _LOOK_AGAIN_S)
                    except TimeoutError:
                        await connection.execute("SELECT 1", timeout=10)  # a silent peer may be a dead one
                        self._tell_missed()  # a process may have died between its commit and its note
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
                pass
            finally:
                self._heard.clear()
                if connection is not None:
                    connection.terminate()
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, 5.0)

    def _on_note(self, _: object, pid: int, channel: object, payload: object) -> None:
        try:
            note = json.loads(cast(str, payload).partition(" ")[2])
        except ValueError:
            return
        if isinstance(note, list) and note:
            self.tell(note)
