"""Turns are played on both stores."""

import pytest


@pytest.fixture(autouse=True)
def on_each_store(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the assembled product find this test's store in its settings."""
    monkeypatch.setenv("ZHIYIN_DATABASE_URL", store_url)
