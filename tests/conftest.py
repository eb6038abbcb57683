"""Fixtures that every test may use."""

import pytest

from tests.kit.stores import clock, database, postgres_url, sqlite_template, store_url

__all__ = ["anyio_backend", "clock", "database", "postgres_url", "sqlite_template", "store_url"]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run every asynchronous test on asyncio, as the server does."""
    return "asyncio"
