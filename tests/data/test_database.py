"""Opening stores, settings that keep data safe, and drivers' errors in our own words."""

import asyncio
import sqlite3
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from zhiyin.data.database import Database
from zhiyin.data.schema import accounts
from zhiyin.errors import BadPack, Broken, Conflict, TimedOut, Unavailable, ZhiyinError
from zhiyin.front.exam.timing import free_port


@pytest.mark.parametrize("url", ["mysql://host/db", "not a url", "sqlite://", "sqlite:///:memory:"])
async def test_what_is_no_store_is_refused(url: str) -> None:
    with pytest.raises(BadPack, match="sqlite:///"):
        await Database.connect(url)


async def test_a_server_that_is_not_there() -> None:
    with pytest.raises(Unavailable, match="reachable") as caught:
        await Database.connect(f"postgresql://me:pass-word@127.0.0.1:{free_port()}/db")
    assert "pass-word" not in str(caught.value)


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable):
        await Database.connect(f"sqlite:///{tmp_path / 'file' / 'x.db'}")


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(ZhiyinError):
        await Database.connect(f"sqlite:///{tmp_path / 'x.db'}")


@pytest.mark.parametrize("driver", ["sqlite", "sqlite+aiosqlite"])
async def test_sqlite_is_set_to_keep_what_it_acknowledged(tmp_path: Path, driver: str) -> None:
    path = tmp_path / "a" / "x.db"
    async with await Database.connect(f"{driver}:///{path}") as database:
        assert path.stat().st_mode & 0o077 == 0  # nobody else reads what customers said

        def pragmas(connection: sqlite3.Connection) -> list[object]:
            names = ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
            return [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

        assert await database.sqlite_writer.run(pragmas) == ["wal", 2, 1, 1]
        assert await database.sqlite_reader.run(pragmas) == ["wal", 2, 1, 1]
        async with database.reading() as connection:
            assert (await connection.execute(text("PRAGMA synchronous"))).scalar_one() == 2
            assert (await connection.execute(text("PRAGMA foreign_keys"))).scalar_one() == 1


async def test_writing_is_all_or_nothing(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(accounts.insert().values(id="a", name="A"))

    async def leave_early() -> None:
        async with database.writing() as connection:
            await connection.execute(accounts.insert().values(id="b", name="C"))
            raise RuntimeError

    async def clash() -> None:
        async with database.writing() as connection:
            await connection.execute(accounts.insert().values(id="c", name="C"))
            await connection.execute(accounts.insert().values(id="a", name="personal words"))

    with pytest.raises(RuntimeError):
        await leave_early()
    with pytest.raises(Conflict) as caught:
        await clash()
    assert "personal words" not in str(caught.value)
    rows = await database.fetch("SELECT id, name FROM accounts WHERE id = ? OR name = ?", "a", "C")
    assert [tuple(row) for row in rows] == [("a", "A")]


async def test_a_wrong_statement_is_our_fault(database: Database) -> None:
    with pytest.raises(Broken):
        await database.fetch("SELECT nothing FROM nowhere")
    with pytest.raises(Broken):
        async with database.reading() as connection:
            await connection.execute(text("SELECT nothing FROM nowhere"))


async def test_a_closed_store_says_so(store_url: str) -> None:
    database = await Database.connect(store_url)
    await database.close()
    with pytest.raises(Unavailable, match="closed"):
        await database.fetch("SELECT 1")
    await database.close()


async def test_a_job_that_fails_midway_is_undone_alone(tmp_path: Path) -> None:
    async with await Database.connect(f"sqlite:///{tmp_path / 'x.db'}") as database:
        writer = database.sqlite_writer
        undone: list[bool] = []
        writer.call_on_rollback(lambda: undone.append(True))
        await writer.run(lambda c: c.execute("CREATE TABLE t (n INTEGER UNIQUE)"))

        told: list[int] = []

        def bad(connection: sqlite3.Connection) -> int:
            connection.execute("INSERT INTO t VALUES (100)")
            raise Conflict("midway")

        def insert(n: int) -> Coroutine[Any, Any, int]:
            return writer.run(
                lambda c: c.execute("INSERT INTO t VALUES (?)", (n,)).rowcount, after=lambda _: told.append(n)
            )

        writes = (insert(1), writer.run(bad), insert(2), insert(2), insert(3))
        outcomes = await asyncio.gather(*writes, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [int, Conflict, int, Conflict, int]
        rows = await database.sqlite_reader.run(lambda c: c.execute("SELECT n FROM t ORDER BY n").fetchall())
        assert rows == [(1,), (2,), (3,)]
        assert undone
        assert told == [1, 2, 3]


async def test_a_locked_file_is_waited_for_and_then_named(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    async with await Database.connect(f"sqlite:///{path}") as database:
        await database.sqlite_writer.run(lambda c: c.execute("PRAGMA busy_timeout = 1"), peek=True)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TimedOut, match="locked"):
            await database.sqlite_writer.run(lambda c: c.execute("CREATE TABLE t (n)"))
        other.execute("ROLLBACK")
        other.close()
        await database.sqlite_writer.run(lambda c: c.execute("CREATE TABLE t (n)"))
