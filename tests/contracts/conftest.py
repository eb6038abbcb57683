"""The stores that contracts are checked against."""

from tests.kit.stores import clock, database, postgres_url, sqlite_template, store_url

__all__ = ["clock", "database", "postgres_url", "sqlite_template", "store_url"]
