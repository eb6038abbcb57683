"""The front of a running product, for each test its own accounts, and a client."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.front.memory import ScriptedRoad
from tests.front.standing import Behind, Guest, Served, Standing, serving, settled
from zhiyin.data.database import Database
from zhiyin.data.events.sql import SqlEventLog
from zhiyin.data.privacy.sealing import Sealing
from zhiyin.data.records.sql import SqlDirectory, SqlKnowledge
from zhiyin.front.http import HttpLimits, Rate
from zhiyin.models.use import UseEmbedder
from zhiyin.service.knowledge.library import Library


@pytest.fixture(scope="session")
async def behind(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Behind]:
    path = tmp_path_factory.mktemp("front") / "store.sqlite3"
    async with await Database.connect(f"sqlite:///{path}") as database:
        await database.migrate()
        log = SqlEventLog(database, sealing=Sealing(database))
        library = Library(SqlKnowledge(database), UseEmbedder())
        yield Behind(ScriptedRoad(log), library, SqlDirectory(database), log)


@pytest.fixture(scope="session")
async def served(behind: Behind) -> AsyncIterator[Served]:
    """Serve with the usual limits, but let any number of visitors come from one address."""
    async with serving(behind, limits=HttpLimits(ip=Rate(burst=1_000_000, per_s=1))) as one:
        yield one


@pytest.fixture
async def front(served: Served, behind: Behind) -> Standing:
    """Give two new accounts on the server that all tests share."""
    return await settled(served, behind)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """Give a client that is not any page."""
    async with httpx.AsyncClient(timeout=30) as client:
        yield client


@pytest.fixture
async def guest(front: Standing, http: httpx.AsyncClient) -> Guest:
    """Let an anonymous visitor come in."""
    return await Guest(front, http).come_in()
