"""How fast a turn is: from the customer's words to the stored reply, at several concurrencies, and where the time goes."""

import asyncio
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field

import numpy as np

from zhiyin.conversation.facts import Event, Replied
from zhiyin.conversation.ids import AccountId, ConversationId, new_id
from zhiyin.errors import Unavailable
from zhiyin.front.cli import Installation
from zhiyin.front.exam.report import Row


@dataclass(slots=True)
class Stopwatch:
    """Collects how long each stage took; give `stage` to the worker."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time one stage."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name].append(time.perf_counter() - began)


async def bench_turns(
    installation: Installation,
    account: AccountId,
    questions: Sequence[str],
    *,
    stopwatch: Stopwatch,
    at_once: int,
    turns: int,
    clock: Callable[[], float] = time.perf_counter,
) -> list[Row]:
    """Play `turns` turns, `at_once` customers at the same time, each in a conversation of ten turns.

    The process that customers and server share is measured, so CPU is an upper bound for the server's part.
    """
    stopwatch.seconds.clear()
    waits: list[float] = []
    each = max(1, turns // at_once)

    async def customer(number: int) -> None:
        talk = ConversationId("")
        for turn in range(each):
            if turn % 10 == 0:
                talk = await open_talk(installation, account)
            question = questions[(number * each + turn) % len(questions)]
            began = clock()
            accepted = await installation.road.say(account, talk, message=new_id(), text=question)
            await first_reply(installation, account, talk, after=accepted.number)
            waits.append(clock() - began)

    began, cpu = clock(), _cpu_s()
    await asyncio.gather(*(customer(number) for number in range(at_once)))
    took, cpu = clock() - began, _cpu_s() - cpu
    name, n = f"turn x{at_once}", len(waits)
    rows = [
        Row(name, "p50 ms", "wall", _percentile(waits, 50), n),
        Row(name, "p99 ms", "wall", _percentile(waits, 99), n),
        Row(name, "ms a turn", "cpu", 1000 * cpu / n, n),
        Row(name, "turns/s", "wall", n / took, n),
        Row(name, "turns/s a core", "cpu", n / cpu, n),
    ]
    for stage, seconds in sorted(stopwatch.seconds.items()):
        rows.append(Row(name, "p50 ms", stage, _percentile(seconds, 50), len(seconds)))
        rows.append(Row(name, "p99 ms", stage, _percentile(seconds, 99), len(seconds)))
    return rows


async def open_talk(installation: Installation, account: AccountId) -> ConversationId:
    """Begin a conversation as a new customer."""
    contact = await installation.directory.new_contact(account)
    (inbox, *_) = await installation.directory.inboxes(account)
    talk = await installation.road.open(
        account, inbox=inbox.id, contact=contact.id, channel="bench", authenticated=False
    )
    return talk.id


async def first_reply(installation: Installation, account: AccountId, talk: ConversationId, *, after: int) -> Replied:
    """Wait for the first reply above the event `after`."""
    async with aclosing(installation.road.follow(account, talk, after=after)) as events:
        async for one in events:
            if isinstance(one, Event) and isinstance(one.fact, Replied):
                return one.fact
    raise Unavailable(f"the log of {talk} ended without a reply")


def _percentile(seconds: Sequence[float], percent: int) -> float:
    return float(np.percentile(seconds, percent)) * 1000


def _cpu_s() -> float:
    times = os.times()
    return times.user + times.system
