"""Records over SQLite or PostgreSQL: `SqlKnowledge` and `SqlDirectory`."""

from zhiyin.data.records.directory import SqlDirectory
from zhiyin.data.records.knowledge import SqlKnowledge

__all__ = ["SqlDirectory", "SqlKnowledge"]
