"""The front of the running product, for each test its own accounts, and a client."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.front.standing import Behind, Guest, Served, Standing, serving, settled
from tests.kit.play import FAQ
from zhiyin.app.assemble import assemble
from zhiyin.app.settings import read_settings
from zhiyin.front.http import HttpLimits, Rate
from zhiyin.service.knowledge import Source


@pytest.fixture(scope="session")
async def behind(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Behind]:
    """Run the product on SQLite, once for all tests of the front."""
    async with assemble(read_settings(data_dir=tmp_path_factory.mktemp("front"))) as product:
        yield Behind(product.road, product.library, product.directory, product.events)


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
async def faq(front: Standing, behind: Behind) -> None:
    """Let our account know a small shop's FAQ."""
    async for one in behind.knowledge.ingest(front.ours, [Source("faq.csv", FAQ.encode())]):
        assert one.outcome == "added", one.problem


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """Give a client that is not any page."""
    async with httpx.AsyncClient(timeout=30) as client:
        yield client


@pytest.fixture
async def guest(front: Standing, http: httpx.AsyncClient) -> Guest:
    """Let an anonymous visitor come in."""
    return await Guest(front, http).come_in()
