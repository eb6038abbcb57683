"""Blends the probabilities of a cross-encoder outside into the judge's, and does without it when it fails."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import replace

from zhiyin.errors import Unavailable
from zhiyin.extend.models import Reranker
from zhiyin.service.knowledge.candidates import Asked, Candidate, Judge, Judged


class WithReranker:
    """Asks `judge` and then `reranker` about the best few; the log-odds of both are averaged by `weight`."""

    def __init__(
        self, judge: Judge, reranker: Reranker, *, weight: float = 0.6, at_most: int = 8, at_most_s: float = 1.5
    ) -> None:
        self._judge = judge
        self._reranker = reranker
        self._weight = weight
        self._at_most = at_most
        self._at_most_s = at_most_s

    async def judge(self, asked: Asked, candidates: Sequence[Candidate]) -> Sequence[Judged]:
        """Judge every candidate; those beyond the best few keep their places behind them."""
        own = list(await self._judge.judge(asked, candidates))
        best, rest = own[: self._at_most], own[self._at_most :]
        texts = ["\n".join(t for t in (j.candidate.passage.question, j.candidate.passage.text) if t) for j in best]
        try:
            async with asyncio.timeout(self._at_most_s):
                theirs = list(await self._reranker.judge(asked.text, texts))
        except (Unavailable, TimeoutError):
            return own
        if len(theirs) != len(best):
            return own
        blended = [
            replace(mine, answers=_blend(mine.answers, other, self._weight))
            for mine, other in zip(best, theirs, strict=True)
        ]
        return [*sorted(blended, key=lambda judged: -judged.answers), *rest]


def _blend(mine: float, other: float, weight: float) -> float:
    odds = (1 - weight) * _log_odds(mine) + weight * _log_odds(other)
    return 1.0 / (1.0 + math.exp(-odds))


def _log_odds(chance: float) -> float:
    kept = min(max(chance, 1e-4), 1 - 1e-4)
    return math.log(kept / (1 - kept))
