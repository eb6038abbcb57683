"""The vector index in this process: an exact scan while it is small, a graph (HNSW) when it has grown."""

import asyncio
from collections.abc import Sequence

import anyio.to_thread
import numpy as np
import numpy.typing as npt
from usearch.index import Index

from zhiyin.conversation.ids import PassageId
from zhiyin.data.index import Hit
from zhiyin.errors import Invalid
from zhiyin.extend.models import Vectors

_EXACT_ROWS = 30_000  # a scan of so many takes 2 ms; a graph costs a millisecond a row to make, and a few hits
_SMALLEST = 64
_NOWHERE: npt.NDArray[np.int64] = np.empty(0, np.int64)


class MemoryVectors:
    """A `VectorIndex`. One event loop at a time; work of more than a few milliseconds leaves it.

    Rows are kept in half precision. A replaced or deleted row is dead, and swept when a quarter of all are.
    """

    def __init__(self, *, dims: int, exact_rows: int = _EXACT_ROWS) -> None:
        self._dims, self._exact_rows = dims, exact_rows
        self._rows: npt.NDArray[np.float16] = np.empty((_SMALLEST, dims), np.float16)
        self._scan: Vectors | None = None  # the same rows in single precision, while the scan is used
        self._owners: npt.NDArray[np.int32] = np.full(_SMALLEST, -1, np.int32)
        self._count = 0
        self._dead = 0
        self._places: dict[PassageId, tuple[int, npt.NDArray[np.int64]]] = {}
        self._passages: list[PassageId | None] = []
        self._graph: Index | None = None
        self._growing: asyncio.Task[None] | None = None
        self._swept = 0
        self._revision = 0

    def __len__(self) -> int:
        return len(self._places)

    async def upsert(self, passage: PassageId, vectors: Vectors) -> None:
        """Take or replace a passage's vectors."""
        self.put(passage, vectors)

    def put(self, passage: PassageId, vectors: Vectors) -> None:
        """Do what `upsert` does, for callers that are in a thread already."""
        if vectors.ndim != 2 or vectors.shape[1] != self._dims:
            raise Invalid(f"vectors of shape {vectors.shape} do not fit an index of {self._dims} dimensions")
        self._remove(passage)
        first, count = self._count, len(vectors)
        if first + count > len(self._rows):
            size = max(len(self._rows) * 2, first + count)
            self._rows = np.concatenate([self._rows, np.empty((size - len(self._rows), self._dims), np.float16)])
            self._owners = np.concatenate([self._owners, np.full(size - len(self._owners), -1, np.int32)])
        self._rows[first : first + count] = vectors
        owner = len(self._passages)
        self._passages.append(passage)
        self._owners[first : first + count] = owner
        self._places[passage] = (owner, np.arange(first, first + count))
        self._count += count
        self._scan = None
        if self._graph is not None:
            self._graph.add(np.arange(first, first + count), self._rows[first : first + count], threads=1)

    async def delete(self, passage: PassageId) -> None:
        """Forget a passage; one that is not there is no error."""
        self._remove(passage)
        if self._dead * 4 > self._count:
            self._sweep()

    async def vectors(self, passages: Sequence[PassageId]) -> list[Vectors]:
        """Return each passage's rows, none for one that is not there."""
        held = [self._places[p][1] if p in self._places else _NOWHERE for p in passages]
        if not held:
            return []
        gathered = self._rows[np.concatenate(held)].astype(np.float32)
        ends = np.cumsum([len(places) for places in held])
        return [gathered[end - len(places) : end] for end, places in zip(ends, held, strict=True)]

    async def revision(self) -> int:
        """Return what `reached` was told last."""
        return self._revision

    async def reached(self, revision: int) -> None:
        """Remember a revision, for as long as this process lives."""
        self._revision = revision

    async def search(self, vector: Vectors, *, limit: int, among: frozenset[PassageId] | None = None) -> list[Hit]:
        """Return the passages with the nearest vectors, best first."""
        if not self._places or limit < 1:
            return []
        if among is not None:
            rows = [self._places[p][1] for p in among if p in self._places]
            if not rows:
                return []
            places = np.concatenate(rows)
            if len(places) > self._exact_rows:
                return await anyio.to_thread.run_sync(self._scan_some, vector, limit, places)
            return self._scan_some(vector, limit, places)
        if self._count <= self._exact_rows:
            return self._scan_all(vector, limit)
        if self._graph is not None:
            return self._walk(vector, limit)
        if self._growing is None or self._growing.done():
            self._growing = asyncio.create_task(self._grow())
        return await anyio.to_thread.run_sync(self._scan_some, vector, limit, np.arange(self._count))

    async def settle(self) -> None:
        """Wait until the graph, if there are rows enough for one, is made; searches need not wait for it."""
        if self._count > self._exact_rows and self._graph is None:
            if self._growing is None or self._growing.done():
                self._growing = asyncio.create_task(self._grow())
            await self._growing

    async def _grow(self) -> None:
        """Make the graph in a thread, from the rows there are now, and bring it up to date when it is done."""
        rows, count, swept = self._rows, self._count, self._swept
        alive = np.flatnonzero(self._owners[:count] >= 0)
        graph = await anyio.to_thread.run_sync(_graph, self._dims, alive, rows)
        if swept != self._swept:
            return  # rows have other places by now: the next search begins anew
        if len(died := alive[self._owners[alive] < 0]):
            graph.remove(died)
        fresh = np.arange(count, self._count)
        if len(fresh := fresh[self._owners[fresh] >= 0]):
            graph.add(fresh, self._rows[fresh], threads=1)
        self._graph = graph

    def _scan_all(self, vector: Vectors, limit: int) -> list[Hit]:
        if self._scan is None:
            self._scan = self._rows[: self._count].astype(np.float32)
        scores = self._scan @ vector.astype(np.float32)
        return self._best(scores, self._owners[: self._count], limit)

    def _scan_some(self, vector: Vectors, limit: int, places: npt.NDArray[np.int64]) -> list[Hit]:
        asked = vector.astype(np.float32)
        scores = np.concatenate(
            [self._rows[places[i : i + 4096]].astype(np.float32) @ asked for i in range(0, len(places), 4096)]
        )
        return self._best(scores, self._owners[places], limit)

    def _walk(self, vector: Vectors, limit: int) -> list[Hit]:
        assert self._graph is not None
        wanted = min(limit * 4, len(self._graph))
        found = self._graph.search(vector.astype(np.float32), wanted, threads=1)
        places = np.asarray(found.keys, np.int64)
        # the graph's cosines are of bytes; the exact ones cost little
        return self._best(
            self._rows[places].astype(np.float32) @ vector.astype(np.float32), self._owners[places], limit
        )

    def _best(self, scores: Vectors, owners: npt.NDArray[np.int32], limit: int) -> list[Hit]:
        best: dict[int, float] = {}
        wanted = min(len(scores), limit * 4)
        while True:
            top = np.argpartition(-scores, wanted - 1)[:wanted] if wanted < len(scores) else np.arange(len(scores))
            top = top[np.lexsort((top, -scores[top]))]
            best.clear()
            for place in top:
                owner = int(owners[place])
                if owner >= 0 and owner not in best:
                    best[owner] = float(scores[place])
            if len(best) >= limit or wanted == len(scores):
                break
            wanted = min(len(scores), wanted * 4)
        hits = [Hit(p, score) for owner, score in best.items() if (p := self._passages[owner]) is not None]
        return hits[:limit]

    def _remove(self, passage: PassageId) -> None:
        if (held := self._places.pop(passage, None)) is None:
            return
        owner, places = held
        self._passages[owner] = None
        self._owners[places] = -1
        self._rows[places] = 0  # a deleted passage leaves nothing behind
        self._dead += len(places)
        self._scan = None
        if self._graph is not None:
            self._graph.remove(places)

    def _sweep(self) -> None:
        kept = list(self._places.items())
        rows = [self._rows[places] for _, (_, places) in kept]
        fresh = MemoryVectors(dims=self._dims, exact_rows=self._exact_rows)
        for (passage, _), vectors in zip(kept, rows, strict=True):
            fresh.put(passage, vectors.astype(np.float32))
        fresh._revision, fresh._swept = self._revision, self._swept + 1
        self.__dict__.update(fresh.__dict__)


def _graph(dims: int, places: npt.NDArray[np.int64], rows: npt.NDArray[np.float16]) -> Index:
    graph = Index(ndim=dims, metric="cos", dtype="i8", connectivity=16, expansion_add=96, expansion_search=160)
    graph.add(places, rows[places], threads=1)
    return graph
