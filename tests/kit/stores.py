"""Stores to test against: every test that asks for `database` runs on SQLite and on PostgreSQL.

PostgreSQL is looked for at `ZHIYIN_TEST_POSTGRES` (a URL of a database from which others may be created; the
standard local port by default). Without it the PostgreSQL half fails, unless the variable is `off`.
"""

import asyncio
import os
import shutil
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from zhiyin.conversation.ids import new_id
from zhiyin.data.database import Database
from zhiyin.data.schema import metadata

_SERVER = os.environ.get("ZHIYIN_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")


@dataclass
class StillClock:
    """A clock that moves when it is told to."""

    now: datetime = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_s(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


def _run_aside(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a coroutine on a loop and thread of its own: fixtures of the session must not touch the tests' loop."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


async def _migrated(url: str) -> None:
    async with await Database.connect(url) as database:
        await database.migrate()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, copied for every test."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    _run_aside(lambda: _migrated(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A migrated database of this session's own, dropped at its end."""
    if _SERVER == "off":
        pytest.skip("ZHIYIN_TEST_POSTGRES=off")
    name = f"zhiyin_test_{os.getpid()}_{new_id()[-6:]}"

    async def ask(statement: str) -> None:
        connection = await asyncpg.connect(_SERVER, timeout=10)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    _run_aside(lambda: ask(f'CREATE DATABASE "{name}"'))
    url = f"{_SERVER.rpartition('/')[0]}/{name}"
    try:
        _run_aside(lambda: _migrated(url))
        yield url
    finally:
        _run_aside(lambda: ask(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty migrated store, once an engine."""
    if request.param == "sqlite":
        path = tmp_path / "zhiyin.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("postgres_url")
    _run_aside(lambda: _emptied(url))
    return url


async def _emptied(url: str) -> None:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        await connection.execute(";".join(f'DELETE FROM "{table.name}"' for table in reversed(metadata.sorted_tables)))
    finally:
        await connection.close()


@pytest.fixture
async def database(store_url: str) -> AsyncIterator[Database]:
    """An opened, migrated, empty store, once an engine."""
    async with await Database.connect(store_url) as database:
        yield database


@pytest.fixture
def clock() -> StillClock:
    """A clock that stands still."""
    return StillClock()
