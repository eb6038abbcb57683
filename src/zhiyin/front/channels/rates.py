"""Allowances as token buckets, many at once in bounded memory."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime

from zhiyin.errors import TooMany
from zhiyin.front.services import Rate


class Buckets:
    """One bucket a key. When `keys` are remembered, the one longest unused is forgotten: it is the fullest."""

    def __init__(self, rate: Rate, *, clock: Callable[[], datetime], keys: int) -> None:
        self._rate = rate
        self._clock = clock
        self._keys = keys
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()  # key: (tokens left, at)

    def __len__(self) -> int:
        return len(self._left)

    def take(self, key: Hashable, *, tokens: float = 1.0) -> None:
        """Use up part of the allowance of `key`.

        Raises:
            TooMany: there is not enough left; nothing was used up, and `after_s` says when there will be.
        """
        now = self._clock().timestamp()
        left, at = self._left.pop(key, (self._rate.burst, now))
        left = min(self._rate.burst, left + max(0.0, now - at) * self._rate.per_s)
        enough = left >= tokens
        self._left[key] = (left - tokens if enough else left, now)
        if len(self._left) > self._keys:
            self._left.popitem(last=False)
        if not enough:
            wait = (tokens - left) / self._rate.per_s if self._rate.per_s > 0 else 3600.0
            raise TooMany("the allowance is used up; come back later", after_s=wait)
