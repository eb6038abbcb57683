"""Fixtures that every test may use."""

from collections.abc import Iterator

import pytest
import structlog

from tests.kit.stores import clock, database, postgres_url, sqlite_template, store_url

__all__ = ["anyio_backend", "clock", "database", "logs_as_they_were", "postgres_url", "sqlite_template", "store_url"]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run every asynchronous test on asyncio, as the server does."""
    return "asyncio"


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """Undo what a command or a server set for the logs of the whole process."""
    yield
    structlog.reset_defaults()
