"""Those who follow conversations right now, in this process."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from zhiyin.conversation.facts import Event
from zhiyin.data.events import Whisper
from zhiyin.data.events.gate import Place

_MOST_WAITING = 512


@dataclass(frozen=True, slots=True)
class Look:
    """Stands in a follower's queue where it must read the log: there may be events that nobody handed over.

    `until` is how many events to read up to, so that whispers keep their place between them; None: all.
    """

    until: int | None = None


Told = Event | Whisper | Look


class Follower:
    """A bounded queue. One that is too slow for it is sent back to the log instead of losing events."""

    def __init__(self) -> None:
        self._told: deque[Told] = deque([Look()])  # it begins with what is there already
        self._length = 0  # of the log, as far as it was told
        self._wake = asyncio.Event()
        self._wake.set()

    def tell(self, items: Sequence[Event | Whisper]) -> None:
        """Hand over what just happened."""
        if len(self._told) + len(items) > _MOST_WAITING:
            self._told.clear()
            self._told.append(Look())
        else:
            self._told.extend(items)
        for item in items:
            if isinstance(item, Event):
                self._length = max(self._length, item.number + 1)
        self._wake.set()

    def send_back(self, *, length: int | None = None) -> None:
        """Say that the log has `length` events, or an unknown number, which perhaps nobody handed over."""
        if length is None or length > self._length:
            self._length = max(self._length, length or 0)
            before = self._told[-1] if self._told else None
            if isinstance(before, Look) and before.until is not None:
                self._told.pop()
            if before != Look():
                self._told.append(Look(length))
            self._wake.set()

    async def next(self) -> list[Told]:
        """Wait for something to happen and return what was told since, in order."""
        await self._wake.wait()
        self._wake.clear()
        told = list(self._told)
        self._told.clear()
        return told


class Audience:
    """All followers of this process."""

    def __init__(self) -> None:
        self._followers: dict[Place, set[Follower]] = {}

    def join(self, place: Place) -> Follower:
        """Begin to follow."""
        follower = Follower()
        self._followers.setdefault(place, set()).add(follower)
        return follower

    def leave(self, place: Place, follower: Follower) -> None:
        """Stop following."""
        here = self._followers.get(place, set())
        here.discard(follower)
        if not here:
            self._followers.pop(place, None)

    def tell(self, place: Place, items: Sequence[Event | Whisper]) -> None:
        """Hand what happened to those who follow it."""
        for follower in self._followers.get(place, ()):
            follower.tell(items)

    def send_back(self, place: Place, *, length: int) -> None:
        """Send those back to the log who were told of fewer events than `length`."""
        for follower in self._followers.get(place, ()):
            follower.send_back(length=length)

    def send_all_back(self) -> None:
        """Send everybody back to the log."""
        for here in self._followers.values():
            for follower in here:
                follower.send_back()

    def __len__(self) -> int:
        return sum(len(here) for here in self._followers.values())
