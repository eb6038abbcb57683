"""An empty store is brought up to date by whoever comes first, and the schema is what the code says it is."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from tests.kit.processes import another_process

from zhiyin.conversation.ids import new_id
from zhiyin.data import migrations
from zhiyin.data.database import Database
from zhiyin.data.schema import metadata
from zhiyin.errors import BadPack


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a store with no tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'deep' / 'new.db'}"
        return
    full: str = request.getfixturevalue("postgres_url")
    name = f"zhiyin_test_empty_{os.getpid()}_{new_id()[-6:]}"
    server = await asyncpg.connect(full, timeout=10)
    try:
        await server.execute(f'CREATE DATABASE "{name}"')
        yield f"{full.rpartition('/')[0]}/{name}"
    finally:
        await server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await server.close()


def differences(connection: Connection) -> list[object]:
    """Compare the store with the tables that the code declares."""
    return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata))


async def test_an_empty_store_becomes_what_the_code_declares(empty_url: str) -> None:
    async with await Database.connect(empty_url) as database:
        with pytest.raises(BadPack, match="migrate"):
            await database.preflight()
        assert (await database.describe()).revision is None
        assert await database.migrate() == migrations.newest()
        assert await database.migrate() == migrations.newest()
        async with database.reading() as connection:
            assert await connection.run_sync(differences) == []
        found = await database.preflight()
        assert (found.engine, found.revision) == (database.name, found.newest)
        assert found.version[0].isdigit()
        assert found.pgvector in ("none", "available", "installed")


async def test_several_processes_may_migrate_at_once(empty_url: str) -> None:
    async def one() -> list[str]:
        async with another_process("migrate", empty_url, "-", "-") as other:
            return await other.lines()

    async with await Database.connect(empty_url) as database:
        mine, *theirs = await asyncio.gather(database.migrate(), one(), one(), one())
        assert theirs == [[mine]] * 3
        assert (await database.preflight()).revision == mine


async def test_a_newer_schema_is_left_alone(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        with pytest.raises(BadPack, match="9999"):
            await database.migrate()
        with pytest.raises(BadPack, match="9999"):
            await database.preflight()
    finally:
        async with database.writing() as connection:
            await connection.execute(text(f"UPDATE alembic_version SET version_num = '{migrations.newest()}'"))
