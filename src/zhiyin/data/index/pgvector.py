"""The vector index inside PostgreSQL, where the pgvector extension is there: one for all processes."""

from collections.abc import Sequence

import asyncpg
import numpy as np

from zhiyin.conversation.ids import AccountId, PassageId
from zhiyin.data.driver_errors import translated
from zhiyin.data.index import Hit
from zhiyin.errors import Invalid
from zhiyin.extend.models import Vectors

_OVERSAMPLED = 4  # rows fetched for each passage wanted: a passage has several
_SEEN = 200  # `hnsw.ef_search`
_OLDEST = (0, 8)  # the first pgvector that goes on searching when a filter leaves too few


async def has_pgvector(pool: "asyncpg.Pool[asyncpg.Record]") -> bool:
    """Say whether this server can keep vectors: the extension is there and new enough."""
    with translated():
        version = await pool.fetchval("SELECT default_version FROM pg_available_extensions WHERE name = 'vector'")
    return version is not None and tuple(int(part) for part in version.split(".")[:2]) >= _OLDEST


async def prepare_pgvector(pool: "asyncpg.Pool[asyncpg.Record]", *, dims: int) -> None:
    """Make the extension, the tables for vectors of `dims` numbers, and their graph; harmless when they are there."""
    table = _table(dims)
    with translated():
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(7031)")  # processes that start together
            await connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
            await connection.execute(
                f"CREATE TABLE IF NOT EXISTS {table} (account text NOT NULL, passage text NOT NULL, place int NOT NULL,"
                f" embedding vector({dims}) NOT NULL, PRIMARY KEY (account, passage, place))"
            )
            await connection.execute(
                f"CREATE INDEX IF NOT EXISTS {table}_near ON {table} USING hnsw (embedding vector_cosine_ops)"
            )
            await connection.execute(
                f"CREATE TABLE IF NOT EXISTS {table}_state (account text PRIMARY KEY, revision bigint NOT NULL)"
            )


class PgVectors:
    """A `VectorIndex` of one account in PostgreSQL; make the tables with `prepare_pgvector` first.

    It keeps its vectors between runs, so `revision` tells how far it has come; processes that take over the same
    changes at once write the same rows.
    """

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", account: AccountId, *, dims: int) -> None:
        self._pool, self._account, self._dims, self._table = pool, account, dims, _table(dims)

    async def upsert(self, passage: PassageId, vectors: Vectors) -> None:
        """Take or replace a passage's vectors."""
        if vectors.ndim != 2 or vectors.shape[1] != self._dims:
            raise Invalid(f"vectors of shape {vectors.shape} do not fit an index of {self._dims} dimensions")
        with translated():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(
                    f"DELETE FROM {self._table} WHERE account = $1 AND passage = $2 AND place >= $3",  # noqa: S608
                    self._account,
                    passage,
                    len(vectors),
                )
                await connection.executemany(
                    f"INSERT INTO {self._table} VALUES ($1, $2, $3, $4::real[]::vector)"  # noqa: S608
                    " ON CONFLICT (account, passage, place) DO UPDATE SET embedding = excluded.embedding",
                    [(self._account, passage, place, row.tolist()) for place, row in enumerate(vectors)],
                )

    async def delete(self, passage: PassageId) -> None:
        """Forget a passage; one that is not there is no error."""
        with translated():
            await self._pool.execute(
                f"DELETE FROM {self._table} WHERE account = $1 AND passage = $2",  # noqa: S608
                self._account,
                passage,
            )

    async def search(self, vector: Vectors, *, limit: int, among: frozenset[PassageId] | None = None) -> list[Hit]:
        """Return the passages with the nearest vectors, best first."""
        if limit < 1 or (among is not None and not among):
            return []
        with translated():
            async with self._pool.acquire() as connection, connection.transaction(readonly=True):
                await connection.execute(f"SET LOCAL hnsw.ef_search = {_SEEN}")
                await connection.execute("SET LOCAL hnsw.iterative_scan = 'strict_order'")
                rows = await connection.fetch(
                    "SELECT passage, 1 - (embedding <=> $1::real[]::vector) AS cosine"  # noqa: S608
                    f" FROM {self._table} WHERE account = $2 AND ($3::text[] IS NULL OR passage = ANY($3))"
                    " ORDER BY embedding <=> $1::real[]::vector LIMIT $4",
                    vector.tolist(),
                    self._account,
                    None if among is None else list(among),
                    limit * _OVERSAMPLED,
                )
        best: dict[PassageId, float] = {}
        for row in rows:
            best.setdefault(PassageId(row["passage"]), float(row["cosine"]))
        return [Hit(passage, score) for passage, score in best.items()][:limit]

    async def vectors(self, passages: Sequence[PassageId]) -> list[Vectors]:
        """Return each passage's rows, none for one that is not there."""
        with translated():
            rows = await self._pool.fetch(
                f"SELECT passage, embedding::real[] AS numbers FROM {self._table}"  # noqa: S608
                " WHERE account = $1 AND passage = ANY($2) ORDER BY passage, place",
                self._account,
                list(passages),
            )
        found: dict[str, list[list[float]]] = {}
        for row in rows:
            found.setdefault(row["passage"], []).append(row["numbers"])
        return [np.array(found.get(p, []), np.float32).reshape(-1, self._dims) for p in passages]

    async def revision(self) -> int:
        """Return the revision that `reached` was told last, by any process."""
        with translated():
            known = await self._pool.fetchval(
                f"SELECT revision FROM {self._table}_state WHERE account = $1",  # noqa: S608
                self._account,
            )
        return int(known or 0)

    async def reached(self, revision: int) -> None:
        """Remember that every change up to `revision` is in; an older one never overwrites a newer."""
        with translated():
            await self._pool.execute(
                f"INSERT INTO {self._table}_state VALUES ($1, $2) ON CONFLICT (account) DO UPDATE"  # noqa: S608
                f" SET revision = greatest({self._table}_state.revision, excluded.revision)",
                self._account,
                revision,
            )


def _table(dims: int) -> str:
    if not 0 < dims <= 2000:
        raise Invalid(f"pgvector's graph takes up to 2000 dimensions, the embedder has {dims}")
    return f"passage_vectors_{dims}"
