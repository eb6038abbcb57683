"""The one relational store behind everything kept: SQLite by default, PostgreSQL 15+ by URL.

`reading` and `writing` give SQLAlchemy connections for ordinary rows. The log's hot path goes past SQLAlchemy:
over `sqlite_writer`/`sqlite_reader` (one thread and connection each) or the asyncpg pool `postgres`.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Self, cast

import asyncpg
from sqlalchemy import event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from zhiyin.data import migrations
from zhiyin.data.driver_errors import translated
from zhiyin.data.news import News, PostgresNews, SqliteNews
from zhiyin.data.sqlite import SqliteThread, prepare_connection, prepare_file
from zhiyin.errors import BadPack

EngineName = Literal["sqlite", "postgresql"]

_OLDEST = {"sqlite": (3, 37), "postgresql": (15, 0)}
_STATEMENT_S = 60.0
_CONNECT_S = 10.0
_WRITE = "zhiyin_write"


@dataclass(frozen=True, slots=True)
class Description:
    """What store this is and how far its schema is."""

    engine: EngineName
    version: str
    pgvector: Literal["none", "available", "installed"]
    revision: str | None  # of the schema; None: empty
    newest: str  # revision that this code wants


class Database:
    """An opened store. Make it with `connect`, give it back with `close`."""

    def __init__(
        self,
        engine: AsyncEngine,
        news: News,
        *,
        sqlite: tuple[SqliteThread, SqliteThread] | None,
        postgres: "asyncpg.Pool[asyncpg.Record] | None",
    ) -> None:
        self.engine, self.news = engine, news
        self.name: EngineName = "postgresql" if postgres is not None else "sqlite"
        self._sqlite, self._postgres = sqlite, postgres
        self._write = asyncio.Lock()

    @classmethod
    async def connect(cls, url: str, *, connections: int = 6) -> Self:
        """Open `sqlite:///path` or `postgresql://user:password@host:port/name`.

        Args:
            connections: at most so many to PostgreSQL for the log, and half as many for records, in this process.

        Raises:
            BadPack: the URL is none of these.
            Unavailable: the server does not answer, or the file's folder cannot be written.
        """
        parsed = _parse(url)
        with translated():
            if parsed.drivername.startswith("sqlite"):
                return await cls._connect_sqlite(parsed)
            return await cls._connect_postgres(parsed, connections)

    @classmethod
    async def _connect_sqlite(cls, url: URL) -> Self:
        if not url.database or url.database == ":memory:":
            raise BadPack("an SQLite URL must name a file, as in sqlite:///var/zhiyin.db")
        path = await asyncio.to_thread(prepare_file, Path(url.database))
        engine = create_async_engine(URL.create("sqlite+aiosqlite", database=str(path)), pool_size=2, max_overflow=2)

        @event.listens_for(engine.sync_engine, "connect")
        def prepare(connection: Any, _: object) -> None:
            connection.isolation_level = None  # or the driver begins transactions by its own rules
            prepare_connection(connection)

        @event.listens_for(engine.sync_engine, "begin")
        def begin(connection: Any) -> None:
            writes = connection.get_execution_options().get(_WRITE, False)
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

        writer, reader = SqliteThread(path, writes=True), SqliteThread(path, writes=False)
        database = cls(engine, SqliteNews(writer), sqlite=(writer, reader), postgres=None)
        try:
            await writer.run(lambda c: c.execute("SELECT 1").fetchone(), peek=True)  # sets WAL before anyone reads
        except BaseException:
            await database.close()
            raise
        return database

    @classmethod
    async def _connect_postgres(cls, url: URL, connections: int) -> Self:
        plain = url.set(drivername="postgresql").render_as_string(hide_password=False)

        async def connect() -> "asyncpg.Connection[asyncpg.Record]":
            return await asyncpg.connect(
                plain,
                timeout=_CONNECT_S,
                command_timeout=_STATEMENT_S,
                server_settings={"application_name": "zhiyin"},
            )

        pool = await asyncpg.create_pool(
            plain,
            min_size=1,
            max_size=connections,
            timeout=_CONNECT_S,
            command_timeout=_STATEMENT_S,
            reset=_leave_as_is,
            server_settings={"application_name": "zhiyin"},
        )
        engine = create_async_engine(
            url.set(drivername="postgresql+asyncpg", query={}),
            pool_size=max(1, connections // 2),
            max_overflow=2,
            pool_timeout=_CONNECT_S * 3,
            async_creator=connect,
        )
        return cls(engine, PostgresNews(connect, pool), sqlite=None, postgres=pool)

    async def close(self) -> None:
        """Finish what is being written and let go of every connection."""
        await self.news.close()
        for thread in self._sqlite or ():
            await thread.close()
        if self._postgres is not None:
            try:
                await asyncio.wait_for(self._postgres.close(), 10)
            except TimeoutError:
                self._postgres.terminate()
        await self.engine.dispose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def sqlite_writer(self) -> SqliteThread:
        """The thread that commits groups; SQLite only."""
        assert self._sqlite is not None
        return self._sqlite[0]

    @property
    def sqlite_reader(self) -> SqliteThread:
        """The thread that reads while the writer writes; SQLite only."""
        assert self._sqlite is not None
        return self._sqlite[1]

    @property
    def postgres(self) -> "asyncpg.Pool[asyncpg.Record]":
        """The pool for hot statements; PostgreSQL only."""
        assert self._postgres is not None
        return self._postgres

    async def fetch(self, query: str, *values: object) -> Sequence[Sequence[Any]]:
        """Run one reading statement past SQLAlchemy, ten times cheaper; `?` stands for each value on both engines."""
        with translated():
            if self._postgres is not None:
                return cast(Sequence[Sequence[Any]], await self._postgres.fetch(_dollars(query), *values))
            return await self.sqlite_reader.run(lambda c: c.execute(query, values).fetchall())

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection in a transaction that only reads."""
        with translated():
            async with self.engine.begin() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection in a transaction that commits at the end, or rolls back when the body raises."""
        with translated():
            if self.name == "postgresql":
                async with self.engine.begin() as connection:
                    yield connection
                return
            async with self._write, self.engine.connect() as connection:
                await connection.execution_options(**{_WRITE: True})
                async with connection.begin():
                    yield connection

    async def migrate(self) -> str:
        """Bring the schema to the newest revision and return it; safe from several processes at once.

        Raises:
            BadPack: the schema was made by a newer Zhiyin.
        """
        async with self.writing() as connection:
            if self.name == "postgresql":
                await connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": migrations.LOCK})
            return await connection.run_sync(migrations.upgrade)

    async def scrub(self) -> None:
        """Leave no deleted bytes behind that this process can reach: SQLite's write-ahead file is emptied."""
        if self._sqlite is not None:
            await self.sqlite_writer.run(lambda c: c.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall(), peek=True)

    async def describe(self) -> Description:
        """Say what store this is, for `doctor` and for logs."""
        async with self.reading() as connection:
            revision = await connection.run_sync(migrations.current)
            if self.name == "sqlite":
                return Description("sqlite", sqlite3.sqlite_version, "none", revision, migrations.newest())
            version = (await connection.execute(text("SHOW server_version"))).scalar_one()
            vector = (
                await connection.execute(
                    text("SELECT installed_version FROM pg_available_extensions WHERE name = 'vector'")
                )
            ).first()
        pgvector: Literal["none", "available", "installed"] = (
            "none" if vector is None else "available" if vector[0] is None else "installed"
        )
        return Description("postgresql", str(version), pgvector, revision, migrations.newest())

    async def preflight(self) -> Description:
        """Check that this store can be worked with now.

        Raises:
            BadPack: the engine is too old, or the schema is not the one this code wants.
        """
        found = await self.describe()
        parts = found.version.split(" ")[0].split(".")
        if tuple(int(part) for part in parts[:2]) < _OLDEST[found.engine]:
            wanted = ".".join(str(part) for part in _OLDEST[found.engine])
            raise BadPack(f"{found.engine} {found.version} is too old; want {wanted} or newer")
        if found.revision != found.newest:
            raise BadPack(f"the schema is at {found.revision}, this Zhiyin wants {found.newest}; migrate it first")
        return found


@lru_cache(maxsize=512)
def _dollars(query: str) -> str:
    first, *rest = query.split("?")
    return first + "".join(f"${n}{part}" for n, part in enumerate(rest, 1))


async def _leave_as_is(_: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Skip asyncpg's reset: hot statements leave nothing behind, and it would cost a round trip each."""


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise BadPack("the database URL cannot be read; want sqlite:///path or postgresql://…") from error
    if parsed.drivername not in ("sqlite", "sqlite+aiosqlite", "postgresql", "postgresql+asyncpg", "postgres"):
        raise BadPack(f"no store for {parsed.drivername!r}; want sqlite:///path or postgresql://…")
    return parsed
