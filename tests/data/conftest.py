"""The stores that tests of the data floor use."""

from tests.kit.stores import clock, database, postgres_url, sqlite_template, store_url

__all__ = ["clock", "database", "postgres_url", "sqlite_template", "store_url"]
