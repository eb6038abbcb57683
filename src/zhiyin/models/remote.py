"""An embedder and a reranker behind a URL."""

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal

import numpy as np

from zhiyin.errors import BadPack, ZhiyinError
from zhiyin.extend.models import Vectors
from zhiyin.models.endpoint import Endpoint, Outside

_EMPTY = " "  # what is sent for an empty text: many servers refuse ""


class RemoteEmbedder:
    """Embeds at any OpenAI-compatible `/embeddings`, `batch` texts a request, `at_once` requests at a time.

    Raises (from `embed`):
        Unavailable: no usable answer; TimedOut when none came in time; Refused when asking again is no use.
        BadPack: its vectors have another length than `dims`.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        dims: int,
        batch: int = 64,
        at_once: int = 4,
        max_chars: int = 8000,
        clock: Callable[[], float] = time.monotonic,
        dice: random.Random | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._outside = Outside(endpoint, clock=clock, dice=dice, sleep=sleep)
        self._dims, self._batch, self._max_chars = dims, batch, max_chars
        self._gate = asyncio.Semaphore(at_once)

    @property
    def name(self) -> str:
        return self._outside.endpoint.model

    @property
    def dims(self) -> int:
        return self._dims

    async def aclose(self) -> None:
        """Close the pooled connections."""
        await self._outside.aclose()

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector a text; a text is read up to `max_chars` characters."""
        clean = [text[: self._max_chars] or _EMPTY for text in texts]
        rows: Vectors = np.zeros((len(clean), self._dims), dtype=np.float32)
        failure: Exception | None = None
        starts = range(0, len(clean), self._batch)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._some(clean[start : start + self._batch])) for start in starts]
        except* ZhiyinError as failures:
            failure = failures.exceptions[0]
        if failure is not None:
            raise failure
        for start, task in zip(starts, tasks, strict=True):
            rows[start : start + self._batch] = task.result()
        return rows

    async def _some(self, texts: list[str]) -> Vectors:
        body = {"model": self._outside.endpoint.model, "input": texts, "encoding_format": "float"}
        most = 1_000_000 + len(texts) * self._dims * 64
        async with self._gate:
            return await self._outside.ask(
                "/embeddings", body, at_most_bytes=most, understand=lambda answer: self._rows(answer, len(texts))
            )

    def _rows(self, answer: Any, count: int) -> Vectors:
        try:
            items = sorted(answer["data"], key=lambda item: int(item["index"]))
            places = [int(item["index"]) for item in items]
            rows: Vectors = np.array([item["embedding"] for item in items], dtype=np.float32)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise self._outside.garbage("JSON that holds no embeddings") from error
        if places != list(range(count)) or rows.ndim != 2 or not np.isfinite(rows).all():
            raise self._outside.garbage("embeddings that are too few, twice there or not finite")
        if rows.shape[1] != self._dims:
            raise BadPack(f"{self._outside.what} gives {rows.shape[1]} dimensions, the settings say {self._dims}")
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        if (lengths < 1e-9).any():
            raise self._outside.garbage("a vector of zeros")
        unit: Vectors = (rows / lengths).astype(np.float32)
        return unit


class RemoteReranker:
    """Judges passages at a Jina- or Cohere-style `/rerank`.

    `scores` says what the server's numbers are: probabilities (Jina, Cohere) or logits, which are squashed.

    Raises (from `judge`):
        Unavailable: no usable answer; TimedOut when none came in time; Refused when asking again is no use.
        BadPack: the numbers are no probabilities, though the settings say so.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        scores: Literal["probability", "logit"] = "probability",
        max_chars: int = 4000,
        clock: Callable[[], float] = time.monotonic,
        dice: random.Random | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._outside = Outside(endpoint, clock=clock, dice=dice, sleep=sleep)
        self._scores, self._max_chars = scores, max_chars

    @property
    def name(self) -> str:
        return self._outside.endpoint.model

    async def aclose(self) -> None:
        """Close the pooled connections."""
        await self._outside.aclose()

    async def judge(self, query: str, passages: Sequence[str]) -> Sequence[float]:
        """Return for each passage, in their order, the probability that it answers."""
        if not passages:
            return []
        body = {
            "model": self._outside.endpoint.model,
            "query": query[: self._max_chars],
            "documents": [passage[: self._max_chars] or _EMPTY for passage in passages],
            "top_n": len(passages),
            "return_documents": False,
        }
        most = 1_000_000 + 6 * self._max_chars * len(passages)
        return await self._outside.ask(
            "/rerank", body, at_most_bytes=most, understand=lambda answer: self._judged(answer, len(passages))
        )

    def _judged(self, answer: Any, count: int) -> list[float]:
        found = self._found(answer)
        if sorted(found) != list(range(count)):
            raise self._outside.garbage("scores for other passages than were sent")
        return [self._probability(found[place]) for place in range(count)]

    def _found(self, answer: Any) -> dict[int, float]:
        try:
            results = answer if isinstance(answer, list) else answer.get("results", answer.get("data"))
            found = {int(r["index"]): float(r.get("relevance_score", r.get("score"))) for r in results}
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise self._outside.garbage("JSON that holds no scores") from error
        if not all(math.isfinite(score) for score in found.values()):
            raise self._outside.garbage("scores that are not finite")
        return found

    def _probability(self, score: float) -> float:
        if self._scores == "logit":
            return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, score))))
        if not -0.01 <= score <= 1.01:
            raise BadPack(f"{self._outside.what} scores outside 0–1: set its scores to logit")
        return min(1.0, max(0.0, score))
